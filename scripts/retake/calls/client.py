"""The client: look a request up, ask it once, keep the answer before anyone uses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from retake.calls.progress import PROGRESS
from retake.calls.request import Ask, Call, Request
from retake.calls.store import CallStore

Send = Callable[[Request], Awaitable[Call]]
"""Asks a model, with retries and limits; raises CallError where no usable answer comes."""


@dataclass
class Client:
    """One store and one in-flight table for all jobs of a process, whatever the provider; used on one event loop."""

    store: CallStore
    _in_flight: dict[str, asyncio.Future[Call]] = field(default_factory=dict)

    def asking(self, send: Send) -> Ask:
        """Return the `ask` function that sends what the store lacks through `send`."""

        async def ask(request: Request) -> Call:
            return await self.ask(request, send)

        return ask

    async def ask(self, request: Request, send: Send) -> Call:
        """Return the call for `request`: stored, or already under way for another job, or asked now and kept.

        Raises:
            CallError: where no usable answer came.
            OSError: where the answer came and the disk would not take it.
        """
        digest = request.digest
        if digest not in self._in_flight:
            stored = self.store.get(digest)
            if stored is not None:
                PROGRESS.add(found=1)
                return stored
            task = asyncio.ensure_future(self._ask_and_keep(request, send))
            self._in_flight[digest] = task
            task.add_done_callback(lambda _: self._in_flight.pop(digest, None))
        return await asyncio.shield(self._in_flight[digest])

    async def _ask_and_keep(self, request: Request, send: Send) -> Call:
        PROGRESS.add(in_flight=1)
        try:
            call = await send(request)
            await asyncio.to_thread(self.store.put, call)
        finally:
            PROGRESS.add(in_flight=-1)
        usage = call.answer.usage
        PROGRESS.add(asked=1, tokens=usage.input_tokens + usage.output_tokens, cost_usd=call.cost_usd or 0.0)
        return call
