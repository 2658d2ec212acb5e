"""Several endpoints of one model: in turn, out when failing, back when well; over real servers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from retake import errors
from retake.calls import tries
from retake.calls.request import Call, Request
from retake.calls.transport import Transport, TransportSettings
from retake.providers.connect import open_transport
from servers.faults import Fault
from servers.provider import FakeProvider

PATIENCE_S = 120.0


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "BASE_S", 0.05)


def ask(number: int) -> Request:
    messages = [{"role": "user", "content": f"What is {number} + 1?"}]
    return Request("vllm", "chat", "qwen", messages, params={"max_tokens": 100, "seed": number})


def run(urls: list[str], use: Callable[[Transport], Awaitable[Any]], **more: Any) -> Any:
    async def main() -> Any:
        settings = TransportSettings(provider="vllm", base_urls=tuple(urls), **{"max_tries": 3, **more})
        transport = open_transport(settings)
        try:
            return await use(transport)
        finally:
            await transport.close()

    return asyncio.run(main())


async def many(transport: Transport, numbers: range) -> list[Call]:
    return await asyncio.gather(*(transport.send(ask(number)) for number in numbers))


def test_healthy_endpoints_are_used_in_turn_and_the_worker_is_recorded() -> None:
    with FakeProvider() as one, FakeProvider() as two, FakeProvider() as three:
        calls = run([s.openai_url for s in (one, two, three)], lambda t: many(t, range(30)))
        assert Counter(call.worker for call in calls) == {"endpoint_1": 10, "endpoint_2": 10, "endpoint_3": 10}
        assert [s.counts()["answered"] for s in (one, two, three)] == [10, 10, 10]


def test_a_dead_endpoint_is_taken_out_and_its_calls_move_to_the_others() -> None:
    async def use(transport: Transport) -> tuple[list[Call], list[dict[str, Any]]]:
        calls = [call for start in range(0, 60, 6) for call in await many(transport, range(start, start + 6))]
        return calls, transport.endpoints.history

    with FakeProvider(is_down=True) as dead, FakeProvider() as one, FakeProvider() as two:
        calls, history = run([s.openai_url for s in (dead, one, two)], use)
        assert len(calls) == 60
        assert {call.worker for call in calls} == {"endpoint_2", "endpoint_3"}
        assert history[0] == {"endpoint": "endpoint_1", "event": "out", "reason": "connection"}
        moved = [call for call in calls if call.tries]
        assert moved
        assert all([(t["endpoint"], t["kind"]) for t in call.tries] == [("endpoint_1", "connection")] for call in moved)
        assert one.counts()["answered"] + two.counts()["answered"] == 60


def test_an_endpoint_that_comes_back_is_probed_and_used_again() -> None:
    with FakeProvider() as one, FakeProvider(is_down=True) as two:

        async def use(transport: Transport) -> set[str | None]:
            await many(transport, range(8))
            sick = transport.endpoints.all[1]
            assert not sick.is_healthy
            two.set(is_down=False)
            async with asyncio.timeout(PATIENCE_S):
                while not sick.is_healthy:
                    await asyncio.sleep(0.05)
            return {call.worker for call in await many(transport, range(8, 16))}

        assert run([one.openai_url, two.openai_url], use) == {"endpoint_1", "endpoint_2"}


def test_an_endpoint_that_answers_garbage_is_taken_out_after_two() -> None:
    with FakeProvider() as one, FakeProvider(faults=[Fault("html", path="/completions")]) as two:
        calls = run([one.openai_url, two.openai_url], lambda t: many(t, range(20)), concurrency=2)
        assert {call.worker for call in calls} == {"endpoint_1"}
        assert one.counts()["answered"] == 20
        assert 2 <= two.counts()["asked"] <= 20


def test_where_every_endpoint_is_dead_the_call_ends_after_its_tries() -> None:
    with FakeProvider(is_down=True) as one, FakeProvider(is_down=True) as two:
        urls = [one.openai_url, two.openai_url]
        with pytest.raises(errors.ConnectionFailed, match="no answer in 3 tries") as caught:
            run(urls, lambda t: t.send(ask(1)))
    assert [t["endpoint"] for t in caught.value.tries][:2] == ["endpoint_1", "endpoint_2"]
    assert "127.0.0.1" not in str(caught.value) + repr(caught.value.tries)
