"""Which phrases a clause can hold at all, told by the literal texts that their patterns need: the others are not searched for.

Measured: searching 116 patterns in every clause of an answer was a fifth of all CPU of a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy
from re import _constants as codes
from re import _parser as parser

from retake.verify.refusal_patterns import Phrase

Needs = frozenset[str]
"""Texts of which every match holds at least one."""


class Candidates:
    """The phrases of a list by the literals that they need."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self.phrases = tuple(phrases)
        self._always: set[int] = set()
        self._by_literal: dict[str, set[int]] = {}
        for number, phrase in enumerate(self.phrases):
            literals = literals_of(phrase.regex)
            if literals is None:
                self._always.add(number)
            for literal in literals or ():
                self._by_literal.setdefault(literal, set()).add(number)

    def within(self, text: str) -> Candidates:
        """Return these, less those that no part of `text` can hold; a part may end with a question mark of its own."""
        folded = fold(text) + "?"
        narrowed = copy(self)
        narrowed._by_literal = {literal: numbers for literal, numbers in self._by_literal.items() if literal in folded}
        return narrowed

    def found_in(self, clause: str) -> list[Phrase]:
        """Return the phrases that `clause` holds, in the list's order."""
        folded = fold(clause)
        possible = set(self._always)
        for literal, numbers in self._by_literal.items():
            if literal in folded:
                possible |= numbers
        return [self.phrases[number] for number in sorted(possible) if self.phrases[number].regex.search(clause)]


def fold(text: str) -> str:
    """Return `text` so that what a case-blind pattern takes for equal is equal (it takes ı and İ for i)."""
    return text.casefold().replace("ı", "i").replace("i̇", "i")


def literals_of(regex: re.Pattern[str]) -> Needs | None:
    """Return folded literals of which every match of `regex` holds one; None where there are none to be told."""
    needs = _of_sequence(parser.parse(regex.pattern, regex.flags & ~re.DEBUG))
    return None if needs is None else frozenset(fold(text) for text in needs)


def _of_sequence(items: Iterable[tuple[object, object]]) -> Needs | None:
    """Return the best need of the parts that all have to be there: the one whose shortest literal is longest."""
    found: list[Needs] = []
    run = ""
    for code, argument in items:
        if code is codes.LITERAL:
            run += chr(argument)
            continue
        found += [frozenset([run])] if run else []
        run = ""
        needs = _of_item(code, argument)
        found += [needs] if needs else []
    found += [frozenset([run])] if run else []
    return max(found, key=lambda needs: (min(map(len, needs)), -len(needs)), default=None)


def _of_item(code: object, argument: object) -> Needs | None:
    if code is codes.SUBPATTERN:
        return _of_sequence(argument[3])
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return _of_sequence(inner) if least else None
    if code is codes.ATOMIC_GROUP:
        return _of_sequence(argument)
    if code is codes.BRANCH:
        each = [_of_sequence(branch) for branch in argument[1]]
        return frozenset().union(*each) if all(each) else None
    return None
