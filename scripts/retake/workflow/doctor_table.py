"""The doctor's look at a table: by its content alone, however it was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retake.files import digest
from retake.merge.schema import NAMES, arrow_schema

Key = tuple[str, str, int, bool]
"""Variant, sample, candidate, whether it is a retry: what tells one row of a table from all others."""


@dataclass
class TableContent:
    """What a table holds: the digest of each row's columns by key; `problem` says why it cannot be read."""

    rows: dict[Key, str] = field(default_factory=dict)
    counts: Counter[Key] = field(default_factory=Counter)
    problem: str | None = None

    def repeated(self) -> list[Key]:
        """Return the keys that stand more than once, sorted."""
        return sorted(key for key, count in self.counts.items() if count > 1)


def content_of(path: Path) -> TableContent:
    """Read a table whole, in batches; whatever is wrong with its bytes or columns is told in `problem`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = TableContent()
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            lacking = [name for name in NAMES if name not in file.schema_arrow.names]
            if lacking:
                content.problem = f"it lacks the column(s) {', '.join(lacking)}"
                return content
            for batch in file.iter_batches(batch_size=1024, columns=list(NAMES)):
                for row in batch.to_pylist():
                    _add(content, row)
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        content.problem = f"it cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
    return content


def _add(content: TableContent, row: dict[str, Any]) -> None:
    key = key_of(row)
    content.counts[key] += 1
    content.rows[key] = digest({name: row[name] for name in NAMES})


def key_of(row: dict[str, Any]) -> Key:
    """Return what tells a row from all others of its table."""
    return (row["variant"] or "", row["sample_id"] or "", int(row["candidate_idx"] or 0), bool(row["is_retry"]))


def as_stored(rows: list[dict[str, Any]]) -> Iterator[tuple[Key, str]]:
    """Yield key and digest of `rows` as a table would hold them."""
    import pyarrow as pa

    for row in pa.Table.from_pylist(rows, schema=arrow_schema()).to_pylist():
        yield key_of(row), digest({name: row[name] for name in NAMES})


def named(keys: list[Key]) -> str:
    """Return keys for a message: the first few, and how many more there are."""
    texts = [
        f"{variant}/{sample}/{candidate}{' (retry)' if retry else ''}" for variant, sample, candidate, retry in keys
    ]
    return ", ".join(texts[:5]) + (f" and {len(texts) - 5} more" if len(texts) > 5 else "")
