"""Half-price batches: planned on disk, sent, waited for, collected; a killed run goes on with the same batches."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from retake.calls.prices import price_of
from retake.calls.request import Call, Request
from retake.calls.transport import TransportSettings
from retake.calls.tries import may_try_again, wait_before
from retake.errors import CallError, Overloaded, Refused
from retake.providers.batch_api import BatchApi, Look
from retake.providers.batch_state import MOST_BYTES, MOST_REQUESTS, Folder, Part, split
from retake.providers.sdk import APIS

MOST_ROUNDS = 3
"""How often a request that a batch did not answer goes into one."""

POLL_S = 30.0
WORKER = "batch"

T = TypeVar("T")


@dataclass
class BatchReport:
    """What a job came to: answers, the errors of requests without one by their digest, batches, and dollars."""

    answered: int = 0
    failed: dict[str, CallError] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    cost_usd: float = 0.0
    unpriced: int = 0


@dataclass
class Job:
    """One run of `run_batch`: its folder, API and callbacks. `step` is called between any two steps, with their name."""

    folder: Folder
    api: BatchApi
    settings: TransportSettings
    on_answer: Callable[[Call], None]
    poll_s: float = POLL_S
    before: Callable[[], None] | None = None
    on_look: Callable[[str, int, int], None] | None = None
    step: Callable[[str], None] = lambda _: None
    most_requests: int = MOST_REQUESTS
    most_bytes: int = MOST_BYTES
    report: BatchReport = field(default_factory=BatchReport)

    async def run(self, requests: list[Request]) -> BatchReport:
        """Bring every request to an answer or an error; see `run_batch`."""
        parts = self.folder.open_parts()
        under_way = {digest for part in parts for digest in part.digests}
        new = {r.digest: r for r in requests if r.digest not in under_way}
        parts += self._planned(list(new.values()), number=1)
        while parts:
            for part in [part for part in parts if part.batch_id is None]:
                parts[parts.index(part)] = await self._begun(part)
            has_more = False
            for part in sorted(parts, key=lambda part: part.number):
                if any(other.batch_id in part.earlier for other in parts):
                    continue  # a kill left the earlier round open too: closed first, it plans no round that has been paid
                look = await self._looked(part)
                if look.is_ended:
                    self.step("ended")
                    again = await self._collected(part, look)
                    parts.remove(part)
                    parts += [part for part in again if part.id not in {other.id for other in parts}]
                    has_more = has_more or bool(again)
            if parts and not has_more:
                await asyncio.sleep(self.poll_s)
        self.folder.leave()
        return self.report

    def _planned(self, requests: list[Request], *, number: int, earlier: tuple[str, ...] = ()) -> list[Part]:
        lines = ((request, *self.api.line(request)) for request in requests)
        ordered = ((group, request, len(data)) for request, group, data in lines)
        lists = split(ordered, most_requests=self.most_requests, most_bytes=self.most_bytes)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        parts = [self.folder.plan(some, number=number, planned_at=now, earlier=earlier) for some in lists]
        self.step("planned")
        return parts

    async def _begun(self, part: Part) -> Part:
        """Return the part with its batch, made now or found."""
        requests = self.folder.requests(part)
        is_new = part.prepared is None
        if is_new:
            if self.before is not None:
                self.before()
            prepared = await self._patiently(lambda: self.api.prepare(part, requests))
            self.step("prepared")
            part = self.folder.save(part, prepared=prepared)
            self.step("preparation written")
        batch_id = await self._created(part, requests, look_first=not is_new)
        self.step("created")
        part = self.folder.save(part, batch_id=batch_id)
        self.step("batch id written")
        return part

    async def _created(self, part: Part, requests: dict[str, Request], *, look_first: bool) -> str:
        """Make the batch once: after any doubt whether it was made, it is looked for before it is made again."""
        for number in range(1, self.settings.max_tries + 1):
            if look_first:
                found = await self._patiently(lambda: self.api.find(part, requests))
                if found is not None:
                    return found
            try:
                return await self.api.create(part, requests)
            except CallError as error:
                if not may_try_again(error) or number == self.settings.max_tries:
                    raise
                await asyncio.sleep(wait_before(number + 1, error, seed=part.id))
                look_first = True
        raise AssertionError("unreachable")

    async def _looked(self, part: Part) -> Look:
        batch_id = str(part.batch_id)
        try:
            look = await self._patiently(lambda: self.api.look(batch_id))
        except Refused as error:
            remedy = (
                f"If it is gone for good, remove {part.id}.json from {self.folder.path.name} to ask its requests anew."
            )
            raise Refused(f"batch {batch_id} cannot be looked at: {error} {remedy}", status=error.status) from error
        if self.on_look is not None:
            self.on_look(batch_id, look.done, len(part.digests))
        return look

    async def _collected(self, part: Part, look: Look) -> list[Part]:
        """Keep what an ended batch brought; return the parts in which the rest goes again."""
        requests, missing = self.folder.requests(part), set(part.digests)
        errors: dict[str, CallError] = {}
        await self._patiently(lambda: self._read(look, requests, missing, errors))
        self.report.batches.append(str(part.batch_id))
        whole = errors.get("", Overloaded("the batch ended without a word on this request"))
        last = {digest: errors.get(digest, whole) for digest in sorted(missing)}
        again = [d for d, error in last.items() if error.is_transient and part.number < MOST_ROUNDS]
        self.report.failed.update({d: error for d, error in last.items() if d not in set(again)})
        earlier = (*part.earlier, str(part.batch_id))
        parts = self._planned([requests[d] for d in again], number=part.number + 1, earlier=earlier) if again else []
        self.folder.close(part)
        self.step("closed")
        return parts

    async def _read(
        self, look: Look, requests: dict[str, Request], missing: set[str], errors: dict[str, CallError]
    ) -> None:
        """Keep each answer and take it out of `missing`; put each error into `errors`, the whole batch's under ""."""
        async for item in self.api.results(look):
            if item.digest is not None and item.digest not in missing:
                continue
            error = item.error or await self._kept(requests[item.digest or ""], item.body, look)
            if error is None:
                missing.discard(item.digest or "")
            else:
                errors[item.digest or ""] = error
            self.step("result")

    async def _kept(self, request: Request, body: Any, look: Look) -> CallError | None:
        """Keep one answer; return the error of a body that holds none."""
        try:
            answer = APIS[request.api][1](body, request)
        except CallError as error:
            return error
        known = self.settings.known(request.model) if self.settings.known else None
        more = {"is_batch": True, "asked_at": look.began_at, "known": known.price if known else None}
        cost = price_of(request.model, request.provider, answer.usage, **more).cost_usd
        call = Call(request, answer, look.began_at, 0.0, WORKER, (), cost, is_batch=True)
        await asyncio.to_thread(self.on_answer, call)
        self.report.answered += 1
        self.report.cost_usd += cost or 0.0
        self.report.unpriced += cost is None
        return None

    async def _patiently(self, do: Callable[[], Awaitable[T]]) -> T:
        """Do what can be repeated without harm, in several tries."""
        number = 1
        while True:
            try:
                return await do()
            except CallError as error:
                number += 1
                if not may_try_again(error) or number > self.settings.max_tries:
                    raise
                await asyncio.sleep(wait_before(number, error, seed=str(self.folder.path)))


async def run_batch(
    requests: list[Request],
    *,
    state_folder: Path,
    settings: TransportSettings,
    on_answer: Callable[[Call], None],
    poll_s: float = POLL_S,
    **more: Any,
) -> BatchReport:
    """Have `requests` answered by the provider's half-price batch API; returns when each has an answer or an error.

    Give it what the store lacks. Whatever `state_folder` shows to be under way from a run that was killed is waited for and
    collected too, never paid for again. `on_answer` keeps one answer, in a thread; the same one may come twice after a
    kill. Requests that errored for a passing reason or expired go again, up to 3 times in all; then they are listed.
    `more`: `before` is called before each new batch and may raise (a budget); `on_look(batch id, done, all)` tells progress.

    Raises:
        CallError: where the batch API cannot be used: no key, refused, or no answer in `settings.max_tries` tries.
        Refused: for a provider that has no batch API.
    """
    from retake.providers.connect import connect

    if settings.provider not in ("openai", "claude"):
        raise Refused(f"generator {settings.provider} has no batch API; use transport: live, or workers")
    connection = await asyncio.to_thread(connect, settings)
    try:
        api = _api(settings.provider, connection.senders[0], poll_s)
        job = Job(Folder(state_folder / settings.provider), api, settings, on_answer, poll_s, **more)
        return await job.run(requests)
    finally:
        await connection.close()


def _api(provider: str, sender: Any, poll_s: float) -> BatchApi:
    from retake.providers.anthropic_batches import AnthropicBatches
    from retake.providers.openai_batches import OpenAIBatches

    return AnthropicBatches(sender, poll_s=poll_s) if provider == "claude" else OpenAIBatches(sender)
