"""The three protocols of the fake provider: what a body asks (strictly checked), and how an answer looks on its wire."""

from __future__ import annotations

import json
from typing import Any

from servers.brain import Asked, Said, chance, tokens_of

Body = dict[str, Any]


class BadBody(Exception):
    """The real provider would refuse this body with status 400."""


def need(condition: object, message: str) -> None:
    if not condition:
        raise BadBody(message)


def words(text: str) -> set[str]:
    return set(text.split())


def text_of(content: Any) -> str:
    """Return the text of a content: a string, or blocks of which some carry text."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(
        part.get("text", "") for part in content if part.get("type") in ("text", "input_text", "output_text")
    )


def identity(kind: str, body: Body, draw: int) -> str:
    return f"{kind}_{int(chance(kind, body, draw) * 2**52):013x}"


def strict_schema(schema: Any, where: str = "schema") -> None:
    """Refuse what the providers' strict mode refuses: open objects, optional keys, bounds."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        need(schema.get("additionalProperties") is False, f"{where}: 'additionalProperties' is required to be false")
        missing = set(schema.get("properties", {})) - set(schema.get("required", []))
        need(not missing, f"{where}: 'required' must include every key; missing {sorted(missing)}")
    for banned in ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"):
        need(banned not in schema, f"{where}: '{banned}' is not permitted")
    for name, inner in schema.get("properties", {}).items():
        strict_schema(inner, f"{where}.{name}")
    strict_schema(schema.get("items"), f"{where}[]")


# --- chat completions -------------------------------------------------------------------------------------------------

CHAT_KEYS = words(
    "messages model frequency_penalty logit_bias logprobs max_completion_tokens max_tokens metadata n parallel_tool_calls "
    "presence_penalty prompt_cache_key reasoning_effort response_format seed service_tier stop store temperature "
    "tool_choice tools top_p top_k min_p user verbosity chat_template_kwargs stream"
)
CHAT_MESSAGE_KEYS = {
    "role",
    "content",
    "name",
    "tool_calls",
    "tool_call_id",
    "refusal",
    "reasoning_content",
    "reasoning",
}


def ask_chat(body: Body) -> Asked:
    unknown = set(body) - CHAT_KEYS
    need(not unknown, f"Unrecognized request arguments supplied: {sorted(unknown)}")
    need(not body.get("stream"), "this server does not stream")
    need(
        not ("max_tokens" in body and "max_completion_tokens" in body),
        "max_tokens and max_completion_tokens are both set",
    )
    messages = body.get("messages")
    need(isinstance(messages, list) and messages, "messages: expected a non-empty array")
    for message in messages:
        need(set(message) <= CHAT_MESSAGE_KEYS, f"messages: unknown keys {sorted(set(message) - CHAT_MESSAGE_KEYS)}")
        need(message.get("role") in ("system", "developer", "user", "assistant", "tool"), "messages: bad role")
    _chat_tools_answered(messages)
    tools = [tool["function"] for tool in body.get("tools", [])]
    form = body.get("response_format") or {}
    schema = (form.get("json_schema") or {}).get("schema")
    if (form.get("json_schema") or {}).get("strict"):
        strict_schema(schema)
    return Asked(
        api="chat",
        model=body["model"],
        system="\n".join(text_of(m["content"]) for m in messages if m["role"] in ("system", "developer")),
        user=next((text_of(m["content"]) for m in reversed(messages) if m["role"] == "user"), ""),
        transcript=json.dumps(messages, sort_keys=True, ensure_ascii=False),
        tools=tools,
        tool_turns=sum(bool(m.get("tool_calls")) for m in messages),
        tool_results=[text_of(m["content"]) for m in messages if m["role"] == "tool"],
        schema=schema,
        seed=body.get("seed"),
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        thinks=body.get("reasoning_effort", "none") != "none",
    )


def _chat_tools_answered(messages: list[Body]) -> None:
    for at, message in enumerate(messages):
        wanted = [call["id"] for call in message.get("tool_calls") or []]
        given = [m.get("tool_call_id") for m in messages[at + 1 : at + 1 + len(wanted)]]
        need(
            sorted(given, key=str) == sorted(wanted),
            "an assistant message with 'tool_calls' must be followed by its results",
        )


def say_chat(body: Body, asked: Asked, said: Said, usage: Body, draw: int) -> Body:
    refused = said.finish == "refusal"
    message: Body = {"role": "assistant", "content": None if refused else said.text, "refusal": None}
    if refused:
        message["refusal"] = said.text
    if said.reasoning is not None:
        message["reasoning_content"] = said.reasoning
    if said.calls:
        message["tool_calls"] = [
            {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
            for c in said.calls
        ]
    return {
        "id": identity("chatcmpl", body, draw),
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": asked.model,
        "system_fingerprint": "fp_fake",
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop" if refused else said.finish}
        ],
        "usage": {
            "prompt_tokens": usage["input"],
            "completion_tokens": said.output_tokens,
            "total_tokens": usage["input"] + said.output_tokens,
            "prompt_tokens_details": {"cached_tokens": usage["cached"]},
            "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
        },
    }


# --- responses --------------------------------------------------------------------------------------------------------

RESPONSES_KEYS = words(
    "background include input instructions max_output_tokens max_tool_calls metadata model parallel_tool_calls "
    "previous_response_id prompt_cache_key reasoning safety_identifier service_tier store temperature text tool_choice "
    "tools top_p truncation user"
)


def ask_responses(body: Body) -> Asked:
    unknown = set(body) - RESPONSES_KEYS
    need(not unknown, f"Unknown parameter: {sorted(unknown)}")
    need("model" in body, "Missing required parameter: 'model'")
    items = body.get("input")
    items = [{"role": "user", "content": items}] if isinstance(items, str) else items
    need(isinstance(items, list) and items, "input: expected a string or a non-empty array")
    wanted = [i["call_id"] for i in items if i.get("type") == "function_call"]
    given = [i["call_id"] for i in items if i.get("type") == "function_call_output"]
    need(sorted(wanted) == sorted(given), f"No tool output found for function call {sorted(set(wanted) - set(given))}")
    for item in items:
        if item.get("type") == "reasoning":
            need(item.get("encrypted_content") == f"sealed:{item['id']}", "reasoning item was altered")
    if wanted and (body.get("reasoning") or {}).get("effort", "none") != "none":
        need(any(i.get("type") == "reasoning" for i in items), "function_call was provided without its reasoning item")
    tools = body.get("tools", [])
    for tool in tools:
        need(tool.get("type") == "function" and "name" in tool, "tools: expected {type: function, name, parameters}")
        need("strict" in tool and "parameters" in tool, "tools: 'strict' and 'parameters' are required")
        if tool["strict"]:
            strict_schema(tool["parameters"])
    form = (body.get("text") or {}).get("format") or {}
    if form.get("strict"):
        strict_schema(form.get("schema"))
    return Asked(
        api="responses",
        model=body["model"],
        system=body.get("instructions") or "",
        user=next((text_of(i["content"]) for i in reversed(items) if i.get("role") == "user"), ""),
        transcript=json.dumps([body.get("instructions"), items], sort_keys=True, ensure_ascii=False),
        tools=tools,
        tool_turns=len(wanted),
        tool_results=[str(i["output"]) for i in items if i.get("type") == "function_call_output"],
        schema=form.get("schema"),
        max_tokens=body.get("max_output_tokens"),
        thinks=(body.get("reasoning") or {}).get("effort", "none") != "none",
    )


def say_responses(body: Body, asked: Asked, said: Said, usage: Body, draw: int) -> Body:
    output: list[Body] = []
    if said.reasoning is not None:
        name = identity("rs", body, draw)
        summary = (
            [{"type": "summary_text", "text": said.reasoning}] if (body.get("reasoning") or {}).get("summary") else []
        )
        output.append({"type": "reasoning", "id": name, "summary": summary, "encrypted_content": f"sealed:{name}"})
    for call in said.calls:
        item = {"type": "function_call", "id": f"fc_{call['id']}", "call_id": call["id"], "status": "completed"}
        output.append({**item, "name": call["name"], "arguments": call["arguments"]})
    if said.text or not output:
        part = {"type": "output_text", "text": said.text, "annotations": []}
        if said.finish == "refusal":
            part = {"type": "refusal", "refusal": said.text}
        message = {"type": "message", "id": identity("msg", body, draw), "role": "assistant", "status": "completed"}
        output.append({**message, "content": [part]})
    why = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(said.finish)
    return {
        "id": identity("resp", body, draw),
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "incomplete" if why else "completed",
        "incomplete_details": {"reason": why} if why else None,
        "error": None,
        "instructions": body.get("instructions"),
        "model": asked.model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": usage["input"],
            "input_tokens_details": {"cached_tokens": usage["cached"], "cache_write_tokens": usage["written"]},
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
            "total_tokens": usage["input"] + said.output_tokens,
        },
    }


# --- messages ---------------------------------------------------------------------------------------------------------

MESSAGES_KEYS = words(
    "cache_control container diagnostics inference_geo max_tokens messages metadata model output_config service_tier speed "
    "stop_sequences stream system thinking tool_choice tools"
)
SAMPLING = {"temperature", "top_p", "top_k"}


def ask_messages(body: Body, version: str = "2026-10-21") -> Asked:
    unknown = set(body) - MESSAGES_KEYS - (SAMPLING if version == "2023-06-01" else set())
    need(not unknown, f"{sorted(unknown)}: Extra inputs are not permitted")
    need(isinstance(body.get("max_tokens"), int), "max_tokens: Field required")
    messages = body.get("messages")
    need(isinstance(messages, list) and messages, "messages: at least one message is required")
    need(messages[0]["role"] == "user", "messages: first message must use the user role")
    need(messages[-1]["role"] == "user", "This model does not support assistant message prefill.")
    need(all(set(m) == {"role", "content"} for m in messages), "messages: Extra inputs are not permitted")
    need(all(m["content"] for m in messages), "messages: content must be non-empty")
    thinks = (body.get("thinking") or {}).get("type", "disabled") != "disabled"
    turns, results = _tool_blocks(messages, thinks)
    tools = body.get("tools", [])
    need(all("name" in t and "input_schema" in t for t in tools), "tools: input_schema: Field required")
    form = (body.get("output_config") or {}).get("format") or {}
    if form:
        strict_schema(form.get("schema"))
    return Asked(
        api="messages",
        model=body["model"],
        system=text_of(body.get("system")),
        user=next(
            (text_of(m["content"]) for m in reversed(messages) if m["role"] == "user" and text_of(m["content"])), ""
        ),
        transcript=json.dumps([text_of(body.get("system")), messages], sort_keys=True, ensure_ascii=False),
        tools=[{**t, "parameters": t["input_schema"]} for t in tools],
        tool_turns=turns,
        tool_results=results,
        schema=form.get("schema"),
        max_tokens=body["max_tokens"],
        thinks=thinks,
    )


def _tool_blocks(messages: list[Body], thinks: bool) -> tuple[int, list[str]]:
    turns, results = 0, []
    for at, message in enumerate(messages):
        blocks = message["content"] if isinstance(message["content"], list) else []
        for block in blocks:
            need(block["type"] != "text" or block["text"], "messages: text content blocks must be non-empty")
            if block["type"] == "thinking":
                signed = f"signed:{chance('thinking', block['thinking']):.12f}"
                need(block["signature"] == signed, "messages: thinking blocks cannot be modified")
        wanted = {b["id"] for b in blocks if b["type"] == "tool_use"}
        if not wanted:
            continue
        turns += 1
        need(not thinks or blocks[0]["type"] == "thinking", "messages: expected a thinking block before tool_use")
        after = messages[at + 1]["content"] if at + 1 < len(messages) else []
        given = {b["tool_use_id"]: b for b in after if isinstance(b, dict) and b["type"] == "tool_result"}
        need(set(given) == wanted, "tool_use ids were found without tool_result blocks immediately after")
        results += [text_of(block["content"]) for block in given.values()]
    return turns, results


def say_messages(body: Body, asked: Asked, said: Said, usage: Body, draw: int) -> Body:
    content: list[Body] = []
    if said.reasoning is not None and asked.thinks:
        signature = f"signed:{chance('thinking', said.reasoning):.12f}"
        content.append({"type": "thinking", "thinking": said.reasoning, "signature": signature})
    if said.text and said.finish != "refusal":
        content.append({"type": "text", "text": said.text})
    for call in said.calls:
        content.append(
            {"type": "tool_use", "id": call["id"], "name": call["name"], "input": json.loads(call["arguments"])}
        )
    stops = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
    refused = {"type": "refusal", "category": "general_harms", "explanation": said.text}
    return {
        "id": identity("msg", body, draw),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": stops.get(said.finish, said.finish),
        "stop_sequence": None,
        "stop_details": refused if said.finish == "refusal" else None,
        "usage": {
            "input_tokens": usage["input"] - usage["cached"] - usage["written"],
            "cache_creation_input_tokens": usage["written"],
            "cache_read_input_tokens": usage["cached"],
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"thinking_tokens": said.reasoning_tokens},
            "service_tier": "standard",
        },
    }


class PromptCache:
    """Which prompt prefixes are cached: written when an answer ends, read by what is asked after that.

    OpenAI's caches the whole prompt in steps of 128 tokens from 1,024 on; Anthropic's at the marked blocks.
    """

    def __init__(self, least_tokens: int = 1024) -> None:
        self.least_tokens = least_tokens
        self.kept: set[int] = set()

    def lookup(self, body: Body, asked: Asked) -> tuple[Body, list[int]]:
        """Return the usage of the input (input, cached, written) and the prefixes to keep once the answer ends."""
        prefixes = self._marked(body) if asked.api == "messages" else self._automatic(asked)
        tools = json.dumps(body.get("tools", [])) if body.get("tools") else ""
        total = tokens_of(tools + asked.transcript)
        prefixes = [p for p in prefixes if tokens_of(p) >= self.least_tokens]
        cached = max((tokens_of(p) for p in prefixes if hash(p) in self.kept), default=0)
        longest = max((tokens_of(p) for p in prefixes), default=0)
        written = max(0, longest - cached) if asked.api == "messages" else 0
        return {"input": max(total, cached + written), "cached": cached, "written": written}, [
            hash(p) for p in prefixes
        ]

    def _automatic(self, asked: Asked) -> list[str]:
        text = f"{asked.model}|{asked.transcript}"
        return [text[: 4 * n] for n in range(self.least_tokens, tokens_of(text) + 1, 128)]

    def _marked(self, body: Body) -> list[str]:
        text, found = body["model"], []
        system = body.get("system") or []
        blocks = [*body.get("tools", []), *(system if isinstance(system, list) else [{"text": system}])]
        for message in body["messages"]:
            content = message["content"]
            blocks += content if isinstance(content, list) else [{"text": content}]
        for block in blocks:
            text += json.dumps({k: v for k, v in block.items() if k != "cache_control"}, sort_keys=True)
            if block.get("cache_control"):
                found.append(text)
        return found


PROTOCOLS = {
    "/v1/chat/completions": (ask_chat, say_chat),
    "/v1/responses": (ask_responses, say_responses),
    "/v1/messages": (ask_messages, say_messages),
}
