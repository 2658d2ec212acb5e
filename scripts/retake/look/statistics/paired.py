"""Two variants, models or verifiers on the same samples: is the difference real?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from retake.look.statistics.estimates import LEVEL, NAN, t_quantile

ALPHA = 1 - LEVEL
POWER = 0.8
PERMUTATIONS = 9_999
EXACT_SAMPLES = 14


@dataclass(frozen=True)
class PairedDifference:
    """The mean over samples of (rate of b - rate of a), on the samples that both sides have.

    `low` and `high` bound the 95 % interval; `p` is two-sided, by `test` (mcnemar exact, sign-flip exact, sign-flip or
    undefined); `p_t` is the cluster-robust t test's. `better`, `worse` and `same` count samples by the sign of their
    difference. `detectable` is the smallest effect that this n finds with 80 % power; `more_samples` is how many more
    would show a difference of this size with 80 % power (0: it shows already; infinite: there is no difference), both before
    any correction.
    `p_holm` is `p` corrected for all comparisons made at once (equal to `p` for one). Undefined is NaN.
    """

    difference: float = NAN
    low: float = NAN
    high: float = NAN
    p: float = NAN
    p_holm: float = NAN
    p_t: float = NAN
    test: str = "undefined"
    samples: int = 0
    a: float = NAN
    b: float = NAN
    better: int = 0
    worse: int = 0
    same: int = 0
    detectable: float = NAN
    more_samples: float = NAN

    @property
    def is_significant(self) -> bool:
        """Whether the corrected p lies below 5 %."""
        return self.p_holm < ALPHA


def paired_difference(a: Any, b: Any, *, single: bool, seed: int = 0) -> PairedDifference:
    """Return the difference of the per-sample rates `b - a`, one entry a sample; `single` says one candidate each side.

    A sample is a cluster, so the t interval of the per-sample differences is the cluster-robust one (Miller 2024,
    2411.00640; statsmodels' OLS on a constant). Where all differences are equal it would have no width: two pseudo-samples
    are then added, one each way (Agresti and Min 2005). Pairs with NaN on either side are left out; none left is undefined.
    """
    import numpy as np

    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    kept = ~(np.isnan(a) | np.isnan(b))
    a, b = a[kept], b[kept]
    if a.size == 0:
        return PairedDifference()
    d = np.round(b - a, 12)
    n, mean = int(d.size), float(d.mean())
    error = float(d.std(ddof=1)) / math.sqrt(n) if n > 1 else NAN
    low, high = _interval(d, mean, error)
    p, test = mcnemar(d) if single else sign_flip(d, seed=seed)
    return PairedDifference(
        mean, low, high, p, p, _t_test(mean, error, n), test, n, float(a.mean()), float(b.mean()),
        better=int((d > 0).sum()), worse=int((d < 0).sum()), same=int((d == 0).sum()),
        detectable=detectable_effect(error, n), more_samples=_more_samples(mean, error, n, p),
    )  # fmt: skip


def difference_of_differences(first: Any, second: Any, *, clusters: Any, seed: int = 0) -> PairedDifference:
    """Return the paired difference of a score that is the mean of `first` minus the mean of `second`.

    Each is a pair (a, b) of arrays over its own samples; `clusters` says, for each, which samples belong together (the
    good problem and its malformed twins). The interval and t test are cluster-robust by each cluster's influence on the
    score (Taylor linearisation, CR1); p is the sign flip by cluster. NaN where either has no sample.
    """
    import numpy as np

    (a, b), (c, d) = [tuple(np.asarray(side, dtype=float) for side in pair) for pair in (first, second)]
    if a.size == 0 or c.size == 0:
        return PairedDifference()
    names, cluster = np.unique(np.concatenate([np.asarray(part) for part in clusters]), return_inverse=True)
    kept, gone, groups = b - a, d - c, len(names)

    def by_cluster(up: Any, down: Any) -> Any:
        return np.bincount(cluster, weights=np.concatenate([up / a.size, -down / c.size]), minlength=groups)

    shares, influence = by_cluster(kept, gone), by_cluster(kept - kept.mean(), gone - gone.mean())
    mean = float(kept.mean() - gone.mean())
    error = math.sqrt(float((influence**2).sum()) * groups / (groups - 1)) if groups > 1 else NAN
    half = t_quantile((1 + LEVEL) / 2, groups - 1) * error if error > 1e-12 else NAN
    p, test = sign_flip(np.round(shares, 12), seed=seed)
    signs = np.sign(np.round(shares, 12))
    return PairedDifference(
        mean, mean - half, mean + half, p, p, _t_test(mean, error, groups), test, groups,
        float(a.mean() - c.mean()), float(b.mean() - d.mean()), *(int((signs == s).sum()) for s in (1, -1, 0)),
        detectable=detectable_effect(error, groups), more_samples=_more_samples(mean, error, groups, p),
    )  # fmt: skip


def _interval(d: Any, mean: float, error: float) -> tuple[float, float]:
    n = len(d)
    if n < 2 or error < 1e-12:
        centre = float(d.sum()) / (n + 2)
        spread = (float((d**2).sum()) + 2) / (n + 2) - centre**2
        half = t_quantile((1 + LEVEL) / 2, n + 1) * math.sqrt(spread / (n + 2))
        return max(-1.0, min(mean, centre - half)), min(1.0, max(mean, centre + half))
    half = t_quantile((1 + LEVEL) / 2, n - 1) * error
    return max(-1.0, mean - half), min(1.0, mean + half)


def _t_test(mean: float, error: float, n: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(n - 1, -abs(mean) / error)) if n > 1 and error > 1e-12 else NAN


def mcnemar(differences: Any) -> tuple[float, str]:
    """Return the exact two-sided p of McNemar's test on per-sample differences in {-1, 0, 1}, and its name.

    The binomial test on the discordant samples (statsmodels' mcnemar with exact=True); 1 where there are none.
    """
    from scipy.special import bdtr

    up, down = int((differences > 0).sum()), int((differences < 0).sum())
    p = min(1.0, 2 * float(bdtr(min(up, down), up + down, 0.5))) if up + down else 1.0
    return p, "mcnemar exact"


def sign_flip(differences: Any, *, seed: int = 0) -> tuple[float, str]:
    """Return the two-sided p of the sign-flip permutation test by sample, and its name.

    Under no effect a sample's difference is as likely to have either sign (Fisher's randomisation; scipy's
    permutation_test of kind samples). All flips are tried where at most 14 samples differ; else 9,999 are drawn, and p
    is (1 + as extreme) / 10,000 (Phipson and Smyth 2010).
    """
    import numpy as np

    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    seen = abs(float(differences.sum())) - 1e-9
    if counts.sum() <= EXACT_SAMPLES:
        return _exact_flip(np.repeat(sizes, counts), seen), "sign-flip exact"
    flips = np.random.default_rng(seed).binomial(counts, 0.5, size=(PERMUTATIONS, len(counts)))
    totals = np.abs((2 * flips - counts) @ sizes)
    return (1 + int((totals >= seen).sum())) / (PERMUTATIONS + 1), "sign-flip"


def _exact_flip(sizes: Any, seen: float) -> float:
    import numpy as np

    totals = np.zeros(1)
    for size in sizes:
        totals = np.concatenate([totals + size, totals - size])
    return float((np.abs(totals) >= seen).mean())


def detectable_effect(error: float, n: int) -> float:
    """Return the smallest true difference that a two-sided 5 % test of this standard error finds with 80 % power."""
    return (t_quantile(1 - ALPHA / 2, n - 1) + t_quantile(POWER, n - 1)) * error if n > 1 and error > 1e-12 else NAN


def _more_samples(mean: float, error: float, n: int, p: float) -> float:
    if p < ALPHA:
        return 0.0
    if n < 2 or error < 1e-12:
        return NAN
    if mean == 0:
        return math.inf
    needed = n * (detectable_effect(error, n) / abs(mean)) ** 2
    return float(max(0, math.ceil(needed) - n))


def holm(differences: list[PairedDifference]) -> list[PairedDifference]:
    """Return the differences with `p_holm`: p by Holm's step-down over those that are defined (Holm 1979, statsmodels)."""
    from statsmodels.stats.multitest import multipletests

    defined = [i for i, d in enumerate(differences) if not math.isnan(d.p)]
    corrected = list(differences)
    if len(defined) > 1:
        adjusted = multipletests([differences[i].p for i in defined], method="holm")[1]
        for i, p in zip(defined, adjusted, strict=True):
            corrected[i] = replace(differences[i], p_holm=float(p))
    return corrected
