"""A server kept alive: requests go to the one that runs; one that dies or hangs is replaced, and asked what it left unanswered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from retake.answer.vllm import ServerFailed, VllmServer
from retake.calls.request import Call, Request
from retake.errors import CallError

MOST_RESTARTS = 3
WATCH_S = 0.5


class WorkerFailed(CallError):
    """A worker's server failed too often; no later request of this worker can fare better."""

    kind, is_fatal = "worker_failed", True


class Way(Protocol):
    """What sends requests to one server (a Transport)."""

    async def send(self, request: Request, *, before: Callable[[], None] | None = None) -> Call:
        """Send one request, with retries."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


@dataclass
class _Life:
    """One server from its start to its end; `why` it ended, once it has."""

    server: VllmServer
    way: Way
    last_sign: float
    why: str | None = None


@dataclass
class Supervisor:
    """Sends requests of one worker, for one event loop. Nothing is started before the first request.

    `start` starts a server, `way_to` opens the way to its URL. A server that answers nothing for `quiet_s` seconds while
    requests wait counts as hung. `restarts` lists why servers were replaced; the one after the third is not.
    """

    name: str
    start: Callable[[], Awaitable[VllmServer]]
    way_to: Callable[[str], Way]
    quiet_s: float
    restarts: list[str] = field(default_factory=list)
    version: str | None = None
    started: int = 0
    _life: _Life | None = None
    _failure: WorkerFailed | None = None
    _left: list[Way] = field(default_factory=list)
    _flying: int = 0
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _watch: asyncio.Task[None] | None = None

    async def send(self, request: Request, *, before: Callable[[], None] | None = None) -> Call:
        """Return the call for `request`, from this server or the one that replaces it.

        Raises:
            WorkerFailed: where servers failed too often.
            CallError: where a server that is well gave no usable answer.
        """
        while True:
            life = await self._up()
            if not self._flying:
                life.last_sign = time.monotonic()
            self._flying += 1
            try:
                call = await life.way.send(request, before=before)
            except CallError as error:
                if error.is_fatal or not error.is_transient or not await self._has_ended(life):
                    raise
            else:
                life.last_sign = time.monotonic()
                return replace(call, worker=self.name)
            finally:
                self._flying -= 1

    async def close(self) -> None:
        """Stop the server, if one runs."""
        if self._watch is not None:
            self._watch.cancel()
        life, self._life = self._life, None
        if life is not None:
            life.why = life.why or "stopped"
            await asyncio.to_thread(life.server.stop)
            self._left.append(life.way)
        while self._left:
            await self._left.pop().close()

    async def _up(self) -> _Life:
        if self._failure is not None:
            raise self._failure
        if self._life is not None and self._life.why is None:
            return self._life
        async with self._gate:
            while self._failure is None and (self._life is None or self._life.why is not None):
                await self._begin()
        if self._failure is not None or self._life is None:
            raise self._failure or WorkerFailed(f"{self.name} was stopped")
        return self._life

    async def _begin(self) -> None:
        """Start a server, or note why there will be none."""
        if self._life is not None:
            self._left.append(self._life.way)
            self._life = None
        if len(self.restarts) > MOST_RESTARTS:
            said = "; then ".join(dict.fromkeys(self.restarts))
            self._failure = WorkerFailed(f"its server failed {len(self.restarts)} times: {said}.")
            return
        self.started += 1
        try:
            server = await self.start()
        except ServerFailed as error:
            self.restarts.append(str(error))
            return
        self.version = server.version
        self._life = _Life(server, self.way_to(server.url), time.monotonic())
        if self._watch is None:
            self._watch = asyncio.ensure_future(self._watching())

    async def _watching(self) -> None:
        while self._failure is None:
            await asyncio.sleep(WATCH_S)
            life = self._life
            if life is None or life.why is not None:
                continue
            if not life.server.is_running:
                await self._end(life, "the server died")
            elif self._flying and time.monotonic() - life.last_sign > self.quiet_s:
                await self._end(life, f"the server answered nothing for {self.quiet_s:g} s")

    async def _has_ended(self, life: _Life) -> bool:
        """Return whether a failure came of the server's end; one that is there but not well is ended here."""
        if life.why is None and not await life.server.is_healthy():
            await self._end(life, "the server died" if not life.server.is_running else "the server is not healthy")
        return life.why is not None

    async def _end(self, life: _Life, why: str) -> None:
        if life.why is None:
            life.why = why
            self.restarts.append(why)
            await asyncio.to_thread(life.server.kill)
