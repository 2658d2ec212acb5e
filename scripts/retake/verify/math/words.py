"""Answers in words: numbers, option letters, empty sets, truth values, and plain text."""

from __future__ import annotations

import re

from retake.verify.math.normalise import clean, literal


def _listed(text: str) -> list[str]:
    return text.split()


_SMALL = {
    word: value
    for value, word in enumerate(
        _listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
        )
    )
}
_TENS = {
    word: 10 * value for value, word in enumerate(_listed("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "hundredth": 100,
}
_EMPTY = frozenset(
    [
        "emptyset",
        "empty set",
        "the empty set",
        "no solution",
        "no solutions",
        "there are no solutions",
        "there is no solution",
        "none",
        "no real solution",
        "no real solutions",
        "null set",
        "has no solution",
    ]
)
_SAME = {
    "true": "true",
    "yes": "yes",
    "no": "no",
    "false": "false",
    "dne": "undefined",
    "does not exist": "undefined",
    "the limit does not exist": "undefined",
    "undefined": "undefined",
    "not defined": "undefined",
    "all real numbers": r"\mathbb{R}",
    "all reals": r"\mathbb{R}",
    "reals": r"\mathbb{R}",
    "the real numbers": r"\mathbb{R}",
    "infinity": r"\infty",
    "positive infinity": r"\infty",
    "negative infinity": r"-\infty",
    "minus infinity": r"-\infty",
    "infinitely many solutions": "infinitely many",
    "infinitely many": "infinitely many",
}


def number_words(text: str) -> str | None:
    """Return a number in words as digits (`twenty-one` as `21`, `two thirds` as `2/3`), or None where it is no number."""
    words = [word for word in re.split(r"[\s-]+", text.strip().lower()) if word != "and"]
    negative = bool(words) and words[0] in ("minus", "negative")
    words = words[1:] if negative else words
    if not words or len(words) > 14:
        return None
    shown = _cardinal(words)
    if shown is None and len(words) >= 2:
        part = _PARTS.get(words[-1]) or _PARTS.get(words[-1].removesuffix("s"))
        top = _cardinal(words[:-1]) if words[:-1] != ["a"] else "1"
        shown = f"{top}/{part}" if part and top else None
    return None if shown is None else ("-" if negative else "") + shown


def _cardinal(words: list[str]) -> str | None:
    total = current = 0
    previous = 10**12
    for word in words:
        if word in _SMALL or word in _TENS:
            value = _SMALL.get(word, _TENS.get(word, 0))
            if previous <= 19 or (previous < 100 and value >= 10):
                return None
            current += value
            previous = value if value else 1
        elif word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                current = max(current, 1) * 100
            else:
                total += max(current, 1) * scale
                current = 0
            previous = 10**12
        else:
            return None
    return str(total + current)


def option_letter(text: str) -> tuple[str, str] | None:
    r"""Return an option's letter and what follows it: `(C)`, `C.`, `\text{(C)} 5`, `option C`; None where it is none."""
    flat = re.sub(r"\\text\s*\{([^{}]*)\}", r"\1", clean(text)).replace("{", "").replace("}", "").strip()
    flat = re.sub(r"^(?:the\s+)?(?:correct\s+)?(?:option|choice|answer)\s*(?:is)?\s*:?\s*", "", flat, flags=re.I)
    if re.fullmatch(r"[A-J]", flat):
        return flat, ""
    match = re.fullmatch(r"\(\s*([A-Ja-j])\s*\)\s*[.:,]?\s*(.*)|([A-J])\s*[).:]\s*(.*)", flat, flags=re.S)
    if match is None:
        return None
    groups = [group for group in match.groups() if group is not None]
    if len(groups) > 1 and groups[1][:1] in tuple("+-*/^=<>_!"):
        return None
    return groups[0].upper(), groups[1].strip() if len(groups) > 1 else ""


def plain_text(text: str) -> str:
    """Return an answer's words in one case, without punctuation or articles; known synonyms as one."""
    flat = re.sub(r"\\text\s*\{([^{}]*)\}", r"\1", clean(text))
    flat = re.sub(r"\b(?:a|p)\.\s?m\b\.?", lambda m: m[0].replace(".", "").replace(" ", ""), flat, flags=re.I)
    flat = re.sub(r"[\"'.?]+(?=\s|$)|^[\"']+", "", flat).casefold().strip()
    flat = re.sub(r"\s+", " ", re.sub(r"^(?:the|an?)\s+", "", flat))
    return _SAME.get(flat, flat)


def is_known_phrase(text: str) -> bool:
    """Return whether a text is one of the phrases that are answers: `does not exist`, `no solution`, `all real numbers`."""
    return is_empty_set(text) or re.sub(r"[\s.]+$", "", text.casefold().strip()) in _SAME


def is_empty_set(text: str) -> bool:
    """Return whether an answer says that there is nothing: ∅, {}, `no solution`."""
    flat = literal(text).casefold().strip()
    bare = re.sub(r"^(?:[a-z]\s*)?(?:=|\\in)\s*", "", flat.replace("\\text", ""))
    return bare.replace(" ", "") in (r"\emptyset", r"\varnothing", r"\{\}", "{}") or bare.strip("{}") in _EMPTY


def rewrite_words(text: str) -> str:
    """Return a cleaned answer in digits or signs where it is one known phrase, else as it is."""
    flat = plain_text(text)
    if flat in (r"\mathbb{R}", r"\infty", r"-\infty"):
        return flat
    return number_words(flat) or text
