"""What `show.py` prints: a conversation as people read it, with verdict, evidence and provenance."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from textwrap import indent, wrap
from typing import Any

from retake.look.records import plain
from retake.look.tables import dollars, number, visible
from retake.look.transcript import Conversation
from retake.paths import STORE

Explain = Callable[[str], str | Iterable[str]]
"""Tells what would make a target again, and why."""

_VERDICT = {True: "verified", False: "not verified", None: "ungraded"}


def shown_conversation(found: Conversation, *, explain: Explain | None = None, width: int = 100) -> str:
    """Return the conversation as plain text, no line of ours wider than `width`; control characters are made visible."""
    parts = [_head(found), _talk(found, width), _judged(found), _provenance(found), _reruns(found, explain)]
    return "\n\n".join(part for part in parts if part) + "\n"


def conversation_json(found: Conversation, *, explain: Explain | None = None) -> str:
    """Return the conversation as JSON: the row, its messages, files, evidence, and what would make it again."""
    body = {
        "row": found.row, "messages": found.messages, "evidence": found.verdict, "variants": list(found.variants),
        "files": [{"stage": s, "path": p, "exists": e} for s, p, e in found.files], "target": found.target,
        "reruns": list(_explained(found, explain)),
    }  # fmt: skip
    return json.dumps(plain(body), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _head(found: Conversation) -> str:
    row = found.row
    lines = [
        f"{row['experiment']}  {row['sample_id']}  variant {row['variant']}  candidate {row['candidate_idx']}"
        + ("  (selected)" if row["is_selected"] else "") + ("  (retry)" if row["is_retry"] else ""),
        f"{row['model']} ({row['provider']}), persona {row['persona'] or 'none'}, temperature {_said(row['temperature'])}, seed {_said(row['seed'])}",
        "candidates: " + "  ".join(_other(*other) for other in found.others),
    ]  # fmt: skip
    if len(found.variants) > 1:
        lines.append(f"variants: {', '.join(found.variants)}")
    return "\n".join(visible(line) for line in lines)


def _other(index: int, verdict: bool | None, selected: bool, retry: bool) -> str:
    mark = {True: "+", False: "-", None: "?"}[verdict]
    return f"{index}{mark}{'*' if selected else ''}{' (retry)' if retry else ''}"


def _talk(found: Conversation, width: int) -> str:
    parts = []
    if found.row["reasoning"]:
        parts.append(_turn("thinking", found.row["reasoning"], width))
    for message in found.messages:
        text = message.get("content")
        shown = text if isinstance(text, str) else "" if text is None else json.dumps(text, ensure_ascii=False)
        if shown or not message.get("tool_calls"):
            parts.append(_turn(str(message.get("role", "?")), shown, width))
        parts += [
            _turn("tool call", _call(call), width) for call in message.get("tool_calls") or [] if isinstance(call, dict)
        ]
    if found.row["error_type"]:
        parts.append(_turn(f"failed: {found.row['error_type']}", found.row["error_message"] or "", width))
    return "\n\n".join(parts)


def _call(call: dict[str, Any]) -> str:
    function = call.get("function") or {}
    return f"{function.get('name')}({function.get('arguments')})"


def _turn(who: str, text: str, width: int) -> str:
    lines = [
        piece for line in visible(text).splitlines() for piece in (wrap(line, width - 4, drop_whitespace=False) or [""])
    ]
    return f"--- {visible(who)} ---\n" + indent("\n".join(lines), "    ")


def _judged(found: Conversation) -> str:
    row = found.row
    lines = [
        f"=== verdict: {_VERDICT[row['is_verified']]} by {_said(row['verifier_name'])}, confidence {number(row['verification_confidence'], digits=2)} ===",
        f"explanation: {_said(row['verification_explanation'])}", f"extracted: {_said(row['extracted_answer'])}",
        f"reference: {_reference(row)}",
        f"finish: {_said(row['finish_reason'])}{' (cut at max_tokens)' if row['is_truncated'] else ''}",
        f"refusal: {row['refusal_type'] if row['refusal_is_refusal'] else 'no'}    persona score: {number(row['persona_score'], digits=2)} {row['persona_markers'] or ''}",
    ]  # fmt: skip
    if row["verification_error"]:
        lines.append(f"error: {row['verification_error']}")
    if row["calibration_outcome"]:
        lines.append(f"calibration: {row['calibration_outcome']}, flaw {row['calibration_flaw'] or 'none'}")
    return "\n".join(visible(line) for line in [*lines, *_evidence(found.verdict)])


def _evidence(verdict: dict[str, Any] | None) -> list[str]:
    body = (verdict or {}).get("verdict", verdict) or {}
    lines = [
        f"  check {check.get('method')}: {check.get('outcome')}, confidence {check.get('confidence')} {check.get('detail') or ''}".rstrip()
        for check in body.get("checks") or []
    ]
    if body.get("judge"):
        lines += [f"  judge {key}: {value}" for key, value in sorted(body["judge"].items())]
    return lines


def _provenance(found: Conversation) -> str:
    row = found.row
    digest = row["request_digest"] or "unknown"
    lines = [
        "=== provenance ===", f"request: {digest}", f"call store: {STORE}",
        f"asked {_said(row['created_at'], 'at an unknown time')} of {row['served_model'] or row['model']} at {row['worker'] or 'unknown'}, {number(row['latency_s'], digits=2)} s"
        + (", in a batch" if row["is_batch"] else ""),
        f"tokens: {number(row['input_tokens'])} in, {number(row['output_tokens'])} out; {dollars(_or_nan(row['cost_usd']))}",
        f"sample: {row['source_dataset']} {row['source_revision'] or ''} row {_said(row['source_index'], 'unknown')}, query {row['query_id']}",
        f"verifier version: {_said(row['verifier_version'])}",
        *(f"{stage}: {path}{'' if is_there else ' (not there)'}" for stage, path, is_there in found.files),
    ]  # fmt: skip
    return "\n".join(visible(line) for line in lines)


def _said(value: Any, absent: str = "none") -> str:
    return absent if value is None else str(value)


def _reference(row: dict[str, Any]) -> str:
    source = row["ground_truth_source"]
    return _said(row["ground_truth_answer"]) + (f" ({source})" if source else "")


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _reruns(found: Conversation, explain: Explain | None) -> str:
    return "\n".join(["=== what would make it again ===", *map(visible, _explained(found, explain))])


def _explained(found: Conversation, explain: Explain | None) -> list[str]:
    if explain is None:
        return [
            "generate: its persona, variant, model, sampling parameters or sample change (a new request is made and paid for)",
            "verify: the verifier's code, the judge's model or prompt, or the reference changes (answers come from the call store)",
            f"ask Snakemake what it would do now: snakemake -n {found.target}",
        ]
    told = explain(found.target)
    return told.splitlines() if isinstance(told, str) else [str(line) for line in told]
