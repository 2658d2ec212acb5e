"""The hard cap on spending."""

from __future__ import annotations

import pytest
from retake.calls.budget import Budget
from retake.errors import BudgetReached


def test_a_budget_stops_new_calls_and_says_how_to_go_on() -> None:
    budget = Budget(0.5)
    budget.check("marvin/x")
    budget.spend(0.3)
    budget.check("marvin/x")
    budget.spend(0.3)
    with pytest.raises(
        BudgetReached, match=r"marvin/x: .* spent 0.6000 of budget_usd=0.5 .* 2 new answers.*budget_usd=1\)"
    ):
        budget.check("marvin/x")
    assert BudgetReached.is_fatal


def test_a_budget_of_nothing_lets_nothing_start_and_none_is_no_cap() -> None:
    with pytest.raises(BudgetReached):
        Budget(0).check("x")
    free = Budget(None)
    free.spend(1e9)
    free.check("x")


def test_unknown_costs_are_counted_apart() -> None:
    budget = Budget(1.0)
    budget.spend(None)
    assert (budget.spent_usd, budget.unpriced, budget.is_reached) == (0.0, 1, False)
