"""A small pool of killable child processes for the algebra system: a child that is lost is an error, never a verdict."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as WaitedTooLong
from typing import Any

from retake.errors import VerifierFailed
from retake.verify.math import symbolic

WALL_SECONDS = 900  # only for a child that hangs without using its CPU time: load alone does not reach it
LOOK_EVERY_S = 1.0

_FAILURES = (  # what SymPy and its parsers are known to raise, and what a broken pool raises
    *(ValueError, TypeError, ArithmeticError, LookupError, AttributeError, NotImplementedError, RuntimeError),
    *(MemoryError, AssertionError, OSError, CancelledError),
)


class _PoolBroken(Exception):
    """The pool itself no longer works; a new one may."""


def _result(pool: Any, future: Any) -> bool | None:
    """Return what a child says; a pool whose threads have ended leaves its tasks waiting for ever, and is told as broken."""
    while True:
        try:
            return future.result(timeout=LOOK_EVERY_S)
        except WaitedTooLong:
            if future.done():
                raise
            if not pool.active:
                raise _PoolBroken("the pool of processes ended without a word") from None


class SymbolicPool:
    """Children forked ahead from a clean server, started at the first use; `compare` may be called from any thread."""

    def __init__(self, processes: int, *, wall_seconds: float = WALL_SECONDS) -> None:
        self._processes = processes
        self._wall_seconds = wall_seconds
        self._pool: Any = None
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def is_started(self) -> bool:
        """Return whether any child was needed so far."""
        return self._pool is not None

    def _started(self) -> Any:
        from pebble import ProcessPool

        with self._lock:
            if self._is_closed:
                raise VerifierFailed("the algebra system's processes are closed")
            if self._pool is None:
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(["math_verify"])
                self._pool = ProcessPool(
                    max_workers=self._processes, max_tasks=500, initializer=symbolic.prepare, context=context
                )
            return self._pool

    def compare(self, gold: str, answer: str) -> bool | None:
        """Return what the algebra system says; raises VerifierFailed where its process ran out of time or memory, or died."""
        try:
            return self._asked(gold, answer)
        except _PoolBroken:
            self._drop()  # a child killed from outside can break the pool's own pipe: start afresh, once
        try:
            return self._asked(gold, answer)
        except _PoolBroken as error:
            raise VerifierFailed(str(error)) from error

    def _asked(self, gold: str, answer: str) -> bool | None:
        from pebble import ProcessExpired

        pool = self._started()
        try:
            return _result(pool, pool.schedule(symbolic.compare, args=(gold, answer), timeout=self._wall_seconds))
        except WaitedTooLong as error:
            raise VerifierFailed(f"the algebra system gave no answer within {self._wall_seconds} s") from error
        except ProcessExpired as error:
            raise VerifierFailed(
                f"the algebra system's process ended (exit code {error.exitcode}): its CPU time or memory ran out"
            ) from error
        except _FAILURES as error:
            if not pool.active and not self._is_closed:
                raise _PoolBroken(f"the pool of processes broke: {error}") from error
            raise VerifierFailed(f"the algebra system failed: {type(error).__name__}: {error}") from error

    def _drop(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()
            pool.join()

    def close(self) -> None:
        """End the children, now."""
        self._is_closed = True
        self._drop()
