"""Anthropic's Messages API, version 2026-10-21: thinking blocks, structured output, cache markers."""

from __future__ import annotations

import json
from typing import Any

from retake.calls.request import Answer, Message, Request, ToolCall, Usage
from retake.errors import MalformedReply
from retake.providers.wire import (
    Body,
    Wire,
    count,
    functions_of,
    loaded,
    need,
    original_name,
    parts_of,
    strict_schema,
    text_of,
    tool_names,
)

PATH = "/v1/messages"
FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}
SAMPLING = ("temperature", "top_p", "top_k")
OLD_VERSION = {"anthropic-version": "2023-06-01"}
"""Version 2026-10-21 refuses SAMPLING for every model; models that still take it do so under this one."""

EFFORTS = {"minimal": "low"}
MARK = {"type": "ephemeral"}
CHARACTERS_A_TOKEN = 4
"""Rough for English; it only decides where a cache marker is worth its place (below the minimum it has no effect)."""


def to_wire(request: Request, *, cache_min_tokens: int | None = None) -> Wire:
    """Return `request` as the Messages API takes it.

    Where tools and system prompt together reach `cache_min_tokens`, the end of each that does is marked for the prompt
    cache; None marks nothing.
    """
    params = dict(request.params)
    body: Body = {"model": request.model, "max_tokens": params.pop("max_tokens", 4096)}
    system = "\n\n".join(text_of(m["content"]) for m in request.messages if m["role"] in ("system", "developer"))
    if system:
        body["system"] = [{"type": "text", "text": system}]
    body["messages"] = _turns(request)
    if request.tools:
        body["tools"] = [_tool(function) for function in functions_of(request.tools)]
    _think(body, params)
    if request.response_format is not None:
        form = {"type": "json_schema", "schema": strict_schema(request.response_format["schema"])}
        body.setdefault("output_config", {})["format"] = form
    body.update(params)
    if cache_min_tokens is not None:
        _mark(body, cache_min_tokens)
    return Wire(PATH, body, dict(OLD_VERSION) if any(name in body for name in SAMPLING) else {})


def _tool(function: Body) -> Body:
    tool = {"name": function["name"], "description": function["description"], "input_schema": function["parameters"]}
    return {key: value for key, value in tool.items() if value}


def _think(body: Body, params: dict[str, Any]) -> None:
    effort = params.pop("reasoning_effort", None)
    if effort == "none":
        params.setdefault("thinking", {"type": "disabled"})
    elif effort is not None:
        params.setdefault("thinking", {"type": "adaptive", "display": "summarized"})
        body["output_config"] = {"effort": EFFORTS.get(effort, effort)}


def _mark(body: Body, least: int) -> None:
    size = 0
    for part in ("tools", "system"):
        size += len(json.dumps(body.get(part, ""))) // CHARACTERS_A_TOKEN
        if body.get(part) and size >= least:
            body[part][-1] = {**body[part][-1], "cache_control": MARK}


def _turns(request: Request) -> list[Message]:
    """Return the messages but the system's; neighbours of one role become one, tool results first."""
    turns: list[Message] = []
    for message in request.messages:
        if message["role"] in ("system", "developer"):
            continue
        role = "assistant" if message["role"] == "assistant" else "user"
        blocks = _blocks(message, request)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Message, request: Request) -> list[Body]:
    if message["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": text_of(message["content"])}
        return [result]
    if message.get("reasoning_blocks"):
        return list(message["reasoning_blocks"])
    text = text_of(message.get("content"))
    blocks: list[Body] = [{"type": "text", "text": text}] if text.strip() else []
    names = tool_names(request.tools)
    for call in message.get("tool_calls") or ():
        function = call["function"]
        name = names.get(function["name"], function["name"])
        blocks.append({"type": "tool_use", "id": call["id"], "name": name, "input": loaded(function["arguments"])})
    return blocks


def from_wire(body: Any, request: Request) -> Answer:
    """Return the answer in a message.

    Where the model thought, `reasoning_blocks` is the whole content in its order, for the next turn.

    Raises:
        MalformedReply: where it holds no content.
    """
    content = need(body, "content", list)
    raw_finish = body.get("stop_reason")
    if not content and raw_finish in (None, "tool_use"):
        raise MalformedReply("the message holds no content")
    texts, thoughts, calls = [], [], []
    for block in content:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            texts.append(block.get("text", ""))
        elif kind == "thinking":
            thoughts.append(block.get("thinking", ""))
        elif kind == "tool_use":
            arguments = json.dumps(block.get("input") or {}, ensure_ascii=False)
            name = original_name(request, need(block, "name", str))
            calls.append(ToolCall(id=need(block, "id", str), name=name, arguments=arguments))
    text, finish = "".join(texts), FINISHES.get(raw_finish or "end_turn", "error")
    thought = any(isinstance(b, dict) and b.get("type") in ("thinking", "redacted_thinking") for b in content)
    return Answer(
        text=text,
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        reasoning="\n\n".join(t for t in thoughts if t) or None,
        reasoning_blocks=content if thought else None,
        tool_calls=tuple(calls),
        parts=parts_of(request, text, finish),
        refusal=_refusal(body) if finish == "refusal" else None,
        served_model=body.get("model"),
        usage=usage_of(body.get("usage")),
    )


def _refusal(body: Body) -> str:
    details = body.get("stop_details") or {}
    return details.get("explanation") or details.get("category") or "refused"


def usage_of(usage: Any) -> Usage:
    """Return the tokens of a message; Anthropic counts plain, cache-written and cached input apart: here they are summed."""
    written, cached = count(usage, "cache_creation_input_tokens"), count(usage, "cache_read_input_tokens")
    return Usage(
        input_tokens=count(usage, "input_tokens") + written + cached,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=count(usage, "output_tokens"),
        reasoning_tokens=count(usage, "output_tokens_details", "thinking_tokens"),
    )
