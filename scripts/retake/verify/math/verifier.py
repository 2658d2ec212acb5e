"""The verifier of mathematics: extraction, comparison by type and value, and a second opinion where that does not decide."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from retake.errors import VerifierFailed
from retake.samples.sample import Sample
from retake.verify.math.extract import strict_and_flexible
from retake.verify.math.grade import Grade, grade
from retake.verify.math.limits import fits_grammar
from retake.verify.math.nodes import names
from retake.verify.math.normalise import clean
from retake.verify.math.numeric import Outcome
from retake.verify.math.pool import SymbolicPool
from retake.verify.math.tokens import FUNCTIONS, GREEK
from retake.verify.verdict import Check, Verdict, ungraded

NAME = "math"
UNSURE = 0.35  # below 0.4, where the judge is asked
_DECISIVE = names("literal exact option base text unit percent degrees rounding antiderivative") | {"empty set"}
_SHOWN = 120
_COMMANDS = (
    GREEK
    | FUNCTIONS
    | names(  # what math-verify's grammar knows; it drops other commands without a word
        "frac sqrt binom int iint lim sum prod infty pi to rightarrow le leq ge geq ne neq cdot times div pm mp cup cap setminus in mathbb "
        "begin end partial mathrm left right lfloor rfloor lceil rceil deg text emptyset quad"
    )
)


@dataclass(frozen=True)
class Equivalence:
    """Whether two answers are equivalent: `equal` is None where nothing could say; `checks` are the methods asked."""

    equal: bool | None
    confidence: float
    checks: tuple[Check, ...]
    detail: str = ""


class MathVerifier:
    """Judges mathematical answers against a reference; thread-safe, and blocking.

    Most answers are decided in the calling thread. `processes` children, started at the first need, run the algebra system for
    the others. A child that is lost makes an answer ungraded, with the error kept; it never makes it wrong.
    """

    def __init__(self, *, processes: int = 2) -> None:
        self._pool = SymbolicPool(processes)

    def verify(self, text: str, sample: Sample) -> Verdict:
        """Return the verdict on a candidate's text; ungraded where the sample has no reference or the text no answer."""
        extras = strict_and_flexible(text) if sample.split == "gsm8k" else {}
        if sample.ground_truth is None or not sample.ground_truth.strip():
            return ungraded(NAME, "The sample has no reference answer to compare with.", extras=extras)
        graded = grade(sample.ground_truth, text)
        return self._verdict(graded, extras)

    def equivalent(self, gold: str, prediction: str) -> Equivalence:
        """Return whether a short answer is equivalent to a reference, with the evidence; never raises."""
        verdict = self._verdict(grade(gold, prediction), {})
        return Equivalence(verdict.is_verified, verdict.confidence, verdict.checks, verdict.explanation)

    def close(self) -> None:
        """End the child processes; a verifier that is closed still decides what needs none."""
        self._pool.close()

    def _verdict(self, graded: Grade, extras: dict[str, str | None]) -> Verdict:
        found = graded.extracted
        if found is None:
            return ungraded(NAME, f"Not judged: {graded.outcome.detail}.", extras=dict(extras))
        checks = (
            Check(f"extract: {found.method}", None, found.confidence, _short(found.answer)),
            _check(graded.outcome),
        )
        about: dict[str, object] = {**extras, "reference": graded.gold, "extraction": found.method}
        if graded.is_over_limit:
            return ungraded(
                NAME,
                f"Not judged: {graded.outcome.detail}.",
                extracted_answer=found.answer,
                checks=checks,
                extras=about,
            )
        return self._decided(graded, checks, about)

    def _decided(self, graded: Grade, checks: tuple[Check, ...], about: dict[str, object]) -> Verdict:
        assert graded.extracted is not None
        answer = graded.extracted.answer
        outcome = graded.outcome
        try:
            second = self._second_opinion(graded)
        except VerifierFailed as error:
            failed = Check("algebra system", None, 0.0, str(error))
            if outcome.equal is None:
                return ungraded(
                    NAME,
                    "Not judged: the algebra system failed.",
                    error=error,
                    extracted_answer=answer,
                    checks=(*checks, failed),
                    extras=about,
                )
            about["error"], second = str(error), failed
            outcome = replace(outcome, confidence=min(outcome.confidence, UNSURE))
        if second is not None:
            checks = (*checks, second)
            outcome = _agreed(outcome, second)
        if outcome.equal is None:
            return ungraded(
                NAME, f"Not judged: {outcome.detail}.", extracted_answer=answer, checks=checks, extras=about
            )
        confidence = round(outcome.confidence * graded.extracted.confidence, 4)
        word = "is" if outcome.equal else "is not"
        told = f"The answer {_short(answer)} {word} equivalent to {_short(graded.gold)} ({outcome.detail})."
        return Verdict(outcome.equal, confidence, NAME, told, float(outcome.equal), answer, None, checks, None, about)

    def _second_opinion(self, graded: Grade) -> Check | None:
        """Ask the algebra system where the first comparison did not decide, or decided by points alone."""
        outcome = graded.outcome
        assert graded.extracted is not None
        if outcome.equal is not None and (outcome.method in _DECISIVE or outcome.confidence >= 0.6):
            return None
        gold, answer = clean(graded.gold), clean(graded.extracted.answer)
        if (
            not (fits_grammar(gold) and fits_grammar(answer))
            or not _is_mathematics(gold)
            or not _is_mathematics(answer)
        ):
            return None
        said = self._pool.compare(gold, answer)
        return Check("algebra system", said, 0.5 if said is not None else 0.0, "math-verify")


def _is_mathematics(text: str) -> bool:
    if len(re.findall(r"(?<![\\a-zA-Z])[a-zA-Z]{3,}", re.sub(r"\\text\s*\{[^{}]*\}", "", text))) > 2:
        return False  # prose
    commands = set(re.findall(r"\\([a-zA-Z]+)", text))
    return (
        any(character.isdigit() or character in "\\=^<>+" for character in text)
        and "\x00" not in text
        and commands <= _COMMANDS
    )


def _check(outcome: Outcome) -> Check:
    return Check(f"compare: {outcome.method}", outcome.equal, outcome.confidence, outcome.detail)


def _agreed(outcome: Outcome, second: Check) -> Outcome:
    """Join two opinions: alone, the algebra system is unsure; agreement makes sure, disagreement unsure."""
    if second.outcome is None:
        return outcome
    if outcome.equal is None:  # its "not equal" often means that it could not compare: that is no verdict
        return (
            Outcome(True, UNSURE, "algebra system", "only the algebra system could compare them")
            if second.outcome
            else outcome
        )
    if outcome.equal == second.outcome:
        return replace(outcome, confidence=max(outcome.confidence, 0.85))
    return replace(
        outcome, confidence=min(outcome.confidence, UNSURE), detail=f"{outcome.detail}; the algebra system disagrees"
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"
