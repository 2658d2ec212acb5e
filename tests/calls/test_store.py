"""The call store keeps every paid answer; the client asks each request once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from retake.calls.client import Client
from retake.calls.request import Answer, Call, Request, ToolCall, Usage
from retake.calls.store import CallStore
from retake.errors import Overloaded


def request(text: str = "2 + 2 =", **changes: object) -> Request:
    return Request("openai", "chat", "m", [{"role": "user", "content": text}], **changes)


def call(asked: Request) -> Call:
    answer = Answer(
        text="4", tool_calls=(ToolCall("1", "add", "{}"),), usage=Usage(10, 2, 0, 3, 1), parts={"final_answer": "4"}
    )
    return Call(
        asked, answer, asked_at="2026-11-21T00:00:00.000Z", latency_s=0.5, tries=({"kind": "timeout"},), cost_usd=0.01
    )


def test_a_call_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    store = CallStore(tmp_path / "calls")
    store.put(call(request()))
    assert store.get(request().digest) == call(request())
    assert list(store.digests()) == [request().digest]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"draw": 1}, id="draw"),
        pytest.param({"params": {"seed": 1}}, id="seed"),
        pytest.param({"tools": [{"type": "function"}]}, id="tools"),
        pytest.param({"response_format": {"name": "x", "schema": {}}}, id="format"),
        pytest.param({"text": "2 + 3 ="}, id="messages"),
    ],
)
def test_another_request_is_another_call(changes: dict[str, object]) -> None:
    assert request(**changes).digest != request().digest


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"checksum": "0"}', b"\xff\xfe"], ids=["empty", "cut", "forged", "bytes"]
)
def test_a_damaged_call_is_set_aside_and_asked_again(tmp_path: Path, damage: bytes) -> None:
    store = CallStore(tmp_path / "calls")
    store.put(call(request()))
    store.path_of(request().digest).write_bytes(damage)
    assert store.get(request().digest) is None
    assert not store.has(request().digest)
    assert (tmp_path / "damaged" / f"{request().digest}.json").read_bytes() == damage


def test_a_call_under_another_requests_name_is_no_answer(tmp_path: Path) -> None:
    store = CallStore(tmp_path / "calls")
    store.put(call(request()))
    other = store.path_of(request("9").digest)
    other.parent.mkdir(parents=True, exist_ok=True)
    store.path_of(request().digest).rename(other)
    assert store.get(request("9").digest) is None


def test_jobs_that_want_the_same_call_make_it_once(tmp_path: Path) -> None:
    sent: list[Request] = []

    async def send(asked: Request) -> Call:
        sent.append(asked)
        await asyncio.sleep(0.01)
        return call(asked)

    async def many() -> list[Call]:
        ask = Client(CallStore(tmp_path)).asking(send)
        return list(await asyncio.gather(*(ask(request()) for _ in range(20))))

    assert asyncio.run(many()) == [call(request())] * 20
    assert len(sent) == 1


def test_an_answer_is_on_disk_before_anyone_has_it(tmp_path: Path) -> None:
    store = CallStore(tmp_path)

    async def send(asked: Request) -> Call:
        return call(asked)

    async def one() -> bool:
        await Client(store).asking(send)(request())
        return store.has(request().digest)

    assert asyncio.run(one())


def test_a_failed_call_is_not_kept_and_may_be_asked_again(tmp_path: Path) -> None:
    tries: list[int] = []

    async def send(asked: Request) -> Call:
        tries.append(1)
        if len(tries) == 1:
            raise Overloaded("busy")
        return call(asked)

    async def twice() -> Call:
        ask = Client(CallStore(tmp_path)).asking(send)
        with pytest.raises(Overloaded):
            await ask(request())
        return await ask(request())

    assert asyncio.run(twice()) == call(request())
