"""A hub's datasets, read by the real `datasets` over real HTTP from a small hub on this machine."""

from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import COMMIT, Hub
from retake.errors import DataError
from retake.experiment.model import Experiment
from retake.samples import hub as hub_module
from retake.samples.blocks import write_block
from retake.samples.hub import hub_rows
from workspace import ROOT

if importlib.util.find_spec("datasets") is None:
    pytest.skip("the optional package datasets is not installed", allow_module_level=True)

GSM8K = {"main": {"test": 230, "train": 10}, "socratic": {"test": 5}}
PLAIN = {"default": {"math": 20}}
LARGE = {"default": {"math": 5000}}  # more than a pipe holds: the child waits for its reader


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    served = Hub(
        {"openai/gsm8k": GSM8K, "a/plain": PLAIN, "a/two": GSM8K, "a/large": LARGE, "a/gated": PLAIN},
        gated=("a/gated",),
    )
    yield served
    served.close()


@pytest.fixture(autouse=True)
def at_home(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def told(dataset: str, split: str, **more: str) -> str:
    with pytest.raises(DataError) as caught:
        hub_rows(dataset, split, revision=more.get("revision"), streaming=True)
    return str(caught.value)


def test_gsm8k_streams_into_blocks_of_its_commit(tmp_path: Path) -> None:
    asked = Experiment(dataset="openai/gsm8k", splits=("gsm8k",), generator="local", random_seed=42)
    for block in (0, 2):
        write_block(asked, "gsm8k", block, tmp_path / f"{block}.jsonl", root=tmp_path)
    read = [json.loads(line) for line in (tmp_path / "2.jsonl").open()]
    assert [row["position"] for row in read] == list(range(201, 231))
    assert {(row["source_dataset"], row["source_revision"]) for row in read} == {("openai/gsm8k", COMMIT)}
    assert all(int(row["ground_truth"]) == row["source_index"] + 1 for row in read)


def test_the_child_ends_with_its_reader() -> None:
    program = (
        "import itertools, os\nfrom retake.samples import hub\n"
        "rows, _ = hub.hub_rows('a/large', 'math', revision=None, streaming=True)\n"
        "print(len(list(itertools.islice(rows, 3))), [child.pid for child in hub._children][0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, cwd=ROOT / "scripts"
    )
    assert done.returncode == 0, done.stderr
    count, child = done.stdout.split()
    assert count == "3"
    assert not _lives(int(child))


def _lives(process: int) -> bool:
    for _ in range(600):
        if not Path(f"/proc/{process}").exists():
            return False
        time.sleep(0.1)
    return True


def test_a_download_gives_the_same_rows() -> None:
    rows, revision = hub_rows("a/plain", "math", revision=COMMIT, streaming=False)
    assert revision == COMMIT
    assert [index for index, _ in rows] == list(range(20))


def test_what_is_wrong_is_told_with_what_to_do() -> None:
    assert "HF_TOKEN" in told("a/gated", "math")
    assert "no such dataset" in told("a/nobody", "math")
    assert "no revision 'v9'" in told("a/plain", "math", revision="v9")
    assert "it has: math" in told("a/plain", "code")
    assert "several configurations (main, socratic)" in told("a/two", "test")


def test_a_hub_that_is_down_or_ill_is_told_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    ill = Hub({}, status=503)
    monkeypatch.setenv("HF_ENDPOINT", ill.url)
    assert "cannot be reached" in told("a/plain", "math")
    ill.close()
    assert "use a local copy" in told("a/plain", "math")


def test_a_child_that_dies_is_told() -> None:
    rows, _ = hub_rows("a/large", "math", revision=None, streaming=True)
    assert len(list(itertools.islice(rows, 2))) == 2
    for child in list(hub_module._children):
        child.kill()
    with pytest.raises(DataError, match="ended early"):
        list(rows)
