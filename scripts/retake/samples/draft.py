"""What an adapter makes of a row: a sample that does not yet know its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from retake.errors import DataError

Row = Mapping[str, Any]
"""One row of a dataset, as its file or hub gives it."""


@dataclass(frozen=True)
class Draft:
    """What a row says, in one form for every dataset; `query_id` is the row's uuid, or None. Fields as in Sample.

    `question` is empty where the row has none. Drafts of `round` 1 come after those of round 0 of all rows.
    """

    question: str
    query_id: str | None = None
    ground_truth: str | None = None
    ground_truth_source: str | None = None
    source_metadata: dict[str, Any] = field(default_factory=dict)
    category: str | None = None
    tests: dict[str, Any] | None = None
    tools: list[dict[str, Any]] = field(default_factory=list)
    round: int = 0


def text_of(value: Any) -> str:
    """Return a cell as stripped text; None is empty, a number is written as Python writes it."""
    return "" if value is None else str(value).strip()


def question_of(value: Any) -> str:
    """Return a cell that holds a question as text.

    Raises:
        DataError: where it holds a list or mapping.
    """
    if isinstance(value, list | tuple | dict):
        raise DataError(f"the question is a {type(value).__name__}, where a text is needed.")
    return text_of(value)


def plain(value: Any) -> Any:
    """Return a cell as JSON can say it: dates and decimals as text, NaN as None, bytes as UTF-8 or hex digits."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def first_of(row: Row, names: tuple[str, ...]) -> Any:
    """Return the first of the named cells that is there and not None, else None."""
    return next((row[name] for name in names if row.get(name) is not None), None)
