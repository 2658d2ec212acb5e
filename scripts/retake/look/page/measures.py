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
    """Known dollars of one split and variant: what generation and judging cost, and what reading caches saved."""

    split: str
    variant: str
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


def dollars(rows: Any) -> list[Dollars]:
    """Return the known dollars by split and variant, retries included."""
    found = rows.tuples(
        """select split, variant, coalesce(sum(cost_usd), 0), coalesce(sum(judge_cost_usd), 0), coalesce(sum(cache_savings_usd), 0)
           from all_rows group by split, variant order by split, variant"""
    )
    return [Dollars(*row) for row in found]


def tokens(rows: Any) -> list[tuple[str, str, float, float]]:
    """Return (split, variant, mean input tokens, mean output tokens) of the answered candidates."""
    return rows.tuples(
        """select split, variant, coalesce(avg(input_tokens), 0), coalesce(avg(output_tokens), 0)
           from all_rows where output_tokens is not null group by split, variant order by split, variant"""
    )
