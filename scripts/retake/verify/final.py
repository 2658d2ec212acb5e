"""What a candidate finally said: read from its raw generation, and from its trace where there is a tool conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Body = Mapping[str, Any]
_FINAL = ("text", "reasoning", "finish_reason", "raw_finish_reason", "served_model", "parts", "refusal")


def final_of(raw: Body, trace: Body | None) -> dict[str, Any]:
    """Return the final answer's text, reasoning, finish_reason, raw_finish_reason, served_model, parts and refusal.

    It is the first answer where there is no tool conversation, else the message of the conversation's last turn.
    """
    if trace is None:
        return {name: raw["answer"][name] for name in _FINAL}
    if not trace["turns"]:
        return {**dict.fromkeys(_FINAL), "text": "", "finish_reason": "error"}
    last = trace["turns"][-1]
    told = {name: last[name] for name in ("reasoning", "finish_reason", "raw_finish_reason", "served_model")}
    return {**told, "text": trace["final_answer"] or "", "parts": None, "refusal": None}


def output_messages(final: Body, turns: Sequence[Body]) -> list[dict[str, Any]]:
    """Return all that followed the opening messages, in OpenAI form: calls, their results, the final answer."""
    messages: list[dict[str, Any]] = []
    for turn in turns:
        messages.append({key: value for key, value in turn["message"].items() if key != "reasoning_blocks"})
        messages += [
            {"role": "tool", "tool_call_id": r["tool_call_id"], "content": r["content"]} for r in turn["results"]
        ]
    return messages or [{"role": "assistant", "content": final["text"]}]
