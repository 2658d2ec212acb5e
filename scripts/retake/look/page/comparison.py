"""Variants or experiments side by side, as tables of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.look.compare import compare_files, compare_variants
from retake.look.page import words
from retake.look.records import Comparison, Comparisons, Summary

METRICS = ("verified", "first", "any_of_n", "refused")
_METRIC_NAMES = {
    "verified": "Verified",
    "first": "First candidate",
    "any_of_n": "Any of N",
    "refused": "Refused",
}


@dataclass(frozen=True)
class Table:
    """A table of text cells; the first cell of a row names it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Comparing:
    """The part of the page that compares: sentences, then tables."""

    title: str
    notes: list[str]
    tables: list[Table]


def comparing(paths: Sequence[Path], summary: Summary, variants: Sequence[str]) -> Comparing:
    """Return the comparison of several files, else of the variants of one; one file with one variant has only rates."""
    by_variant = [(g.variant or "", g) for g in summary.groups if g.variant and g.split is None]
    rates = [_rates("Variant", by_variant or [("all", summary.overall)])]
    if len(summary.files) > 1:
        title, found = "Experiments side by side", compare_files(paths, metrics=METRICS, flips=False)
        rates.insert(0, _rates("Experiment", [(side.label, side.group) for side in found.sides]))
    elif len(variants) > 1:
        title, found = "Variants", compare_variants(paths, metrics=METRICS, flips=False)
    else:
        return Comparing("Variants", ["There is one variant, so nothing to compare."], rates)
    note = (
        f"Paired on the same samples against {found.sides[0].label}, in percentage points. Two-sided tests, p after Holm's "
        "correction, * below 5 %; samples are the unit. Each difference is given with and without truncated answers."
    )
    paired = [table for metric in METRICS if (table := _paired_table(found, metric)).rows]
    return Comparing(title, [note, *_said(found)], rates + paired)


def _said(found: Comparisons) -> list[str]:
    return list(dict.fromkeys(f"{c.b}: {warning}" for c in found.comparisons for warning in c.warnings))


def _rates(of: str, groups: Iterable[tuple[str, Any]]) -> Table:
    columns = (of, "Samples", "Verified", "First candidate", "Any of N", "Ungraded", "Refused", "Truncated")
    rows = [
        (
            name, f"{g.samples:,}", words.rate(g.verified), words.rate(g.first), words.rate(g.any_of_n),
            words.rate(g.ungraded), words.rate(g.refused), words.rate(g.truncated),
        )
        for name, g in groups
    ]  # fmt: skip
    return Table(f"Rates by {of.lower()}, with 95 % intervals", columns, rows)


def _paired_table(found: Comparisons, metric: str) -> Table:
    columns = (
        "Against", "Difference", "95 % interval", "p", "Better / worse / same", "Without truncated", "Bounds, ungraded",
        "Detectable", "Samples to settle it",
    )  # fmt: skip
    several = len({c.a for c in found.of(metric)}) > 1
    return Table(
        f"{_METRIC_NAMES[metric]}: paired differences",
        columns,
        [_paired_row(c, names_a=several) for c in found.of(metric)],
    )


def _paired_row(c: Comparison, *, names_a: bool) -> tuple[str, ...]:
    d, without = c.with_truncated, c.without_truncated
    return (
        f"{c.b} against {c.a}" if names_a else c.b,
        words.points(d.difference),
        f"{words.points(d.low)} to {words.points(d.high)}",
        f"{words.probability(d.p_holm)}{' *' if d.is_significant else ''} ({d.test})",
        f"{d.better:,} / {d.worse:,} / {d.same:,}",
        f"{words.points(without.difference)} (p {words.probability(without.p_holm)})",
        f"{words.points(c.bounds[0])} to {words.points(c.bounds[1])}",
        "undefined" if d.detectable != d.detectable else f"{100 * d.detectable:.1f}",
        words.whole(d.more_samples) + " more" if d.more_samples < float("inf") else words.whole(d.more_samples),
    )
