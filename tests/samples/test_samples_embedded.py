"""The embedded data: enough of it, exact, and its programs pass their own tests."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from retake.experiment.model import Experiment
from retake.samples.adapters.calibration import FLAWS
from retake.samples.blocks import read_block, write_block
from retake.samples.sample import Sample
from workspace import ROOT


def embedded(name: str, split: str, folder: Path, blocks: int = 1) -> list[Sample]:
    asked = Experiment(dataset=f"embedded:{name}", splits=(split,), generator="local")
    read = []
    for block in range(blocks):
        write_block(asked, split, block, folder / "0.jsonl", root=ROOT)
        read += read_block(folder / "0.jsonl").values()
    return read


@pytest.mark.parametrize(
    ("name", "split", "least"),
    [
        ("sums", "math", 24),
        ("basics", "math", 24),
        ("basics", "gsm8k", 24),
        ("basics", "code", 12),
        ("basics", "tool_calling", 12),
    ],
)
def test_there_is_enough_and_no_question_twice(tmp_path: Path, name: str, split: str, least: int) -> None:
    read = embedded(name, split, tmp_path)
    assert len(read) >= least
    assert len(read) == sum(1 for line in (ROOT / f"config/data/{name}/{split}.jsonl").open() if line.strip())
    if split in ("math", "gsm8k"):
        assert all(s.ground_truth and s.ground_truth_source == "dataset" for s in read)


def test_sums_are_of_one_digit_and_right(tmp_path: Path) -> None:
    for sample in embedded("sums", "math", tmp_path):
        a, b = sample.question.removeprefix("What is ").removesuffix("?").split(" + ")
        assert max(int(a), int(b)) <= 9
        assert int(sample.ground_truth or "") == int(a) + int(b)


def test_the_programs_pass_their_own_tests_and_a_stub_fails(tmp_path: Path) -> None:
    read = embedded("basics", "code", tmp_path)
    kinds = Counter((s.tests or {})["kind"] for s in read)
    assert min(kinds["io"], kinds["humaneval"]) >= 4
    for sample in read:
        tests: dict[str, Any] = sample.tests or {}
        assert _passes(tests, tests["reference"]), sample.question
        stub = f"def {tests.get('entry_point') or tests.get('fn_name') or 'main'}(*_):\n    return None\n"
        assert not _passes(tests, stub), sample.question


def _passes(tests: dict[str, Any], program: str) -> bool:
    if tests["kind"] == "humaneval":
        return _run(f"{program}\n{tests['test']}\ncheck({tests['entry_point']})\n") is not None
    pairs = list(zip(tests["inputs"], tests["outputs"], strict=True))
    if tests["fn_name"]:
        calls = "".join(f"assert {tests['fn_name']}(*{given!r}) == {wanted!r}\n" for given, wanted in pairs)
        return _run(program + "\n" + calls) is not None
    return all(_run(program, given) == wanted for given, wanted in pairs)


def _run(program: str, given: str = "") -> str | None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], input=given, capture_output=True, text=True, timeout=120
    )
    return done.stdout if done.returncode == 0 else None


def test_tool_rows_have_tools_of_many_families(tmp_path: Path) -> None:
    read = embedded("basics", "tool_calling", tmp_path)
    assert len({s.source_metadata["family"] for s in read}) >= 12
    for sample in read:
        assert sample.tools
        for tool in sample.tools:
            function = tool["function"]
            assert set(function["parameters"]["required"]) <= set(function["parameters"]["properties"])
        assert sample.ground_truth is None


def test_every_good_problem_has_a_twin_of_each_flaw(tmp_path: Path) -> None:
    read = embedded("calibration", "calibration", tmp_path, blocks=2)
    marks = [s.source_metadata["calibration"] for s in read]
    good = [m["pair"] for m in marks if m["flaw"] is None]
    assert len(good) >= 24
    assert Counter((m["pair"], m["flaw"]) for m in marks if m["flaw"]) == Counter((p, f) for p in good for f in FLAWS)
    for sample, mark in zip(read, marks, strict=True):
        assert (sample.ground_truth is None) == (mark["flaw"] is not None)
        assert bool(mark["missing"]) == (mark["flaw"] is not None)
    first = Counter(m["flaw"] is None for m in marks[:12])
    assert first[True] == first[False] == 6
    assert len({s.query_id for s in read}) == len(read) == 6 * len(good)
