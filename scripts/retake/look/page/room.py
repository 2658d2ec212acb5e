"""The rows of any number of parquet files, indexed for looking: a grid of candidates, and one conversation at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.errors import DataError

Cell = dict[str, Any]
Line = dict[str, Any]

_INDEX = """
create table rows as
with found as (
  select f.label as experiment, r.filename as file, r.file_row_number as place, r.sample_id, r.query_id, r.split, r.variant,
    r.candidate_idx as candidate, coalesce(r.is_retry, false) as is_retry,
    case when r.error_type is not null then 'error' when r.is_verified is null then 'ungraded'
         when r.is_verified then 'verified' else 'wrong' end as verdict,
    coalesce(r.refusal_is_refusal, false) as refused, coalesce(r.is_truncated, false) as truncated,
    coalesce(r.is_selected, false) as selected
  from read_parquet($paths, union_by_name = true, filename = true, file_row_number = true) r
  join files f on f.file = r.filename)
select *, row_number() over (order by split, sample_id, experiment, variant, candidate, is_retry, place) - 1 as rid,
  dense_rank() over (order by split, sample_id, experiment, variant) - 1 as line
from found order by rid
"""
_SEARCHED = ("answer", "reasoning", "ground_truth_answer", "extracted_answer", "verification_explanation")
_SEARCHED_JSON = ("input_messages", "output_messages")
_CELL = "rid, candidate, is_retry, verdict, refused, truncated, selected"
_KEPT_SEARCHES = 16


@dataclass(frozen=True)
class Filters:
    """What the grid shows: empty text means any; `refused` and `truncated` are "", "yes" or "no"."""

    experiment: str = ""
    split: str = ""
    variant: str = ""
    verdict: str = ""
    refused: str = ""
    truncated: str = ""
    text: str = ""


class Room:
    """An index, in memory, of the rows of parquet files; conversations stay in the files until they are shown.

    With `most`, only whole samples up to that many rows are kept, chosen by the digest of their query id: the same
    ones every time, and the same in every experiment. One thread at a time is served.

    Raises:
        DataError: where a file is missing, is no parquet, or lacks a column.
    """

    def __init__(self, paths: Sequence[Path], *, most: int | None = None) -> None:
        import duckdb

        self._lock = threading.Lock()
        self._db = duckdb.connect(":memory:")
        self._paths = [str(path) for path in paths]
        self._db.execute("set enable_progress_bar = false")
        self._searches: list[str] = []
        self._db.execute("create table files (file varchar, label varchar)")
        try:
            self._db.executemany("insert into files values (?, ?)", self._labels())
            self._db.execute(_INDEX, {"paths": self._paths})
        except duckdb.Error as error:
            raise DataError(
                f"{', '.join(self._paths)}: cannot be read as retake's tables ({str(error).splitlines()[0]})"
            ) from error
        self.total = self._one("select count(*) from rows")
        self.total_samples = self._one("select count(distinct (experiment, sample_id)) from rows")
        self.is_sampled = most is not None and self.total > most
        if self.is_sampled:
            self._keep(most or 0)
        self._db.execute("create table hits (search varchar, rid bigint)")

    def _labels(self) -> list[tuple[str, str]]:
        labels = []
        for path in self._paths:
            first = self._db.execute("select experiment from read_parquet(?) limit 1", [path]).fetchone()
            labels.append((path, first[0] if first and first[0] else Path(path).stem))
        names = [label for _, label in labels]
        return [
            (path, f"{name} (file {n})" if names.count(name) > 1 else name)
            for n, (path, name) in enumerate(labels, start=1)
        ]

    def _one(self, query: str, values: Any = None) -> int:
        row = self._db.execute(query, values).fetchone()
        return int(row[0]) if row else 0

    def _keep(self, most: int) -> None:
        self._db.execute(
            """create table kept as select * from rows where query_id in (
                 select query_id from (
                   select query_id, sum(n) over (order by md5(query_id), query_id) as so_far,
                          row_number() over (order by md5(query_id), query_id) as turn
                   from (select query_id, count(*) as n from rows group by query_id))
                 where so_far <= ? or turn = 1) order by rid""",
            [most],
        )
        self._db.execute("drop table rows")
        self._db.execute("alter table kept rename to rows")

    def choices(self) -> dict[str, list[str]]:
        """Return the values that each filter can take, in order."""
        with self._lock:
            names = ("experiment", "split", "variant")
            found = {n: self._db.execute(f"select distinct {n} from rows order by {n}").fetchall() for n in names}
        return {name: [row[0] for row in rows] for name, rows in found.items()}

    def grid(self, filters: Filters, *, offset: int, limit: int) -> dict[str, Any]:
        """Return the page of lines that hold a match, with all their cells, and how many rows and lines match."""
        with self._lock:
            where, values = self._where(filters)
            matched = self._db.execute(f"select count(*), count(distinct line) from rows where {where}", values)
            counts = matched.fetchone() or (0, 0)
            page = f"select distinct line from rows where {where} order by line limit {int(limit)} offset {int(offset)}"
            cells = self._db.execute(
                f"""select line, experiment, sample_id, query_id, split, variant, {_CELL}, ({where}) as hit
                    from rows where line in ({page}) order by rid""",
                [*values, *values],
            ).fetchall()
        return {"rows": counts[0], "lines": counts[1], "offset": offset, "page": _lines(cells)}

    def everything(self) -> list[Line]:
        """Return all lines, in order."""
        return self.grid(Filters(), offset=0, limit=2**40)["page"]

    def siblings(self, query_id: str) -> list[Line]:
        """Return the lines of one query: its variants, in every experiment."""
        with self._lock:
            cells = self._db.execute(
                f"""select line, experiment, sample_id, query_id, split, variant, {_CELL}, true as hit
                    from rows where query_id = ? order by rid""",
                [query_id],
            ).fetchall()
        return _lines(cells)

    def find(self, experiment: str, variant: str, sample: str, candidate: int, is_retry: bool) -> int | None:
        """Return the row's number in the index, or None where there is no such row."""
        with self._lock:
            row = self._db.execute(
                """select rid from rows where sample_id = ? and candidate = ? and experiment = ? and variant = ?
                   and is_retry = ? order by rid limit 1""",
                [sample, candidate, experiment, variant, is_retry],
            ).fetchone()
        return row[0] if row else None

    def records(self, rids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return whole rows, as columns by name, read from their files."""
        with self._lock:
            wanted = self._db.execute(
                "select file, list(place order by place), list(rid order by place) from rows where rid in (select unnest(?)) group by file",
                [list(rids)],
            ).fetchall()
            found: dict[int, dict[str, Any]] = {}
            for file, places, numbers in wanted:
                cursor = self._db.execute(
                    """select *, file_row_number from read_parquet(?, file_row_number = true)
                       where file_row_number in (select unnest(?))""",
                    [file, places],
                )
                names = [column[0] for column in cursor.description or ()]
                rid_of = dict(zip(places, numbers, strict=True))
                for row in cursor.fetchall():
                    record = dict(zip(names, row, strict=True))
                    found[rid_of[record.pop("file_row_number")]] = record
        return found

    def _where(self, filters: Filters) -> tuple[str, list[Any]]:
        clauses, values = ["true"], []
        for name in ("experiment", "split", "variant", "verdict"):
            if getattr(filters, name):
                clauses.append(f"{name} = ?")
                values.append(getattr(filters, name))
        for name in ("refused", "truncated"):
            if getattr(filters, name):
                clauses.append(f"{name} = ?")
                values.append(getattr(filters, name) == "yes")
        if filters.text.strip():
            self._search(filters.text.strip())
            clauses.append("rid in (select rid from hits where search = ?)")
            values.append(filters.text.strip())
        return " and ".join(clauses), values

    def _search(self, text: str) -> None:
        if text in self._searches:
            return
        plain = " or ".join(f"contains(lower({name}), lower($plain))" for name in _SEARCHED)
        escaped = " or ".join(f"contains(lower({name}), lower($escaped))" for name in _SEARCHED_JSON)
        self._db.execute(
            f"""insert into hits select $plain, i.rid
                from read_parquet($paths, union_by_name = true, filename = true, file_row_number = true) r
                join rows i on i.file = r.filename and i.place = r.file_row_number
                where r.sample_id = $plain or {plain} or {escaped}""",
            {"plain": text, "escaped": json.dumps(text, ensure_ascii=False)[1:-1], "paths": self._paths},
        )
        self._searches.append(text)
        if len(self._searches) > _KEPT_SEARCHES:
            self._db.execute("delete from hits where search = ?", [self._searches.pop(0)])


def _lines(cells: Sequence[tuple[Any, ...]]) -> list[Line]:
    lines: dict[int, Line] = {}
    for number, experiment, sample, query, split, variant, *cell in cells:
        line = lines.setdefault(
            number,
            {
                "experiment": experiment,
                "sample": sample,
                "query": query,
                "split": split,
                "variant": variant,
                "cells": [],
            },
        )
        rid, candidate, is_retry, verdict, refused, truncated, selected, hit = cell
        flags = "".join(
            sign for sign, is_set in zip("rtsxh", (refused, truncated, selected, is_retry, hit), strict=True) if is_set
        )
        line["cells"].append([rid, candidate, verdict, flags])
    return list(lines.values())
