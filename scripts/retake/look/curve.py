"""The best-of-N curve of many samples: what k candidates are worth, for every k."""

from __future__ import annotations

from typing import Any

from retake.look.data import Rows
from retake.look.records import CurvePoint
from retake.look.statistics.best_of import majority_at_k, pass_at_k
from retake.look.statistics.estimates import Estimate, mean_of_shares

EVERY_K = 32
VOTES = """
WITH answers AS (
    SELECT key, said, count(*) AS times, coalesce(bool_or(v), false) AS is_right, bool_or(by_math) AS by_math
    FROM facts GROUP BY key, said
)
SELECT key, CAST(coalesce(sum(times) FILTER (is_right), 0) AS BIGINT) AS agreeing,
       CAST(coalesce(sum(times) FILTER (NOT is_right AND said IS NULL), 0) AS BIGINT) AS silent,
       coalesce(array_to_string(list_sort(list(times) FILTER (NOT is_right AND said IS NOT NULL)), ','), '') AS others
FROM answers GROUP BY key HAVING bool_or(by_math)
"""


def steps(most: int) -> list[int]:
    """Return the k of a curve up to `most`: each where that is at most 32, else the powers of two and the last."""
    if most <= EVERY_K:
        return list(range(1, most + 1))
    return [2**power for power in range(most.bit_length()) if 2**power < most] + [most]


def curve_values(rows: Rows) -> dict[str, Any]:
    """Return `ks`, and `oracle`, `selected` and `majority` as arrays (sample, k), in the order of the sheet.

    A k above a sample's number of (graded) candidates is NaN there; so is majority where the math verifier judged none of its
    candidates, or none is graded.
    """
    import numpy as np

    rows.make("votes", VOTES)
    found = rows.arrays(
        'SELECT n, graded, "right", agreeing, silent, others FROM samples '
        "LEFT JOIN votes USING (key) ORDER BY file_no, split, variant, sample_id"
    )
    ks = steps(int(found["n"].max(initial=0)))
    n, graded, right = (found[name] for name in ("n", "graded", "right"))
    empty = np.empty((len(n), 0))
    return {
        "ks": ks,
        "oracle": np.column_stack([pass_at_k(graded, right, k) for k in ks]) if ks else empty,
        "selected": np.column_stack([pass_at_k(n, right, k) for k in ks]) if ks else empty,
        "majority": _majorities(found, ks),
    }


def _majorities(found: dict[str, Any], ks: list[int]) -> Any:
    """Return majority_at_k by (sample, k), worked out once for each distinct pattern of votes."""
    import numpy as np

    values = np.full((len(found["n"]), len(ks)), np.nan)
    votes = zip(*(found[name].tolist() for name in ("agreeing", "others", "silent")), strict=True)
    known: dict[tuple[Any, ...], list[float]] = {}
    judged = (found["graded"] > 0) & np.array([text is not None for text in found["others"]], dtype=bool)
    for row, pattern in enumerate(votes):
        if judged[row]:
            if pattern not in known:
                known[pattern] = _pattern(*pattern, ks)
            values[row] = known[pattern]
    return values


def _pattern(agreeing: float, others: str, silent: float, ks: list[int]) -> list[float]:
    counts = tuple(int(part) for part in others.split(",") if part)
    return [majority_at_k(int(agreeing), counts, int(silent), k) for k in ks]


def curve_of(curve: dict[str, Any], mask: Any, cluster: Any, width: int) -> tuple[CurvePoint, ...]:
    """Return the curve of the samples in `mask`, whose clusters (below `width`) are `cluster`."""
    names = ("oracle", "selected", "majority")
    chosen = {name: curve[name][mask] for name in names}
    return tuple(
        CurvePoint(k, *(_mean(chosen[name][:, column], cluster, width) for name in names))
        for column, k in enumerate(curve["ks"])
    )


def _mean(values: Any, cluster: Any, width: int) -> Estimate:
    import numpy as np

    known = ~np.isnan(values)
    sums = np.bincount(cluster[known], weights=values[known], minlength=width)
    return mean_of_shares(sums, np.bincount(cluster[known], minlength=width))
