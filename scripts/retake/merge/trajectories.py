"""Trajectories: a folder a (variant, sample) with the selected candidate's conversation, state and sample, and all candidates'."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retake.files import canonical_json, digest_of_bytes, encoded

Row = Mapping[str, Any]
_COLUMNS_OF_STATE = (
    "provider", "model", "served_model", "temperature", "max_tokens", "seed", "finish_reason", "raw_finish_reason",
    "num_tool_calls", "tool_stop", "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens",
    "latency_s", "worker", "request_digest", "created_at", "error_type", "error_message",
)  # fmt: skip
_MESSAGE_KEYS = ("role", "content", "reasoning_content", "tool_calls", "tool_call_id")


def write_trajectories(table: Path, folder: Path) -> None:
    """Write the trajectory folders of an experiment's table, and `index.json` last, which lists them with their digests.

    Only files whose content changed are written; folders of samples that are gone are removed.
    """
    index: dict[str, Any] = {}
    for rows in groups(table):
        first = rows[0]
        key = f"{first['variant']}/{first['sample_id']}"
        best = next(row for row in rows if row["is_selected"])
        digests = _write_candidate(folder / key, best)
        for row in rows:
            name = f"{row['candidate_idx']}" + ("_retry" if row["is_retry"] else "")
            _write_candidate(folder / key / "candidates" / name, row)
        index[key] = {"selected": best["candidate_idx"], "candidates": len(rows), "files": digests}
    _remove_strangers(folder, set(index))
    _write(folder / "index.json", json.dumps(index, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def groups(table: Path) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table, one list a (variant, sample), reading a row group at a time."""
    import pyarrow.parquet as pq

    pending: list[dict[str, Any]] = []
    for batch in pq.ParquetFile(table).iter_batches(batch_size=2048):
        for row in batch.to_pylist():
            if pending and (row["variant"], row["sample_id"]) != (pending[0]["variant"], pending[0]["sample_id"]):
                yield pending
                pending = []
            pending.append(row)
    if pending:
        yield pending


def _write_candidate(folder: Path, row: Row) -> dict[str, str]:
    files = {"trajectory.jsonl": _trajectory(row), "agent_state.json": _state(row), "sample.json": _sample(row)}
    return {name: _write(folder / name, text) for name, text in files.items()}


def _trajectory(row: Row) -> str:
    messages = json.loads(row["input_messages"]) + json.loads(row["output_messages"])
    if row["reasoning"] and messages[-1]["role"] == "assistant":
        messages[-1] = {**messages[-1], "reasoning_content": row["reasoning"]}
    return "".join(canonical_json({key: message.get(key) for key in _MESSAGE_KEYS}) + "\n" for message in messages)


def _state(row: Row) -> str:
    state = {name: row[name] for name in _COLUMNS_OF_STATE}
    return (
        json.dumps(
            {**state, "stop": row["tool_stop"] or row["finish_reason"]}, indent=2, sort_keys=True, ensure_ascii=False
        )
        + "\n"
    )


def _sample(row: Row) -> str:
    question = next((m["content"] for m in reversed(json.loads(row["input_messages"])) if m["role"] == "user"), "")
    body = {
        "sample_id": row["sample_id"],
        "variant": row["variant"],
        "worker_id": row["worker"],
        "processing_time": row["latency_s"],
        "sample_data": {"question": question, "answer": row["ground_truth_answer"], "query_id": row["query_id"]},
        "metrics": {
            "correctness": None if row["is_verified"] is None else float(row["is_verified"]),
            "score": row["verification_score"],
            "confidence": row["verification_confidence"],
            "persona": row["persona_score"],
        },
        "verification": {
            key: row[key]
            for key in ("verifier_name", "extracted_answer", "verification_explanation", "verification_error")
        },
        "is_truncated": row["is_truncated"],
    }
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> str:
    data = encoded(text)
    digest = digest_of_bytes(data)
    try:
        if path.read_bytes() == data:
            return digest
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    # Made from the table again whenever they are wanted, so a rename is enough: no fsync for thousands of small files.
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(data)
    temporary.replace(path)
    return digest


def _remove_strangers(folder: Path, known: set[str]) -> None:
    for place in folder.glob("*/*"):
        if place.is_dir() and f"{place.parent.name}/{place.name}" not in known:
            shutil.rmtree(place)
