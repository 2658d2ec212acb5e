"""The shared runtime: one event loop in a thread of its own, on which every job's coroutine runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from retake.errors import Interrupted

T = TypeVar("T")


class Runtime:
    """One asyncio loop in a daemon thread; jobs hand it coroutines and wait.

    `stop` wakes every waiting job with Interrupted, closes what was opened (in reverse order) and ends the loop.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(32, thread_name_prefix="retake-io"))
        self._waiting: set[concurrent.futures.Future[Any]] = set()
        self._closers: list[Callable[[], Awaitable[None] | None]] = []
        self._first: Callable[[], Awaitable[None] | None] | None = None
        self._lock = threading.Lock()
        self.is_stopping = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="retake-loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the loop and return its result; for threads other than the loop's.

        Raises:
            Interrupted: where the run was told to stop meanwhile.
        """
        with self._lock:
            if self.is_stopping:
                coroutine.close()
                raise Interrupted("stopped before this job began")
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
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
        """Wake every job, close what was opened, end the loop."""
        self.wake()
        if not self._thread.is_alive():
            return
        closing = asyncio.run_coroutine_threadsafe(self._close_all(), self._loop)
        try:
            closing.result(timeout_s)
        except concurrent.futures.TimeoutError:
            closing.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)

    async def _close_all(self) -> None:
        first = [self._first] if self._first is not None else []
        rest = [close for close in reversed(self._closers) if close is not self._first]
        for close in first + rest:
            result = close()
            if result is not None:
                await result
        self._closers.clear()
