"""Rows of experiments, read through DuckDB: only the columns that are asked for, over any number of files."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.merge.schema import COLUMNS

NEEDED = ("sample_id", "query_id", "split", "variant", "candidate_idx", "is_verified")
_SQL = {"text": "VARCHAR", "whole": "BIGINT", "number": "DOUBLE", "flag": "BOOLEAN"}
_NOT_METADATA = {"ARROW:schema", "pandas"}


@dataclass(frozen=True)
class FileFacts:
    """A table file: its path as it was given, number of rows, and the metadata of its schema."""

    path: str
    rows: int
    metadata: dict[str, str]

    @property
    def name(self) -> str:
        """The experiment's id, else the file's name."""
        return self.metadata.get("experiment") or Path(self.path).stem

    @property
    def config(self) -> dict[str, Any]:
        """The experiment's resolved configuration; empty where the file does not tell."""
        try:
            config = json.loads(self.metadata.get("config", "{}"))
        except ValueError:
            return {}
        return config if isinstance(config, dict) else {}


class Rows:
    """An open view `all_rows` of every row that was chosen, with `file_no` (from 0) before the schema's columns."""

    def __init__(self, connection: Any, files: tuple[FileFacts, ...]) -> None:
        self._connection = connection
        self.files = files

    def tuples(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Raises:
            DataError: where DuckDB cannot run it, or a file breaks off while it is read.
        """
        return self._run(sql, values).fetchall()

    def arrays(self, sql: str, values: Sequence[Any] = ()) -> dict[str, Any]:
        """Return the columns of a query as numpy arrays; a null number is NaN. Raises as `tuples`."""
        import numpy as np

        columns = self._run(sql, values).fetchnumpy()
        return {name: _plain(np, column) for name, column in columns.items()}

    def make(self, table: str, sql: str) -> None:
        """Keep the rows of a query as temporary table `table`. Raises as `tuples`."""
        self._run(f"CREATE OR REPLACE TEMP TABLE {table} AS {sql}", ())

    def _run(self, sql: str, values: Sequence[Any]) -> Any:
        import duckdb

        try:
            return self._connection.execute(sql, list(values))
        except duckdb.Error as error:
            raise DataError(f"{', '.join(f.path for f in self.files[:3])}: {_first_line(error)}") from error


def _plain(np: Any, column: Any) -> Any:
    if not isinstance(column, np.ma.MaskedArray):
        return column
    if column.dtype.kind in "iufb":
        return column.astype(float).filled(np.nan)
    plain = column.data.astype(object)
    plain[np.ma.getmaskarray(column)] = None
    return plain


@contextmanager
def open_rows(
    paths: Sequence[str | Path],
    *,
    where: str | None = None,
    split: str | Sequence[str] | None = None,
    also: Sequence[str] = (),
) -> Iterator[Rows]:
    """Open the rows of `paths` (files or globs) that fulfil `where` (SQL on the schema's columns) and lie in `split`.

    A column that a file lacks is null. Only the given files, and those in `also`, can be read, whatever
    `where` says.

    Raises:
        DataError: for a path without a file, a file that is no table of retake, or a condition that is no SQL.
    """
    import duckdb

    files = [_facts_of(path) for path in expanded(paths)]
    readable = [*(_absolute(facts.path) for facts, _ in files), *map(_absolute, also)]
    with duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    ) as connection:
        connection.execute(f"SET allowed_paths = [{', '.join(map(literal, readable))}]")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        parts = " UNION ALL ".join(_one_file(number, facts, names) for number, (facts, names) in enumerate(files))
        connection.execute(f"CREATE TEMP VIEW chosen_files AS {parts}")
        _choose(connection, where, split)
        yield Rows(connection, tuple(facts for facts, _ in files))


def _choose(connection: Any, where: str | None, split: str | Sequence[str] | None) -> None:
    import duckdb

    conditions = []
    if split:
        names = split.split(",") if isinstance(split, str) else split
        names = [name.strip() for name in names]
        there = sorted(
            str(name) for (name,) in connection.execute("SELECT DISTINCT split FROM chosen_files").fetchall()
        )
        if unknown := [name for name in names if name not in there]:
            raise DataError(f"--split {unknown[0]}: no such split; there are {', '.join(there)}")
        conditions.append(f"split IN ({', '.join(map(literal, names))})")
    if where:
        conditions.append(f"(\n{where}\n)")
    chosen = f"SELECT * FROM chosen_files WHERE {' AND '.join(conditions) or 'true'}"
    try:
        if len(connection.extract_statements(chosen)) != 1:
            raise DataError("--where: one condition, without a semicolon")
        connection.execute(f"CREATE TEMP VIEW all_rows AS {chosen}")
        connection.execute("DESCRIBE SELECT * FROM all_rows")
    except duckdb.Error as error:
        raise DataError(f"--where {where!r}: {_first_line(error)}") from error


def expanded(paths: Sequence[str | Path]) -> list[str]:
    """Return the files behind `paths`, in order, globs expanded, each once.

    Raises:
        DataError: for a path or glob without a file.
    """
    found: dict[str, None] = {}
    for path in map(str, paths):
        matches = [path] if Path(path).is_file() else sorted(glob.glob(path, recursive=True))
        matches = [match for match in matches if Path(match).is_file()]
        if not matches:
            raise DataError(_missing(path))
        found.update(dict.fromkeys(matches))
    if not found:
        raise DataError("no parquet file was named")
    return list(found)


def _missing(path: str) -> str:
    if glob.has_magic(path):
        return f"{path}: no file matches"
    if Path(path).is_dir():
        return f"{path}: a folder; name its parquet files, for instance '{path.rstrip('/')}/*.parquet'"
    return f"{path}: no such file; `snakemake {path}` makes the table of an experiment"


def _facts_of(path: str) -> tuple[FileFacts, set[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a parquet file, or a damaged one ({_first_line(error)})") from error
    with file:
        names = set(file.schema_arrow.names)
        lacking = [name for name in NEEDED if name not in names]
        if lacking:
            raise DataError(f"{path}: not a table of retake, it has no column {', '.join(lacking)}")
        told = {
            k.decode("utf-8", "replace"): v.decode("utf-8", "replace")
            for k, v in (file.schema_arrow.metadata or {}).items()
        }
        kept = {k: v for k, v in told.items() if k not in _NOT_METADATA}
        return FileFacts(path, file.metadata.num_rows, kept), names


def _one_file(number: int, facts: FileFacts, names: set[str]) -> str:
    have = {c.name: f'"{c.name}"' if c.name in names else "NULL" for c in COLUMNS}
    columns = ", ".join(f'{have[c.name]}::{_SQL[c.kind]} AS "{c.name}"' for c in COLUMNS)
    return f"SELECT {number} AS file_no, {columns} FROM read_parquet({literal(_absolute(facts.path))})"


def _absolute(path: str) -> str:
    return str(Path(path).absolute())


def literal(text: str) -> str:
    """Return `text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
