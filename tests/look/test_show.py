"""show.py: one conversation with its verdict, evidence and provenance."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import show
from look.synthetic import rows_parquet, synthetic_parquet
from retake.errors import DataError
from retake.files import write_sealed
from retake.look.show import conversation_json, shown_conversation
from retake.look.transcript import conversation
from retake.verify.verdict import Check, Verdict
from workspace import ROOT

EXPERIMENT = "demo/shown"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("work") / "results" / f"{EXPERIMENT}.parquet"
    more = {"variants": ("calm", "control"), "splits": ("math", "tool_calling"), "experiment": EXPERIMENT}
    return synthetic_parquet(path, samples=12, candidates=4, **more)


def test_the_selected_candidate_of_control_is_shown_by_default(table: Path) -> None:
    found = conversation(table, "math_0007")
    assert (found.row["is_selected"], found.row["variant"], found.variants) == (True, "control", ("control", "calm"))
    text = shown_conversation(found)
    for words in (
        "math_0007",
        "(selected)",
        "--- user ---",
        "--- assistant ---",
        "=== verdict:",
        "request: ",
        "what would make it again",
    ):
        assert words in text


def test_a_candidate_a_variant_and_a_query_can_be_named(table: Path) -> None:
    found = conversation(table, "math_0007", candidate=3, variant="calm")
    assert (found.row["candidate_idx"], found.row["variant"]) == (3, "calm")
    assert conversation(table, found.row["query_id"], candidate=3, variant="calm").row == found.row


def test_what_a_row_lacks_is_said_in_words(table: Path) -> None:
    found = conversation(table, "math_0007")
    lacks = ("temperature", "seed", "extracted_answer", "ground_truth_answer", "verification_explanation", "created_at")
    text = shown_conversation(replace(found, row={**found.row, **dict.fromkeys(lacks)}, verdict=None))
    assert "extracted: none" in text
    assert "None" not in text


def test_a_tool_conversation_shows_calls_and_results(table: Path) -> None:
    text = shown_conversation(conversation(table, "tool_calling_0002"))
    assert 'get_weather({"city":"Paris"})' in text
    assert '{"temperature_c":21}' in text
    assert f"trace: results/{EXPERIMENT}/trace/control/tool_calling_0002/" in text


def test_the_evidence_comes_from_the_verification_file(table: Path) -> None:
    found = conversation(table, "math_0003", candidate=0)
    verdict = Verdict(
        True,
        0.9,
        "math",
        "Equal.",
        checks=(Check("literal", True, 1.0, "same text"),),
        judge={"verdict": "right", "model": "j"},
    )
    root = table.parent.parent.parent
    write_sealed(root / found.target, verdict.as_dict())
    found = conversation(table, "math_0003", candidate=0)
    text = shown_conversation(found)
    assert "check literal: True, confidence 1.0 same text" in text
    assert "judge model: j" in text
    assert "raw: " in text
    assert "(not there)" in text
    (root / found.target).write_text("torn")
    assert "check literal" not in shown_conversation(conversation(table, "math_0003", candidate=0))


def test_what_would_make_it_again_is_asked_of_the_workflow(table: Path) -> None:
    found = conversation(table, "math_0003", candidate=0)
    asked: list[str] = []

    def explain(target: str) -> list[str]:
        asked.append(target)
        return ["verify: its code changed"]

    assert "verify: its code changed" in shown_conversation(found, explain=explain)
    assert json.loads(conversation_json(found, explain=explain))["reruns"] == ["verify: its code changed"]
    assert asked == [f"results/{EXPERIMENT}/verification/control/math_0003/0.json"] * 2
    assert f"snakemake -n {asked[0]}" in shown_conversation(found)


def test_hostile_text_cannot_drive_the_terminal(tmp_path: Path) -> None:
    said = json.dumps([{"role": "assistant", "content": "x\x1b[2J\x07\u202e\x9b31m\ttab\nline"}])
    path = rows_parquet(
        tmp_path / "t.parquet",
        [{"sample_id": "math_0001", "is_verified": True, "output_messages": said, "input_messages": "torn"}],
    )
    text = shown_conversation(conversation(path, "math_0001"))
    assert not set(text) & {"\x1b", "\x07", "\u202e", "\x9b"}
    assert "x\\x1b[2J\\x07\\u202e\\x9b31m" in text
    assert "--- unreadable ---" in text


@pytest.mark.parametrize(
    ("sample", "more", "words"),
    [
        ("math_07", {}, "no sample math_07; nearest: math_0007"),
        ("math_0007", {"candidate": 9}, "has no candidate 9; there are 0, 1, 2, 3"),
        ("math_0007", {"variant": "clam"}, "has no variant clam; there are control, calm"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(table: Path, sample: str, more: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        conversation(table, sample, **more)  # type: ignore[arg-type]


def test_the_script_prints_text_json_and_one_message(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show.main([str(table), "math_0099"]) == 2
    assert capsys.readouterr().err.startswith("show: ")
    assert show.main([str(table.parent / "none.parquet"), "math_0001"]) == 2
    assert "no such file" in capsys.readouterr().err
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "show.py"), str(table), "math_0001", "--candidate", "1", "--format", "json"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    body = json.loads(done.stdout)
    assert (body["row"]["candidate_idx"], body["messages"][-1]["role"]) == (1, "assistant")
