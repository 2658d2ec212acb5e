"""OpenAI's batch API: a file of requests goes up, a batch is made of it, files of answers and errors come down."""

from __future__ import annotations

import datetime
import json
from collections.abc import AsyncIterator
from typing import Any

from retake.calls.request import Request
from retake.errors import CallError, NotAuthorised, Overloaded, Refused
from retake.providers.batch_api import Item, Look
from retake.providers.batch_state import Part
from retake.providers.sdk import APIS, SdkSender, whole_json

ENDED = ("completed", "failed", "expired", "cancelled")
NEWEST = 200
"""How many of the newest batches are looked through for one whose id was not written down."""


class OpenAIBatches:
    """The batch API of one OpenAI account."""

    def __init__(self, sender: SdkSender) -> None:
        self.sender = sender

    def line(self, request: Request) -> tuple[Any, bytes]:
        """Return (what must be equal in a batch, the request as a line of its file)."""
        wire = APIS[request.api][0](request)
        item = {"custom_id": request.digest, "method": "POST", "url": f"/v1{wire.path}", "body": wire.body}
        return (item["url"], request.model), json.dumps(item, ensure_ascii=True).encode() + b"\n"

    async def prepare(self, part: Part, requests: dict[str, Request]) -> str:
        """Upload the requests; return the file's id."""
        data = b"".join(self.line(requests[digest])[1] for digest in part.digests)
        file = (f"retake-{part.id}.jsonl", data)
        return (await self.sender.doing(self.sender.client.files.create(file=file, purpose="batch"))).id

    async def create(self, part: Part, requests: dict[str, Request]) -> str:
        """Make the batch of the uploaded file; return its id."""
        (endpoint, _), _ = self.line(requests[part.digests[0]])
        made = self.sender.client.batches.create(
            input_file_id=part.prepared, endpoint=endpoint, completion_window="24h", metadata={"retake": part.id}
        )
        return (await self.sender.doing(made)).id

    async def find(self, part: Part, requests: dict[str, Request]) -> str | None:
        """Return the batch that was made of the part's file, where there is one."""
        page = await self.sender.doing(self.sender.client.batches.list(limit=100))
        for _ in range(NEWEST // 100):
            for batch in page.data:
                if batch.input_file_id == part.prepared:
                    return batch.id
            if not page.has_next_page():
                return None
            page = await self.sender.doing(page.get_next_page())
        return None

    async def look(self, batch_id: str) -> Look:
        """Return how a batch stands."""
        batch = await self.sender.doing(self.sender.client.batches.retrieve(batch_id))
        began = datetime.datetime.fromtimestamp(batch.created_at, datetime.UTC).isoformat(timespec="milliseconds")
        counts = batch.request_counts
        done = (counts.completed + counts.failed) if counts else 0
        return Look(batch.status in ENDED, began.replace("+00:00", "Z"), done, batch)

    async def results(self, look: Look) -> AsyncIterator[Item]:
        """Give what came of each request; of a batch that failed as a whole, nothing but its error."""
        batch = look.batch
        if batch.status == "failed":
            told = batch.errors.data[0] if batch.errors and batch.errors.data else None
            text = self.sender.scrubbed(str(told.message)) if told else "no reason given"
            yield Item(None, error=Overloaded(f"the batch failed as a whole: {text}"))
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id is None:
                continue
            content = await self.sender.doing(self.sender.client.files.content(file_id))
            for line in content.content.splitlines():
                if line.strip():
                    yield self._item(whole_json(line))

    def _item(self, row: dict[str, Any]) -> Item:
        digest, response, error = row["custom_id"], row.get("response"), row.get("error")
        if response is not None and response.get("status_code") == 200:
            return Item(digest, body=response.get("body"))
        if response is not None:
            status = int(response.get("status_code") or 500)
            inner = (response.get("body") or {}).get("error") or {}
            return Item(digest, error=self._by_status(status, str(inner.get("message"))))
        code = (error or {}).get("code")
        message = self.sender.scrubbed(str((error or {}).get("message")))
        if code == "batch_cancelled":
            return Item(digest, error=CallError(f"the batch was cancelled: {message}"))
        return Item(digest, error=Overloaded(f"{code}: {message}"))

    def _by_status(self, status: int, message: str) -> CallError:
        text = f"HTTP {status}: {self.sender.scrubbed(message)}"
        if status in (401, 402, 403):
            return NotAuthorised(text, status=status)
        transient = status in (408, 409, 429) or status >= 500
        return Overloaded(text, status=status) if transient else Refused(text, status=status)
