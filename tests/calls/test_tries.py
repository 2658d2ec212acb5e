"""When a call is asked again, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake import errors
from retake.calls.tries import CAP_S, given_up, is_overload, may_try_again, try_record, wait_before


@pytest.mark.parametrize(
    ("error", "again", "overload"),
    [
        (errors.RateLimited("x", status=429), True, True),
        (errors.Overloaded("x", status=529), True, True),
        (errors.Overloaded("x", status=503), True, True),
        (errors.Overloaded("x", status=500), True, False),
        (errors.ConnectionFailed("x"), True, False),
        (errors.TimedOut("x"), True, False),
        (errors.MalformedReply("x"), True, False),
        (errors.RateLimited("x", status=429, retry_after_s=3600), False, True),
        (errors.Refused("x", status=400), False, False),
        (errors.NotAuthorised("x", status=401), False, False),
        (errors.BudgetReached("x"), False, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_the_type_alone_decides(error: errors.CallError, again: bool, overload: bool) -> None:
    assert (may_try_again(error), is_overload(error)) == (again, overload)


@given(number=st.integers(2, 40), seed=st.text(max_size=8), asked=st.none() | st.floats(0, 300))
def test_a_wait_has_bounds_and_honours_retry_after(number: int, seed: str, asked: float | None) -> None:
    wait = wait_before(number, errors.Overloaded("x", retry_after_s=asked), seed=seed)
    assert (asked or 0) <= wait <= (asked or 0) + CAP_S
    assert wait == wait_before(number, errors.Overloaded("x", retry_after_s=asked), seed=seed)


def test_waits_differ_from_call_to_call() -> None:
    waits = {wait_before(2, errors.Overloaded("x"), seed=str(seed)) for seed in range(50)}
    assert len(waits) == 50


def test_giving_up_keeps_the_type_and_tells_every_try() -> None:
    tries = [try_record(errors.Overloaded("so", status=500), number=n, worker="endpoint_1") for n in (1, 2)]
    last = given_up(errors.Overloaded("so", status=500), tries)
    assert isinstance(last, errors.Overloaded)
    assert str(last) == "no answer in 2 tries; the last: so"
    assert last.tries == tuple(tries)
    assert tries[1] == {
        "try": 2,
        "kind": "overloaded",
        "message": "so",
        "status": 500,
        "endpoint": "endpoint_1",
        "retry_after_s": None,
    }
