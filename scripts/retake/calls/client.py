"""The client: look a request up, ask it once, keep the answer before anyone uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from retake.calls.limits import until_kept
from retake.calls.progress import PROGRESS
from retake.calls.request import Ask, Call, Request
from retake.calls.store import CallStore
from retake.files import NotWritten

Send = Callable[[Request], Awaitable[Call]]
"""Asks a model, with retries and limits; raises CallError where no usable answer comes."""


@dataclass
class Client:
    """One store and one in-flight table for all jobs of a process, whatever the provider; used on one event loop."""

    store: CallStore
    _in_flight: dict[str, asyncio.Future[Call]] = field(default_factory=dict)
    _unkept: NotWritten | None = None

    def asking(self, send: Send) -> Ask:
        """Return the `ask` function that sends what the store lacks through `send`."""

        async def ask(request: Request) -> Call:
            return await self.ask(request, send)

        return ask

    def check(self) -> None:
        """Raise where the disk has refused an answer: each further one would be paid for and lost.

        Raises:
            NotWritten: the refusal.
        """
        if self._unkept is not None:
            raise self._unkept

    async def ask(self, request: Request, send: Send) -> Call:
        """Return the call for `request`: stored, or already under way for another job, or asked now and kept.

        Raises:
            CallError: where no usable answer came.
            NotWritten: where the answer came and the disk would not take it; from then on nothing more is asked.
        """
        digest = request.digest
        if digest not in self._in_flight:
            stored = self.store.get(digest)
            if stored is not None:
                PROGRESS.add(found=1)
                return stored
            task = asyncio.ensure_future(self._ask_and_keep(request, send))
            self._in_flight[digest] = task
            task.add_done_callback(lambda ended: self._ended(digest, ended))
        return await asyncio.shield(self._in_flight[digest])

    def _ended(self, digest: str, task: asyncio.Future[Call]) -> None:
        self._in_flight.pop(digest, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody waits after an interrupt

    async def drain(self, *, grace_s: float = 5.0) -> None:
        """Let the answers that are on their way arrive and be kept, for at most `grace_s` seconds, then give up the rest."""
        pending = set(self._in_flight.values())
        if pending:
            _, pending = await asyncio.wait(pending, timeout=grace_s)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _ask_and_keep(self, request: Request, send: Send) -> Call:
        self.check()
        PROGRESS.add(in_flight=1)
        try:
            with until_kept():
                call = await send(request)
                await asyncio.to_thread(self.store.put, call)
        except NotWritten as error:
            self._unkept = error
            raise
        finally:
            PROGRESS.add(in_flight=-1)
        usage = call.answer.usage
        PROGRESS.add(asked=1, tokens=usage.input_tokens + usage.output_tokens, cost_usd=call.cost_usd or 0.0)
        return call
