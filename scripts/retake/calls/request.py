"""What is asked of a model and what it answered: the two halves of a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from retake.files import digest

Message = dict[str, Any]
"""One message in OpenAI chat form: role, content, and tool_calls, tool_call_id, reasoning_blocks where they apply."""


@dataclass(frozen=True)
class Request:
    """One request, apart from where it is sent: equal requests are one call.

    `provider` is openai, claude, vllm or local; `api` is chat, responses or messages. `messages` and `tools` are in
    OpenAI chat form whatever the provider; `params` holds only what is really sent (temperature, top_p, max_tokens,
    seed, ...). `response_format` is `{"name": ..., "schema": {...}}` or None. `draw` tells apart the candidates of a
    provider that takes no seed; it is not sent.
    """

    provider: str
    api: str
    model: str
    messages: list[Message]
    tools: list[dict[str, Any]] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    response_format: dict[str, Any] | None = None
    draw: int = 0

    @cached_property
    def digest(self) -> str:
        """The call's key in the store: the SHA-256 of the canonical request."""
        return digest(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return the request as plain data, for the store and for the key."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class ToolCall:
    """One tool call of a model: `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `input_tokens` counts all input, cached and cache-written included (both are parts of it)."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True)
class Answer:
    """What a model answered, in one form for every provider.

    `finish_reason` is one of stop, length, tool_calls, refusal, content_filter, error. `reasoning` is thinking text kept
    apart from `text`; `reasoning_blocks` are the provider's own blocks, returned unchanged in a tool loop. `parts` is
    the parsed structured output, or None. `refusal` is the provider's own refusal text, or None.
    """

    text: str = ""
    finish_reason: str = "stop"
    raw_finish_reason: str | None = None
    reasoning: str | None = None
    reasoning_blocks: list[dict[str, Any]] | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    parts: dict[str, Any] | None = None
    refusal: str | None = None
    served_model: str | None = None
    usage: Usage = Usage()

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        calls = tuple(dict(vars(call)) for call in self.tool_calls)
        return {**vars(self), "tool_calls": calls, "usage": dict(vars(self.usage))}

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Answer:
        """Return the answer that `as_dict` described."""
        calls = tuple(ToolCall(**call) for call in body["tool_calls"])
        return cls(**{**body, "tool_calls": calls, "usage": Usage(**body["usage"])})

    def as_message(self) -> Message:
        """Return the answer as the assistant message that a next request carries."""
        message: Message = {"role": "assistant", "content": self.text}
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for c in self.tool_calls
            ]
        if self.reasoning_blocks:
            message["reasoning_blocks"] = self.reasoning_blocks
        return message


@dataclass(frozen=True)
class Call:
    """A request with its answer, as it was paid for.

    `asked_at` is UTC, ISO 8601 with milliseconds; `latency_s` is the answered try's; `tries` lists what went wrong before
    (kind, message, endpoint); `worker` names the endpoint or worker that answered (no host); `cost_usd` is None where
    the price is unknown; `is_batch` tells half-price answers.
    """

    request: Request
    answer: Answer
    asked_at: str
    latency_s: float
    worker: str | None = None
    tries: tuple[dict[str, Any], ...] = ()
    cost_usd: float | None = None
    is_batch: bool = False

    @property
    def digest(self) -> str:
        """The call's key in the store."""
        return self.request.digest

    def as_dict(self) -> dict[str, Any]:
        """Return the call as plain data, as the store keeps it."""
        return {
            **{name: getattr(self, name) for name in ("asked_at", "latency_s", "worker", "cost_usd", "is_batch")},
            "tries": list(self.tries),
            "request": self.request.as_dict(),
            "answer": self.answer.as_dict(),
        }

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Call:
        """Return the call that `as_dict` described."""
        rest = {k: v for k, v in body.items() if k not in ("request", "answer", "tries")}
        return cls(Request(**body["request"]), Answer.from_dict(body["answer"]), tries=tuple(body["tries"]), **rest)


Ask = Callable[[Request], Awaitable[Call]]
"""Looks a request up in the store, or asks it once and keeps the answer; raises CallError where it gets none."""
