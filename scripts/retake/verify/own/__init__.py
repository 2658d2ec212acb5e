"""Verifiers of your own, one a file: a module here names the splits that it judges, and judges one answer; `exact.py` is the one to copy.

A module has `NAME`; `SPLITS`, the beginnings of the names of its splits (they are known before any row is read, so that a plan
can tell whose verdicts a change of the file concerns); and `verify(text, sample) -> Verdict`, a pure function.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Protocol

from retake.extensions import modules_of
from retake.samples.sample import Sample
from retake.verify.verdict import Verdict


class Verifier(Protocol):
    """A module of this folder."""

    __name__: str
    NAME: str
    SPLITS: tuple[str, ...]

    def verify(self, text: str, sample: Sample) -> Verdict:
        """Return the verdict on a candidate's final answer; ungraded where it cannot tell."""


@cache
def verifiers() -> tuple[Verifier, ...]:
    """Return all verifiers, in the order of their files.

    Raises:
        ConfigError: for a file that is none.
    """
    return tuple(modules_of(sys.modules[__name__], needs=("NAME", "SPLITS", "verify")))


def verifier_of(split: str) -> Verifier | None:
    """Return the first verifier that judges a split, or None: the built-in ones do."""
    return next((each for each in verifiers() if split.startswith(each.SPLITS)), None)


def file_of(verifier: Verifier) -> str:
    """Return the path of a verifier's file, relative to the package."""
    return f"verify/own/{verifier.__name__.rpartition('.')[2]}.py"
