"""Several servers of one model: in turn over the healthy, a failing one taken out and probed until it answers again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from retake.errors import CallError

FIRST_PROBE_S = 1.0
LAST_PROBE_S = 30.0
STRIKES = 2
"""Failures in a row that take an endpoint out; a connection that fails does so at once."""


@dataclass
class Endpoint:
    """One server: a name for rows and logs (no host), how to send to it, and how it fares."""

    name: str
    sender: Any
    is_healthy: bool = True
    strikes: int = 0
    answers: int = 0
    failures: int = 0


@dataclass
class Endpoints:
    """The endpoints of a transport. `history` lists what was taken out and put back: endpoint, event, reason."""

    all: list[Endpoint]
    probe: Callable[[Endpoint], Awaitable[None]]
    first_probe_s: float = FIRST_PROBE_S
    history: list[dict[str, Any]] = field(default_factory=list)
    _turn: int = 0
    _probes: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def pick(self, avoid: Collection[str] = ()) -> Endpoint:
        """Return the next endpoint in turn: healthy and not in `avoid` where there is one, else the best there is."""
        count = len(self.all)
        order = [self.all[(self._turn + step) % count] for step in range(count)]
        chosen = min(order, key=lambda e: (not e.is_healthy, e.name in avoid))
        self._turn = self.all.index(chosen) + 1
        return chosen

    def succeeded(self, endpoint: Endpoint) -> None:
        """Count an answer; an endpoint that was out is in again."""
        endpoint.answers += 1
        endpoint.strikes = 0
        if not endpoint.is_healthy:
            self._put_back(endpoint)

    def failed(self, endpoint: Endpoint, error: CallError) -> None:
        """Count a failure of the endpoint itself (connection, timeout, 5xx, garbage); take it out where it has company."""
        if error.kind not in ("connection", "timeout", "overloaded", "malformed_reply"):
            return
        endpoint.failures += 1
        endpoint.strikes += 1
        is_out = error.kind == "connection" or endpoint.strikes >= STRIKES
        if is_out and endpoint.is_healthy and len(self.all) > 1:
            endpoint.is_healthy = False
            self.history.append({"endpoint": endpoint.name, "event": "out", "reason": error.kind})
            self._probes[endpoint.name] = asyncio.ensure_future(self._probe_until_well(endpoint))

    async def close(self) -> None:
        """End all probes."""
        probes = list(self._probes.values())
        for task in probes:
            task.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
        self._probes.clear()

    async def _probe_until_well(self, endpoint: Endpoint) -> None:
        wait = self.first_probe_s
        while not endpoint.is_healthy:
            await asyncio.sleep(wait)
            wait = min(LAST_PROBE_S, 2 * wait)
            try:
                await self.probe(endpoint)
            except CallError:
                continue
            if not endpoint.is_healthy:
                self._put_back(endpoint)

    def _put_back(self, endpoint: Endpoint) -> None:
        endpoint.is_healthy, endpoint.strikes = True, 0
        self.history.append({"endpoint": endpoint.name, "event": "back", "reason": None})
