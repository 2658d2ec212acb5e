"""The hard cap on spending, and the lead of a prompt cache."""

from __future__ import annotations

import asyncio

import pytest
from retake.calls.budget import Budget
from retake.calls.lead import Lead
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


def test_the_first_of_a_prefix_goes_ahead_and_its_siblings_follow_together() -> None:
    async def main() -> None:
        lead, log, together = Lead(), [], 0

        async def one(key: str, number: int) -> None:
            nonlocal together
            async with lead(key) as leads:
                log.append((key, number, leads, len(log)))
                together += not leads
                await asyncio.sleep(0.01)

        await asyncio.gather(*(one(key, number) for key in "ab" for number in range(5)))
        leads = [(key, number) for key, number, leading, _ in log if leading]
        assert leads == [("a", 0), ("b", 0)]
        assert [place for *_, leading, place in log if leading] == [0, 1]
        assert together == 8

    asyncio.run(main())


def test_where_the_lead_fails_the_next_one_leads() -> None:
    async def main() -> None:
        lead, leading = Lead(), []

        async def one(number: int) -> None:
            async with lead("k") as leads:
                leading.append(leads)
                await asyncio.sleep(0)
                if number == 0:
                    raise ValueError

        results = await asyncio.gather(*(one(number) for number in range(4)), return_exceptions=True)
        assert isinstance(results[0], ValueError)
        assert leading == [True, True, False, False]

    asyncio.run(main())
