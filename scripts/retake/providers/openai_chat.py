"""OpenAI chat completions: the API of OpenAI's older models, vLLM, llama.cpp and most other servers."""

from __future__ import annotations

from typing import Any

from retake.calls.request import Answer, Message, Request, ToolCall, Usage
from retake.errors import MalformedReply, shown
from retake.providers.wire import (
    Body,
    Wire,
    count,
    functions_of,
    need,
    original_name,
    parts_of,
    split_thinking,
    strict_schema,
    text_of,
    tool_names,
)

PATH = "/chat/completions"
FINISHES = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
REASONING_KEYS = ("reasoning_content", "reasoning")
"""Where servers put thinking: DeepSeek's and SGLang's name, and vLLM's newer one."""


def to_wire(request: Request, *, cache_min_tokens: int | None = None) -> Wire:
    """Return `request` as chat completions take it. Their prompt cache needs no marker, so `cache_min_tokens` is unused."""
    is_openai = request.provider == "openai"
    body: Body = {"model": request.model, "messages": [_message(m, request) for m in request.messages]}
    for name, value in request.params.items():
        body["max_completion_tokens" if name == "max_tokens" and is_openai else name] = value
    if request.tools:
        body["tools"] = [{"type": "function", "function": function} for function in functions_of(request.tools)]
    if request.response_format is not None:
        form = request.response_format
        schema = {"name": form["name"], "schema": strict_schema(form["schema"]), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return Wire(PATH, body)


def _message(message: Message, request: Request) -> Message:
    sent = {key: value for key, value in message.items() if key != "reasoning_blocks"}
    if message.get("tool_calls"):
        names = tool_names(request.tools)
        sent["tool_calls"] = [
            {
                **call,
                "function": {**call["function"], "name": names.get(call["function"]["name"], call["function"]["name"])},
            }
            for call in message["tool_calls"]
        ]
    if request.provider != "openai":
        for block in message.get("reasoning_blocks") or ():
            if block.get("type") in REASONING_KEYS:
                sent[block["type"]] = block["text"]
    return sent


def from_wire(body: Any, request: Request) -> Answer:
    """Return the answer in a chat completion.

    Raises:
        MalformedReply: where there is no choice, or no message in it.
    """
    choices = need(body, "choices", list)
    if not choices:
        raise MalformedReply(f"the reply holds no choice: {shown(body)}")
    message = need(choices[0], "message", dict)
    raw_finish = choices[0].get("finish_reason")
    calls = tuple(_tool_call(call, request) for call in message.get("tool_calls") or ())
    key = next((k for k in REASONING_KEYS if message.get(k)), None)
    reasoning, text = (message[key] if key else None), text_of(message.get("content"))
    if reasoning is None and request.provider != "openai":
        reasoning, text = split_thinking(text)
    refusal = message.get("refusal") or None
    finish = _finish(raw_finish, bool(calls), refusal)
    return Answer(
        text=text,
        finish_reason=finish,
        raw_finish_reason=raw_finish,
        reasoning=reasoning,
        reasoning_blocks=[{"type": key, "text": reasoning}] if key else None,
        tool_calls=calls,
        parts=parts_of(request, text, finish),
        refusal=refusal,
        served_model=body.get("model"),
        usage=usage_of(body.get("usage")),
    )


def _finish(raw: str | None, has_calls: bool, refusal: str | None) -> str:
    if refusal:
        return "refusal"
    if has_calls and raw not in ("length", "content_filter"):
        return "tool_calls"
    return FINISHES.get(raw or "stop", "error")


def _tool_call(call: Any, request: Request) -> ToolCall:
    function = need(call, "function", dict)
    name = original_name(request, need(function, "name", str))
    return ToolCall(id=call.get("id") or "", name=name, arguments=function.get("arguments") or "{}")


def usage_of(usage: Any) -> Usage:
    """Return the tokens of a chat completion; its `prompt_tokens` count cached ones too."""
    return Usage(
        input_tokens=count(usage, "prompt_tokens"),
        cached_input_tokens=count(usage, "prompt_tokens_details", "cached_tokens"),
        cache_write_tokens=count(usage, "prompt_tokens_details", "cache_write_tokens"),
        output_tokens=count(usage, "completion_tokens"),
        reasoning_tokens=count(usage, "completion_tokens_details", "reasoning_tokens"),
    )
