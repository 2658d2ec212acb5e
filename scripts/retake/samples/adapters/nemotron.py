"""The Nemotron post-training datasets, v1 and v2: `messages`, and in v1 `metadata` (a JSON string)."""

from __future__ import annotations

import json
import re
from typing import Any

from retake.errors import DataError
from retake.samples.draft import Draft, Row, text_of

ORDER = 10

_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)
_NO_QUESTION = ("", "-")


def fits(row: Row) -> bool:
    """Return whether the row is a conversation."""
    messages = row.get("messages")
    return isinstance(messages, list | tuple) and all(isinstance(m, dict) and "role" in m for m in messages)


def read(row: Row, *, split: str) -> list[Draft]:
    """Return the first user message as the question.

    Ground truth is metadata's expected_answer (source dataset), else for math the last boxed result of the last assistant
    message without its thinking (source model: a model's own answer). tool_calling and code have none: a simulated
    conversation and a model's prose are no labels. Code has no tests but the examples that its statement may hold.

    Raises:
        DataError: where metadata is no JSON object.
    """
    metadata = _metadata(row.get("metadata"))
    question = _first(row["messages"], "user")
    question = "" if question in _NO_QUESTION else question
    truth, source = _truth(row["messages"], metadata, split)
    kept = {key: row[key] for key in ("generator", "version", "reasoning", "license") if row.get(key) is not None}
    return [
        Draft(
            question,
            query_id=text_of(row.get("uuid")) or None,
            ground_truth=truth,
            ground_truth_source=source,
            source_metadata=kept | {key: value for key, value in metadata.items() if key != "tools"},
            category=text_of(row.get("category")) or None,
            tools=list(metadata.get("tools") or []),
        )
    ]


def _metadata(value: Any) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise DataError(f"metadata is not whole JSON ({error}).") from error
    if not isinstance(value, dict):
        raise DataError("metadata must be a JSON object.")
    return value


def _first(messages: Any, role: str) -> str:
    return next((text_of(m.get("content")) for m in messages if m.get("role") == role), "")


def _truth(messages: Any, metadata: dict[str, Any], split: str) -> tuple[str | None, str | None]:
    if split in ("tool_calling", "code"):
        return None, None
    expected = text_of(metadata.get("expected_answer"))
    if expected:
        return expected, "dataset"
    answers = [text_of(m.get("content")) for m in messages if m.get("role") == "assistant"]
    boxed = last_boxed(answers[-1]) if answers and split == "math" else None
    return (boxed, "model") if boxed else (None, None)


def last_boxed(text: str) -> str | None:
    r"""Return what the last whole `\boxed{...}` outside of thinking holds (braces may nest), or None."""
    text = _THINKING.sub("", text)
    text = text.rpartition("</think>")[2] if "</think>" in text else text
    for start in reversed([match.end() for match in re.finditer(r"\\boxed\s*\{", text)]):
        depth = 1
        for place in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[place], 0) if text[place - 1] != "\\" else 0
            if depth == 0:
                return text[start:place].strip() or None
    return None
