"""Adapters: each layout's rows in one form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from retake.errors import DataError
from retake.samples.adapters import adapter_for, adapters
from retake.samples.adapters.nemotron import last_boxed
from retake.samples.draft import Draft
from workspace import ROOT, shared_data

TOOL = {"type": "function", "function": {"name": "decode_vin", "description": "", "parameters": {"type": "object"}}}


def drafts(row: dict[str, Any], split: str = "math") -> list[Draft]:
    return adapter_for(row).read(row, split=split)


def talk(*contents: str, **more: Any) -> dict[str, Any]:
    roles = ("system", "user", "assistant")
    return {"messages": [{"role": r, "content": c} for r, c in zip(roles, contents, strict=False)], **more}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (talk("", "q", "a"), "nemotron"),
        ({"question": "q", "answer": "so\n#### 4"}, "gsm8k"),
        ({"question": "q", "answer": "4"}, "generic"),
        ({"problem": "q"}, "generic"),
        ({"prompt": "def f():", "test": "", "entry_point": "f"}, "humaneval"),
        ({"prompt": "q"}, "generic"),
        ({"problem": "q", "twins": []}, "calibration"),
    ],
)
def test_a_row_finds_its_adapter(row: dict[str, Any], name: str) -> None:
    assert adapter_for(row).__name__.rpartition(".")[2] == name


@pytest.mark.parametrize("row", [{}, {"text": "q"}, {"messages": "q"}, {"messages": [1]}, {"answer": "4"}])
def test_a_row_of_no_known_layout_is_an_error_that_lists_its_columns(row: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="no adapter") as caught:
        adapter_for(row)
    assert all(name in str(caught.value) for name in row)


def test_adapters_are_files_of_the_folder() -> None:
    folder = ROOT / "scripts/retake/samples/adapters"
    assert sorted(a.__name__.rpartition(".")[2] for a in adapters()) == sorted(
        p.stem for p in folder.glob("*.py") if p.stem != "__init__"
    )


@pytest.mark.parametrize(
    ("text", "boxed"),
    [
        (r"so \boxed{4}", "4"),
        (r"\boxed{1} and then \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"<think>\boxed{9}</think> \boxed{3}", "3"),
        (r"<think>\boxed{9}</think> nothing", None),
        (r"thinking \boxed{9}</think> \boxed{3}", "3"),
        (r"\boxed{\left\{1, 2\right\}}", r"\left\{1, 2\right\}"),
        (r"\boxed{1} \boxed{2", "1"),
        (r"\boxed {5}", "5"),
        (r"\boxed{}", None),
        ("4", None),
        ("", None),
    ],
)
def test_the_last_whole_box_outside_of_thinking_counts(text: str, boxed: str | None) -> None:
    assert last_boxed(text) == boxed


def test_nemotron_v2_math_has_a_models_answer_for_truth() -> None:
    [draft] = drafts(
        talk(
            "", " Solve it. \n\nWhat is 2+2? ", r"<think></think> \boxed{5} no, \boxed{4}", uuid="u-1", category="math"
        )
    )
    assert (draft.question, draft.query_id) == ("Solve it. \n\nWhat is 2+2?", "u-1")
    assert (draft.ground_truth, draft.ground_truth_source, draft.category) == ("4", "model", "math")


def test_nemotron_v1_math_has_the_datasets_answer() -> None:
    metadata = json.dumps({"expected_answer": "$V=1$", "problem_source": "aops"})
    [draft] = drafts(talk("", "What is V?", r"\boxed{2}", metadata=metadata, reasoning="on"))
    assert (draft.ground_truth, draft.ground_truth_source) == ("$V=1$", "dataset")
    assert draft.source_metadata == {"expected_answer": "$V=1$", "problem_source": "aops", "reasoning": "on"}


def test_nemotron_tool_calling_gives_tools_and_no_truth() -> None:
    row = talk("", "Which car?", "It is a Honda.", metadata=json.dumps({"tools": [TOOL], "expected_answer": "Honda"}))
    [draft] = drafts(row, "tool_calling")
    assert draft.tools == [TOOL]
    assert (draft.ground_truth, draft.ground_truth_source) == (None, None)


@pytest.mark.parametrize("question", ["-", "", "   "])
def test_a_nemotron_row_may_have_no_question(question: str) -> None:
    assert drafts(talk("", question, "a"), "code")[0].question == ""


@pytest.mark.parametrize("metadata", ["{", "[1]", "3"])
def test_nemotron_metadata_that_is_no_object_is_an_error(metadata: str) -> None:
    with pytest.raises(DataError, match="metadata"):
        drafts(talk("", "q", "a", metadata=metadata))


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("so 48/2 = <<48/2=24>>24\n#### 72", "72"),
        ("#### 1,250", "1250"),
        ("#### -7", "-7"),
        ("#### $29.00 ", "29.00"),
        ("#### 3\n#### 4", "4"),
        ("none\n####", None),
    ],
)
def test_the_last_mark_of_gsm8k_counts(answer: str, truth: str | None) -> None:
    [draft] = drafts({"question": "How many?", "answer": answer})
    assert draft.ground_truth == truth
    assert "<<" not in draft.source_metadata["solution"]


def test_every_real_gsm8k_row_has_a_number_for_truth() -> None:
    rows = [json.loads(line) for line in shared_data("gsm8k/test.jsonl").read_text().splitlines()]
    read = [drafts(row, "gsm8k")[0] for row in rows]
    assert len(read) == 1319
    assert all(float(draft.ground_truth or "nan").is_integer() for draft in read)


def test_every_real_humaneval_row_has_tests_and_a_program(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in shared_data("humaneval/HumanEval.jsonl").read_text().splitlines()]
    read = [drafts(row, "code")[0] for row in rows]
    assert len(read) == 164
    for draft in read:
        assert draft.tests is not None
        assert draft.tests["kind"] == "humaneval"
        assert f"def {draft.tests['entry_point']}" in draft.tests["reference"]
        assert draft.tests["entry_point"] in draft.question
        assert draft.ground_truth is None


def test_a_generic_row_keeps_its_other_cells() -> None:
    row = {"question": " q? ", "answer": [4, 5], "uuid": "u", "category": "c", "level": 3, "empty": None}
    [draft] = drafts(row)
    assert draft == Draft("q?", "u", "4", "dataset", {"level": 3}, "c")


def test_inputs_and_outputs_are_tests() -> None:
    [draft] = drafts({"problem": "q", "inputs": ["1\n"], "outputs": ["2\n"], "reference": "print(2)"}, "code")
    assert draft.tests == {
        "kind": "io",
        "inputs": ["1\n"],
        "outputs": ["2\n"],
        "fn_name": None,
        "from_statement": False,
        "reference": "print(2)",
    }


@pytest.mark.parametrize(
    "row",
    [
        {"problem": "q", "inputs": ["1"], "outputs": []},
        {"problem": "q", "inputs": ["1"]},
        {"problem": "q", "inputs": "1", "outputs": "2"},
        {"problem": "q", "inputs": [], "outputs": []},
        {"problem": ["q"]},
        {"problem": {"text": "q"}},
        {"question": ["q"], "answer": "#### 4"},
        {"problem": "a 1 b", "twins": [{"flaw": "typo", "old": "1", "new": ""}]},
        {"problem": "a 1 b", "twins": [{"flaw": "contradiction", "old": "2", "new": ""}]},
        {"problem": "a 1 1", "twins": [{"flaw": "contradiction", "old": "1", "new": ""}]},
        {"problem": "a 1 1", "twins": [{"flaw": "contradiction", "old": "", "new": "x"}]},
    ],
)
def test_a_row_that_breaks_its_layout_is_an_error(row: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        drafts(row)


def test_a_twin_differs_by_its_edit_and_has_no_truth() -> None:
    edits = [
        {"flaw": "constraint_removed", "old": " and 3 long", "new": "", "missing": "the length"},
        {"flaw": "variable_undefined", "old": "2 wide", "new": "w wide", "missing": "w"},
    ]
    good, first, second = drafts(
        {"id": "r", "problem": "It is 2 wide and 3 long.", "answer": "6", "twins": edits}, "calibration"
    )
    assert (good.ground_truth, good.source_metadata["calibration"]["flaw"]) == ("6", None)
    assert (first.question, first.ground_truth, first.round) == ("It is 2 wide.", None, 0)
    assert (second.question, second.round) == ("It is w wide and 3 long.", 1)
    assert first.source_metadata["calibration"] == {"pair": "r", "flaw": "constraint_removed", "missing": "the length"}
