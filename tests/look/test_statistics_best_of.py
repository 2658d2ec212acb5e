"""pass@k and majority@k against the published example and against counting every draw."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from retake.look.statistics.best_of import majority_at_k, pass_at_k


def test_the_published_example_of_pass_at_k() -> None:
    assert round(float(pass_at_k(8, 2, 4)), 3) == 0.786


@pytest.mark.parametrize(("n", "c"), [(1, 0), (1, 1), (5, 2), (8, 0), (8, 3), (8, 8), (200, 7)])
def test_pass_at_k_is_the_product_of_chen_and_others(n: int, c: int) -> None:
    for k in (1, 2, 5, 8, 100):
        expected = math.nan if k > n else 1.0 if n - c < k else 1 - float(np.prod(1 - k / np.arange(n - c + 1, n + 1)))
        assert float(pass_at_k(n, c, k)) == pytest.approx(expected, nan_ok=True)


def test_pass_at_k_takes_arrays_and_is_nan_where_candidates_are_missing() -> None:
    found = pass_at_k(np.array([8, 2, 4]), np.array([2, 2, 0]), 4)
    assert found == pytest.approx([0.785714, math.nan, 0.0], nan_ok=True, abs=1e-6)


def counted(right: int, others: tuple[int, ...], silent: int, k: int) -> float:
    votes = ["right"] * right + [f"wrong{i}" for i, times in enumerate(others) for _ in range(times)] + [None] * silent
    shares = []
    for drawn in combinations(votes, k):
        said = Counter(vote for vote in drawn if vote is not None)
        top = [vote for vote, times in said.items() if times == max(said.values())] if said else []
        shares.append(1 / len(top) if "right" in top else 0.0)
    return sum(shares) / len(shares)


@pytest.mark.parametrize(
    ("right", "others", "silent"),
    [
        (1, (), 0),
        (0, (3,), 1),
        (3, (3, 2), 0),
        (2, (1, 1, 1, 1, 1, 1), 0),
        (4, (2, 1), 1),
        (1, (7,), 0),
        (2, (2, 2), 2),
        (5, (), 3),
    ],
)
def test_majority_is_what_counting_every_draw_gives(right: int, others: tuple[int, ...], silent: int) -> None:
    for k in range(1, right + sum(others) + silent + 1):
        assert majority_at_k(right, others, silent, k) == pytest.approx(counted(right, others, silent, k))


def test_majority_of_more_than_there_are_is_nan() -> None:
    assert math.isnan(majority_at_k(2, (1,), 0, 4))


def test_majority_of_very_many_candidates_is_still_a_chance() -> None:
    assert majority_at_k(150, (60, 30, *([1] * 16)), 0, 201) == pytest.approx(1.0)
