"""The shared runtime: an event loop in a thread of its own for calls, and one beside it for jobs that also compute."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from retake.calls.request import Ask, Call, Request
from retake.errors import Interrupted

T = TypeVar("T")

SWITCH_S = 0.001
"""How long a thread computes before another gets its turn. Python's own 5 ms, paid after every read, write and fsync beside
verifiers that compute, keep an answer from the disk; what is not there when a run is killed is paid for twice."""


class Runtime:
    """Two asyncio loops in daemon threads; jobs hand them coroutines and wait.

    All calls are made on one of them, and nothing there computes for long: an answer that has come is on disk within moments,
    whatever happens next. Jobs that also compute or read files run on the one beside it (`run_beside`, `bridged`).
    `stop` wakes every waiting job with Interrupted, closes what was opened (in reverse order) and ends the loops.
    """

    def __init__(self) -> None:
        sys.setswitchinterval(min(SWITCH_S, sys.getswitchinterval()))
        self._loop, self._thread = _started("retake-loop", threads=32)
        self._beside, self._beside_thread = _started("retake-beside", threads=8)
        self._waiting: set[concurrent.futures.Future[Any]] = set()
        self._closers: list[Callable[[], Awaitable[None] | None]] = []
        self._first: Callable[[], Awaitable[None] | None] | None = None
        self._lock = threading.Lock()
        self.is_stopping = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the loop of calls and return its result; for threads other than the loops'.

        Raises:
            Interrupted: where the run was told to stop meanwhile.
        """
        return self._run(coroutine, self._loop)

    def run_beside(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the loop that makes no calls; what it asks goes through `bridged`. Otherwise see `run`."""
        return self._run(coroutine, self._beside)

    def bridged(self, ask: Ask) -> Ask:
        """Return `ask` for a coroutine of `run_beside`: the call is made on the loop of calls."""

        async def asked(request: Request) -> Call:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_asked(ask, request), self._loop))

        return asked

    def _run(self, coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
        with self._lock:
            if self.is_stopping:
                coroutine.close()
                raise Interrupted("stopped before this job began")
            future = asyncio.run_coroutine_threadsafe(coroutine, loop)
            self._waiting.add(future)
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            raise Interrupted("stopped; what was answered is kept, and the same command goes on") from error
        finally:
            with self._lock:
                self._waiting.discard(future)

    def on_stop(self, close: Callable[[], Awaitable[None] | None], *, is_first: bool = False) -> None:
        """Have `close` called (and awaited) when the runtime stops: the latest first, but before all the one that `is_first`."""
        with self._lock:
            self._closers.append(close)
            if is_first:
                self._first = close

    def wake(self) -> None:
        """Cancel every waiting job, so that its thread ends within moments; safe in a signal handler."""
        self.is_stopping = True
        for future in list(self._waiting):
            future.cancel()

    def stop(self, *, timeout_s: float = 10.0) -> None:
        """Wake every job, close what was opened, end the loops."""
        self.wake()
        if not self._thread.is_alive():
            return
        closing = asyncio.run_coroutine_threadsafe(self._close_all(), self._loop)
        try:
            closing.result(timeout_s)
        except concurrent.futures.TimeoutError:
            closing.cancel()
        for loop, thread in ((self._beside, self._beside_thread), (self._loop, self._thread)):
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout_s)

    async def _close_all(self) -> None:
        first = [self._first] if self._first is not None else []
        rest = [close for close in reversed(self._closers) if close is not self._first]
        for close in first + rest:
            result = close()
            if result is not None:
                await result
        self._closers.clear()


async def _asked(ask: Ask, request: Request) -> Call:
    return await ask(request)


def _started(name: str, *, threads: int) -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix=f"{name}-io"))
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()
    return loop, thread
