"""The lead of a prompt cache: the first request of a prefix goes ahead, its siblings follow when the cache is written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable


class Lead:
    """A gate by key: the first to enter goes at once, those with the same key wait until it ended, well or not.

    Where the first one fails, the next one leads; who enters after a lead has succeeded never waits.
    """

    def __init__(self) -> None:
        self._written: set[Hashable] = set()
        self._leads: dict[Hashable, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def __call__(self, key: Hashable) -> AsyncIterator[bool]:
        """Hold the gate of `key` around a request; gives whether this one leads."""
        if key in self._written:
            yield False
            return
        lock = self._leads.setdefault(key, asyncio.Lock())
        async with lock:
            if key not in self._written:
                yield True
                self._written.add(key)
                self._leads.pop(key, None)
                return
        yield False
