"""A prompt that is longer than the model's context is one candidate's failure, however early it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from retake.answer.generate import Failures
from retake.calls.request import Request
from retake.calls.transport import TransportSettings
from retake.errors import CallError, Refused, TooLong
from retake.providers.connect import open_transport
from servers.faults import Fault
from servers.provider import FakeProvider

SAID = {
    "vllm": "This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049 input tokens",
    "vllm, otherwise": "Input length (4000) exceeds model's maximum context length (2048).",
    "openai chat": "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
    "openai responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "claude": "prompt is too long: 208310 tokens > 200000 maximum",
    "llama.cpp": "request (2061 tokens) exceeds the available context size (2048 tokens), try increasing it",
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


def refusal(server: FakeProvider, message: str) -> CallError:
    server.plan(Fault("bad_request", message=message))
    request = Request("vllm", "chat", "some/model", [{"role": "user", "content": "What is 2 + 2?"}])

    async def asked() -> None:
        transport = open_transport(TransportSettings("vllm", (server.openai_url,)))
        try:
            await transport.send(request)
        finally:
            await transport.close()

    with pytest.raises(CallError) as caught:
        asyncio.run(asked())
    return caught.value


@pytest.mark.parametrize("message", [pytest.param(text, id=name) for name, text in SAID.items()])
def test_it_is_told_from_other_refusals_and_ends_nothing(server: FakeProvider, message: str) -> None:
    error = refusal(server, message)
    assert isinstance(error, TooLong)
    assert error.kind == "too_long"
    assert message in str(error)
    Failures("a/b", 10, 0.5).failure(error)


def test_another_refusal_before_any_answer_ends_the_run(server: FakeProvider) -> None:
    error = refusal(server, "unknown parameter: seeds")
    assert type(error) is Refused
    with pytest.raises(Refused):
        Failures("a/b", 10, 0.5).failure(error)
