"""The way to the models of one provider: limits, endpoints, tries and prices around what sends one request."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from retake.calls.endpoints import Endpoint, Endpoints
from retake.calls.headers import RateHints
from retake.calls.lead import Lead, prefix_key
from retake.calls.limits import Limiter, Slot, shared_limiter
from retake.calls.prices import KnownPrice, price_of
from retake.calls.request import Answer, Call, Request
from retake.calls.tries import given_up, is_overload, may_try_again, try_record, wait_before
from retake.errors import CallError, RetakeError, TimedOut
from retake.files import digest

CHARACTERS_A_TOKEN = 4
"""Rough for English; the token windows correct themselves when the answer tells its usage."""

PROBE_TIMEOUT_S = 10.0


class KnownModel(Protocol):
    """What the project knows of one model (config/models.yaml)."""

    cache_min_tokens: int | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    price: KnownPrice | None


@dataclass(frozen=True)
class TransportSettings:
    """Where requests of a provider go, and how many.

    `provider` is openai, claude, vllm or local. `base_urls` is empty for the provider's own endpoint (or the one that
    OPENAI_BASE_URL or ANTHROPIC_BASE_URL names). `key_env` names the environment variable that holds the key; None is
    the provider's usual one. `concurrency` is the number of requests in flight at the start, `ceiling` the highest that it
    may grow to (None: `concurrency`). `known` tells what is known of a model. `log_folder` is where the history of the limit is
    written as it happens (limits-<provider>-<identity>.jsonl); None writes none.
    """

    provider: str
    base_urls: tuple[str, ...] = ()
    concurrency: int = 16
    request_timeout_s: float = 600.0
    max_tries: int = 4
    key_env: str | None = None
    ceiling: int | None = None
    known: Callable[[str], KnownModel | None] | None = None
    log_folder: Path | None = None


@dataclass(frozen=True)
class Reply:
    """What one try brought: the answer, and what the headers say of the provider's limits."""

    answer: Answer
    hints: RateHints = field(default_factory=RateHints)


class Sender(Protocol):
    """One endpoint behind one SDK client."""

    async def send(self, request: Request, *, cache_min_tokens: int | None) -> Reply:
        """Send one request once; raises CallError, of the type that says what happened."""
        ...

    async def probe(self) -> None:
        """Ask the endpoint for a sign of life; raises CallError where none comes."""
        ...


@dataclass(frozen=True)
class Connection:
    """The opened endpoints of a provider: one sender each, `identity` to share limits by (no key in it), how to close."""

    senders: list[Sender]
    identity: tuple[str, ...]
    close: Callable[[], Any]


Connect = Callable[[TransportSettings], Connection]


class Transport:
    """Sends requests of one provider: every failure that may pass is tried again, every try is on record.

    For one event loop. Nothing is opened before the first request.
    """

    def __init__(self, *, settings: TransportSettings, connect: Connect) -> None:
        self.settings = settings
        self._connect = connect
        self._connection: Connection | None = None
        self._opening = asyncio.Lock()
        self.limiter: Limiter | None = None
        self.endpoints: Endpoints | None = None
        self._known: dict[str, KnownModel | None] = {}
        self._lead = Lead()

    async def send(self, request: Request, *, before: Callable[[], None] | None = None) -> Call:
        """Return the call for `request`, asked now, with what it cost; `before` is called when its turn has come.

        Raises:
            CallError: where no usable answer came; its attribute `tries` lists what went wrong each time.
        """
        limiter, endpoints = await self._opened()
        known = self._known_of(request.model, limiter)
        async with self._lead(prefix_key(request, known.cache_min_tokens if known else None)):
            return await self._tried(request, limiter, endpoints, known=known, before=before)

    async def _tried(
        self,
        request: Request,
        limiter: Limiter,
        endpoints: Endpoints,
        *,
        known: KnownModel | None,
        before: Callable[[], None] | None,
    ) -> Call:
        tries: list[dict[str, Any]] = []
        while True:
            slot = await limiter.acquire(request.model, **_size(request))
            if before is not None:
                try:
                    before()
                except RetakeError:
                    limiter.release(slot)
                    raise
            try:
                endpoint = endpoints.pick({t["endpoint"] for t in tries})
                asked_at, began = _now(), time.monotonic()
                reply = await self._once(request, endpoint, known)
            except CallError as error:
                self._failed(slot, endpoint, error)
                tries.append(try_record(error, number=len(tries) + 1, worker=endpoint.name))
                if not may_try_again(error) or len(tries) >= self.settings.max_tries:
                    raise given_up(error, tries) from error
                wait = self._wait(error, len(tries) + 1, request.digest)
            else:
                latency_s = round(time.monotonic() - began, 4)
                self._answered(slot, endpoint, reply)
                return _call(request, reply.answer, asked_at, latency_s, endpoint.name, tries, known)
            finally:
                limiter.release(slot)
            await asyncio.sleep(wait)

    async def close(self) -> None:
        """Close all connections; the transport opens again where it is used again."""
        endpoints, connection, self.endpoints, self._connection = self.endpoints, self._connection, None, None
        if endpoints is not None:
            await endpoints.close()
        if connection is not None:
            await connection.close()

    async def _opened(self) -> tuple[Limiter, Endpoints]:
        if self.endpoints is None or self.limiter is None:
            async with self._opening:
                if self.endpoints is None:
                    settings = self.settings
                    self._connection = await asyncio.to_thread(self._connect, settings)
                    named = [f"endpoint_{n}" for n in range(1, len(settings.base_urls) + 1)] or [settings.provider]
                    pairs = zip(named, self._connection.senders, strict=True)
                    self.endpoints = Endpoints([Endpoint(*pair) for pair in pairs], _probe)
                    identity = self._connection.identity
                    more = {"ceiling": settings.ceiling, "log": _log_file(settings, identity)}
                    self.limiter = shared_limiter(identity, settings.concurrency, **more)
        return self.limiter, self.endpoints  # type: ignore[return-value]

    def _known_of(self, model: str, limiter: Limiter) -> KnownModel | None:
        if model not in self._known:
            known = self.settings.known(model) if self.settings.known else None
            self._known[model] = known
            if known is not None:
                minute = {
                    "requests_per_minute": known.requests_per_minute,
                    "tokens_per_minute": known.tokens_per_minute,
                }
                limiter.know(model, **minute)
        return self._known[model]

    async def _once(self, request: Request, endpoint: Endpoint, known: KnownModel | None) -> Reply:
        limit = self.settings.request_timeout_s
        least = known.cache_min_tokens if known else None
        try:
            async with asyncio.timeout(limit):
                return await endpoint.sender.send(request, cache_min_tokens=least)
        except TimeoutError as error:
            if isinstance(error, CallError):
                raise
            raise TimedOut(f"{endpoint.name}: no answer within request_timeout_s={limit:g} seconds") from error

    def _failed(self, slot: Slot, endpoint: Endpoint, error: CallError) -> None:
        assert self.limiter is not None
        assert self.endpoints is not None
        is_one_of_many = len(self.endpoints.all) > 1 and error.kind != "rate_limited"
        if is_overload(error) and not is_one_of_many:
            self.limiter.struck(slot, retry_after_s=error.retry_after_s, reason=error.kind)
        self.endpoints.failed(endpoint, error)

    def _answered(self, slot: Slot, endpoint: Endpoint, reply: Reply) -> None:
        assert self.limiter is not None
        assert self.endpoints is not None
        usage = reply.answer.usage
        tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        self.limiter.answered(slot, reply.hints, **tokens)
        self.endpoints.succeeded(endpoint)

    def _wait(self, error: CallError, next_try: int, seed: str) -> float:
        """Return how long this call waits; another endpoint that is well is asked at once."""
        assert self.endpoints is not None
        moves = error.kind != "rate_limited" and any(e.is_healthy for e in self.endpoints.all)
        if moves and len(self.endpoints.all) > 1 and next_try <= len(self.endpoints.all):
            return 0.0
        return wait_before(next_try, error, seed=seed)


async def _probe(endpoint: Endpoint) -> None:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await endpoint.sender.probe()
    except TimeoutError as error:
        raise TimedOut(f"{endpoint.name}: no sign of life") from error


def _log_file(settings: TransportSettings, identity: tuple[str, ...]) -> Path | None:
    if settings.log_folder is None:
        return None
    return settings.log_folder / f"limits-{settings.provider}-{digest(identity)[:8]}.jsonl"


def _now() -> str:
    moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _size(request: Request) -> dict[str, int]:
    characters = sum(len(str(message.get("content") or "")) for message in request.messages)
    characters += sum(len(str(tool)) for tool in request.tools)
    return {
        "input_tokens": characters // CHARACTERS_A_TOKEN,
        "max_tokens": int(request.params.get("max_tokens") or 4096),
    }


def _call(
    request: Request,
    answer: Answer,
    asked_at: str,
    latency_s: float,
    worker: str,
    tries: list[dict[str, Any]],
    known: KnownModel | None,
) -> Call:
    price = price_of(
        request.model, request.provider, answer.usage, asked_at=asked_at, known=known.price if known else None
    )
    return Call(request, answer, asked_at, latency_s, worker, tuple(tries), price.cost_usd)


def identity_of(provider: str, key: str | None, base_urls: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a limit is shared by: provider, digest of the key, endpoints."""
    return (provider, digest(["key", key])[:16], *base_urls)
