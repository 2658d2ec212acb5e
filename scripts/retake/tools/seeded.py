"""Chance that is not chance: numbers that depend on their keys alone, so that the mocked world is always the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from retake.files import canonical_json, encoded

T = TypeVar("T")

# The mocked world stands still at this moment; "now" and "today" mean it in every tool.
NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
TODAY = NOW.date()


class Dice:
    """A source of values that are the same for the same keys, on every machine and Python version.

    Only `random.random()` is used, the one method whose sequence Python promises to keep.
    """

    def __init__(self, *keys: object) -> None:
        text = canonical_json([key.strip().casefold() if isinstance(key, str) else key for key in keys])
        self._next = random.Random(encoded(text)).random

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._next() * (high - low + 1))

    def number(self, low: float, high: float, digits: int = 2) -> float:
        """Return a number in [low, high], rounded to `digits` decimals."""
        return round(low + self._next() * (high - low), digits)

    def chance(self, share: float) -> bool:
        """Return True in `share` of the cases."""
        return self._next() < share

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[int(self._next() * len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Return `count` different ones of `options` (all of them where there are fewer), shuffled."""
        left = list(options)
        return [left.pop(int(self._next() * len(left))) for _ in range(min(count, len(left)))]

    def code(self, length: int, alphabet: str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") -> str:
        """Return an identifier of `length` characters."""
        return "".join(self.pick(alphabet) for _ in range(length))

    def day(self, first: int = 0, last: int = 60) -> date:
        """Return a day from `first` to `last` days after today (negative: before)."""
        return TODAY + timedelta(days=self.whole(first, last))

    def clock(self, first: int = 8, last: int = 21) -> str:
        """Return a time of day on a quarter of an hour, HH:MM, between two full hours."""
        return f"{self.whole(first, last):02d}:{self.pick(('00', '15', '30', '45'))}"
