"""A model's known limits a minute hold over real HTTP: what is over them is not sent."""

from __future__ import annotations

import asyncio

import pytest
from known_model import Known
from retake.calls.request import Request
from retake.calls.transport import Transport, TransportSettings
from retake.providers.connect import open_transport
from servers.provider import FakeProvider

WAIT_S = 2.0


def ask(number: int) -> Request:
    messages = [{"role": "user", "content": f"What is {number} + 4?"}]
    return Request("openai", "chat", "minute-model", messages, params={"max_tokens": 500, "seed": number})


async def sent_at_once(transport: Transport, count: int) -> int:
    """Send `count` requests together and return how many were answered before the limit held up the rest."""
    tasks = [asyncio.ensure_future(transport.send(ask(number))) for number in range(count)]
    done: set[asyncio.Future[object]] = set()
    while not done:
        done, _ = await asyncio.wait(tasks, timeout=WAIT_S)
    done, pending = await asyncio.wait(tasks, timeout=WAIT_S)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return len(done)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(Known(requests_per_minute=2), id="requests"),
        pytest.param(Known(tokens_per_minute=45), id="tokens"),
    ],
)
def test_what_is_over_a_limit_a_minute_is_not_sent(monkeypatch: pytest.MonkeyPatch, known: Known) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")

    async def main(url: str) -> int:
        settings = TransportSettings(provider="openai", base_urls=(url,), known=lambda _: known)
        transport = open_transport(settings)
        try:
            return await sent_at_once(transport, 6)
        finally:
            await transport.close()

    with FakeProvider() as server:
        answered = asyncio.run(main(server.openai_url))
        assert 1 <= answered <= 2
        assert server.counts()["asked"] == answered
