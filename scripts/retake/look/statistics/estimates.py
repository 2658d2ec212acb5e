"""Rates and means with an interval that knows that the candidates of a sample are alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

LEVEL = 0.95
NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """A rate or mean with its interval.

    `low` and `high` bound the 95 % interval; `n` counts what was averaged, `clusters` the samples behind it; `method` is
    wilson (one candidate a sample), cluster (several), t (an unbounded mean) or undefined (n = 0: everything is NaN).
    """

    value: float = NAN
    low: float = NAN
    high: float = NAN
    n: int = 0
    clusters: int = 0
    method: str = "undefined"

    @property
    def is_defined(self) -> bool:
        """Whether there was anything to average."""
        return not math.isnan(self.value)


UNDEFINED = Estimate()


def rate(successes: Any, totals: Any) -> Estimate:
    """Return the rate sum(successes) / sum(totals) over clusters, one array entry a sample.

    One candidate a sample gives the Wilson interval (Wilson 1927). Several give the same formula at the effective number
    of candidates n / deff, where deff is the squared ratio of the cluster-robust (CR1) standard error of the ratio to the
    binomial one, and with the t quantile of clusters - 1 degrees of freedom (Korn and Graubard 1998; Dean and Pagano
    2015); where no variance can be estimated (all right, all wrong, one sample) the clusters count, once each. Samples
    with a total of 0 are left out; none left is undefined.
    """
    import numpy as np

    right, total = _kept(np, successes, totals)
    n, clusters = float(total.sum()), len(total)
    if clusters == 0:
        return UNDEFINED
    value = float(right.sum()) / n
    if n == clusters:
        low, high = wilson(value, n, _normal_quantile())
        return Estimate(value, low, high, int(n), clusters, "wilson")
    variance = float(((right - total * value) ** 2).sum()) / n**2
    low, high = _robust_wilson(value, variance, n=n, clusters=clusters)
    return Estimate(value, low, high, int(n), clusters, "cluster")


def mean_of_shares(sums: Any, counts: Any) -> Estimate:
    """Return the mean of values in [0, 1], given their sum and count by sample, with the interval of `rate`.

    The values need not be 0 or 1 (a pass@k, a score), so the effective number may exceed their count.
    """
    import numpy as np

    total, count = _kept(np, sums, counts)
    clusters, n = len(count), float(count.sum())
    if clusters == 0:
        return UNDEFINED
    value = min(1.0, max(0.0, float(total.sum()) / n))
    variance = float(((total - count * value) ** 2).sum()) / n**2
    low, high = _robust_wilson(value, variance, n=math.inf, clusters=clusters)
    return Estimate(value, low, high, int(n), clusters, "cluster")


def _kept(np: Any, sums: Any, counts: Any) -> tuple[Any, Any]:
    """Return the sums and counts of the samples that have any, as floats."""
    count = np.asarray(counts, dtype=float)
    return np.asarray(sums, dtype=float)[count > 0], count[count > 0]


def wilson(value: float, n: float, quantile: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share `value` of `n`; `n` may be an effective, fractional number."""
    square = quantile**2
    centre = (value + square / (2 * n)) / (1 + square / n)
    half = quantile * math.sqrt(max(value * (1 - value), 0.0) / n + square / (4 * n**2)) / (1 + square / n)
    return (0.0 if value == 0 else max(0.0, centre - half)), (1.0 if value == 1 else min(1.0, centre + half))


def _robust_wilson(value: float, variance: float, *, n: float, clusters: int) -> tuple[float, float]:
    """Return Wilson's interval at the effective n that `variance` (of the mean, uncorrected) tells; never above `n`."""
    if clusters < 2 or variance < 1e-18 or not 0 < value < 1:
        return wilson(value, clusters, _normal_quantile())
    effective = value * (1 - value) / _cr1(variance, clusters) ** 2
    return wilson(value, min(effective, n), t_quantile((1 + LEVEL) / 2, clusters - 1))


def _cr1(variance: float, clusters: int) -> float:
    return math.sqrt(variance * clusters / (clusters - 1)) if clusters > 1 else NAN


def t_quantile(share: float, degrees: float) -> float:
    """Return the quantile of Student's t; NaN without degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share)) if degrees > 0 else NAN


def _normal_quantile() -> float:
    return t_quantile((1 + LEVEL) / 2, 1e9)


def ungraded_bounds(right: float, graded: float, ungraded: float) -> tuple[float, float]:
    """Return the rate if every ungraded candidate were wrong, and if every one were right; NaN for no candidate."""
    total = graded + ungraded
    return (right / total, (right + ungraded) / total) if total else (NAN, NAN)
