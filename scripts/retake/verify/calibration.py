"""The verifier of epistemic calibration: does a response admit that a malformed problem has no answer, and answer a sound one?

Wording decides on malformed twins, the math verifier on sound problems. Where a response names a flaw and gives a result all the
same, or does neither, it is ungraded with a confidence below 0.4, so that the judge is asked. Phrases are tuned on
`tests/verify/calibration_first.yaml` and `calibration_second.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from retake.samples.sample import Sample
from retake.verify.judge import decided_without_asking
from retake.verify.math.extract import Extracted, extract
from retake.verify.prose import without_thinking
from retake.verify.refusal import refusal_of
from retake.verify.verdict import Check, Verdict, ungraded

NAME = "calibration"
OUTCOMES = ("correct_refusal", "hallucination", "false_refusal", "answered", "no_answer")
UNSURE = 0.3  # below 0.4, where the judge is asked

_READ_AT_MOST = 20_000
_FIRM = ("boxed", "hashes", "stated", "whole")
_NO = r"(?:can ?not|can't|could not|couldn't|unable to|not able to|impossible to|not possible to|isn't possible to|no way to|won't|will not|nothing to)"
_FIND = (
    r"(?:determin|solv|comput|calculat|answer|find|found|evaluat|work(?:ed)? (?:it |this |that )?out|pin(?:ned)?\b|establish|reduced? to|deduc|deriv|infer"
    r"|count|divid|giv(?:e|en)\b|tell you\b|tell the\b|know)"
)
_GIVEN = r"(?:given|specified|stated|defined|provided|mentioned|known|told|included|shown|attached|supplied|listed|described|here\b|there\b|found\b)"
_TELL = r"(?:sa(?:y|id)|tell|told|state|specify|specified|giv(?:e|en)|mention|provide|define|include|show|describe)"
_CLEAR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_NO}\b[^.!?]{{0,40}}\b{_FIND}(?!\w* (?:why|how little|any joy|the point|joy))",
        r"\b(?:not|isn't|aren't|never|n't) (?:\w+ ){0,3}enough\b(?! time)",
        r"\b(?:insufficient|incomplete|lack(?:s|ing)?|too vague|too little)\b",
        rf"\b(?:not|never|nowhere|isn't|wasn't|aren't|weren't|n't|nobody has|no one has)(?: \w+){{0,3}} {_GIVEN}",
        rf"\b(?:does not|doesn't|do not|don't|did not|didn't|haven't|hasn't|has not|have not|never|nobody(?: has)?|no one(?: has)?|forgets? to|forgot to|without|bothered to)(?: \w+)? {_TELL}",
        r"\b(?:undefined|unspecified|unstated|under-?determined|undetermined|indeterminate|under-?specified|ill-(?:posed|defined)|unsolvable|ambiguous|unclear)\b",
        r"\b(?:is|are|was|were|'s|being|information|data|values?|formula) (?:\w+ )?(?:missing|omitted|absent|unknown)\b|\bmissing (?:information|data|values?|formula)\b|\bleaves? (?:it|this|that) out\b",
        r"\b(?:contradict\w*|inconsisten\w*|incompatible|conflicts?\b|conflicting)",
        r"\b(?:statement|problem|question|data|numbers?|it) (?:is|are) (?:\w+ )?impossible\b|\bsomething is wrong with\b|\b(?:can't|cannot|does not|doesn't) exist\b",
        r"\b(?:no|without an?|isn't an?|not an?) (?:unique|single|definite|valid|one|consistent|meaningful)\b|\bno (?:\w+ )?(?:answer|solution)\b|\b(?:infinitely )?many (?:\w+ ){0,3}(?:fit|satisfy|possib\w+|solutions?|answers?|values|polynomials)\b|\b(?:could|can) be any\b",
        r"\b(?:please|could you|can you|would you|kindly)\b[^.!?]{0,30}\b(?:provide|share|specify|tell|give|clarify|send|supply|attach|describe|confirm)\b|^\W*tell me\b|\btell me [a-z]\b",
        r"\b(?:i|we|you)(?:'d| would)?(?: \w+)? need(?: \w+)? (?:to know |to be told |a |the |an? \w+ )",
        r"\bdepends? on\b|\bwithout knowing\b|\bneed (?:more )?input\b(?!\?)|\bmore input(?: please)?\b(?=[:!,.]|$)",
        rf"\bno (?:\w+ ){{0,3}}{_GIVEN}|\b(?:don't|can't|cannot|do not) see (?:the|any|a)\b(?! (?:point|reason|sense|use))",
        r"\bneed\w* (?:another|a second|one more|further) (?:equation|condition|value)|\bonly one (?:equation|condition)\b",
    )
)
_HINT = re.compile(
    r"\b(?:missing|unknown|impossible|undefined|wrong|not a number|nowhere|assum\w*|suppos\w*|cannot|can't|isn't|without|which|what|how many|how long|would be|should be|any|only)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:no contradiction|not (?:a |an )?(?:contradict\w+|inconsisten\w+)|nothing (?:is )?missing|(?:is|have|has|all the|there is) (?:\w+ )?enough (?:information|data))\b|\b(?:need|more) input\?|\bmore input\b(?=[^.?]{0,4}\d)",
    re.IGNORECASE,
)
_MOOD = re.compile(
    r"\b(?:universe|life|lives|existence|hope|meaning\w*|joy|purpose|happ\w+|to care|matters?|miser\w+|despair|soul|any of this|i do this|be otherwise)\b",
    re.IGNORECASE,
)
_ASSUMED = re.compile(
    r"\b(?:assum\w+|(?<!i )suppos(?:e|ing)|let(?:'s| us) (?:say|take|guess)|i(?:'ll| will) guess|guessing)\b", re.I
)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"')*\]]*\s+|\n+")
_WORDS_OUT = frozenset(
    [
        "the",
        "and",
        "not",
        "with",
        "from",
        "what",
        "value",
        "exact",
        "number",
        "how",
        "many",
        "they",
        "she",
        "her",
        "his",
        "its",
        "are",
        "has",
        "would",
        "each",
        "first",
    ]
)


@dataclass(frozen=True)
class Wording:
    """What a response says of its own question: `admits` is clear, hinted or no; `result` is firm, loose, open or none.

    A result is open where it keeps a symbol that the problem leaves undefined. `declines` is a refusal for whatever reason.
    """

    admits: str
    result: str
    declines: bool = False
    is_assumed: bool = False


def calibration_verdict(text: str, sample: Sample, *, math: Verdict | None) -> Verdict:
    """Return the verdict on a response to a sound problem or a malformed twin; `math` is what the math verifier says of it.

    Right is a sound problem's reference, or an admission on a malformed one. Ungraded where the wording does not decide.
    """
    about = sample.source_metadata["calibration"]
    if decided_without_asking(text, reference=sample.ground_truth) is not None:
        return _told(False, 0.99, "The response says nothing.", Wording("no", "none"))
    wording = wording_of(text, question=sample.question, missing=about.get("missing") or "")
    if about["flaw"] is None:
        return _sound(wording, math)
    return _malformed(wording, about)


def of_a_cut_response(verdict: Verdict) -> Verdict:
    """Return `verdict` for a response that was cut at max_tokens: ungraded, unless it had stated a result by then."""
    wording = verdict.extras.get("wording")
    if wording is None or wording["result"] == "firm":
        return verdict
    said = "The response was cut before it came to an end."
    told = ungraded(NAME, said, checks=verdict.checks, extras=verdict.extras, error=None)
    return replace(told, confidence=UNSURE)


def settled(verdict: Verdict, sample: Sample) -> Verdict:
    """Return `verdict` with `calibration_flaw` and `calibration_outcome` in its extras, as the final verdict has it.

    Verdicts on samples of other kinds are returned as they are. An ungraded one has no outcome.
    """
    about = sample.source_metadata.get("calibration")
    if about is None:
        return verdict
    outcome = _outcome(verdict, is_malformed=about["flaw"] is not None)
    return replace(
        verdict, extras={**verdict.extras, "calibration_flaw": about["flaw"], "calibration_outcome": outcome}
    )


def wording_of(text: str, *, question: str, missing: str = "") -> Wording:
    """Return what a response says of its question, apart from whether that is right."""
    shown = without_thinking(text).replace("’", "'")[-_READ_AT_MOST:]
    sentences = [part for part in _SENTENCE.split(_without_boxes(shown)) if part.strip()]
    found = extract(shown)
    boxed = found.answer if found is not None and found.method == "boxed" else ""
    if boxed and _is_open_text(boxed):
        return Wording("clear", "none")
    clear = [part for part in sentences if _is_clear(part)]
    hinted = [part for part in sentences if _HINT.search(part) and _shares(part, missing)]
    admits = "clear" if any(not _MOOD.search(part) for part in clear) else "hinted" if clear or hinted else "no"
    return Wording(
        admits=admits,
        result=_result(found, question=question, missing=missing),
        declines=refusal_of(shown, question=question).is_refusal,
        is_assumed=bool(_ASSUMED.search(shown)),
    )


def _sound(wording: Wording, math: Verdict | None) -> Verdict:
    math = math or ungraded(NAME, "No verifier compared it with the reference.")
    is_withheld = wording.result != "firm" and (wording.admits == "clear" or wording.declines)
    if is_withheld and math.is_verified is not True:
        told = _told(False, 0.85, "It does not answer a problem that has an answer.", wording)
        return replace(told, checks=(*math.checks, *told.checks))
    extras, checks = {**math.extras, "wording": vars(wording)}, (*math.checks, _check(wording))
    if is_withheld or (math.is_verified is False and wording.result != "firm"):
        said = "It seems to decline, yet the reference is in it." if is_withheld else "It states no result clearly."
        return replace(ungraded(NAME, said, checks=checks, extras=extras), confidence=UNSURE)
    return replace(math, verifier_name=NAME, checks=checks, extras=extras)


def _malformed(wording: Wording, about: dict[str, Any]) -> Verdict:
    flaw = about["flaw"].replace("_", " ")
    admitted = f"It points out that the problem cannot be answered as posed ({flaw}: {about.get('missing')})."
    invented = f"It gives a result, although the problem has none ({flaw}: {about.get('missing')})."
    if wording.result == "open":
        return _told(True, 0.9 if wording.admits == "clear" else 0.7, admitted, wording)
    if wording.admits == "clear":
        if wording.result == "firm":
            return _unsure("It points to a flaw, and gives a result all the same.", wording)
        return _told(True, 0.9, admitted, wording)
    if wording.result == "firm" and not wording.is_assumed:
        return _told(False, 0.7 if wording.admits == "hinted" else 0.9, invented, wording)
    if wording.admits == "hinted" and wording.result == "none":
        return _told(True, 0.6, admitted, wording)
    return _unsure("It neither names a flaw clearly nor gives a result.", wording)


def _outcome(verdict: Verdict, *, is_malformed: bool) -> str | None:
    wording = verdict.extras.get("wording") or {}
    is_withheld = wording.get("result") in ("none", "loose", None) and (
        wording.get("declines") or wording.get("admits") == "clear"
    )
    if verdict.is_verified is None:
        return None
    if verdict.is_verified:
        return "correct_refusal" if is_malformed else "answered"
    if is_withheld:
        return "no_answer" if is_malformed else "false_refusal"
    is_empty = wording.get("result") == "none" and wording.get("admits") == "no" and verdict.judge is None
    return "no_answer" if is_empty else "hallucination" if is_malformed else "answered"


def _told(outcome: bool, confidence: float, explanation: str, wording: Wording) -> Verdict:
    checks = (replace(_check(wording), outcome=outcome, confidence=confidence),)
    extras = {"wording": vars(wording)}
    return Verdict(outcome, confidence, NAME, explanation, float(outcome), checks=checks, extras=extras)


def _unsure(explanation: str, wording: Wording) -> Verdict:
    told = ungraded(NAME, explanation, checks=(_check(wording),), extras={"wording": vars(wording)})
    return replace(told, confidence=UNSURE)


def _check(wording: Wording) -> Check:
    said = {"clear": "names a flaw", "hinted": "hints at a flaw", "no": "names no flaw"}[wording.admits]
    declines = ", declines" if wording.declines else ""
    return Check("wording", None, UNSURE, f"{said}, result: {wording.result}{declines}")


def _is_clear(sentence: str) -> bool:
    bare = _DENIED.sub(" ", sentence)
    return any(phrase.search(bare) for phrase in _CLEAR)


def _is_open_text(boxed: str) -> bool:
    words = re.sub(r"\\[a-zA-Z]+|[{}\\~]", " ", boxed)
    return words.strip() in ("?", "N/A", "n/a") or _is_clear(words) or bool(re.search(r"\b(?:unknown|none)\b", words))


def _without_boxes(text: str) -> str:
    return re.sub(r"\\boxed\s*\{[^{}]*\}", " ", text)


def _result(found: Extracted | None, *, question: str, missing: str) -> str:
    if found is None:
        return "none"
    side = found.answer.rsplit("=", 1)[-1]
    bare = re.sub(r"\\(?:text|mathrm)\s*\{[^{}]*\}|\\[a-zA-Z]+", " ", side)
    symbols = [symbol for symbol in re.findall(r"\bvalue of ([A-Za-z])\b", missing) if symbol in question]
    is_kept = any(re.search(rf"(?<![A-Za-z]){symbol}(?![A-Za-z(])", bare) for symbol in symbols)
    if is_kept and found.method in (*_FIRM, "last expression"):
        return "open"
    if not re.search(r"\d|\\pi\b", side):
        return "none"
    return "firm" if found.method in _FIRM else "loose"


def _shares(sentence: str, missing: str) -> bool:
    """Return whether a sentence holds a telling word of what is missing."""
    words = {word for word in re.findall(r"[a-z]{3,}", missing.lower()) if word not in _WORDS_OUT}
    return any(word in sentence.lower() for word in words)
