"""The grading of one text against one reference: extraction, then the comparison of what was extracted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from retake.verify.math.compare import compare
from retake.verify.math.extract import MAX_READ, Extracted, candidates
from retake.verify.math.limits import OverLimit
from retake.verify.math.numeric import Outcome
from retake.verify.math.reading import Reading, read

_GUESSED = frozenset({"concluded", "last expression", "last number", "sentence"})


@dataclass(frozen=True)
class Grade:
    """What was compared with what, and what came of it: `extracted` is None where the text states no answer."""

    gold: str
    extracted: Extracted | None
    outcome: Outcome
    is_over_limit: bool = False


def grade(gold: str, text: str) -> Grade:
    """Return the grade of `text` against the reference `gold`, in the calling thread and bounded time.

    Where the reference is prose, and its answer had to be guessed, no verdict is sure.
    """
    reference = next(candidates(gold), None) if len(gold) <= MAX_READ else None
    expected = _several(reference, reference) if reference else gold.strip()
    try:
        reading = read(expected)
    except (OverLimit, RecursionError) as error:
        return Grade(expected, None, Outcome(None, 0.0, "limits", f"the reference: {error}"), True)
    given = _grade(reading, expected, text)
    if reference is not None and reference.method in _GUESSED:
        return replace(given, outcome=replace(given.outcome, confidence=min(given.outcome.confidence, 0.35)))
    return given


def _grade(reading: Reading, expected: str, text: str) -> Grade:
    best: Grade | None = None
    for found in candidates(text):
        given = _graded(reading, expected, found)
        if best is None:
            best = given
        if given.outcome.equal is not None:
            return (
                given
                if given.outcome.equal or best is given
                else replace(
                    best,
                    outcome=replace(given.outcome, confidence=min(given.outcome.confidence, 0.35)),
                    extracted=found,
                )
            )
        if (
            found.method in ("boxed", "hashes")
            or given.is_over_limit
            or (found.method == "whole" and not _has_prose(found.answer))
        ):
            break
    return best or Grade(expected, None, Outcome(None, 0.0, "extraction", "the text states no answer"))


def _has_prose(answer: str) -> bool:
    """Return whether words surround what was found: only then may a later method find the answer inside it."""
    return re.search(r"[^\W\d_]{3,}", re.sub(r"\\[a-zA-Z]+", " ", answer)) is not None


def _graded(reading: Reading, expected: str, found: Extracted) -> Grade:
    try:
        outcome = compare(reading, read(found.answer))
        if found.others and not outcome.equal:
            joined = compare(reading, read(_several(found, found)))
            outcome = replace(joined, confidence=min(joined.confidence, 0.8)) if joined.equal else outcome
        elif found.others and outcome.equal:
            outcome = replace(
                outcome,
                confidence=min(outcome.confidence, 0.35),
                detail=outcome.detail + "; other answers stand beside it",
            )
    except (OverLimit, RecursionError) as error:
        return Grade(expected, found, Outcome(None, 0.0, "limits", str(error)), True)
    return Grade(expected, found, outcome)


def _several(found: Extracted, boxes: Extracted) -> str:
    return ", ".join(
        re.sub(r"^\s*\{|\}\s*$", "", box) if box.startswith("{") else box for box in (*boxes.others, found.answer)
    )


__all__ = ["Grade", "grade"]
