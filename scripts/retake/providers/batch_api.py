"""What a provider's batch API offers to the job that uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol

from retake.calls.request import Request
from retake.errors import CallError
from retake.providers.batch_state import Part


@dataclass(frozen=True)
class Item:
    """What came of one request of a batch: a body, or an error. Without a digest the error is of the whole batch."""

    digest: str | None
    body: Any = None
    error: CallError | None = None


@dataclass(frozen=True)
class Look:
    """How a batch stands: whether it has ended, when it began (UTC), how many requests are done, and its own object."""

    is_ended: bool
    began_at: str
    done: int
    batch: Any


class BatchApi(Protocol):
    """One provider's batch API."""

    def line(self, request: Request) -> tuple[Any, bytes]:
        """Return (what must be equal in a batch, the request's bytes)."""
        ...

    async def prepare(self, part: Part, requests: dict[str, Request]) -> str:
        """Do what comes before `create`; costs nothing."""
        ...

    async def create(self, part: Part, requests: dict[str, Request]) -> str:
        """Make the batch, from here on paid for; return its id."""
        ...

    async def find(self, part: Part, requests: dict[str, Request]) -> str | None:
        """Return the part's batch, where one was made and its id was lost."""
        ...

    async def look(self, batch_id: str) -> Look:
        """Return how a batch stands."""
        ...

    def results(self, look: Look) -> AsyncIterator[Item]:
        """Give what came of each request of an ended batch."""
        ...
