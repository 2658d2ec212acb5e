"""Paired differences against scipy and statsmodels, and by simulation."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from retake.look.calibration import calibration_score
from retake.look.statistics.paired import PairedDifference, difference_of_differences, holm, paired_difference
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.power import TTestPower


@pytest.mark.parametrize(
    ("both", "up", "down", "neither"), [(10, 8, 2, 5), (0, 5, 0, 0), (3, 4, 4, 3), (50, 25, 12, 40), (4, 0, 0, 4)]
)
def test_one_candidate_a_sample_is_tested_by_exact_mcnemar(both: int, up: int, down: int, neither: int) -> None:
    a = [1] * both + [0] * up + [1] * down + [0] * neither
    b = [1] * both + [1] * up + [0] * down + [0] * neither
    found = paired_difference(a, b, single=True)
    expected = reference_mcnemar([[both, down], [up, neither]], exact=True).pvalue if up + down else 1.0
    assert (found.test, found.better, found.worse) == ("mcnemar exact", up, down)
    assert found.p == pytest.approx(expected)


def test_the_published_example_of_mcnemar() -> None:
    """Agresti, Categorical Data Analysis 10.1.1: approval 944 of 1600, then 880; 86 turned for, 150 against."""
    a = [1] * 794 + [0] * 86 + [1] * 150 + [0] * 570
    b = [1] * 794 + [1] * 86 + [0] * 150 + [0] * 570
    found = paired_difference(a, b, single=True)
    assert found.difference == pytest.approx(-0.04)
    assert (round(found.low, 3), round(found.high, 3)) == (-0.059, -0.021)
    assert found.p < 0.0001


def test_the_interval_and_t_test_are_those_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.binomial(8, 0.5, 40) / 8, rng.binomial(8, 0.6, 40) / 8
    found = paired_difference(a, b, single=False)
    reference = stats.ttest_rel(b, a)
    interval = reference.confidence_interval()
    assert (found.low, found.high, found.p_t) == pytest.approx((interval.low, interval.high, reference.pvalue))


def test_few_samples_are_tested_by_every_sign_flip() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.binomial(8, 0.5, 10) / 8, rng.binomial(8, 0.7, 10) / 8
    d = b - a
    flips = [abs((d * np.array(signs)).sum()) >= abs(d.sum()) - 1e-9 for signs in product([1, -1], repeat=10)]
    found = paired_difference(a, b, single=False)
    assert (found.test, found.p) == ("sign-flip exact", pytest.approx(float(np.mean(flips))))


def test_many_samples_are_tested_as_scipys_permutation_test_does() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.binomial(8, 0.5, 80) / 8, rng.binomial(8, 0.54, 80) / 8
    reference = stats.permutation_test(
        (b - a,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(7)
    )
    found = paired_difference(a, b, single=False)
    assert found.test == "sign-flip"
    assert found.p == pytest.approx(reference.pvalue, abs=0.02)


def test_the_same_samples_give_the_same_p_again() -> None:
    rng = np.random.default_rng(8)
    a, b = rng.random(100), rng.random(100)
    assert paired_difference(a, b, single=False) == paired_difference(a, b, single=False)


def test_holm_is_the_step_down_over_the_defined_p_values() -> None:
    """Holm 1979's rule on four p values; an undefined one takes no part."""
    found = holm([PairedDifference(p=p, p_holm=p) for p in (0.01, 0.04, math.nan, 0.03, 0.005)])
    assert [d.p_holm for d in found] == pytest.approx([0.03, 0.06, math.nan, 0.06, 0.02], nan_ok=True)


def test_the_detectable_effect_has_80_percent_power() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.binomial(8, 0.5, 100) / 8, rng.binomial(8, 0.5, 100) / 8
    found = paired_difference(a, b, single=False)
    effect = found.detectable / float((b - a).std(ddof=1))
    assert TTestPower().power(effect, 100, 0.05) == pytest.approx(0.8, abs=0.005)


def test_more_samples_settle_a_difference_of_the_size_seen() -> None:
    d = np.array([0.5, -0.4] * 20 + [0.1] * 10)
    found = paired_difference(np.zeros(50), d, single=False)
    needed = TTestPower().solve_power(float(d.mean() / d.std(ddof=1)), alpha=0.05, power=0.8)
    assert found.p > 0.05
    assert found.more_samples + 50 == pytest.approx(needed, rel=0.05)


def test_no_difference_needs_no_end_of_samples_and_a_sure_one_none() -> None:
    assert paired_difference([0, 1, 0.5], [1, 0, 0.5], single=False).more_samples == math.inf
    assert paired_difference([0.0] * 20, [1.0] * 20, single=True).more_samples == 0


@pytest.mark.parametrize(("a", "b"), [([], []), ([math.nan], [1.0])])
def test_no_pair_is_undefined(a: list[float], b: list[float]) -> None:
    found = paired_difference(a, b, single=False)
    assert (found.samples, found.test) == (0, "undefined")
    assert all(math.isnan(x) for x in (found.difference, found.low, found.high, found.p, found.detectable))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_equal_differences_still_have_an_interval(value: float) -> None:
    found = paired_difference([0.0] * 8, [value] * 8, single=True)
    assert found.low < found.difference or found.difference < found.high
    assert -1 <= found.low <= value <= found.high <= 1


def two_sides(rng: np.random.Generator, *, samples: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    difficulty = rng.normal(0, 2, samples)
    return tuple(rng.binomial(8, 1 / (1 + np.exp(-difficulty - s))) / 8 for s in (0.0, shift))  # type: ignore[return-value]


def test_under_no_effect_one_test_in_twenty_alarms() -> None:
    rng = np.random.default_rng(10)
    trials = 600
    found = [paired_difference(*two_sides(rng, samples=50, shift=0), single=False) for _ in range(trials)]
    error = 3 * math.sqrt(0.05 * 0.95 / trials)
    assert sum(d.p < 0.05 for d in found) / trials == pytest.approx(0.05, abs=error)
    assert sum(d.p_t < 0.05 for d in found) / trials == pytest.approx(0.05, abs=error)
    assert sum(d.low > 0 or d.high < 0 for d in found) / trials == pytest.approx(0.05, abs=error)


def test_the_interval_of_a_difference_covers_it() -> None:
    rng = np.random.default_rng(11)
    difficulty = rng.normal(0, 2, 2_000_000)
    truth = float((1 / (1 + np.exp(-difficulty - 0.8))).mean() - (1 / (1 + np.exp(-difficulty))).mean())
    found = [paired_difference(*two_sides(rng, samples=50, shift=0.8), single=False) for _ in range(600)]
    assert 0.92 <= sum(d.low <= truth <= d.high for d in found) / 600 <= 0.98


def test_a_score_of_twins_is_the_paired_difference_of_their_differences() -> None:
    rng = np.random.default_rng(12)
    admitted, declined = [[rng.binomial(8, 0.5, 30) / 8 for _ in "ab"] for _ in range(2)]
    found = difference_of_differences(admitted, declined, clusters=(range(30), range(30)))
    expected = paired_difference(admitted[0] - declined[0], admitted[1] - declined[1], single=False)
    for name in ("difference", "low", "high", "p_t", "samples", "a", "b"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name)), name
    assert found.p == pytest.approx(expected.p, abs=0.02)


def test_a_score_without_one_kind_of_row_is_undefined() -> None:
    empty = (np.array([]), np.array([]))
    some = (np.array([0.5]), np.array([1.0]))
    assert difference_of_differences(some, empty, clusters=([1], [])).test == "undefined"


def test_the_calibration_score_covers_with_twins() -> None:
    rng = np.random.default_rng(13)
    covered = 0
    for _ in range(500):
        own = rng.beta(2, 2, 60)
        found = calibration_score(rng.binomial(4, own), np.full(60, 4.0), rng.binomial(4, own / 4), np.full(60, 4.0))
        covered += found.low <= 0.375 <= found.high
    assert 0.915 <= covered / 500 <= 0.98
