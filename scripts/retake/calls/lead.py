"""The lead of a prompt cache: the first request of a prefix goes ahead, its siblings follow when the cache is written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable

from retake.calls.request import Request
from retake.files import digest

CHARACTERS_A_TOKEN = 4
"""Rough for English; it only decides whether waiting for the cache can pay."""

PATIENCE_S = 60.0
"""Siblings of a lead that takes longer than this go on without the cache."""


class Lead:
    """A gate by key: the first to enter goes at once, those with the same key wait until it ended, well or not.

    Where the first one fails, the next one leads; who enters after a lead has succeeded never waits. For one event loop.
    """

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self.patience_s = patience_s
        self._written: set[Hashable] = set()
        self._leads: dict[Hashable, asyncio.Event] = {}

    @contextlib.asynccontextmanager
    async def __call__(self, key: Hashable | None) -> AsyncIterator[bool]:
        """Hold the gate of `key` around a request (None: no gate); gives whether this one leads."""
        if key is None or not await self._leads_now(key):
            yield False
            return
        ended = self._leads[key]
        try:
            yield True
            self._written.add(key)
        finally:
            del self._leads[key]
            ended.set()

    async def _leads_now(self, key: Hashable) -> bool:
        while key not in self._written:
            leader = self._leads.get(key)
            if leader is None:
                self._leads[key] = asyncio.Event()
                return True
            try:
                async with asyncio.timeout(self.patience_s):
                    await leader.wait()
            except TimeoutError:
                return False
        return False


def prefix_key(request: Request, cache_min_tokens: int | None) -> str | None:
    """Return what requests share whose prompt the provider can cache, or None where it is too short to be cached.

    That is the system prompt with the tools, where they are long enough (all samples of a persona share them), else all
    messages with the tools (the candidates of one sample share them); Anthropic's markers stand on the first only.
    """
    if cache_min_tokens is None:
        return None
    least = cache_min_tokens * CHARACTERS_A_TOKEN
    system = [message for message in request.messages if message["role"] == "system"]
    size = _size(system) + _size(request.tools)
    if size >= least:
        return digest([request.model, system, request.tools])
    if request.api == "messages" or size + _size(request.messages) < least:
        return None
    return digest([request.model, request.messages, request.tools])


def _size(parts: list) -> int:
    return sum(len(str(part)) for part in parts)
