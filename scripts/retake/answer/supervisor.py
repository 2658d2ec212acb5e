"""A server kept alive: requests go to the one that runs; one that dies or hangs is replaced, and asked what it left unanswered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

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
    """One server from its start to its end; `asked` requests wait for it; `why` it ended, once it has."""

    server: VllmServer
    way: Way
    last_sign: float
    asked: int = 0
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
    _flights: set[asyncio.Task[Any]] = field(default_factory=set)
    _is_closed: bool = False
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _watch: asyncio.Task[None] | None = None

    async def send(self, request: Request, *, before: Callable[[], None] | None = None) -> Call:
        """Return the call for `request`, from this server or the one that replaces it.

        Raises:
            WorkerFailed: where servers failed too often.
            CallError: where a server that is well gave no usable answer.
        """
        flight: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]
        self._flights.add(flight)
        try:
            return await self._sent(request, before=before)
        except asyncio.CancelledError:
            if self._is_closed:
                raise self._stopped() from None
            raise
        finally:
            self._flights.discard(flight)

    async def _sent(self, request: Request, *, before: Callable[[], None] | None) -> Call:
        while True:
            life = await self._up()
            if not life.asked:
                life.last_sign = time.monotonic()
            life.asked += 1
            try:
                call = await life.way.send(request, before=before)
            except CallError as error:
                if error.is_fatal or not error.is_transient or not await self._has_ended(life):
                    raise
            else:
                life.last_sign = time.monotonic()
                return replace(call, worker=self.name)
            finally:
                life.asked -= 1

    async def close(self) -> None:
        """End what is under way, and the server, if one runs; nothing starts one again."""
        self._is_closed = True
        flights = [flight for flight in self._flights if flight is not asyncio.current_task()]
        for task in [*flights, self._watch]:
            if task is not None:
                task.cancel()
        # A request that two jobs want is under way once: it would outlive the job that asked, and start another server.
        await asyncio.gather(*flights, return_exceptions=True)
        life, self._life = self._life, None
        if life is not None:
            life.why = life.why or "stopped"
            await asyncio.to_thread(life.server.stop)
            self._left.append(life.way)
        while self._left:
            await self._left.pop().close()

    def _stopped(self) -> WorkerFailed:
        return self._failure or WorkerFailed(f"{self.name} was stopped")

    async def _up(self) -> _Life:
        if self._is_closed or self._failure is not None:
            raise self._stopped()
        if self._life is not None and self._life.why is None:
            return self._life
        async with self._gate:
            while self._failure is None and (self._life is None or self._life.why is not None):
                await self._begin()
        if self._failure is not None or self._life is None:
            raise self._stopped()
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
            elif life.asked and time.monotonic() - life.last_sign > self.quiet_s:
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
