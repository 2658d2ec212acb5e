"""Static limits: what an answer may hold before anything parses it, so that no text can cost unbounded time."""

from __future__ import annotations

import re

MAX_CHARACTERS = 2_000  # the longest reference answer in MATH, GSM8K and NuminaMath is under 1,000
MAX_NESTING = 24  # math-verify's grammar needs seconds from 12 parentheses on; it has its own, lower limit below
MAX_GRAMMAR_NESTING = 8
MAX_OPERATORS = 400
MAX_DIGITS = 400  # of one number
MAX_CELLS = 144  # of one matrix
MAX_MEMBERS = 60  # of a list or set, each compared with each
MAX_FACTORIAL = 2_000
MAX_EXPONENT_BITS = 200_000  # of an exact power's result
MAX_STEPS = 40_000  # nodes evaluated for one comparison
_OPEN, _CLOSE = "([{", ")]}"


class OverLimit(ValueError):
    """An answer that is over a static limit: it is not judged, and not wrong."""


class Unparseable(ValueError):
    """An answer that the grammar does not know: it is not judged by structure, and not wrong."""


def check_text(text: str) -> None:
    """Raise OverLimit where `text` is too long, too deep, or holds too many operators or digits."""
    if len(text) > MAX_CHARACTERS:
        raise OverLimit(f"{len(text)} characters, over the limit of {MAX_CHARACTERS}")
    if nesting(text) > MAX_NESTING:
        raise OverLimit(f"nesting over the limit of {MAX_NESTING}")
    if len(re.findall(r"[-+*/^!_]|\\[a-z]+", text)) > MAX_OPERATORS:
        raise OverLimit(f"over {MAX_OPERATORS} operators")
    if re.search(rf"\d{{{MAX_DIGITS + 1}}}", text):
        raise OverLimit(f"a number of over {MAX_DIGITS} digits")
    if text.count("&") + text.count("\\\\") > MAX_CELLS:
        raise OverLimit(f"a matrix of over {MAX_CELLS} cells")


def nesting(text: str) -> int:
    """Return the deepest nesting of brackets of any kind."""
    depth = deepest = 0
    for character in text:
        if character in _OPEN:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSE:
            depth = max(0, depth - 1)
    return deepest


def fits_grammar(text: str) -> bool:
    """Return whether `text` is shallow enough, and free of towers and large factorials, for a general algebra system."""
    tower = re.search(r"(?:\^|\*\*)\s*\{?\s*\(?\s*-?\d*\.?\d+\s*\)?\s*(?:\^|\*\*)", text)
    large = re.search(r"(?:\^|\*\*)\s*\{?\s*-?\d{4,}|\d{4,}\s*\}?\)?\s*!|!\s*!", text)
    return nesting(text) <= MAX_GRAMMAR_NESTING and len(text) <= 400 and not tower and not large
