"""Does a candidate decline to answer? Phrases are one feature, an answer's absence another, the provider's word decides.

An answer is cut into clauses. A clause that declines adds to one side, a clause that says something of its own to the
other: gloom, apology and referral count for neither. Both sides, set by hand, are features of a small linear model
(`refusal_model.py`), whose sign decides.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from retake.verify.prose import code_blocks, without_code, without_thinking
from retake.verify.refusal_languages import LANGUAGES
from retake.verify.refusal_literals import Candidates
from retake.verify.refusal_model import Seen, score
from retake.verify.refusal_patterns import (
    AFFECT,
    ENGLISH,
    IDIOM,
    LACKING,
    LACKS_INFORMATION,
    ONLY_OF_ITSELF,
    ONLY_QUESTIONS,
    UNDETERMINED,
    Phrase,
)
from retake.verify.refusal_sentences import CODED, QUOTED, sentences
from retake.verify.refusal_words import (
    ABOUT_REFUSING,
    APOLOGY,
    ASIDE,
    CAPABILITY_WORDS,
    OFFER,
    RESULT,
    SAFETY_WORDS,
    WISH,
)

_READ_AT_MOST, _CLAUSE_AT_MOST = 6_000, 400
_QUOTES = re.compile(
    r'"[^"\n]{2,400}"|“[^”]{2,400}”|«[^»]{2,400}»|„[^“”]{2,400}[“”]|「[^」]{2,400}」|^\s*>.*$', re.MULTILINE
)
_SPEAKER = re.compile(r"^\**[A-Z][\w .]{0,24}\**:\**\s+\S.*$", re.MULTILINE)
_INLINE = re.compile(r"`[^`\n]{2,}`")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ACTION = re.compile(r"(?:^|(?<=[.!?] ))\*[a-z][^*\n]{3,160}\*(?=\s|$)", re.MULTILINE)
_LETTER = re.compile(r"\A\W*(?:dear|hi|hello|hey|subject:)\b[^\n]{0,60}\n", re.IGNORECASE)
_CONTRAST = re.compile(r"but|however|yet|though|still|anyway|pero|aber|mais|mas|но", re.IGNORECASE)
_CLAUSE = re.compile(
    r"([.!?…]+(?=\s|$)|[。!?؟।;:\n—]|\s[-–]\s|,? (?:but|however|yet|though|although|because|since|so|nevertheless|still|anyway|pero|aber|mais|mas|ma|но|however)\b,?|,\s*(?=(?:i|it|the|this|here|we|he|she|they|you)\b))",
    re.IGNORECASE,
)
_SHORT_NUMBER = re.compile(r"\A\W*(?:[^\W\d]+\W+){0,2}[-+]?\d[\d.,/]*\W*(?:%|°\w?|\w{1,12})?\W*\Z")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_ASKED = re.compile(r"\b(?:request|question|this|that|your|decline)\b", re.IGNORECASE)
_SUPPOSED = re.compile(r"\W*(?:if|when|whenever|unless)\b", re.IGNORECASE)
# Found on the tables: a statement after a phrase that declines is mostly the answer, and outweighs all but clear refusals.
_CONTENT_CAP, _STATED, _STATED_AFTER = 2.8, 3, 18
_CONSEQUENCE = re.compile(r"\W*(?:it|this|that|doing so|they) (?:would|could|may|might)\b", re.IGNORECASE)
_REASON = re.compile(r"because|since", re.IGNORECASE)
_WEAK = 1.5
_CONTESTED, _LEAST = 1.0, 0.3  # in log-odds; the least was chosen on tables left out of the fit
_CANDIDATES = Candidates((*ENGLISH, *LANGUAGES))
_FIRST_PERSON = re.compile(r"^\W*(?:\w+\W+)?(?:i|i'\w+|my|we|let's|let us)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """Whether a candidate declines: `confidence` in [0, 1] is how sure that is; `type` is None where it does not.

    `type` is safety, capability, unclear or other. `matched_patterns` are the names of the phrases found, declined or not.
    `is_contested` says that the features disagree, so that a judge may be asked; `judge` is None or what it said.
    """

    is_refusal: bool
    confidence: float
    type: str | None = None
    matched_patterns: tuple[str, ...] = ()
    is_contested: bool = False
    judge: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as plain data, as the verification file holds it."""
        return {**asdict(self), "matched_patterns": list(self.matched_patterns)}


def refusal_of(
    text: str,
    *,
    question: str = "",
    provider_refusal: str | None = None,
    finish_reason: str = "stop",
    has_answer: bool | None = None,
) -> Refusal:
    """Return whether `text`, a final answer, declines the question.

    `provider_refusal` is the provider's own refusal text; `has_answer` is True where a verifier accepted a result in the
    text: an answer, however gloomily it is given, in which no phrase is looked for. An empty text is no refusal: it is
    empty, and contested.
    """
    if provider_refusal is not None or finish_reason in ("refusal", "content_filter"):
        told = f"{provider_refusal or ''} {text}"
        return Refusal(True, 1.0, _type([], told) if told.strip() else "safety", ("provider_signal",))
    if has_answer:
        return Refusal(False, 1.0)
    shown = _normal(without_thinking(text))[:_READ_AT_MOST]
    if not shown:
        return Refusal(False, 0.5, is_contested=True)
    found, seen = _seen(shown, question)
    odds = score(seen) - _LEAST
    names = tuple(dict.fromkeys(phrase.name for phrase in found))
    confidence = 1 / (1 + math.exp(-abs(odds)))
    is_unfinished = finish_reason == "length" and not found  # what was cut off may still have become an answer
    is_refusal = odds > 0 and not is_unfinished
    type_ = _type(found, shown) if is_refusal else None
    return Refusal(is_refusal, round(confidence, 4), type_, names, is_contested=_is_contested(seen, odds))


def _is_contested(seen: Seen, odds: float) -> bool:
    """Tell whether the model is unsure, or the phrases and the answer's content pull against each other."""
    margin = seen.declined - seen.answered
    pull = seen.declined >= 2.5 and seen.answered >= 2 and abs(margin) < 1.5
    by_phrases = seen.declined >= 0.9 and margin > 0
    return abs(odds) < _CONTESTED or pull or by_phrases != (odds > 0)


def seen_as(text: str, *, question: str) -> Seen:
    """Return an answer as the linear model sees it."""
    return _seen(_normal(without_thinking(text))[:_READ_AT_MOST], question)[1]


def _seen(shown: str, question: str) -> tuple[list[Phrase], Seen]:
    spoken, marked = _spoken(shown), _marked(shown)
    possible = _CANDIDATES.within(f"{spoken}\n{marked}")
    found, declined, answered = _weighed(shown, spoken, possible)
    if ABOUT_REFUSING.search(question):
        declined *= 0.3
    has_code = bool(code_blocks(shown) or _INLINE.search(shown))
    each = tuple((part, _strongest(part, possible)) for part in sentences(marked))
    return found, Seen(spoken, question, has_code, declined, answered, each)


def _strongest(sentence: str, possible: Candidates) -> float:
    return max((phrase.weight for phrase in _phrases(sentence, possible)), default=0.0)


def _weighed(shown: str, spoken: str, possible: Candidates) -> tuple[list[Phrase], float, float]:
    """Return the phrases found, how strongly the text declines, and how strongly it answers."""
    found: list[Phrase] = []
    weights: list[float] = []
    has_offered = is_stated = False
    content, numbers, turns, is_outright = 0.0, 0, 0, bool(code_blocks(shown) or RESULT.search(shown))
    for link, clause in _clauses(spoken):
        phrases = _phrases(clause, possible)
        found += phrases
        weights += [max(phrase.weight for phrase in phrases)] if phrases else []
        has_offered = has_offered or (bool(weights) and bool(OFFER.search(clause)))
        if phrases or has_offered or _is_aside(link, clause):
            continue
        is_outright = is_outright or bool(_SHORT_NUMBER.match(clause))
        numbers += bool(re.search(r"\d", clause))
        turns += bool(weights) and bool(_CONTRAST.search(link)) and len(clause.split()) > 1
        content += _content(clause, is_after=bool(weights))
        is_stated = is_stated or not _FIRST_PERSON.search(clause)
    if not weights and not is_stated and not is_outright and (alone := _alone(spoken)) is not None:
        found, weights = [*found, alone], [alone.weight]
    if UNDETERMINED.search(spoken) and LACKING.search(spoken):
        found, weights = [*found, LACKS_INFORMATION], [*weights, LACKS_INFORMATION.weight]
    declined = _strength(weights, has_apology=bool(APOLOGY.search(spoken)))
    answered = 4.0 if is_outright else min(_CONTENT_CAP, content / 7 + numbers) + min(1, turns)
    if declined <= _WEAK and ((is_stated and content >= 3) or re.search(r"\d", spoken)):
        answered = max(answered, declined + 0.3)
    return found, declined, answered


def _alone(spoken: str) -> Phrase | None:
    """Return what stands for a refusal in a text without a statement: questions alone, or the speaker's wishes alone."""
    clauses = [clause for _, clause in _clauses(spoken) if not APOLOGY.search(clause)]
    if not clauses or _words(spoken) < 4 or re.search(r"\d", spoken):
        return None
    if all(clause.rstrip().endswith("?") for clause in clauses):
        return ONLY_QUESTIONS
    of_itself = all(_FIRST_PERSON.search(clause) or clause.rstrip().endswith("?") for clause in clauses)
    return ONLY_OF_ITSELF if of_itself and WISH.search(spoken) else None


def _content(clause: str, *, is_after: bool) -> float:
    """Return how much a clause says, in words: little where it speaks of the speaker, much after a grumble."""
    words = _words(clause)
    if _FIRST_PERSON.search(clause):
        return 0.3 * words
    return max(_STATED_AFTER if is_after else _STATED, words)


def _is_aside(link: str, clause: str) -> bool:
    if clause.rstrip().endswith("?") or _REASON.search(link) or _CONSEQUENCE.match(clause):
        return True
    mood = _words(clause) <= 8 and AFFECT.search(clause)
    return bool(mood or ASIDE.search(clause) or APOLOGY.search(clause) or SAFETY_WORDS.search(clause))


def _clauses(spoken: str) -> Iterator[tuple[str, str]]:
    """Yield what links a clause to the one before it, and the clause."""
    pieces = _CLAUSE.split(spoken)
    for link, clause, after in zip(["", *pieces[1::2]], pieces[::2], [*pieces[1::2], ""], strict=True):
        if re.search(r"\w", clause):
            yield link, clause + ("?" if "?" in after else "")


def _strength(weights: list[float], *, has_apology: bool) -> float:
    """Return how strongly clauses of these weights decline together; an apology makes a clear one clearer."""
    most = max(weights, default=0.0)
    return most + 0.25 * min(2, max(0, len(weights) - 1)) + (0.4 if has_apology and most >= 2 else 0.0)


def _phrases(clause: str, possible: Candidates) -> list[Phrase]:
    if _SUPPOSED.match(clause) or IDIOM.search(clause) or (AFFECT.search(clause) and not _ASKED.search(clause)):
        return []
    return possible.found_in(clause[:_CLAUSE_AT_MOST])


def _spoken(shown: str) -> str:
    """Return what the model says in its own voice: no code, quotation, dialogue or letter written for somebody."""
    text = _QUOTES.sub(" ", without_code(shown))
    if len(_SPEAKER.findall(text)) >= 2:
        text = _SPEAKER.sub(" ", text)
    return "" if _LETTER.search(text) and text.count("\n") >= 3 else text


def _marked(shown: str) -> str:
    """Return the text with marks in place of code and quotations."""
    text = _INLINE.sub(f" {CODED} ", _FENCED.sub(f" {CODED} ", shown))
    return _QUOTES.sub(f" {QUOTED} ", text)


def _words(clause: str) -> float:
    cjk = len(_CJK.findall(clause))
    return cjk / 2 + len(_CJK.sub(" ", clause).split())


def _normal(text: str) -> str:
    """Return the text without marks of emphasis and without stage directions, where it has anything else."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    text = _ACTION.sub(" ", text) if re.search(r"\w", _ACTION.sub(" ", text)) else text
    return re.sub(
        r"[\u200b-\u200f\u2060\ufeff*_]", lambda found: "\u200c" if found.group() == "\u200c" else "", text
    ).strip()


def _type(found: list[Phrase], shown: str) -> str:
    types = {phrase.type for phrase in found}
    if "safety" in types or SAFETY_WORDS.search(shown):
        return "safety"
    if "capability" in types or CAPABILITY_WORDS.search(shown):
        return "capability"
    return "unclear" if "unclear" in types else "other"
