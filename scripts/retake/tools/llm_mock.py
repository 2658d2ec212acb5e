"""A model plays a tool that no family knows; its answer is kept in the call store, so the same call is the same answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from retake.calls.request import Ask, Call, Request
from retake.errors import CallError
from retake.files import canonical_json
from retake.tools.arguments import ToolError, fits
from retake.tools.schemas import Declaration
from retake.tools.seeded import TODAY
from retake.tools.world import ToolResult

CONFIDENCE = 0.9
MAX_RESULT = 20_000

_SYSTEM = (
    "You stand in for the server behind an API, so that a client can be tested without it. You are given the declaration "
    "of one endpoint and the arguments of one request, which have been checked against it. Answer with what the real "
    "server would send back: specific, plausible and consistent values, in the form that such an API documents, no longer "
    "than needed. Where the endpoint declares a response schema, the result fits it. Today is "
    f"{TODAY.isoformat()}. Where the request asks for something that does not exist, say so as the server would: set "
    "is_error, and give error_message. Otherwise is_error is false and error_message is empty. result_json is the whole "
    "result as JSON text; it is {} for an error. Never say that the data is made up, simulated or unavailable to you."
)

# Results as JSON text in a string: structured output needs closed schemas, and a tool's result has any shape.
_FORMAT = {
    "name": "tool_result",
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["is_error", "error_message", "result_json"],
        "properties": {
            "is_error": {"type": "boolean", "description": "Whether the server refuses the request."},
            "error_message": {"type": "string", "description": "Why, as the server says it; empty otherwise."},
            "result_json": {"type": "string", "description": "The whole result, as JSON text."},
        },
    },
}


@dataclass(frozen=True)
class MockSettings:
    """Which model plays unknown tools: provider, api and model as in `Request`; `params` is all that is sent with it.

    `is_forced` asks it for every tool, and no family.
    """

    provider: str
    api: str
    model: str
    params: dict[str, Any] = field(default_factory=lambda: {"max_tokens": 1024})
    is_forced: bool = False


def mock_request(declared: Declaration, arguments: dict[str, Any], mock: MockSettings) -> Request:
    """Return the request for one tool call: the same for the same tool and arguments, in whatever order they were given."""
    asked = canonical_json({"endpoint": declared.as_dict(), "arguments": arguments})
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}]
    return Request(mock.provider, mock.api, mock.model, messages, params=dict(mock.params), response_format=_FORMAT)


async def mocked(pending: ToolResult, *, ask: Ask, mock: MockSettings) -> tuple[ToolResult, Call | None]:
    """Return what the model says in place of a tool, and the call; a failed or unusable answer is a typed error result.

    Raises:
        CallError: where it is fatal: no later request can succeed either.
    """
    if pending.declared is None:
        raise ValueError("only a result that waits for the LLM mock can be mocked")
    try:
        call = await ask(mock_request(pending.declared, pending.arguments, mock))
    except CallError as error:
        if error.is_fatal:
            raise
        return _unavailable(pending, f"the service did not answer ({error.kind})"), None
    try:
        body = _body(call, pending.declared)
    except ToolError as error:
        return replace(pending, content=canonical_json(error.as_dict()), source="error"), call
    return replace(pending, content=canonical_json(body), confidence=CONFIDENCE), call


def _unavailable(pending: ToolResult, message: str) -> ToolResult:
    content = canonical_json(ToolError("service_unavailable", message).as_dict())
    return replace(pending, content=content, source="error")


def _body(call: Call, declared: Declaration) -> Any:
    said = call.answer.parts if call.answer.parts is not None else _read(call.answer.text, "the reply")
    if not isinstance(said, dict) or not isinstance(said.get("result_json"), str):
        raise ToolError("invalid_response", "the service sent a reply of the wrong form")
    if said.get("is_error") is True:
        raise ToolError("api_error", str(said.get("error_message") or "the request failed"))
    if len(said["result_json"]) > MAX_RESULT:
        raise ToolError("invalid_response", f"the service sent over {MAX_RESULT} characters")
    body = _read(said["result_json"], "the result")
    if declared.response is not None and not fits(body, declared.response):
        raise ToolError("invalid_response", "the service sent a result that does not fit its schema")
    return body


def _read(text: str, what: str) -> Any:
    try:
        value = json.loads(text)
        canonical_json(value)
    except (ValueError, RecursionError) as error:
        raise ToolError("invalid_response", f"{what} is not valid JSON") from error
    return value
