"""Compares what a program gave with what was expected: on the host, from bytes and plain data alone.

The rules, as LiveCodeBench has them where not said otherwise: output and expectation are stripped, split into lines, each
line stripped; the numbers of lines must match; two lines are equal as text or token by token as exact decimals (so `6.0`
is 6 on stdout; space between tokens is free where all are numbers), and where the expected token has a fraction or an exponent, within 1e-6 relative or absolute (ours). Returned
values are compared by exact type: a tuple may stand for a list and an int for a float, but a bool is no int and 6.0 is
not 6.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

TOLERANCE = 1e-6
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST_NUMBER = 10_000


def same_output(got: bytes, expected: str, *, checker: str | None = None) -> bool:
    """Return whether stdout is what was expected; bytes that are no UTF-8 never are.

    `checker` may name a laxer rule: `unordered_lines`, `unordered_tokens`, `case_insensitive`.
    """
    try:
        text = got.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if checker == "case_insensitive":
        text, expected = text.lower(), expected.lower()
    if checker == "unordered_tokens":
        return sorted(text.split()) == sorted(expected.split())
    ours, theirs = _lines(text), _lines(expected)
    if checker == "unordered_lines":
        ours, theirs = sorted(ours), sorted(theirs)
    return len(ours) == len(theirs) and all(_same_line(a, b) for a, b in zip(ours, theirs, strict=True))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_line(got: str, expected: str) -> bool:
    if got == expected:
        return True
    ours, theirs = got.split(), expected.split()
    if re.sub(r"\S+", "x", got) != re.sub(r"\S+", "x", expected) and not all(map(_NUMBER.fullmatch, theirs)):
        return False
    return len(ours) == len(theirs) and all(_same_token(a, b) for a, b in zip(ours, theirs, strict=True))


def _same_token(got: str, expected: str) -> bool:
    if got == expected:
        return True
    if max(len(got), len(expected)) > _LONGEST_NUMBER or not _NUMBER.fullmatch(got) or not _NUMBER.fullmatch(expected):
        return False
    ours, theirs = Decimal(got), Decimal(expected)
    if ours == theirs:
        return True
    if not re.search(r"[.eE]", expected):
        return False
    return abs(ours - theirs) <= Decimal(TOLERANCE) * max(Decimal(1), abs(theirs))


def same_value(got: Any, expected: Any) -> bool:
    """Return whether a returned value is the expected one, by exact type (see the module's rules)."""
    if isinstance(expected, list):
        if type(got) not in (list, tuple) or len(got) != len(expected):
            return False
        return all(same_value(a, b) for a, b in zip(got, expected, strict=True))
    if isinstance(expected, dict):
        return type(got) is dict and _same_dict(got, expected)
    if type(expected) is float:
        return type(got) in (int, float) and _close(got, expected)
    return type(got) is type(expected) and got == expected


def _same_dict(got: dict[Any, Any], expected: dict[str, Any]) -> bool:
    """Compare dicts; JSON has no integer keys, so an int key stands for its text."""
    ours = {str(key) if type(key) is int else key: value for key, value in got.items()}
    if len(ours) != len(got) or ours.keys() != expected.keys():
        return False
    return all(same_value(ours[key], value) for key, value in expected.items())


def _close(got: float, expected: float) -> bool:
    try:
        return math.isclose(got, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except OverflowError:
        return False
