"""An answer's sentences as the model of refusals sees them: words, how they echo the question, and what they can be.

What tells an answer from a complaint is whether some sentence gives a thing that was asked for: a number, a name, a list, code,
a statement of the topic and not of the speaker.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from functools import lru_cache
from typing import NamedTuple

from retake.verify.refusal_words import ABOUT_REFUSING, APOLOGY, RESULT, SAFETY_WORDS

SLOTS = 1 << 14
DENSE = 64  # the first slots belong to the features with a name
QUOTED, CODED = "«q»", "«c»"
_WORDS, _LETTERS, _PREFIX = (1, 2), (3, 4, 5), 5
_HEAD, _TAIL = 1_000, 500
_NAMED = 0.3
TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]")
NAME = re.compile(r"(?<![.!?…:\"]\s)(?<!^)\b[A-Z][a-z]+")
GIVES = re.compile(r"\A\W*(?:yes|no|none|nope|neither)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…:])\s+|\n+|(?<=[。！？।؟])|\s[—–-]\s")
_SELF = frozenset(["i", "i'm", "i'll", "i'd", "i've", "my", "me", "myself", "mine", "we", "us", "our"])
_NOT = frozenset(["not", "no", "never", "cannot", "nor", "nothing", "nobody"])
_ADDRESS = r"\A\W*(?:[\w ]{1,20}, )?"
_YES_OR_NO = re.compile(
    _ADDRESS + r"(?:is|are|am|can|could|do|does|did|was|were|will|would|should|shall|may|must|has|have|had)(?:n't)?\b",
    re.IGNORECASE,
)
_FOR_A_THING = re.compile(
    _ADDRESS
    + r"(?:what|who|whom|whose|where|when|which|how|why|name|give|define|convert|compute|translate|spell|add|multiply|simplify)\b",
    re.IGNORECASE,
)
_FOR_A_NUMBER = re.compile(
    r"\bhow (?:many|much|far|long|old|tall|deep|fast|heavy|big)|what(?:'s| is) \d|compute|\d", re.IGNORECASE
)
_NUMBER_WORD = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundred|thousand|million|billion|half|zero)\b"
)


_FOR_WORK = re.compile(
    _ADDRESS
    + r"(?:please |can you |could you |would you |i need (?:you to )?|help me )*(?:write|give|list|summari[sz]e|draft|compose|show|provide|explain|tell|make|generate|create|describe|implement|suggest|sketch|draw|recite)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:ask (?:some|an?other|the|your|a)|(?:speak|talk|turn|go|write|reach out) (?:to|with)|consult|contact|see an?|call|right person|better (?:asked|placed|put|suited|directed)|best (?:asked|placed|put|directed|left)"
    r"|between you|(?:matter|question|one|decision|conversation) for|up to you|for you to|your own|yours to|only you|elsewhere|somebody else|someone else|someone who|somebody who|helpline|hotline|emergency)\b",
    re.IGNORECASE,
)


class Asked(NamedTuple):
    """A question: the beginnings of its words, and what kind of answer it wants: a thing, a number, a piece of work."""

    stems: frozenset[str]
    is_about_refusing: bool
    is_yes_or_no: bool
    is_for_a_thing: bool
    is_for_a_number: bool
    is_for_work: bool


@lru_cache(maxsize=64)
def asked(question: str) -> Asked:
    """Return what a question asks for; an empty one asks for nothing."""
    words = TOKEN.findall(question.lower())
    return Asked(
        frozenset(word[:5] for word in words if len(word) > 3),
        bool(ABOUT_REFUSING.search(question)),
        bool(_YES_OR_NO.match(question)),
        bool(_FOR_A_THING.match(question)),
        bool(_FOR_A_NUMBER.search(question)),
        bool(_FOR_WORK.match(question)),
    )


def shortened(text: str) -> str:
    """Return the head and the tail of a long text."""
    return text if len(text) <= _HEAD + _TAIL else text[:_HEAD] + " " + text[-_TAIL:]


def sentences(told: str) -> list[str]:
    """Return the sentences of a text in which `QUOTED` and `CODED` stand for quotations and code."""
    return [part for part in _SENTENCE.split(shortened(told)) if re.search(r"\w", part)]


def sentence_features(sentence: str, of: Asked, *, place: tuple[int, int], declines: float) -> dict[int, float]:
    """Return the features of a sentence by slot.

    `place` is its number and how many there are; `declines` is the weight of the strongest phrase in it that declines.
    """
    low = sentence.lower()
    tokens = TOKEN.findall(low)
    grams = _grams(low, tokens, of.stems)
    value = 1 / math.sqrt(max(1, len(grams)))
    made: dict[int, float] = {}
    for gram in grams:
        slot = _slot(gram)
        made[slot] = made.get(slot, 0.0) + value
    for at, named in enumerate(_named(sentence, low, tokens, of, place, declines), 1):
        if named:
            made[at] = _NAMED * named
    return made


def _grams(low: str, tokens: list[str], stems: frozenset[str]) -> set[str]:
    """Return words, pairs of words, pairs in which ECHO stands for a word of the question, and parts of words."""
    grams = {"w" + token for token in tokens}
    grams.update("w" + one + " " + two for one, two in itertools.pairwise(tokens))
    echo = ["ECHO" if len(token) > 3 and token[:5] in stems else token for token in tokens]
    if "ECHO" in echo:
        grams.update("e" + one + " " + two for one, two in itertools.pairwise(echo) if "ECHO" in (one, two))
    grams.update("p" + token[:_PREFIX] for token in tokens if len(token) > _PREFIX)
    if not low.isascii():
        padded = " " + re.sub(r"\d", "0", low) + " "
        for size in _LETTERS:
            grams.update("c" + padded[at : at + size] for at in range(len(padded) - size + 1))
    return grams


@lru_cache(maxsize=1 << 16)
def _slot(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) % (SLOTS - DENSE) + DENSE


def _named(
    sentence: str, low: str, tokens: list[str], of: Asked, place: tuple[int, int], declines: float
) -> list[float]:
    is_first = place[0] == 0
    words = [token for token in tokens if token[0].isalpha()]
    count = max(1, len(words))
    is_mine, is_self_first = not _SELF.isdisjoint(tokens), not _SELF.isdisjoint(tokens[:2])
    is_not = any(token in _NOT or token.endswith("n't") for token in tokens)
    long = [word[:5] in of.stems for word in words if len(word) > 3]
    echo, fresh = sum(long), len(long) - sum(long)
    has_digit, has_number = any(token.isdigit() for token in tokens), bool(_NUMBER_WORD.search(low))
    is_question = sentence.rstrip().endswith("?")
    gives = bool(GIVES.match(sentence))
    has_name = bool(NAME.search(sentence))
    is_given = has_digit or has_number or "«" in sentence or has_name
    states_first = is_first and not is_mine and not is_not
    return [
        1,
        is_first,
        place[0] == place[1] - 1 and place[1] > 1,
        is_mine,
        is_self_first,
        is_not,
        is_mine and is_not,
        is_question,
        has_digit,
        has_name,
        math.log1p(count) / 3,
        echo / count,
        is_first and not is_mine,
        states_first and count <= 3,
        states_first and 3 < count <= 8,
        states_first and count > 8,
        states_first and not echo,
        is_first and not echo and fresh > 0,
        not is_mine and not is_not and not is_question,
        "«" in sentence,
        CODED in sentence,
        0 if is_mine else math.log1p(fresh) / 2,
        gives,
        not words,
        is_mine and echo > 0,
        is_mine and is_not and echo > 0,
        bool(RESULT.search(sentence)),
        "!" in sentence,
        not words and has_digit,
        is_first and has_digit,
        is_first and is_mine and is_not,
        not sentence.isascii(),
        *_against(of, is_first=is_first, is_mine=is_mine, is_not=is_not, gives=gives),
        of.is_for_a_number and (has_digit or has_number),
        has_number,
        *(declines >= 2.5, declines >= 2, 0.9 <= declines < 2, declines / 2),
        bool(APOLOGY.search(sentence)),
        not is_mine and bool(SAFETY_WORDS.search(sentence)),
        *_elsewhere(low, place),
        is_given and not is_mine,
        *(of.is_for_a_number and not (has_digit or has_number), of.is_for_a_thing and not is_given and not is_mine),
        *_for_work(of, place, is_mine=is_mine, is_not=is_not, is_question=is_question),
    ]


def _for_work(of: Asked, place: tuple[int, int], *, is_mine: bool, is_not: bool, is_question: bool) -> list[float]:
    """Return how a sentence stands to a piece of work that was asked for."""
    is_last, states = place[0] == place[1] - 1, not (is_mine or is_not or is_question)
    return [of.is_for_work and is_last and is_mine, of.is_for_work and is_mine and is_not, of.is_for_work and states]


def _against(of: Asked, *, is_first: bool, is_mine: bool, is_not: bool, gives: bool) -> list[float]:
    """Return how a sentence stands to the kind of question."""
    return [
        of.is_about_refusing and is_not,
        of.is_about_refusing and is_first,
        of.is_yes_or_no and is_first and gives,
        of.is_yes_or_no and is_first and is_not and not is_mine,
        of.is_for_a_thing and is_first and not is_mine and not is_not,
    ]


def _elsewhere(low: str, place: tuple[int, int]) -> list[float]:
    """Return whether a sentence sends the asker to somebody else, as the last one, as the first one."""
    sends = bool(_ELSEWHERE.search(low))
    return [sends, sends and place[0] == place[1] - 1, sends and place[0] == 0]
