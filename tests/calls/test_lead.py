"""The lead of a prompt cache."""

from __future__ import annotations

import asyncio

import pytest
from retake.calls.lead import Lead, prefix_key
from retake.calls.request import Request


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


def test_siblings_of_a_lead_that_takes_too_long_go_on_without_it() -> None:
    async def main() -> None:
        lead, released = Lead(patience_s=0.01), asyncio.Event()

        async def slow() -> None:
            async with lead("k"):
                await released.wait()

        leading = asyncio.ensure_future(slow())
        await asyncio.sleep(0)
        async with lead("k") as leads:
            assert not leads
        released.set()
        await leading

    asyncio.run(main())


LONG, SHORT = "x" * 8000, "x" * 40


@pytest.mark.parametrize(
    ("api", "system", "user", "same_user", "same_system"),
    [
        ("messages", LONG, SHORT, True, True),
        ("messages", SHORT, LONG, False, False),
        ("chat", LONG, SHORT, True, True),
        ("chat", SHORT, LONG, True, False),
        ("chat", SHORT, SHORT, False, False),
    ],
    ids=["claude, long persona", "claude, long question", "long persona", "long question", "all short"],
)
def test_requests_share_a_prefix_where_the_provider_caches_it(
    api: str, system: str, user: str, same_user: bool, same_system: bool
) -> None:
    def key(user: str, draw: int) -> str | None:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return prefix_key(Request("p", api, "m", messages, draw=draw), 1024)

    siblings = {key(user, 0), key(user, 1)}
    assert (siblings != {None} and len(siblings) == 1) == same_user
    others = {key(user, 0), key(f"another {user}", 0)}
    assert (others != {None} and len(others) == 1) == same_system


def test_without_a_known_minimum_nothing_waits() -> None:
    assert prefix_key(Request("p", "chat", "m", [{"role": "system", "content": LONG}]), None) is None
