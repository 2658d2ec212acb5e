"""A small linear model of refusals: hashed words and letters, the shape of the answer, and what the phrases found.

Rules written by hand hold on the wordings that their author thought of. The model weighs their finding against everything
else in the text. It is fitted by `benchmarks/fit_refusals.py`, which writes `refusal_weights.py`.
"""

from __future__ import annotations

import math
import re
import zlib
from base64 import b85decode
from collections import Counter
from functools import cache, lru_cache
from typing import NamedTuple

from retake.verify.refusal_words import ABOUT_REFUSING, RESULT

SLOTS = 1 << 14
DENSE = 32  # the first slots belong to the features with a name
_LETTERS, _WORDS = (2, 3, 4, 5), (1, 2)
_HEAD, _TAIL = 1_000, 500
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]")
_NAME = re.compile(r"(?<![.!?…:\"]\s)(?<!^)\b[A-Z][a-z]+")
_SELF = frozenset(["i", "i'm", "i'll", "i'd", "i've", "my", "me", "myself"])
_GIVES = re.compile(r"\A\W*(?:yes|no|none|nope|neither)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…;])\s+|\n|(?<=[。！？।])")
_MOOD = re.compile(r"\b(?:not|no|never|can't|cannot|won't|sorry|oh|sigh|whoa|wow)\b|n't\b|\?\W*$", re.IGNORECASE)


class Seen(NamedTuple):
    """An answer as the phrases saw it: its text, spoken part, code, and how strongly it declines and answers."""

    spoken: str
    question: str
    has_code: bool
    declined: float
    answered: float


@cache
def _weights() -> tuple[float, bytes]:
    from retake.verify import refusal_weights as made

    return made.SCALE, zlib.decompress(b85decode("".join(made.WEIGHTS.split())))


def score(seen: Seen) -> float:
    """Return the log-odds that an answer declines."""
    scale, packed = _weights()
    bias = (packed[0] - 128) * scale
    return bias + sum((packed[slot] - 128) * scale * value for slot, value in features(seen).items())


def features(seen: Seen) -> dict[int, float]:
    """Return the features of an answer by slot; slot 0 is the bias's own and stays free."""
    text = seen.spoken if len(seen.spoken) <= _HEAD + _TAIL else seen.spoken[:_HEAD] + " " + seen.spoken[-_TAIL:]
    tokens = _TOKEN.findall(text.lower())
    made = _hashed(text.lower(), tokens)
    for slot, value in enumerate(_shape(seen, text, tokens), 1):
        if value:
            made[slot] = value
    return made


def _hashed(text: str, tokens: list[str]) -> dict[int, float]:
    padded = " " + re.sub(r"\d", "0", text) + " "
    counts: Counter[str] = Counter()
    for size in _LETTERS:
        counts.update("c" + padded[at : at + size] for at in range(len(padded) - size + 1))
    for size in _WORDS:
        counts.update("w" + " ".join(tokens[at : at + size]) for at in range(len(tokens) - size + 1))
    values = {gram: math.log1p(count) for gram, count in counts.items()}
    length = math.sqrt(sum(value * value for value in values.values())) or 1.0
    made: dict[int, float] = {}
    for gram, value in values.items():
        slot = _slot(gram)
        made[slot] = made.get(slot, 0.0) + value / length
    return made


@lru_cache(maxsize=1 << 16)
def _slot(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) % (SLOTS - DENSE) + DENSE


def _shape(seen: Seen, text: str, tokens: list[str]) -> list[float]:
    asked = set(_TOKEN.findall(seen.question.lower()))
    words = [token for token in tokens if token[0].isalpha()]
    count = max(1, len(words))
    names = [name for name in _NAME.findall(text) if name.lower() not in asked]
    numbers = len(re.findall(r"\d+", text))
    fresh = sum(word not in asked for word in words)
    return [
        0.3 * seen.has_code,
        0.3 * bool(numbers),
        0.3 * math.log1p(numbers),
        0.3 * math.log1p(len(names)),
        0.9 * sum(word in _SELF for word in words) / count,
        0.075 * math.log1p(count),
        0.3 * ("?" in text),
        0.3 * text.rstrip().endswith("?"),
        0.3 * (count - fresh) / count,
        0.1 * math.log1p(fresh),
        0.3 * (not words),
        0.3 * bool(ABOUT_REFUSING.search(seen.question)),
        0.3 * (count <= 3),
        0.3 * bool(RESULT.search(text)),
        0.3 * bool(_GIVES.match(text)),
        *_sentences(text, asked),
        0.15 * min(seen.declined, 4.0),
        0.15 * min(seen.answered, 4.0),
        0.15 * max(-2.0, min(2.0, seen.declined - seen.answered)),
    ]


def _sentences(text: str, asked: set[str]) -> list[float]:
    """Return whether the answer opens with something new, and what share of its sentences speaks of its speaker."""
    parts = [_TOKEN.findall(part.lower()) for part in _SENTENCE.split(text) if re.search(r"\w", part)]
    if not parts:
        return [0.0] * 5
    opening = [word for word in parts[0] if word[0].isalnum()]
    stems = {word[:4] for word in asked if len(word) > 3}
    is_own = bool(_SELF.intersection(opening)) or bool(_MOOD.search(" ".join(parts[0])))
    is_echo = any(word[:4] in stems for word in opening if len(word) > 3)
    mine = sum(bool(_SELF.intersection(part)) for part in parts) / len(parts)
    return [
        2.0 * (not is_own and not is_echo and len(opening) <= 6),
        2.0 * (not is_own and not is_echo and len(opening) > 6),
        2.0 * (not is_own and is_echo and len(opening) <= 3),
        2.0 * mine,
        2.0 * is_own,
    ]
