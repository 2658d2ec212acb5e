"""The history of verdicts: one small table a version of the verifier, so that a new version's flips can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from retake.files import write_bytes

COLUMNS = {
    "sample_id": "string",
    "variant": "string",
    "candidate_idx": "int64",
    "verifier_name": "string",
    "is_verified": "bool_",
    "verification_confidence": "float64",
}
"""The columns, which are those of the table, with their types."""


class Verdicts:
    """Collects the verdicts of rows on their way into the table, by the version of the verifier that gave them."""

    def __init__(self) -> None:
        self._by_version: dict[str, list[dict[str, Any]]] = {}

    def watched(self, groups: Iterable[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
        """Yield `groups` as they are, and keep the verdicts of their rows (retry rows have none)."""
        for rows in groups:
            for row in rows:
                if not row["is_retry"]:
                    self._keep(row)
            yield rows

    def _keep(self, row: Mapping[str, Any]) -> None:
        verdict = {name: row[name] for name in COLUMNS}
        self._by_version.setdefault(row["verifier_version"], []).append(verdict)

    def write(self, folder: Path) -> None:
        """Write `<version>.parquet` for each version; those of older versions stay as they are.

        Raises:
            NotWritten: where the disk is full or not writable.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema([pa.field(name, getattr(pa, kind)()) for name, kind in COLUMNS.items()])
        for version, verdicts in sorted(self._by_version.items()):
            written = pa.BufferOutputStream()
            pq.write_table(pa.Table.from_pylist(verdicts, schema=schema), written, compression="zstd")
            write_bytes(folder / f"{version}.parquet", written.getvalue().to_pybytes())
