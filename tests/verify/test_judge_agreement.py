import asyncio
import json
from pathlib import Path

import pytest
from retake.calls.request import Answer, Call, Request
from retake.errors import DataError, NotAuthorised, TimedOut
from retake.verify.judge import JudgeSettings
from retake.verify.judge_agreement import LabelledRow, agreement, kappa_of, measured, read_rows, report

SETTINGS = JudgeSettings("openai", "chat", "a-judge")


def test_kappa_is_cohens() -> None:
    """Cohen's own kind of table: 20 both yes, 5 and 10 split, 15 both no gives 0.4."""
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa_of(pairs) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([(True, True)] * 3, None),
        ([(True, True), (False, False)], 1.0),
        ([(True, False), (False, True)], -1.0),
    ],
)
def test_kappa_is_undefined_where_nothing_varies(pairs: list[tuple[bool, bool]], expected: float | None) -> None:
    assert kappa_of(pairs) == expected


def test_rates_count_only_rows_with_a_verdict() -> None:
    labels = [True, True, True, False, False, False, True, False]
    found = [True, True, False, True, False, False, "abstained", "failed"]
    figures = measured(labels, found)
    assert (figures.rows, figures.graded, figures.abstained, figures.failed) == (8, 6, 1, 1)
    assert (figures.accuracy, figures.false_positive_rate, figures.false_negative_rate) == (4 / 6, 1 / 3, 1 / 3)
    assert figures.kappa_low <= figures.kappa <= figures.kappa_high


def test_the_interval_is_seeded_and_narrows_with_rows() -> None:
    labels, found = [True, False] * 20, [True, False, True, True] * 10
    few, many = measured(labels, found, seed=3), measured(labels * 20, found * 20, seed=3)
    assert few == measured(labels, found, seed=3)
    assert many.kappa_high - many.kappa_low < few.kappa_high - few.kappa_low


def test_a_judge_is_measured_through_the_calls_it_gets() -> None:
    async def ask(request: Request) -> Call:
        text = request.messages[1]["content"]
        if "SLOW" in text:
            raise TimedOut("slow")
        verdict = "cannot_tell" if "HARD" in text else "correct" if "right" in text else "incorrect"
        body = {"verdict": verdict, "confidence": 1, "reasoning": "r", "evidence": "it"}
        return Call(request, Answer(text=json.dumps(body)), "2026-11-01T00:00:00.000Z", 0.1)

    rows = [
        LabelledRow("math", "q", "it is right", True, reference="4"),
        LabelledRow("math", "q", "it is off", False, reference="4"),
        LabelledRow("code", "q", "it is off", True),
        LabelledRow("tool_calling", "q", "it is right", True, transcript="CALL f {}"),
        LabelledRow("open", "q", "it is HARD", True),
        LabelledRow("open", "q", "it is SLOW", True),
        LabelledRow("math", "q", ":", False, reference="4"),
    ]
    figures = asyncio.run(agreement(rows, ask=ask, settings=SETTINGS))
    assert (figures.graded, figures.abstained, figures.failed, figures.accuracy) == (5, 1, 1, 0.8)
    page = report(figures, settings=SETTINGS, source="rows.jsonl")
    assert "| accuracy | 0.800 |" in page
    assert "care" in page


def test_a_wrong_key_ends_the_measurement() -> None:
    async def ask(request: Request) -> Call:
        raise NotAuthorised("wrong key")

    with pytest.raises(NotAuthorised):
        asyncio.run(agreement([LabelledRow("open", "q", "it is", True)], ask=ask, settings=SETTINGS))


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", '{"task": "math"}', '{"task": "poetry", "question": "q", "answer": "a", "label": true}',
     '{"task": "math", "question": "q", "answer": "a", "label": 1}', '{"task": "math", "question": "q", "answer": 4, "label": true}'],
)  # fmt: skip
def test_a_row_that_is_none_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DataError, match=r"rows\.jsonl"):
        read_rows(path)


def test_rows_are_read_from_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"task": "math", "question": "q", "answer": "4", "label": true, "reference": "4"}\n\n')
    assert read_rows(path) == [LabelledRow("math", "q", "4", True, reference="4")]
