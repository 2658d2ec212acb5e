"""An answer that the disk refuses is the last one that is asked for."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest
from retake.calls.client import Client
from retake.calls.request import Answer, Call, Request, Usage
from retake.calls.store import CallStore
from retake.files import NotWritten


def request(number: int) -> Request:
    messages = [{"role": "user", "content": f"What is {number} + 1?"}]
    return Request(provider="openai", api="chat", model="m", messages=messages)


def test_after_a_refused_answer_nothing_more_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    client, sent = Client(CallStore(tmp_path / "calls")), []

    async def send(asked: Request) -> Call:
        sent.append(asked)
        answer = Answer(text="2", finish_reason="stop", usage=Usage(input_tokens=1, output_tokens=1))
        return Call(asked, answer, "2026-11-21T00:00:00.000Z", 0.1, "openai", (), 0.0)

    async def both() -> None:
        with pytest.raises(NotWritten, match=r"cannot be written .*same command again"):
            await client.ask(request(1), send)
        with pytest.raises(NotWritten):
            await client.ask(request(2), send)

    asyncio.run(both())
    assert len(sent) == 1
