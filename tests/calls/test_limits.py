"""The adaptive limit, the windows a minute, and what headers say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.calls.headers import Left, RateHints, rate_hints, retry_after_s
from retake.calls.limits import Limiter, Slot, Window

NO_HINTS = RateHints()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def limited(start: int, body: Callable[[Limiter, Clock], Coroutine[Any, Any, None]], **more: Any) -> Limiter:
    clock = Clock()
    limiter = Limiter(start, clock=clock, **more)
    asyncio.run(body(limiter, clock))
    return limiter


async def take(limiter: Limiter) -> Slot:
    return await limiter.acquire("m", input_tokens=10, max_tokens=10)


def answer(limiter: Limiter, slot: Slot, hints: RateHints = NO_HINTS) -> None:
    limiter.answered(slot, hints, input_tokens=10, output_tokens=10)
    limiter.release(slot)


def test_never_more_than_the_limit_are_in_flight_and_the_first_to_wait_goes_first() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        order: list[int] = []

        async def one(number: int) -> None:
            slot = await take(limiter)
            order.append(number)
            assert limiter.in_flight <= 3
            await asyncio.sleep(0)
            answer(limiter, slot)

        await asyncio.gather(*(one(number) for number in range(20)))
        assert order == list(range(20))
        assert limiter.in_flight == 0

    limited(3, body)


def test_one_request_is_let_in_a_round_of_the_loop_so_that_answers_are_kept_between() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        waiting = [asyncio.ensure_future(take(limiter)) for _ in range(6)]
        grown, before = [], 0
        while not all(one.done() for one in waiting):
            await asyncio.sleep(0)
            grown.append(limiter.in_flight - before)
            before = limiter.in_flight
        assert sum(grown) == 6
        assert max(grown) == 1

    limited(64, body)


def test_one_overload_halves_once_however_many_requests_it_struck() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        slots = [await take(limiter) for _ in range(16)]
        for slot in slots:
            limiter.struck(slot, retry_after_s=None, reason="rate_limited")
            limiter.release(slot)
        assert limiter.limit == 8
        limiter.struck(await take(limiter), retry_after_s=None, reason="rate_limited")
        assert limiter.limit == 4

    assert [line["limit"] for line in limited(16, body).history] == [16, 8, 4]


def test_the_limit_never_falls_below_one_and_grows_back_to_its_ceiling() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        for _ in range(9):
            slot = await take(limiter)
            limiter.struck(slot, retry_after_s=None, reason="overloaded")
            limiter.release(slot)
        assert limiter.limit == 1
        for _ in range(200):
            answer(limiter, await take(limiter))
        assert limiter.limit == 8

    history = limited(8, body).history
    assert history[-1]["limit"] == 8
    assert {line["reason"] for line in history} == {"start", "overloaded", "grown"}


def test_a_higher_ceiling_lets_it_grow_beyond_its_start() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        for _ in range(100):
            answer(limiter, await take(limiter))

    assert limited(2, body, ceiling=6).limit == 6


def test_nothing_starts_before_retry_after_has_passed() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        slot = await take(limiter)
        limiter.struck(slot, retry_after_s=30.0, reason="rate_limited")
        limiter.release(slot)
        waiting = asyncio.ensure_future(take(limiter))
        await asyncio.sleep(0.01)
        clock.now = 29.9
        limiter._admit()
        await asyncio.sleep(0.01)
        assert not waiting.done()
        clock.now = 30.1
        limiter._admit()
        limiter.release(await waiting)

    assert limited(4, body).history[-1]["paused_s"] == 30.0


def test_no_request_left_by_the_headers_waits_for_the_next_one() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        hints = RateHints(requests=Left(remaining=0, limit=60, reset_s=45.0))
        answer(limiter, await take(limiter), hints)
        waiting = asyncio.ensure_future(take(limiter))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        clock.now = 1.01
        limiter._admit()
        limiter.release(await waiting)

    assert limited(4, body).history[-1]["paused_s"] == 1.0


@pytest.mark.parametrize(
    "known",
    [{"requests_per_minute": 2, "tokens_per_minute": None}, {"requests_per_minute": None, "tokens_per_minute": 45}],
)
def test_a_models_known_limits_a_minute_are_kept(known: dict[str, int | None]) -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        limiter.know("m", **known)
        for _ in range(2):
            answer(limiter, await take(limiter))
        waiting = asyncio.ensure_future(take(limiter))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        clock.now = 60.1
        limiter._admit()
        limiter.release(await waiting)

    limited(4, body)


def test_a_cancelled_wait_takes_no_slot() -> None:
    async def body(limiter: Limiter, clock: Clock) -> None:
        slot = await take(limiter)
        waiting = [asyncio.ensure_future(take(limiter)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limiter.release(slot)
        waiting[1].cancel()
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        limiter.release(await waiting[2])
        assert limiter.in_flight == 0

    limited(1, body)


@given(
    limit=st.integers(1, 50),
    amounts=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 20)), max_size=60),
)
def test_no_window_of_a_minute_ever_holds_more_than_its_limit(limit: int, amounts: list[tuple[float, int]]) -> None:
    window, now, spent = Window(limit), 0.0, []
    for pause, amount in amounts:
        now += pause
        wait = window.wait(now, amount)
        now += wait + (1e-6 if wait else 0)
        window.spend(now, min(amount, limit))
        spent.append((now, min(amount, limit)))
    for start, _ in spent:
        assert sum(amount for moment, amount in spent if start <= moment < start + 60 - 1e-3) <= limit


def test_a_window_without_a_limit_never_waits() -> None:
    window = Window(None)
    window.spend(0, 1e9)
    assert window.wait(0, 1e9) == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 07:00:30 GMT", "date": "Sat, 21 Nov 2026 07:00:00 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 06:00:00 GMT", "date": "Sat, 21 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 07:00:30 -0000", "date": "Sat, 21 Nov 2026 07:00:00 -0000"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize(
    ("headers", "hints"),
    [
        ({}, RateHints()),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-limit-requests": "500",
                "x-ratelimit-reset-requests": "120ms",
                "x-ratelimit-remaining-tokens": "900",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            RateHints(Left(0, 500, 0.12), (Left(900, None, 360.0),)),
        ),
        (
            {
                "date": "Sat, 21 Nov 2026 07:00:00 GMT",
                "anthropic-ratelimit-requests-remaining": "3",
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-reset": "2026-11-21T07:00:10Z",
                "anthropic-ratelimit-output-tokens-remaining": "0",
            },
            RateHints(Left(3, 50, 10.0), (Left(0, None, None),)),
        ),
        ({"x-ratelimit-remaining-requests": "many"}, RateHints()),
    ],
    ids=["none", "openai", "anthropic", "garbage"],
)
def test_rate_limit_headers_of_both_providers(headers: dict[str, str], hints: RateHints) -> None:
    assert rate_hints(headers) == hints
