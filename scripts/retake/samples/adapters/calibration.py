"""Epistemic calibration: a good problem and its malformed twins, made by one recorded edit each.

A row is `{"id", "problem", "answer", "twins": [{"flaw", "old", "new", "missing"}]}`: in each twin the text `old`, which occurs once, becomes `new`, and `missing` says in words what can no longer be known (or what conflicts).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from retake.errors import DataError
from retake.samples.draft import Draft, Row, text_of

ORDER = 40

FLAWS = ("constraint_removed", "variable_undefined", "formula_omitted", "contradiction", "insufficient_information")


def fits(row: Row) -> bool:
    """Return whether the row carries edits that make twins of its problem."""
    return "problem" in row and isinstance(row.get("twins"), list)


def read(row: Row, *, split: str) -> list[Draft]:
    """Return the good problem, then a draft for each twin, which has no ground truth.

    The first twin follows its good problem; the others come when all rows have had their pair, so that a few samples of the
    file hold as many good problems as malformed ones.

    `source_metadata["calibration"]` holds `pair` (what twins share), `flaw` (None for the good one) and `missing`.

    Raises:
        DataError: for an unknown flaw, or an edit whose old text does not occur exactly once.
    """
    problem, pair = text_of(row["problem"]), text_of(row.get("id"))
    good = Draft(
        problem,
        ground_truth=text_of(row.get("answer")) or None,
        ground_truth_source="dataset",
        source_metadata={"calibration": {"pair": pair, "flaw": None, "missing": None}},
        category=text_of(row.get("category")) or None,
    )
    twins = [_twin(problem, pair, edit) for edit in row["twins"]]
    return [good, *(replace(twin, round=min(index, 1)) for index, twin in enumerate(twins))]


def _twin(problem: str, pair: str, edit: dict[str, Any]) -> Draft:
    flaw, old, new = edit.get("flaw"), edit.get("old"), edit.get("new", "")
    if flaw not in FLAWS:
        raise DataError(f"twin of {pair}: flaw {flaw!r} is none of {', '.join(FLAWS)}.")
    if not old or problem.count(old) != 1:
        raise DataError(
            f"twin of {pair} ({flaw}): its old text {old!r} must occur once, and does {problem.count(old or ' ')} times."
        )
    question = " ".join(problem.replace(old, new).split())
    return Draft(
        question,
        source_metadata={"calibration": {"pair": pair, "flaw": flaw, "missing": text_of(edit.get("missing"))}},
        category=flaw,
    )
