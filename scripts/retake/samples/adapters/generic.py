"""Everything plain: a question, perhaps its answer, perhaps inputs and outputs. The adapter to copy for a layout of yours."""

from __future__ import annotations

from typing import Any

from retake.errors import DataError
from retake.samples.draft import Draft, Row, first_of, question_of, text_of

ORDER = 90

QUESTIONS = ("problem", "question", "prompt", "query", "instruction")
ANSWERS = ("answer", "expected_answer", "final_answer", "ground_truth", "target")
IDS = ("uuid", "query_id")
TESTS = ("inputs", "outputs", "fn_name", "reference", "checker", "tests")


def fits(row: Row) -> bool:
    """Return whether the row has a question under one of the usual names."""
    return any(name in row for name in QUESTIONS)


def read(row: Row, *, split: str) -> list[Draft]:
    """Return the question with its answer (a list of answers: the first) and its tests; other cells become metadata.

    Raises:
        DataError: where inputs and outputs do not pair up.
    """
    answer = first_of(row, ANSWERS)
    if isinstance(answer, list | tuple):
        answer = answer[0] if answer else None
    truth = text_of(answer) or None
    known = {*QUESTIONS, *ANSWERS, *IDS, *TESTS, "category", "tools", "split"}
    return [
        Draft(
            question_of(first_of(row, QUESTIONS)),
            query_id=text_of(first_of(row, IDS)) or None,
            ground_truth=truth,
            ground_truth_source="dataset" if truth else None,
            source_metadata={str(k): v for k, v in row.items() if k not in known and v is not None},
            category=text_of(row.get("category")) or None,
            tests=_tests(row),
            tools=list(row.get("tools") or []),
        )
    ]


def _tests(row: Row) -> dict[str, Any] | None:
    if isinstance(row.get("tests"), dict):
        return dict(row["tests"])
    inputs, outputs = row.get("inputs"), row.get("outputs")
    if inputs is None and outputs is None:
        return None
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs) or not inputs:
        raise DataError("inputs and outputs must be two lists of the same length, one pair a test.")
    tests: dict[str, Any] = {
        "kind": "io",
        "inputs": inputs,
        "outputs": outputs,
        "fn_name": row.get("fn_name"),
        "from_statement": False,
    }
    return tests | {key: row[key] for key in ("reference", "checker") if row.get(key) is not None}
