"""What the charts draw and a summary does not hold: histograms, and dollars by variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BINS = 24


@dataclass(frozen=True)
class Histogram:
    """Counts in bins of equal width from `start`; the last bin also holds all that lies above it."""

    start: float
    width: float
    counts: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there was no value."""
        return not any(self.counts)


@dataclass(frozen=True)
class Dollars:
    """Known dollars of one variant, or split: what generation and judging cost, and what reading caches saved."""

    group: str
    generation: float
    judging: float
    saved: float


def histogram(rows: Any, column: str, *, where: str = "true") -> Histogram:
    """Return the histogram of a number column; the bins span its values up to the 99 % quantile."""
    bounds = rows.tuples(f"select min({column}), quantile_cont({column}, 0.99) from all_rows where {where}")[0]
    if bounds[0] is None:
        return Histogram(0.0, 1.0, ())
    low, high = float(bounds[0]), float(bounds[1])
    width = (high - low) / BINS or 1.0
    counted = rows.tuples(
        f"""select least({BINS - 1}, greatest(0, floor(({column} - ?) / ?)::bigint)) as bin, count(*)
            from all_rows where {column} is not null and {where} group by bin order by bin""",
        [low, width],
    )
    counts = dict(counted)
    return Histogram(low, width, tuple(counts.get(n, 0) for n in range(max(counts) + 1)))


def dollars(rows: Any, *, by: str) -> list[Dollars]:
    """Return the known dollars by `by` (variant or split), retries included."""
    found = rows.tuples(
        f"""select {by}, coalesce(sum(cost_usd), 0), coalesce(sum(judge_cost_usd), 0), coalesce(sum(cache_savings_usd), 0)
           from all_rows group by {by} order by {by}"""
    )
    return [Dollars(*row) for row in found]
