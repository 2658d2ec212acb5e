"""One row as the page shows it: the conversation as messages, and the verdict with its evidence."""

from __future__ import annotations

import json
import math
from typing import Any

from retake.look.page.mathml import Node
from retake.look.page.prose import code, prose

Detail = dict[str, Any]


def detail(record: dict[str, Any], *, limit: int) -> Detail:
    """Return what the reading room shows of one row; no text is longer than `limit` characters."""
    output = _messages(record.get("output_messages"))
    messages = [_message(message, limit=limit) for message in output]
    if record.get("reasoning"):
        messages.insert(0, _folded("thinking", "Thinking", prose(record["reasoning"], limit=limit)))
    if record.get("answer") and not any(m.get("role") == "assistant" and m.get("content") for m in output):
        messages.append(_said("assistant", record["answer"], limit=limit))
    return {
        "input": [_message(message, limit=limit) for message in _messages(record.get("input_messages"))],
        "output": messages,
        "evidence": [[name, value] for name, value in _evidence(record, limit=limit) if value not in (None, "")],
    }


def _messages(text: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return [{"role": "unreadable", "content": text}]
    return [m if isinstance(m, dict) else {"role": "unreadable", "content": str(m)} for m in found]


def _said(role: str, text: str, *, limit: int) -> Detail:
    return {"role": role, "parts": [{"nodes": prose(text, limit=limit)}]}


def _folded(role: str, title: str, nodes: list[Node]) -> Detail:
    return {"role": role, "parts": [{"fold": title, "nodes": nodes}]}


def _message(message: dict[str, Any], *, limit: int) -> Detail:
    role = str(message.get("role", "unknown"))
    text = _text(message.get("content"))
    if role == "tool":
        title = f"Result of {message.get('name') or message.get('tool_call_id') or 'a tool'}"
        return _folded("tool", title, [_data(text, limit=limit)])
    shown = _said(role, text, limit=limit) if text else {"role": role, "parts": []}
    thinking = message.get("reasoning") or message.get("reasoning_content")
    if isinstance(thinking, str) and thinking:
        shown["parts"].insert(0, {"fold": "Thinking", "nodes": prose(thinking, limit=limit)})
    for call in message.get("tool_calls") or []:
        asked = call.get("function", call) if isinstance(call, dict) else {}
        name = f"Call of {asked.get('name', 'a tool')}"
        shown["parts"].append({"fold": name, "nodes": [_data(_text(asked.get("arguments")), limit=limit)]})
    return shown


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_text(part.get("text", part)) if isinstance(part, dict) else str(part) for part in content)
    return "" if content is None else json.dumps(content, ensure_ascii=False, indent=2)


def _data(text: str, *, limit: int) -> Node:
    cut = text[:limit]
    try:
        return code(json.dumps(json.loads(text), ensure_ascii=False, indent=2)[:limit], "json")
    except (ValueError, RecursionError):
        return code(cut, "")


def _evidence(record: dict[str, Any], *, limit: int) -> list[tuple[str, str | None]]:
    def of(name: str) -> Any:
        return record.get(name)

    judge = (
        "asked, no usable verdict" if of("llm_judge_failed") else "gave the verdict" if of("llm_judge_used") else None
    )
    verifier = " ".join(filter(None, (of("verifier_name"), (of("verifier_version") or "")[:12])))
    refusal = (
        _pair(_names(of("refusal_matched_patterns")), of("refusal_confidence")) if of("refusal_is_refusal") else None
    )
    facts: list[tuple[str, Any]] = [
        ("Why", of("verification_explanation")),
        ("Extracted answer", of("extracted_answer")),
        ("Reference answer", of("ground_truth_answer")),
        ("Reference from", of("ground_truth_source")),
        ("Score", _number(of("verification_score"))),
        ("Confidence", _number(of("verification_confidence"))),
        ("Verifier", verifier),
        ("Judge", judge),
        ("Verifier's error", of("verification_error")),
        ("Error", ": ".join(filter(None, (of("error_type"), of("error_message"))))),
        ("Refusal", f"{of('refusal_type') or 'yes'} ({refusal})" if refusal else None),
        ("Calibration", _pair(of("calibration_flaw"), of("calibration_outcome"))),
        ("Persona", _pair(of("persona"), of("persona_score"))),
        ("Markers", _counts(of("persona_markers"))),
        ("Finish reason", _pair(of("finish_reason"), of("raw_finish_reason"))),
        ("Retry", of("retry_reason")),
        ("Tool results", _counts(of("tool_sources"))),
        ("Tool conversation", of("tool_stop")),
        ("Model", _pair(of("model"), of("served_model"))),
        ("Temperature", _number(of("temperature"))),
        ("Seed", _number(of("seed"))),
        ("Tokens", _tokens(record)),
        ("Cost", _dollars(of("cost_usd"))),
        ("Judge's cost", _dollars(of("judge_cost_usd"))),
        ("Latency", f"{of('latency_s'):.2f} s" if _is_number(of("latency_s")) else None),
        ("Worker", of("worker")),
        ("Dataset", _pair(of("source_dataset"), of("source_index"))),
        ("Query", of("query_id")),
        ("Request digest", of("request_digest")),
        ("Asked at", of("created_at")),
    ]
    return [(name, str(value)[:limit] if value is not None else None) for name, value in facts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _number(value: Any) -> str | None:
    return (
        f"{value:.4g}" if isinstance(value, float) and _is_number(value) else str(value) if _is_number(value) else None
    )


def _dollars(value: Any) -> str | None:
    return f"${value:.6f}" if _is_number(value) else None


def _pair(first: Any, second: Any) -> str | None:
    told = _number(second) if isinstance(second, float) else second
    if first in (None, ""):
        return None if told is None else str(told)
    return str(first) if told is None or told == first else f"{first} ({told})"


def _names(text: str | None) -> str | None:
    try:
        return ", ".join(map(str, json.loads(text))) if text else None
    except (ValueError, TypeError):
        return text


def _counts(text: str | None) -> str | None:
    try:
        found = json.loads(text) if text else {}
        return ", ".join(f"{k}: {v}" for k, v in sorted(found.items())) if isinstance(found, dict) else text
    except (ValueError, TypeError):
        return text


def _tokens(record: dict[str, Any]) -> str | None:
    if record.get("output_tokens") is None:
        return None
    parts = [f"{record.get('input_tokens') or 0:,} in", f"{record['output_tokens']:,} out"]
    for name, word in (("cached_input_tokens", "cached"), ("reasoning_tokens", "thinking")):
        if record.get(name):
            parts.append(f"{record[name]:,} {word}")
    return ", ".join(parts)
