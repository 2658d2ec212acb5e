"""Exact: the answer is the reference, word for word, whatever the case and the spaces."""

from __future__ import annotations

import re

from retake.samples.sample import Sample
from retake.verify.verdict import Check, Verdict, ungraded

NAME = "exact"
SPLITS = ("exact",)

_BOXED = re.compile(r"\\boxed\s*\{([^{}]*)\}")
_LABEL = re.compile(r"^(?:the )?(?:final )?answer(?: is)?\s*:?\s*", re.IGNORECASE)


def verify(text: str, sample: Sample) -> Verdict:
    r"""Return the verdict on the last `\boxed{...}`, else on the last line that is not empty.

    Ungraded: a sample without a reference, and a text without an answer.
    """
    answer, reference = _answer(text), sample.ground_truth
    if not reference or not answer:
        return ungraded(NAME, "There is no reference, or no answer to compare with it.")
    same = _plain(answer) == _plain(reference)
    said = f"{answer!r} {'is' if same else 'is not'} {reference!r}, word for word."
    return Verdict(
        same, 0.95, NAME, said, score=float(same), extracted_answer=answer, checks=(Check("words", same, 0.95),)
    )


def _answer(text: str) -> str:
    boxed = _BOXED.findall(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return boxed[-1].strip() if boxed else _LABEL.sub("", lines[-1]) if lines else ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip(" .*_`\"'").split())
