"""What N candidates are worth: unbiased pass@k, and the expected outcome of choosing among k of them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

NEGLIGIBLE = 1e-15


def pass_at_k(n: Any, c: Any, k: int) -> Any:
    """Return the chance that k of n candidates, c of them right, hold a right one: 1 - C(n-c, k) / C(n, k).

    The unbiased estimate of Chen et al. 2021 (2107.03374), for arrays too; NaN where n < k. n=8, c=2, k=4 gives 0.786.
    """
    import numpy as np
    from scipy.special import gammaln

    n, c = np.asarray(n, dtype=float), np.asarray(c, dtype=float)
    wrong = n - c
    with np.errstate(invalid="ignore"):
        log_miss = (
            gammaln(wrong + 1)
            - gammaln(np.maximum(wrong - k, 0) + 1)
            - gammaln(n + 1)
            + gammaln(np.maximum(n - k, 0) + 1)
        )
        chance = np.where(wrong < k, 1.0, -np.expm1(np.minimum(log_miss, 0.0)))
    return np.where(n < k, np.nan, chance)


def majority_at_k(right: int, others: tuple[int, ...], silent: int, k: int) -> float:
    """Return the chance that the most frequent answer among k candidates drawn from all is the right one.

    `right` candidates give the right answer, `others` counts those behind each wrong answer, `silent` ones give none and
    have no vote. A tie of t answers counts 1 / t. Exact, by counting draws (self-consistency, Wang et al. 2022,
    2203.11171); NaN where there are fewer than k candidates.
    """
    total = right + sum(others) + silent
    if k > total:
        return math.nan
    return _majority(right, tuple(sorted(others)), silent, k)


@lru_cache(maxsize=200_000)
def _majority(right: int, others: tuple[int, ...], silent: int, k: int) -> float:
    total = right + sum(others) + silent
    every = math.comb(total, k)
    chance = 0.0
    for votes in range(max(1, k - (total - right)), min(right, k) + 1):
        weight = math.comb(right, votes) / every
        if weight * math.comb(total - right, k - votes) > NEGLIGIBLE:
            ties = _draws(others, most=votes, silent=silent, size=k - votes)
            chance += weight * sum(ways / (t + 1) for t, ways in enumerate(ties))
    return chance


def _draws(others: tuple[int, ...], *, most: int, silent: int, size: int) -> list[float]:
    """Return, by number of answers with exactly `most` votes, the ways to draw `size` with no answer above `most`.

    An answer that fewer than `most` give can neither win nor tie, so it counts as silent.
    """
    import numpy as np

    rivals = [count for count in others if count >= most]
    silent += sum(others) - sum(rivals)
    ways = np.zeros((min(len(rivals), size // most) + 1, size + 1))
    ways[0, : silent + 1] = [math.comb(silent, drawn) for drawn in range(min(silent, size) + 1)]
    for count in rivals:
        grown = ways.copy()
        for votes in range(1, min(most, size + 1)):
            grown[:, votes:] += ways[:, : size + 1 - votes] * math.comb(count, votes)
        if most <= size:
            grown[1:, most:] += ways[:-1, : size + 1 - most] * math.comb(count, most)
        ways = grown
    return [float(w) for w in ways[:, size]]
