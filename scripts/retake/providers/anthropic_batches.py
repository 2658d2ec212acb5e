"""Anthropic's message batches: the requests go up in one body, the results come down as lines."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

from retake.calls.request import Request
from retake.errors import CallError, NotAuthorised, Overloaded, Refused
from retake.providers import anthropic_messages
from retake.providers.batch_api import Item, Look
from retake.providers.batch_state import Part
from retake.providers.sdk import SdkSender, whole_json
from retake.providers.wire import Wire

PATH = "/v1/messages/batches"
NEWEST = 100
"""How many of the newest batches are looked through for one whose id was not written down."""

CLOCKS_S = 300.0
"""How far the provider's clock may be behind ours, when batches older than the part are ruled out."""

REFUSALS = ("invalid_request_error", "not_found_error", "request_too_large")
KEYS = ("authentication_error", "permission_error", "billing_error")


class AnthropicBatches:
    """The batch API of one Anthropic account."""

    def __init__(self, sender: SdkSender, *, poll_s: float) -> None:
        self.sender, self.poll_s = sender, poll_s

    def line(self, request: Request) -> tuple[Any, bytes]:
        """Return (what must be equal in a batch, the request as an item of its body)."""
        wire = anthropic_messages.to_wire(request)
        item = {"custom_id": request.digest, "params": wire.body}
        return tuple(wire.headers.items()), json.dumps(item, ensure_ascii=True).encode()

    async def prepare(self, part: Part, requests: dict[str, Request]) -> str:
        """Prepare nothing: the requests travel with `create`."""
        return ""

    async def create(self, part: Part, requests: dict[str, Request]) -> str:
        """Make the batch; return its id."""
        wires = {digest: anthropic_messages.to_wire(requests[digest]) for digest in part.digests}
        items = [{"custom_id": digest, "params": wire.body} for digest, wire in wires.items()]
        headers = wires[part.digests[0]].headers
        response = await self.sender.post(Wire(PATH, {"requests": items}, headers))
        return str(whole_json(response.content)["id"])

    async def find(self, part: Part, requests: dict[str, Request]) -> str | None:
        """Return the batch that was made of this part, where there is one.

        A batch has no mark of ours but its requests' ids, which only its results show. So one of the right size and time
        is waited for, and looked into.
        """
        page = await self.sender.doing(self.sender.client.messages.batches.list(limit=NEWEST))
        planned = datetime.datetime.fromisoformat(part.planned_at)
        for batch in page.data:
            counts = batch.request_counts
            size = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            late_enough = (batch.created_at - planned).total_seconds() >= -CLOCKS_S
            fits = size == len(part.digests) and late_enough and batch.id not in part.earlier
            if fits and await self._is_ours(batch.id, part):
                return batch.id
        return None

    async def _is_ours(self, batch_id: str, part: Part) -> bool:
        look = await self.look(batch_id)
        while not look.is_ended:
            await asyncio.sleep(self.poll_s)
            look = await self.look(batch_id)
        wanted = set(part.digests)
        async for item in self.results(look):
            return item.digest in wanted
        return False

    async def look(self, batch_id: str) -> Look:
        """Return how a batch stands."""
        batch = await self.sender.doing(self.sender.client.messages.batches.retrieve(batch_id))
        began = batch.created_at.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        counts = batch.request_counts
        done = counts.succeeded + counts.errored + counts.canceled + counts.expired
        return Look(batch.processing_status == "ended", began, done, batch)

    async def results(self, look: Look) -> AsyncIterator[Item]:
        """Give what came of each request."""
        import httpx2

        got = self.sender.client.get(f"{PATH}/{look.batch.id}/results", cast_to=httpx2.Response)
        response = await self.sender.doing(got)
        for line in response.content.splitlines():
            if line.strip():
                yield self._item(whole_json(line))

    def _item(self, row: dict[str, Any]) -> Item:
        digest, result = row["custom_id"], row["result"]
        kind = result["type"]
        if kind == "succeeded":
            return Item(digest, body=result["message"])
        if kind == "errored":
            inner = (result.get("error") or {}).get("error") or {}
            return Item(digest, error=self._by_type(inner.get("type"), str(inner.get("message"))))
        if kind == "canceled":
            return Item(digest, error=CallError("the batch was cancelled"))
        return Item(digest, error=Overloaded(f"the request {kind} in its batch"))

    def _by_type(self, kind: str | None, message: str) -> CallError:
        text = f"{kind}: {self.sender.scrubbed(message)}"
        if kind in KEYS:
            return NotAuthorised(text)
        return Refused(text) if kind in REFUSALS else Overloaded(text)
