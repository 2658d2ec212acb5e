"""Rates, means and their intervals, against statsmodels and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from retake.look.statistics.estimates import mean_of_shares, rate, ungraded_bounds
from statsmodels.stats.proportion import proportion_confint


def clustered(rng: np.random.Generator, *, samples: int, candidates: int, centre: float, spread: float) -> np.ndarray:
    """Right candidates by sample, where samples differ in difficulty."""
    chance = 1 / (1 + np.exp(-rng.normal(centre, spread, samples)))
    return rng.binomial(candidates, chance)


@pytest.mark.parametrize(("right", "total"), [(0, 20), (1, 7), (10, 20), (34, 56), (20, 20)])
def test_one_candidate_a_sample_gives_wilson(right: int, total: int) -> None:
    found = rate([1] * right + [0] * (total - right), [1] * total)
    low, high = proportion_confint(right, total, method="wilson")
    assert found.method == "wilson"
    assert (found.value, found.n, found.clusters) == (right / total, total, total)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_the_published_example_of_wilson() -> None:
    """Newcombe 1998 (Statistics in Medicine 17, table I): 81 of 263 gives 0.2553 to 0.3662."""
    found = rate([1] * 81 + [0] * 182, [1] * 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_a_clustered_rate_is_wilson_at_the_effective_number_of_candidates() -> None:
    rng = np.random.default_rng(2)
    right = clustered(rng, samples=200, candidates=8, centre=0, spread=2)
    labels, values = np.repeat(np.arange(200), 8), np.concatenate([[1.0] * r + [0.0] * (8 - r) for r in right])
    fitted = sm.OLS(values, np.ones(1600)).fit(cov_type="cluster", cov_kwds={"groups": labels}, use_t=True)
    found = rate(right, np.full(200, 8))
    effective = found.value * (1 - found.value) / fitted.bse[0] ** 2
    low, high = proportion_confint(found.value * effective, effective, method="wilson")
    assert effective < 500
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("estimate", [rate, mean_of_shares])
@pytest.mark.parametrize("totals", [[], [0, 0]])
def test_nothing_to_average_is_nan_and_called_undefined(estimate: object, totals: list[int]) -> None:
    found = estimate(totals, totals)  # type: ignore[operator]
    assert all(math.isnan(x) for x in (found.value, found.low, found.high))
    assert (found.n, found.method, found.is_defined) == (0, "undefined", False)


def test_all_right_still_has_an_interval_as_wide_as_its_samples_allow() -> None:
    found = rate([8] * 10, [8] * 10)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(proportion_confint(10, 10, method="wilson")[0], abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=30))
def test_an_interval_holds_its_rate_and_stays_within_0_and_1(pairs: list[tuple[int, int]]) -> None:
    right = [min(pair) for pair in pairs]
    total = [max(pair) for pair in pairs]
    found = rate(right, total)
    if found.is_defined:
        assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("centre", "spread"), [(0.0, 1.5), (2.0, 1.0)])
def test_the_interval_of_a_clustered_rate_covers(centre: float, spread: float) -> None:
    rng = np.random.default_rng(3)
    truth = float((1 / (1 + np.exp(-rng.normal(centre, spread, 2_000_000)))).mean())
    trials = 1000
    covered = 0
    for _ in range(trials):
        found = rate(clustered(rng, samples=60, candidates=8, centre=centre, spread=spread), np.full(60, 8))
        covered += found.low <= truth <= found.high
    assert 0.925 <= covered / trials <= 0.975


def test_ungraded_candidates_bound_the_rate() -> None:
    assert ungraded_bounds(6, 8, 2) == (0.6, 0.8)
    assert all(math.isnan(x) for x in ungraded_bounds(0, 0, 0))
