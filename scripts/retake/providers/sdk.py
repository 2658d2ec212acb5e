"""The providers' own SDKs: one shared connection pool, one try a call, every failure as a typed error of ours."""

from __future__ import annotations

import itertools
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from retake.calls.headers import rate_hints, retry_after_s
from retake.calls.request import Answer, Request
from retake.calls.transport import Reply
from retake.errors import (
    CallError,
    ConnectionFailed,
    MalformedReply,
    NotAuthorised,
    Overloaded,
    RateLimited,
    Refused,
    TimedOut,
    TooLong,
)
from retake.providers import anthropic_messages, openai_chat, openai_responses
from retake.providers.wire import Wire

CONNECT_TIMEOUT_S = 30.0
MOST_CONNECTIONS = 4096
"""The limiter decides how many are in use; the pool must never be what waits."""

LONGEST_MESSAGE = 400
_TOKEN, _serial = secrets.token_hex(8), itertools.count()
KEY_LIKE = re.compile(r"\b(sk|pk|key)-[\w*.-]{6,}|Bearer\s+\S+", re.IGNORECASE)
CONTEXT_WORDS = re.compile(
    r"maximum (context|model) length|prompt is too long|context_length_exceeded|available context size|exceeds the context window",
    re.IGNORECASE,
)
"""How vLLM, OpenAI's two APIs, Anthropic and llama.cpp refuse a prompt that is longer than the model's context."""

MONEY_CODES = ("insufficient_quota", "billing_hard_limit_reached")
"""OpenAI says with status 429 that an account has no money left; waiting does not help."""

ToWire = Callable[..., Wire]
FromWire = Callable[[Any, Request], Answer]
APIS: dict[str, tuple[ToWire, FromWire]] = {
    "chat": (openai_chat.to_wire, openai_chat.from_wire),
    "responses": (openai_responses.to_wire, openai_responses.from_wire),
    "messages": (anthropic_messages.to_wire, anthropic_messages.from_wire),
}


@dataclass
class SdkSender:
    """One endpoint behind one SDK client; `sdk` is the module openai or anthropic."""

    sdk: ModuleType
    client: Any
    key: str | None
    key_env: str | None
    is_own_server: bool = False

    async def send(self, request: Request, *, cache_min_tokens: int | None) -> Reply:
        """Send `request` once.

        The SDK's generic `post` takes the body as we built it: `create` would walk through all of it once more, which
        costs more than all else that the SDK does.

        Raises:
            CallError: of the type that says what happened.
        """
        to_wire, from_wire = APIS[request.api]
        wire = to_wire(request, cache_min_tokens=cache_min_tokens)
        response = await self.post(wire)
        try:
            answer = from_wire(whole_json(response.content), request)
        except CallError as error:
            raise type(error)(self.scrubbed(str(error)), status=response.status_code) from None
        return Reply(answer, rate_hints(response.headers))

    async def post(self, wire: Wire) -> Any:
        """Return the HTTP response to `wire`, read to its end."""
        import httpx2

        # The SDK draws a key of its own where it is given none, and gives up its turn to run for that; it sends neither.
        options: dict[str, Any] = {"idempotency_key": f"{_TOKEN}{next(_serial)}"}
        if wire.headers:
            options["headers"] = wire.headers
        more = {"options": options, "cast_to": httpx2.Response}
        try:
            return await self.doing(self.client.post(wire.path, body=wire.body, **more))
        except UnicodeEncodeError:
            return await self.doing(self.client.post(wire.path, body=_encodable(wire.body), **more))

    async def probe(self) -> None:
        """Ask for the list of models; any answer but a server's failure is a sign of life."""
        try:
            await self.doing(self.client.models.list())
        except (Refused, NotAuthorised, RateLimited, MalformedReply):
            return

    async def doing(self, awaitable: Any) -> Any:
        """Await something of the SDK; its errors come out as ours."""
        try:
            return await awaitable
        except (self.sdk.APIError, json.JSONDecodeError) as error:
            raise self.classed(error) from None

    def classed(self, error: Exception) -> CallError:
        """Return our error for one of the SDK's, by its type and status; no key stays in its message."""
        sdk = self.sdk
        if isinstance(error, sdk.APITimeoutError) and not _was_cut(error):
            return TimedOut("no answer in time")
        if isinstance(error, sdk.APIConnectionError):
            hint = "is the server at base_url running?" if self.is_own_server else "is the network up?"
            return ConnectionFailed(f"no connection, or one that broke ({_cause(error)}); {hint}")
        if isinstance(error, sdk.APIStatusError):
            return self._by_status(error)
        return MalformedReply("the reply is not the JSON that the protocol promises")

    def _by_status(self, error: Any) -> CallError:
        status, told = error.status_code, self.scrubbed(_message(error))
        more = {"status": status, "retry_after_s": retry_after_s(error.response.headers)}
        if status == 429 and _code(error) in MONEY_CODES:
            return NotAuthorised(f"the account has no credit left: {told}", status=status)
        if status == 429:
            return RateLimited(f"too many requests: {told}", **more)
        if status in (401, 402, 403):
            return NotAuthorised(f"{told} {self._remedy(status)}", status=status)
        if status in (408, 409) or status >= 500:
            return Overloaded(f"HTTP {status}: {told}", **more)
        if CONTEXT_WORDS.search(f"{_code(error)} {told}"):
            return TooLong(f"HTTP {status}: {told}", status=status)
        remedy = " Is the model's name right, and may this key use it?" if status == 404 else ""
        return Refused(f"HTTP {status}: {told}{remedy}", status=status)

    def _remedy(self, status: int) -> str:
        name = self.key_env or "the key"
        return {
            401: f"(HTTP 401: set {name} to a valid key.)",
            402: f"(HTTP 402: the account of {name} has no credit.)",
            403: f"(HTTP 403: the key in {name} is not allowed to do this.)",
        }[status]

    def scrubbed(self, text: str) -> str:
        """Return `text` without the key, and without what looks like one."""
        if self.key:
            text = text.replace(self.key, "***")
        return KEY_LIKE.sub("***", text)


def _encodable(body: Any) -> Any:
    """Return `body` with `?` for half a surrogate pair, which a model can write and HTTP cannot carry."""
    return json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))


def whole_json(data: bytes) -> Any:
    """Return the JSON in a reply's body.

    Raises:
        MalformedReply: where it is none: HTML, half a body, nothing.
    """
    try:
        return json.loads(data)
    except ValueError:
        shown = data[:80].decode("utf-8", "replace")
        raise MalformedReply(f"the reply is not JSON: {shown!r}") from None


def _message(error: Any) -> str:
    """Return what the provider says, without the SDK's frame around it."""
    body = error.body
    inner = body.get("error", body) if isinstance(body, dict) else None
    told = inner.get("message") if isinstance(inner, dict) else None
    text = " ".join(str(told or error.message).split())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _code(error: Any) -> str | None:
    return getattr(error, "code", None) or getattr(error, "type", None)


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    while (cause := error.__cause__ or error.__context__) is not None and cause not in causes:
        causes.append(cause)
        error = cause
    return causes


def _was_cut(error: BaseException) -> bool:
    """Return whether what the SDK calls a timeout was a connection that broke: its aiohttp transport maps both to one."""
    import aiohttp

    return any(
        isinstance(cause, aiohttp.ClientConnectionError) and not isinstance(cause, aiohttp.ServerTimeoutError)
        for cause in _causes(error)
    )


def _cause(error: BaseException) -> str:
    causes = _causes(error)
    return type(causes[-1] if causes else error).__name__
