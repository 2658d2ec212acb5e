"""HumanEval: `task_id`, `prompt` (a function's head), `test` (a function `check`), `entry_point`, `canonical_solution`."""

from __future__ import annotations

from typing import Any

from retake.samples.draft import Draft, Row, text_of

ORDER = 20


def fits(row: Row) -> bool:
    """Return whether the row is a HumanEval task."""
    return all(isinstance(row.get(name), str) for name in ("prompt", "test", "entry_point"))


def read(row: Row, *, split: str) -> list[Draft]:
    """Return the task as a question for a whole function, with its tests and, where given, a program that passes."""
    prompt = row["prompt"]
    tests: dict[str, Any] = {
        "kind": "humaneval",
        "prompt": prompt,
        "test": row["test"],
        "entry_point": row["entry_point"],
    }
    if isinstance(row.get("canonical_solution"), str):
        tests["reference"] = prompt + row["canonical_solution"]
    question = (
        f"Write the Python function `{row['entry_point']}` that is begun here. "
        f"Give the whole function, with its imports, in one code block.\n\n```python\n{prompt.strip()}\n```"
    )
    return [
        Draft(
            question if prompt.strip() else "",
            query_id=text_of(row.get("uuid")) or None,
            source_metadata={"task_id": row["task_id"]} if row.get("task_id") else {},
            category=text_of(row.get("category")) or "code",
            tests=tests,
        )
    ]
