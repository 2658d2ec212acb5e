"""How many requests may be in flight: one adaptive limit a provider and key, shared by all jobs of the process."""

from __future__ import annotations

import asyncio
import contextlib
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.calls.headers import RateHints
from retake.files import canonical_json

MINUTE_S = 60.0
GROWTH = 4
"""The limit grows by one for every limit/GROWTH answers: back from half in about two rounds of answers."""

OUTPUT_GUESS = 512
"""Tokens that an answer is taken to have until some have come."""


class Window:
    """At most `limit` units in any 60 seconds; None is no limit. Times are seconds of any clock that only grows."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._spent: deque[tuple[float, float]] = deque()
        self._sum = 0.0

    def wait(self, now: float, amount: float) -> float:
        """Return the seconds until `amount` fits; an amount above the limit fits once nothing else is in the window."""
        if self.limit is None:
            return 0.0
        self._forget(now)
        missing = self._sum + min(amount, self.limit) - self.limit
        if missing <= 0:
            return 0.0
        for moment, spent in self._spent:
            missing -= spent
            if missing <= 1e-9:
                return max(0.0, moment + MINUTE_S - now)
        return 0.0

    def spend(self, now: float, amount: float) -> None:
        """Count `amount` from now on; a negative one corrects an estimate that was too high."""
        if self.limit is not None and amount:
            self._spent.append((now, amount))
            self._sum += amount

    def _forget(self, now: float) -> None:
        while self._spent and self._spent[0][0] <= now - MINUTE_S:
            self._sum -= self._spent.popleft()[1]


@dataclass
class Pace:
    """What one model may take a minute, and how long its answers are on average."""

    requests: Window
    tokens: Window
    mean_output: float = OUTPUT_GUESS


@dataclass
class Slot:
    """Leave to send one request; `epoch` tells failures that came of one overload from those of the next."""

    model: str
    epoch: int
    tokens: float
    is_answered: bool = False


_kept: ContextVar[contextlib.ExitStack | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def until_kept() -> Iterator[None]:
    """Have the slot of a request that is answered within this block given back only where the block ends.

    Who keeps answers puts it around asking and keeping: so no more of them can be on their way to the disk, and be lost to a
    kill -9, than requests may be in flight.
    """
    with contextlib.ExitStack() as slots:
        token = _kept.set(slots)
        try:
            yield
        finally:
            _kept.reset(token)


class Limiter:
    """The adaptive limit: starts at `start`, halves when struck, grows again to `ceiling`, waits as the provider says.

    For one event loop. `history` lists every change: at_s (since the start), limit, reason, in_flight, paused_s. `log` gets
    the same as lines, appended as they happen.
    """

    def __init__(
        self,
        start: int,
        *,
        ceiling: int | None = None,
        log: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = max(1, start)
        self.ceiling = max(self.limit, ceiling or 0)
        self.in_flight = 0
        self.history: list[dict[str, Any]] = []
        self._clock, self._began, self._log = clock, clock(), log
        self._waiting: deque[tuple[asyncio.Future[Slot], str, int, int]] = deque()
        self._paces: dict[str, Pace] = {}
        self._epoch = self._credit = 0
        self._paused_until = 0.0
        self._has_let_in = False
        self._timer: asyncio.TimerHandle | None = None
        self._note("start")

    def know(self, model: str, *, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        """Take a model's known limits a minute into account."""
        if model not in self._paces:
            self._paces[model] = Pace(Window(requests_per_minute), Window(tokens_per_minute))

    def widen(self, start: int) -> None:
        """Let another user of the same key bring a higher start."""
        if start > self.ceiling:
            self.limit, self.ceiling = max(self.limit, start), start
            self._note("widened")
            self._admit()

    async def acquire(self, model: str, *, input_tokens: int, max_tokens: int) -> Slot:
        """Wait for leave to send; first come, first served. Every slot is given back by `release`."""
        future: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, model, input_tokens, max_tokens))
        self._admit()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.release(future.result())
            raise

    def release(self, slot: Slot) -> None:
        """Give a slot back, whatever came of the request; within `until_kept`, that of an answered one at the block's end."""
        slots = _kept.get()
        if slot.is_answered and slots is not None:
            slots.callback(self._give_back)
        else:
            self._give_back()

    def _give_back(self) -> None:
        self.in_flight -= 1
        self._admit()

    def answered(self, slot: Slot, hints: RateHints, *, input_tokens: int, output_tokens: int) -> None:
        """Learn from an answer: grow, correct the estimate of tokens, wait where the headers say that nothing is left."""
        slot.is_answered = True
        now, pace = self._clock(), self._pace(slot.model)
        pace.tokens.spend(now, input_tokens + output_tokens - slot.tokens)
        pace.mean_output += (output_tokens - pace.mean_output) / 16
        self._heed(hints, input_tokens + pace.mean_output)
        if self.limit < self.ceiling:
            self._credit += 1
            if self._credit * GROWTH >= self.limit:
                self._credit, self.limit = 0, self.limit + 1
                self._note("grown")

    def struck(self, slot: Slot, *, retry_after_s: float | None, reason: str) -> None:
        """Learn from a 429 or an overload: halve, once for all requests that were under way; wait as long as told."""
        if slot.epoch == self._epoch:
            self._epoch, self._credit = self._epoch + 1, 0
            self.limit = max(1, self.limit // 2)
            self._note(reason, paused_s=retry_after_s)
        if retry_after_s:
            self._pause(retry_after_s)

    def _heed(self, hints: RateHints, need_tokens: float) -> None:
        waits = [
            (left, need_tokens) for left in hints.tokens if left.remaining is not None and left.remaining < need_tokens
        ]
        if hints.requests.remaining == 0:
            waits.append((hints.requests, 1.0))
        for left, amount in waits:
            if left.reset_s is None:
                continue
            refill = MINUTE_S * amount / left.limit if left.limit else left.reset_s
            wait = min(left.reset_s, refill, MINUTE_S)
            if wait > 0:
                self._note("nothing left", paused_s=wait)
                self._pause(wait)

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _pace(self, model: str) -> Pace:
        if model not in self._paces:
            self._paces[model] = Pace(Window(None), Window(None))
        return self._paces[model]

    def _admit(self) -> None:
        """Let in one in each round of the loop: answers that have come meanwhile are kept before the next request is made.

        Measured with 256 in flight: where all that fit are let in at once, an answer waits 0.3 to 0.4 s to be read, 0.04 s so.
        """
        if not self._has_let_in and self._let_in():
            self._has_let_in = True
            asyncio.get_running_loop().call_soon(self._next_round)

    def _next_round(self) -> None:
        self._has_let_in = False
        self._admit()

    def _let_in(self) -> bool:
        while self._waiting:
            future, model, input_tokens, max_tokens = self._waiting[0]
            if future.done():
                self._waiting.popleft()
                continue
            if self.in_flight >= self.limit:
                return False
            now, pace = self._clock(), self._pace(model)
            tokens = input_tokens + min(max_tokens, pace.mean_output)
            wait = max(self._paused_until - now, pace.requests.wait(now, 1), pace.tokens.wait(now, tokens))
            if wait > 0:
                self._again_in(wait)
                return False
            self._waiting.popleft()
            pace.requests.spend(now, 1)
            pace.tokens.spend(now, tokens)
            self.in_flight += 1
            future.set_result(Slot(model, self._epoch, tokens))
            return True
        return False

    def _again_in(self, wait: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(wait, self._admit)

    def _note(self, reason: str, *, paused_s: float | None = None) -> None:
        at = round(self._clock() - self._began, 3)
        line = {"at_s": at, "limit": self.limit, "reason": reason, "in_flight": self.in_flight, "paused_s": paused_s}
        self.history.append(line)
        if self._log is not None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as file:
                file.write(canonical_json(line) + "\n")


_shared: weakref.WeakKeyDictionary[Any, dict[tuple[str, ...], Limiter]] = weakref.WeakKeyDictionary()


def shared_limiter(
    identity: tuple[str, ...], start: int, *, ceiling: int | None = None, log: Path | None = None
) -> Limiter:
    """Return the one limiter of `identity` (provider, digest of the key, endpoints) on the running event loop."""
    known = _shared.setdefault(asyncio.get_running_loop(), {})
    if identity not in known:
        known[identity] = Limiter(start, ceiling=ceiling, log=log)
    known[identity].widen(start)
    return known[identity]
