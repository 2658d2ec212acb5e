"""A small model of refusals: each sentence is scored as one that declines and as one that answers, and the strongest count.

Rules written by hand hold on the wordings that their author thought of. The model weighs their finding against everything
else in the text. Its score is softmax-pooled over sentences, so that a long complaint does not drown a short answer:
log-sum-exp of what declines, less log-sum-exp of what answers, plus the shape of the whole answer.
It is fitted by `benchmarks/fit_refusals.py`, which writes `refusal_weights.py`.
"""

from __future__ import annotations

import math
import re
import zlib
from base64 import b85decode
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from retake.verify.refusal_sentences import (
    GIVES,
    NAME,
    SLOTS,
    TOKEN,
    asked,
    sentence_features,
    shortened,
)
from retake.verify.refusal_words import RESULT

_SELF = frozenset(["i", "i'm", "i'll", "i'd", "i've", "my", "me", "myself"])
_PART = re.compile(r"(?<=[.!?…;])\s+|\n|(?<=[。！？।])")
_MOOD = re.compile(r"\b(?:not|no|never|can't|cannot|won't|sorry|oh|sigh|whoa|wow)\b|n't\b|\?\W*$", re.IGNORECASE)


class Seen(NamedTuple):
    """An answer as the phrases saw it: its spoken part, its sentences with how strongly each declines, and both sums.

    The sentences hold marks where the answer quotes or holds code, which `spoken` is without.
    """

    spoken: str
    question: str
    has_code: bool
    declined: float
    answered: float
    sentences: tuple[tuple[str, float], ...]


class _Weights(NamedTuple):
    scale: float
    declines: bytes
    answers: bytes
    whole: tuple[float, ...]


@cache
def _weights() -> _Weights:
    from retake.verify import refusal_weights as made

    packed = zlib.decompress(b85decode("".join(made.WEIGHTS.split())))
    return _Weights(made.SCALE, packed[:SLOTS], packed[SLOTS:], made.WHOLE)


def score(seen: Seen) -> float:
    """Return the log-odds that an answer declines."""
    weights = _weights()
    each = features(seen) or [{}]
    declines = _pooled(_dot(weights.declines, made) * weights.scale for made in each)
    answers = _pooled(_dot(weights.answers, made) * weights.scale for made in each)
    whole = sum(weight * value for weight, value in zip(weights.whole[1:], shape(seen), strict=True))
    return weights.whole[0] + whole + declines - answers


def _dot(packed: bytes, made: dict[int, float]) -> float:
    return sum((packed[slot] - 128) * value for slot, value in made.items())


def _pooled(scores: Iterable[float]) -> float:
    """Return the log-sum-exp of the sentences' scores: nearly the strongest one."""
    found = list(scores)
    most = max(found)
    return most + math.log(sum(math.exp(value - most) for value in found))


def features(seen: Seen) -> list[dict[int, float]]:
    """Return the features of each sentence by slot."""
    of, count = asked(seen.question), len(seen.sentences)
    return [
        sentence_features(sentence, of, place=(at, count), declines=declines)
        for at, (sentence, declines) in enumerate(seen.sentences)
    ]


def shape(seen: Seen) -> list[float]:
    """Return the features of the answer as a whole."""
    text = shortened(seen.spoken)
    tokens = TOKEN.findall(text.lower())
    known = set(TOKEN.findall(seen.question.lower()))
    words = [token for token in tokens if token[0].isalpha()]
    count = max(1, len(words))
    names = sum(name.lower() not in known for name in NAME.findall(text))
    numbers = sum(token.isdigit() for token in tokens)
    fresh = sum(word not in known for word in words)
    return [
        0.3 * seen.has_code,
        0.3 * bool(numbers),
        0.3 * math.log1p(numbers),
        0.3 * math.log1p(names),
        0.9 * sum(word in _SELF for word in words) / count,
        0.075 * math.log1p(count),
        0.3 * ("?" in text),
        0.3 * text.rstrip().endswith("?"),
        0.3 * (count - fresh) / count,
        0.1 * math.log1p(fresh),
        0.3 * (not words),
        0.3 * asked(seen.question).is_about_refusing,
        0.3 * (count <= 3),
        0.3 * bool(RESULT.search(text)),
        0.3 * bool(GIVES.match(text)),
        *_opening(text, known),
        0.15 * min(seen.declined, 4.0),
        0.15 * min(seen.answered, 4.0),
        0.15 * max(-2.0, min(2.0, seen.declined - seen.answered)),
    ]


def _opening(text: str, known: set[str]) -> list[float]:
    """Return whether the answer opens with something new, and what share of its sentences speaks of its speaker."""
    parts = [TOKEN.findall(part.lower()) for part in _PART.split(text) if re.search(r"\w", part)]
    if not parts:
        return [0.0] * 5
    opening = [word for word in parts[0] if word[0].isalnum()]
    stems = {word[:4] for word in known if len(word) > 3}
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
