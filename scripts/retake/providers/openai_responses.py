"""OpenAI's Responses API: for models that reason, with their reasoning items returned unchanged in tool loops."""

from __future__ import annotations

from typing import Any

from retake.calls.request import Answer, Message, Request, ToolCall, Usage
from retake.errors import CallError, MalformedReply, Overloaded, RateLimited
from retake.providers.wire import (
    Body,
    Wire,
    count,
    functions_of,
    need,
    original_name,
    parts_of,
    strict_schema,
    text_of,
    tool_names,
)

PATH = "/responses"
INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}
FAILURES: dict[str, type[CallError]] = {"server_error": Overloaded, "rate_limit_exceeded": RateLimited}
"""Codes of a response whose status is `failed`; any other is malformed to us."""


def to_wire(request: Request, *, cache_min_tokens: int | None = None) -> Wire:
    """Return `request` as the Responses API takes it; nothing is stored at the provider. `cache_min_tokens` is unused."""
    system = [text_of(m["content"]) for m in request.messages if m["role"] in ("system", "developer")]
    body: Body = {"model": request.model, "store": False}
    if system:
        body["instructions"] = "\n\n".join(system)
    body["input"] = [item for message in request.messages for item in _items(message, request)]
    params = dict(request.params)
    if "max_tokens" in params:
        body["max_output_tokens"] = params.pop("max_tokens")
    reasoning = {"effort": params.pop("reasoning_effort", None), "summary": params.pop("reasoning_summary", None)}
    if any(reasoning.values()):
        body["reasoning"] = {key: value for key, value in reasoning.items() if value}
    body.update(params)
    if request.tools:
        body["tools"] = [{"type": "function", "strict": False, **function} for function in functions_of(request.tools)]
    if request.response_format is not None:
        form = request.response_format
        schema = {"type": "json_schema", "name": form["name"], "schema": strict_schema(form["schema"]), "strict": True}
        body["text"] = {"format": schema}
    return Wire(PATH, body)


def _items(message: Message, request: Request) -> list[Body]:
    role = message["role"]
    if role in ("system", "developer"):
        return []
    if role == "tool":
        output = text_of(message["content"])
        return [{"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}]
    if message.get("reasoning_blocks"):
        return list(message["reasoning_blocks"])
    names, items = tool_names(request.tools), []
    if text_of(message.get("content")) or not message.get("tool_calls"):
        items.append({"role": role, "content": text_of(message.get("content"))})
    for call in message.get("tool_calls") or ():
        function = call["function"]
        name = names.get(function["name"], function["name"])
        items.append({"type": "function_call", "call_id": call["id"], "name": name, "arguments": function["arguments"]})
    return items


def from_wire(body: Any, request: Request) -> Answer:
    """Return the answer in a response.

    Where the model reasoned, `reasoning_blocks` are all output items in their order, for the next turn.

    Raises:
        RateLimited, Overloaded: where the response says that it failed so.
        MalformedReply: where it holds no output.
    """
    output = need(body, "output", list)
    status = body.get("status")
    if status == "failed":
        error = body.get("error") if isinstance(body.get("error"), dict) else {}
        raise FAILURES.get(error.get("code"), MalformedReply)(f"the response failed: {error.get('message')}")
    if not output and status != "incomplete":
        raise MalformedReply("the response holds no output")
    texts, refusals, thoughts, calls = [], [], [], []
    for item in output:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "message":
            for part in item.get("content") or ():
                (refusals if part.get("type") == "refusal" else texts).append(
                    part.get("refusal") or part.get("text", "")
                )
        elif kind == "function_call":
            calls.append(_tool_call(item, request))
        elif kind == "reasoning":
            thoughts += [part.get("text", "") for part in (item.get("summary") or []) + (item.get("content") or [])]
    text, refusal = "".join(texts), "".join(refusals) or None
    why = (body.get("incomplete_details") or {}).get("reason")
    finish = _finish(status, why, bool(calls), refusal)
    reasoned = any(isinstance(item, dict) and item.get("type") == "reasoning" for item in output)
    return Answer(
        text=text,
        finish_reason=finish,
        raw_finish_reason=why or status,
        reasoning="\n\n".join(t for t in thoughts if t) or None,
        reasoning_blocks=output if reasoned else None,
        tool_calls=tuple(calls),
        parts=parts_of(request, text, finish),
        refusal=refusal,
        served_model=body.get("model"),
        usage=usage_of(body.get("usage")),
    )


def _finish(status: str | None, why: str | None, has_calls: bool, refusal: str | None) -> str:
    if refusal:
        return "refusal"
    if status == "incomplete":
        return INCOMPLETE.get(why or "", "error")
    if has_calls:
        return "tool_calls"
    return "stop" if status in ("completed", None) else "error"


def _tool_call(item: Any, request: Request) -> ToolCall:
    name = original_name(request, need(item, "name", str))
    return ToolCall(id=need(item, "call_id", str), name=name, arguments=item.get("arguments") or "{}")


def usage_of(usage: Any) -> Usage:
    """Return the tokens of a response; its `input_tokens` count cached ones too."""
    return Usage(
        input_tokens=count(usage, "input_tokens"),
        cached_input_tokens=count(usage, "input_tokens_details", "cached_tokens"),
        cache_write_tokens=count(usage, "input_tokens_details", "cache_write_tokens"),
        output_tokens=count(usage, "output_tokens"),
        reasoning_tokens=count(usage, "output_tokens_details", "reasoning_tokens"),
    )
