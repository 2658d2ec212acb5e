"""What happened in an experiment: rates with intervals, best-of-N, coverage, spending, by split and variant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retake.look.data import open_rows
from retake.look.measure import measured
from retake.look.records import Summary


def summarise(
    paths: Sequence[str | Path], *, where: str | None = None, split: str | Sequence[str] | None = None
) -> Summary:
    """Return the summary of all rows of `paths` (files or globs), pooled.

    Raises:
        DataError: see `open_rows`.
    """
    with open_rows(paths, where=where, split=split) as rows:
        return measured(rows, filtered=bool(where or split))
