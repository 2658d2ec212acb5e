"""Inspect AI's log format: an experiment as `.eval` files, one a variant, that `inspect view` opens.

A log is a zip of header.json, summaries.json, _journal/ and one JSON file a sample and epoch (here: a candidate).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from retake.files import digest, write_bytes
from retake.merge.exports import ordered_rows, parquet_digest
from retake.merge.schema import NAMES

SCORER = "verifier"
_EPOCH_START = "1970-01-01T00:00:00+00:00"
_STOP = {
    "stop": "stop",
    "length": "max_tokens",
    "tool_calls": "tool_calls",
    "refusal": "content_filter",
    "content_filter": "content_filter",
}
_FACTS = (
    "query_id", "split", "variant", "category", "source_dataset", "source_index", "persona", "is_selected",
    "is_truncated", "refusal_is_refusal", "refusal_type", "persona_score", "calibration_flaw", "calibration_outcome",
    "request_digest", "worker",
)  # fmt: skip
_MOST_SUMMARY = 1_000


def write_inspect_log(parquet: Path, folder: Path) -> list[Path]:
    """Write one log a variant into `folder`, remove its other `.eval` files, and return the paths.

    A candidate is an epoch of its sample; ungraded candidates are unscored (NaN, as Inspect AI has it); retry rows are
    left out. The same table gives the same bytes.

    Raises:
        DataError: where `parquet` is missing, or is no table of retake.
    """
    source = parquet_digest(parquet)
    written = []
    variants = sorted({row["variant"] for row in ordered_rows(parquet, ("variant",))})
    for variant in variants:
        where, values = "not coalesce(is_retry, false) and variant = ?", [variant]
        rows = ordered_rows(parquet, NAMES, where=where, values=values)
        name, data = _log(rows, variant, source)
        write_bytes(folder / name, data)
        written.append(folder / name)
    for old in folder.glob("*.eval"):
        if old not in written:
            old.unlink()
    return written


def _log(rows: Iterator[dict[str, Any]], variant: str, source: str) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    summaries: list[dict[str, Any]] = []
    told = _Totals()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for _, group in groupby(rows, key=lambda row: row["sample_id"]):
            for row in group:
                sample = _sample(row)
                told.add(row)
                summaries.append(_summary(sample))
                _put(archive, f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample)
        spec = _spec(told, variant, source)
        plan = {"name": "plan", "steps": [{"solver": "retake", "params": {}}], "config": {}}
        _put(archive, "_journal/start.json", {"version": 2, "eval": spec, "plan": plan})
        _put(archive, "_journal/summaries/1.json", summaries)
        _put(archive, "summaries.json", summaries)
        _put(archive, "header.json", _header(told, spec, plan))
    stamp = told.first.replace(":", "-").replace(".", "-")
    return f"{stamp}_{spec['task'].replace('/', '-').replace('_', '-')}_{spec['task_id']}.eval", buffer.getvalue()


def _put(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    # NaN is how Inspect AI writes an unscored sample.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=True)
    archive.writestr(entry, text.encode("utf-8", "backslashreplace"))


class _Totals:
    """What the header says about all samples, gathered as they go by."""

    def __init__(self) -> None:
        self.first, self.last = "", ""
        self.experiment, self.model, self.datasets = "", "none", set[str]()
        self.ids: dict[str, None] = {}
        self.rows = self.epochs = self.right = self.graded = 0
        self.usage: dict[str, dict[str, int]] = {}
        self.generate: dict[str, Any] = {}

    def add(self, row: dict[str, Any]) -> None:
        asked = _time(row["created_at"])
        self.first, self.last = min(self.first or asked, asked), max(self.last, asked)
        self.experiment = row["experiment"] or self.experiment
        self.model = _model(row)
        self.datasets.add(row["source_dataset"] or "")
        self.ids[row["sample_id"]] = None
        self.rows += 1
        self.epochs = max(self.epochs, row["candidate_idx"] + 1)
        self.graded += row["is_verified"] is not None
        self.right += bool(row["is_verified"])
        self.generate = {k: row[k] for k in ("temperature", "max_tokens") if row[k] is not None}
        spent = self.usage.setdefault(self.model, {})
        for name, count in _usage(row).items():
            spent[name] = spent.get(name, 0) + count


def _model(row: dict[str, Any]) -> str:
    return f"{row['provider'] or 'none'}/{row['model'] or 'none'}"


def _time(text: str | None) -> str:
    return (text or _EPOCH_START).replace("Z", "+00:00")


def _usage(row: dict[str, Any]) -> dict[str, int]:
    read, written = row["input_tokens"] or 0, row["output_tokens"] or 0
    cached = row["cached_input_tokens"] or 0
    return {
        "input_tokens": read - cached, "output_tokens": written, "total_tokens": read + written,
        "input_tokens_cache_read": cached, "reasoning_tokens": row["reasoning_tokens"] or 0,
    }  # fmt: skip


def _sample(row: dict[str, Any]) -> dict[str, Any]:
    opening, said = _messages(row["input_messages"], "input"), _messages(row["output_messages"], "output")
    last = next(
        (m for m in reversed(said) if m["role"] == "assistant"), {"role": "assistant", "content": row["answer"] or ""}
    )
    stop = _STOP.get(row["finish_reason"] or "", "unknown")
    sample = {
        "id": row["sample_id"], "epoch": row["candidate_idx"] + 1, "input": opening,
        "target": row["ground_truth_answer"] or "", "messages": [*opening, *said],
        "output": {
            "model": row["served_model"] or row["model"] or "", "choices": [{"message": last, "stop_reason": stop}],
            "completion": row["answer"] or "", "usage": _usage(row), "time": row["latency_s"],
        },
        "scores": {SCORER: _score(row)}, "metadata": {name: row[name] for name in _FACTS if row[name] is not None},
        "store": {}, "events": [], "attachments": {}, "model_usage": {_model(row): _usage(row)}, "total_time": row["latency_s"],
        "uuid": digest([row["experiment"], row["variant"], row["sample_id"], row["candidate_idx"]])[:22],
    }  # fmt: skip
    if row["error_type"]:
        told = f"{row['error_type']}: {row['error_message'] or ''}"
        sample |= {"error": {"message": told, "traceback": told, "traceback_ansi": told}, "scores": {}}
    return sample


def _score(row: dict[str, Any]) -> dict[str, Any]:
    value = float("nan") if row["is_verified"] is None else "C" if row["is_verified"] else "I"
    facts = (
        "verification_score",
        "verification_confidence",
        "verifier_name",
        "verifier_version",
        "llm_judge_used",
        "verification_error",
    )
    return {
        "value": value, "answer": row["extracted_answer"], "explanation": row["verification_explanation"],
        "reason": "ungraded" if row["is_verified"] is None else None,
        "metadata": {name: row[name] for name in facts if row[name] is not None}, "history": [],
    }  # fmt: skip


def _messages(text: str | None, source: str) -> list[dict[str, Any]]:
    return [_message(m, f"{source}-{n}", source) for n, m in enumerate(json.loads(text or "[]"))]


def _message(message: dict[str, Any], number: str, source: str) -> dict[str, Any]:
    role = message.get("role") if message.get("role") in ("system", "user", "assistant", "tool") else "user"
    made: dict[str, Any] = {"id": number, "role": role, "content": message.get("content") or ""}
    if not isinstance(made["content"], str):
        made["content"] = json.dumps(made["content"], ensure_ascii=False)
    if source == "input":
        made["source"] = "input"
    if role == "assistant" and message.get("tool_calls"):
        made["tool_calls"] = [_call(call) for call in message["tool_calls"]]
    if role == "tool":
        made |= {"tool_call_id": message.get("tool_call_id"), "function": message.get("name")}
    return made


def _call(call: dict[str, Any]) -> dict[str, Any]:
    asked = call.get("function") or {}
    text = asked.get("arguments") or "{}"
    made = {"id": call.get("id") or "", "function": asked.get("name") or "", "type": "function"}
    try:
        arguments = json.loads(text)
    except ValueError:
        arguments = None
    if isinstance(arguments, dict):
        return {**made, "arguments": arguments}
    return {**made, "arguments": {"text": text}, "parse_error": "the arguments are not a JSON object"}


def _summary(sample: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "epoch", "target", "metadata", "scores", "model_usage", "total_time", "uuid")
    short = [{**m, "content": m["content"][:_MOST_SUMMARY]} for m in sample["input"]]
    told = {"input": short, "completed": True, "message_count": len(sample["messages"])}
    error = {"error": sample["error"]["message"]} if "error" in sample else {}
    return {**{name: sample[name] for name in kept}, **told, **error}


def _spec(told: _Totals, variant: str, source: str) -> dict[str, Any]:
    name = digest([told.experiment, variant, source])[:22]
    return {
        "eval_id": name, "run_id": name, "task_id": name, "created": told.first or _EPOCH_START,
        "task": f"{told.experiment}/{variant}", "task_version": 0, "task_attribs": {}, "task_args": {"variant": variant},
        "dataset": {
            "name": ", ".join(sorted(filter(None, told.datasets))) or None, "samples": len(told.ids),
            "sample_ids": list(told.ids), "shuffled": False,
        },
        "model": told.model, "model_generate_config": told.generate, "model_args": {},
        "config": {"epochs": max(told.epochs, 1), "epochs_reducer": ["mean"]}, "packages": {},
        "metadata": {"parquet_sha256": source, "experiment": told.experiment, "variant": variant},
        "scorers": [{"name": SCORER, "metrics": [{"name": "accuracy"}]}],
    }  # fmt: skip


def _header(told: _Totals, spec: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    accuracy = told.right / told.graded if told.graded else float("nan")
    score = {
        "name": SCORER, "scorer": SCORER, "reducer": "mean", "scored_samples": told.graded,
        "unscored_samples": told.rows - told.graded, "params": {},
        "metrics": {"accuracy": {"name": "accuracy", "value": accuracy, "params": {}}},
    }  # fmt: skip
    return {
        "version": 2, "status": "success", "eval": spec, "plan": plan,
        "results": {"total_samples": told.rows, "completed_samples": told.rows, "scores": [score]},
        "stats": {"started_at": told.first or _EPOCH_START, "completed_at": told.last or _EPOCH_START, "model_usage": told.usage},
    }  # fmt: skip
