"""Which mock answers a declared tool, and how sure that is: by name, description and parameters."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from retake.tools.families import all_families
from retake.tools.family import Tool
from retake.tools.generic import known_fields
from retake.tools.roles import find_role, words_of
from retake.tools.schemas import Declaration

EXECUTOR = 0.95
GENERIC = 0.4
UNKNOWN = 0.1
OTHER = "other"

# Words that do not tell tools apart.
_EMPTY = frozenset(
    [
        "get",
        "fetch",
        "retrieve",
        "obtain",
        "return",
        "show",
        "give",
        "api",
        "v1",
        "v2",
        "v3",
        "v4",
        "by",
        "for",
        "of",
        "the",
        "a",
        "an",
        "in",
        "on",
        "to",
        "from",
        "and",
        "or",
        "with",
        "info",
        "information",
        "data",
        "endpoint",
        "rapidapi",
        "service",
        "function",
        "using",
        "via",
        "current",
        "latest",
        "realtime",
        "real",
        "time",
        "my",
    ]
)
_SAME = {
    **dict.fromkeys(("find", "lookup", "look", "searching", "locate", "query", "discover"), "search"),
    **dict.fromkeys(("booking", "reservation"), "reserve"),
    **dict.fromkeys(("add", "new"), "create"),
    **dict.fromkeys(("remove", "erase"), "delete"),
    **dict.fromkeys(("calc", "compute", "calculation"), "calculate"),
    **dict.fromkeys(("conversion", "converter", "conv"), "convert"),
    **dict.fromkeys(("detail", "details", "overview"), "detail"),
    **dict.fromkeys(("film", "films", "movies"), "movie"),
    **dict.fromkeys(("buy", "purchase"), "buy"),
    **dict.fromkeys(("temp",), "temperature"),
    **dict.fromkeys(("validation", "validator", "verify", "verification", "check", "checker"), "check"),
    **dict.fromkeys(("photo", "photos", "picture", "pictures", "images"), "image"),
    **dict.fromkeys(("cryptocurrency", "cryptocurrencies"), "crypto"),
    **dict.fromkeys(("historical",), "history"),
    **dict.fromkeys(("geolocation",), "location"),
    **dict.fromkeys(("buse",), "bus"),
}
# Words that change what is asked for: names that differ in one of them are never the same tool.
_ACTIONS = frozenset(
    [
        "book",
        "reserve",
        "create",
        "delete",
        "update",
        "send",
        "cancel",
        "buy",
        "play",
        "order",
        "calculate",
        "convert",
        "check",
        "transfer",
    ]
)
# Of what is computed, a made-up number would be wrong, not merely made up.
_COMPUTED = frozenset(["calculate", "convert", "solve", "predict", "derive", "simulate"])
_NEUTRAL = frozenset(
    [
        "search",
        "tool",
        "city",
        "location",
        "coordinate",
        "place",
        "list",
        "nearby",
        "nearest",
        "determine",
        "generator",
        "finder",
        "online",
        "daily",
        "simple",
    ]
)
# The least shared weight of two names' words. Set on BFCL: of 66 names that match by likeness (`_is_near`), read by hand,
# three were doubtful; at 0.6 without `_is_near` one name in seven was wrong.
_ALIKE = 0.5


@dataclass(frozen=True)
class Match:
    """The mock of one declared tool: `tool` is None unless an executor was found; `family` is where it belongs, or other."""

    confidence: float
    family: str
    tool: Tool | None = None


def _stem(word: str) -> str:
    word = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "news")) else word
    return _SAME.get(word, word)


def key_words(name: str) -> frozenset[str]:
    """Return the words of a name that tell tools apart: no get, no v2, no digits; search for find, one form of plurals."""
    words = [word for word in words_of(name) if not word.isdigit()]
    told = frozenset(_stem(word) for word in words if word not in _EMPTY)
    return told or frozenset(words)


@lru_cache(maxsize=1)
def _known() -> tuple[dict[frozenset[str], list[Tool]], dict[str, float], float]:
    """Return tools by the words of their names, each word's weight (rarer is more), and an unknown word's weight."""
    by_words: dict[frozenset[str], list[Tool]] = {}
    for family in all_families().values():
        for tool in family.tools:
            for name in tool.names:
                listed = by_words.setdefault(key_words(name), [])
                if tool not in listed:
                    listed.append(tool)
    counts = Counter(word for words in by_words for word in words)
    total = len(by_words)
    return by_words, {word: math.log(1 + total / n) for word, n in counts.items()}, math.log(1 + total)


@lru_cache(maxsize=1)
def _by_word() -> dict[str, list[frozenset[str]]]:
    index: dict[str, list[frozenset[str]]] = {}
    for words in _known()[0]:
        for word in words:
            index.setdefault(word, []).append(words)
    return index


@lru_cache(maxsize=1)
def _family_words() -> dict[str, frozenset[str]]:
    return {name: frozenset(_stem(word) for word in family.words.split()) for name, family in all_families().items()}


def _alike(one: frozenset[str], two: frozenset[str]) -> float:
    """Return the shared weight of two names' words, in [0, 1]."""
    _, weights, unknown = _known()
    union = sum(weights.get(word, unknown) for word in one | two)
    return sum(weights.get(word, unknown) for word in one & two) / union


def _has_needs(tool: Tool, parameters: tuple[str, ...]) -> bool:
    return all(find_role(parameters, role) is not None for role in tool.needs)


@lru_cache(maxsize=8192)
def match(declared: Declaration) -> Match:
    """Return the mock of a declared tool.

    Confidence: 0.95 or more for an executor; 0.4 to 0.8 where an answer shaped by the schema is plausible; 0.1 where
    nothing is known of such a tool.
    """
    return _executor(declared) or _generic(declared)


def _does_many(declared: Declaration) -> bool:
    """Return whether an argument says what to do: one executor does one thing."""
    acts = frozenset(["add", "create", "delete", "remove", "update", "list", "get", "complete", "edit", "view"])
    parts = declared.parameters.get("properties", {}).values()
    return any(len(acts & {str(one).lower() for one in part.get("enum", ())}) > 1 for part in parts)


def _executor(declared: Declaration) -> Match | None:
    if _does_many(declared):
        return None
    words, parameters = key_words(declared.name), tuple(declared.parameters.get("properties", ()))
    told = frozenset(_stem(word) for word in words_of(declared.description)) - _EMPTY
    best: tuple[float, int, int, str] | None = None
    chosen = None
    for known in {known for word in words for known in _by_word().get(word, ())}:
        likeness = 1.0 if known == words else _alike(known, words)
        for tool in _known()[0][known] if likeness >= _ALIKE else ():
            hits = len(_family_words()[tool.family] & (told | words))
            rank = (likeness, len(tool.needs), hits, tool.name)
            is_it = _has_needs(tool, parameters) and _is_sure(tool, known, words, told)
            if is_it and (best is None or rank > best):
                best, chosen = rank, tool
    if chosen is None or best is None:
        return None
    return Match(EXECUTOR if best[0] < 1 else min(0.96 + 0.01 * best[2], 0.99), chosen.family, chosen)


def _is_sure(tool: Tool, known: frozenset[str], words: frozenset[str], told: frozenset[str]) -> bool:
    family = _family_words()[tool.family]
    hits = len(family & (told if len(words) == 1 else told | words))
    if known == words:
        return hits >= 1 or (not told and len(words) > 1)
    return hits >= 2 and _is_near(known, words, told, family)


def _is_near(known: frozenset[str], words: frozenset[str], told: frozenset[str], family: frozenset[str]) -> bool:
    """Return whether what one name says beyond the other changes nothing.

    No action may differ; what the declared name adds must be a word of the family; what it leaves out, its description says.
    """
    more, less = words - known, known - words
    same_act = not (more | less) & _ACTIONS or (more | less) & _ACTIONS <= family & {"calculate"}
    return same_act and more <= family | _NEUTRAL and less <= told | _NEUTRAL


def _generic(declared: Declaration) -> Match:
    words = frozenset(_stem(word) for word in words_of(f"{declared.name} {declared.description}"))
    hits, family = max((len(known & words), name) for name, known in _family_words().items())
    family = family if hits else OTHER
    if declared.response is not None and declared.response.get("properties"):
        return Match(round(0.6 + 0.05 * min(hits, 4), 2), family)
    fields = len(known_fields(declared))
    if hits < 2 or fields < 2 or words & _COMPUTED:
        return Match(UNKNOWN, family if hits >= 2 else OTHER)
    return Match(round(min(GENERIC + 0.05 * (hits + fields - 4), 0.7), 2), family)
