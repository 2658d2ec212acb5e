"""One conversation with its verdict, evidence and provenance, read from a table and the files beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.errors import DamagedFile, DataError
from retake.files import read_sealed
from retake.look.data import Rows, open_rows
from retake.look.sheet import control_first
from retake.merge.schema import NAMES
from retake.paths import STAGES, candidate_path, parquet_path


@dataclass(frozen=True)
class Conversation:
    """A candidate's row, all rows of the same sample and variant, and the files that it came from.

    `others` are (candidate, verdict, selected, retry) of the sample and variant; `variants` are all that have the sample.
    `files` maps a stage to its path and whether it is there; `verdict` is the verification file's body, or None.
    """

    row: dict[str, Any]
    others: tuple[tuple[int, bool | None, bool, bool], ...]
    variants: tuple[str, ...]
    files: tuple[tuple[str, str, bool], ...]
    verdict: dict[str, Any] | None

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation as OpenAI messages, the opening ones first; empty where the row holds none."""
        return [*_messages(self.row["input_messages"]), *_messages(self.row["output_messages"])]

    @property
    def target(self) -> str:
        """The path of its verification, a target that Snakemake can be asked for."""
        return next(path for stage, path, _ in self.files if stage == "verification")


def conversation(
    path: str | Path, sample: str, *, candidate: int | None = None, variant: str | None = None, retry: bool = False
) -> Conversation:
    """Return one conversation of the table at `path`: by default the selected candidate, of control or the first variant.

    `sample` is a sample's id or a query's. `retry` asks for the second draw of a candidate.

    Raises:
        DataError: for a sample, variant or candidate that the table does not hold; the nearest is named.
    """
    with open_rows([path]) as rows:
        found = _rows_of(rows, str(path), sample)
        variants = sorted({row[1] for row in found}, key=control_first)
        if variant is not None and variant not in variants:
            raise DataError(f"{path}: {sample} has no variant {variant}; there are {', '.join(variants)}")
        own = [row for row in found if row[1] == (variant or variants[0])]
        chosen = _chosen(own, f"{path}: {sample}", candidate, retry)
        row = _whole(rows, chosen)
    root = _root(str(path), row["experiment"])
    files = _files(root, row)
    others = tuple((index, verdict, selected, again) for _, _, index, verdict, selected, again in own)
    return Conversation(row, others, tuple(variants), files, _verdict(root, files))


def _rows_of(rows: Rows, path: str, sample: str) -> list[tuple[Any, ...]]:
    found = rows.tuples(
        "SELECT sample_id, coalesce(variant, ''), candidate_idx, is_verified, coalesce(is_selected, false), coalesce(is_retry, false) "
        "FROM all_rows WHERE sample_id = ? OR query_id = ? ORDER BY ALL",
        [sample, sample],
    )
    if not found:
        near = rows.tuples(
            "SELECT sample_id FROM (SELECT DISTINCT sample_id FROM all_rows) ORDER BY levenshtein(sample_id, ?), sample_id LIMIT 3",
            [sample],
        )
        told = f"; nearest: {', '.join(s for (s,) in near)}" if near else "; it holds no sample"
        raise DataError(f"{path}: no sample {sample}{told}")
    return found


def _chosen(own: list[tuple[Any, ...]], where: str, candidate: int | None, retry: bool) -> tuple[Any, ...]:
    drawn = [row for row in own if row[5] == retry]
    if candidate is None:
        drawn.sort(key=lambda row: (not row[4], row[2]))
    else:
        drawn = [row for row in drawn if row[2] == candidate]
    if not drawn:
        there = ", ".join(str(i) for i in sorted({row[2] for row in own if row[5] == retry})) or "none"
        raise DataError(
            f"{where} has no {'retry of ' if retry else ''}candidate {'' if candidate is None else candidate}; there are {there}"
        )
    return drawn[0]


def _whole(rows: Rows, chosen: tuple[Any, ...]) -> dict[str, Any]:
    columns = ", ".join(f'"{name}"' for name in NAMES)
    found = rows.tuples(
        f"SELECT {columns} FROM all_rows WHERE sample_id = ? AND coalesce(variant, '') = ? AND candidate_idx = ? "
        "AND coalesce(is_retry, false) = ? LIMIT 1",
        [chosen[0], chosen[1], chosen[2], chosen[5]],
    )
    return dict(zip(NAMES, found[0], strict=True))


def _root(path: str, experiment: str | None) -> Path:
    """Return the folder that the paths of the experiment's files start from: where its table lies, else the current one."""
    named = parquet_path(experiment) if experiment else ""
    whole = Path(path).absolute().as_posix()
    return Path(whole.removesuffix(named)) if named and whole.endswith("/" + named) else Path()


def _files(root: Path, row: dict[str, Any]) -> tuple[tuple[str, str, bool], ...]:
    where = (row["experiment"] or "", row["variant"] or "", row["sample_id"], row["candidate_idx"])
    named = [(stage, candidate_path(stage, *where)) for stage in STAGES if stage != "trace" or row["tool_stop"]]
    return tuple((stage, file, (root / file).is_file()) for stage, file in named)


def _verdict(root: Path, files: Sequence[tuple[str, str, bool]]) -> dict[str, Any] | None:
    for stage, path, is_there in files:
        if stage == "verification" and is_there:
            try:
                return read_sealed(root / path)
            except (DamagedFile, OSError):
                return None
    return None


def _messages(text: str | None) -> list[dict[str, Any]]:
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return [{"role": "unreadable", "content": text}]
    return [m for m in value if isinstance(m, dict)] if isinstance(value, list) else []
