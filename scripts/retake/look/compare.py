"""Variants, models or experiments side by side on the same samples, and whether a difference is real."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retake.look.contrast import compared, file_sides, variant_sides
from retake.look.data import open_rows
from retake.look.records import Comparisons


def compare_variants(
    paths: Sequence[str | Path],
    *,
    baseline: str | None = None,
    metrics: Sequence[str] = ("verified",),
    all_pairs: bool = False,
    by_split: bool = False,
    flips: int = 100,
    where: str | None = None,
    split: str | Sequence[str] | None = None,
) -> Comparisons:
    """Return every variant of `paths` against `baseline` (default: control, else the first), or all pairs, with up to `flips` flips each.

    Raises:
        DataError: see `open_rows`; for a baseline that is no variant of the files; for fewer than two variants.
    """
    with open_rows(paths, where=where, split=split) as rows:
        sides = variant_sides(rows, baseline)
        return compared(rows, sides, metrics=metrics, all_pairs=all_pairs, by_split=by_split, flips=flips)


def compare_files(
    paths: Sequence[str | Path],
    *,
    metrics: Sequence[str] = ("verified",),
    all_pairs: bool = False,
    by_split: bool = False,
    flips: int = 100,
    where: str | None = None,
    split: str | Sequence[str] | None = None,
) -> Comparisons:
    """Return every file of `paths` against the first, or all pairs, joined on query_id and variant, with up to `flips` flips each.

    Raises:
        DataError: see `open_rows`; for fewer than two files.
    """
    with open_rows(paths, where=where, split=split) as rows:
        return compared(rows, file_sides(rows), metrics=metrics, all_pairs=all_pairs, by_split=by_split, flips=flips)
