"""Every way to call a model, over real HTTP through the real SDKs: answers, faults, tries, limits, keys."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from known_model import Known
from retake import errors
from retake.calls import tries
from retake.calls.request import Call, Request
from retake.calls.transport import Transport, TransportSettings
from retake.providers.connect import open_transport
from servers.faults import Fault
from servers.provider import FakeProvider

KEY = "sk-proj-a1b2c3d4e5f6g7h8"
APIS = [("openai", "chat"), ("openai", "responses"), ("claude", "messages"), ("vllm", "chat")]
IDS = ["chat", "responses", "messages", "vllm"]


@pytest.fixture(autouse=True)
def _keys_and_short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "BASE_S", 0.05)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "VLLM_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def _server() -> Iterator[FakeProvider]:
    with FakeProvider(wrong_share=0.0) as server:
        yield server


@pytest.fixture
def server(_server: FakeProvider) -> FakeProvider:
    _server.plan()
    _server.reset()
    _server.set(wrong_share=0.0, keys=[KEY], models=None, latency_s=0.0, capacity=None, reasoning=False, headers={})
    return _server


def url_of(server: FakeProvider, provider: str) -> str:
    return server.url if provider == "claude" else server.openai_url


def ask(provider: str, api: str, number: int = 0, **more: Any) -> Request:
    params: dict[str, Any] = {"max_tokens": 500}
    if api == "chat":
        params["seed"] = number
    model = {"openai": "gpt-4o", "claude": "claude-haiku-5-5"}.get(provider, "qwen")
    messages = [{"role": "system", "content": "You are Marvin."}, {"role": "user", "content": f"What is {number} + 4?"}]
    given = {"messages": messages, "params": {**params, **more.pop("params", {})}, "draw": number, **more}
    return Request(provider=provider, api=api, model=model, **given)


def run(settings: TransportSettings, use: Callable[[Transport], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        transport = open_transport(settings)
        try:
            return await use(transport)
        finally:
            await transport.close()

    return asyncio.run(main())


def settings_for(server: FakeProvider, provider: str, **more: Any) -> TransportSettings:
    return TransportSettings(provider=provider, base_urls=(url_of(server, provider),), **{"max_tries": 3, **more})


@pytest.mark.parametrize(("provider", "api"), APIS, ids=IDS)
class TestEveryApi:
    def test_a_call_brings_its_answer_usage_cost_and_worker(
        self, server: FakeProvider, provider: str, api: str
    ) -> None:
        call = run(settings_for(server, provider), lambda t: t.send(ask(provider, api, 3)))
        assert call.answer.text.endswith("\\boxed{7}.")
        assert call.answer.finish_reason == "stop"
        assert call.answer.usage.input_tokens > 0
        assert call.answer.usage.output_tokens > 0
        assert (call.worker, call.tries, call.is_batch) == ("endpoint_1", (), False)
        assert (call.cost_usd is None) == (provider == "vllm")
        assert Call.from_dict(json.loads(json.dumps(call.as_dict()))) == call
        assert server.counts()["by_outcome"] == {"answered": 1}

    @pytest.mark.parametrize(
        ("kind", "recorded"),
        [
            ("rate_limit", "rate_limited"),
            ("server_error", "overloaded"),
            ("overloaded", "overloaded"),
            ("drop", "connection"),
            ("half_body", "connection"),
            ("html", "malformed_reply"),
            ("not_json", "malformed_reply"),
        ],
    )
    def test_a_failure_that_passes_is_tried_again_and_recorded(
        self, server: FakeProvider, provider: str, api: str, kind: str, recorded: str
    ) -> None:
        server.plan(Fault(kind, tries=1))
        call = run(settings_for(server, provider), lambda t: t.send(ask(provider, api)))
        assert call.answer.text.endswith("\\boxed{4}.")
        assert [(t["try"], t["kind"], t["endpoint"]) for t in call.tries] == [(1, recorded, "endpoint_1")]
        counts = server.counts()
        assert (counts["asked"], counts["answered"]) == (2, 1)

    @pytest.mark.parametrize(
        ("kind", "error", "tells"),
        [
            ("wrong_key", errors.NotAuthorised, "to a valid key"),
            ("no_money", errors.NotAuthorised, "no credit"),
            ("forbidden", errors.NotAuthorised, "not allowed"),
            ("unknown_model", errors.Refused, "model's name"),
            ("bad_request", errors.Refused, "planned bad_request"),
            ("too_large", errors.Refused, "planned too_large"),
        ],
    )
    def test_a_failure_that_stays_is_asked_once(
        self, server: FakeProvider, provider: str, api: str, kind: str, error: type[errors.CallError], tells: str
    ) -> None:
        server.plan(Fault(kind))
        with pytest.raises(error, match=tells):
            run(settings_for(server, provider), lambda t: t.send(ask(provider, api)))
        assert server.counts()["asked"] == 1

    def test_what_never_passes_ends_after_its_tries(self, server: FakeProvider, provider: str, api: str) -> None:
        server.plan(Fault("server_error"))
        with pytest.raises(errors.Overloaded, match="no answer in 3 tries") as caught:
            run(settings_for(server, provider), lambda t: t.send(ask(provider, api)))
        assert [t["status"] for t in caught.value.tries] == [500, 500, 500]
        assert server.counts()["asked"] == 3

    def test_a_hang_ends_at_the_time_limit_and_is_tried_again(
        self, server: FakeProvider, provider: str, api: str
    ) -> None:
        server.plan(Fault("hang", tries=1))
        settings = settings_for(server, provider, request_timeout_s=4.0, max_tries=8)
        call = run(settings, lambda t: t.send(ask(provider, api)))
        assert call.tries[0]["kind"] == "timeout"

    @pytest.mark.parametrize("kind", ["empty", "refusal", "length"])
    def test_an_odd_answer_is_an_answer_and_paid_once(
        self, server: FakeProvider, provider: str, api: str, kind: str
    ) -> None:
        server.plan(Fault(kind))
        answer = run(settings_for(server, provider), lambda t: t.send(ask(provider, api))).answer
        expected = {"empty": "stop", "refusal": "refusal", "length": "length"}[kind]
        assert (answer.finish_reason, answer.refusal) == (
            expected,
            "I cannot help with that." if kind == "refusal" else None,
        )
        assert server.counts()["asked"] == 1

    def test_a_tool_loop_returns_thinking_and_results_unchanged(
        self, server: FakeProvider, provider: str, api: str
    ) -> None:
        server.set(reasoning=True)
        parameters = {"type": "object", "properties": {"city name": {"type": "str"}}}
        tools = [{"type": "function", "function": {"name": "weather/now", "parameters": parameters}}]
        effort = {"reasoning_effort": "low"} if provider != "vllm" else {}
        first = ask(provider, api, tools=tools, params=effort)

        async def converse(transport: Transport) -> tuple[Call, Call]:
            call = await transport.send(first)
            (tool_call,) = call.answer.tool_calls
            result = {"role": "tool", "tool_call_id": tool_call.id, "content": '{"degrees": 20}'}
            messages = [*first.messages, call.answer.as_message(), result]
            return call, await transport.send(ask(provider, api, tools=tools, params=effort, messages=messages))

        call, last = run(settings_for(server, provider), converse)
        assert (call.answer.finish_reason, call.answer.tool_calls[0].name) == ("tool_calls", "weather/now")
        assert last.answer.text.startswith('The tool said {"degrees": 20}')
        assert last.answer.finish_reason == "stop"
        if (provider, api) != ("openai", "responses"):  # a summary is not asked for
            assert last.answer.reasoning.startswith("Let me think")

    def test_structured_output_comes_as_parts(self, server: FakeProvider, provider: str, api: str) -> None:
        step = {"type": "object", "properties": {"explanation": {"type": "string"}, "output": {"type": "string"}}}
        properties = {"steps": {"type": "array", "items": step}, "final_answer": {"type": "string"}}
        form = {"name": "solution", "schema": {"type": "object", "properties": properties}}
        answer = run(settings_for(server, provider), lambda t: t.send(ask(provider, api, response_format=form))).answer
        assert answer.parts["final_answer"] == "\\boxed{4}"
        assert set(answer.parts["steps"][0]) == {"explanation", "output"}

    def test_a_wrong_key_is_named_by_its_variable_and_never_shown(
        self, server: FakeProvider, provider: str, api: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        server.set(keys=["another"])
        with pytest.raises(errors.NotAuthorised, match=r"_API_KEY") as caught:
            run(settings_for(server, provider), lambda t: t.send(ask(provider, api)))
        assert KEY not in "".join((str(caught.value), repr(caught.value.tries), caplog.text))
        assert server.counts()["asked"] == 1


@pytest.mark.parametrize(("provider", "name"), [("openai", "OPENAI_API_KEY"), ("claude", "ANTHROPIC_API_KEY")])
def test_a_missing_key_is_said_before_any_request(
    server: FakeProvider, provider: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(errors.NotAuthorised, match=name):
        run(settings_for(server, provider), lambda t: t.send(ask(provider, "chat")))
    assert server.counts()["asked"] == 0


def test_a_server_of_ones_own_needs_no_key(server: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VLLM_API_KEY")
    server.set(keys=None)
    assert run(settings_for(server, "vllm"), lambda t: t.send(ask("vllm", "chat"))).answer.text


@pytest.mark.parametrize(
    ("provider", "api", "name"), [("openai", "chat", "OPENAI_BASE_URL"), ("claude", "messages", "ANTHROPIC_BASE_URL")]
)
def test_the_environments_base_url_is_honoured(
    server: FakeProvider, provider: str, api: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, url_of(server, provider))
    call = run(TransportSettings(provider=provider), lambda t: t.send(ask(provider, api)))
    assert call.worker == provider


def test_a_claude_that_still_takes_a_temperature_gets_it_under_the_old_version(server: FakeProvider) -> None:
    request = ask("claude", "messages", params={"temperature": 0.5})
    assert run(settings_for(server, "claude"), lambda t: t.send(request)).answer.text
    assert server.requests()[0]["body"]["temperature"] == 0.5


def test_a_very_long_claude_answer_needs_no_stream(server: FakeProvider) -> None:
    request = ask("claude", "messages", params={"max_tokens": 131_072})
    assert run(settings_for(server, "claude"), lambda t: t.send(request)).answer.finish_reason == "stop"


@pytest.mark.parametrize(("provider", "api"), APIS, ids=IDS)
def test_half_a_surrogate_pair_in_a_prompt_does_no_harm(server: FakeProvider, provider: str, api: str) -> None:
    messages = [{"role": "user", "content": "\ud83d What is 2 + 3?"}]
    call = run(settings_for(server, provider), lambda t: t.send(ask(provider, api, messages=messages)))
    assert call.answer.text.endswith("\\boxed{5}.")


def test_headers_that_say_nothing_is_left_are_heeded(server: FakeProvider) -> None:
    headers = {"remaining-requests": "0", "limit-requests": "600", "reset-requests": "90ms"}
    server.set(headers={f"x-ratelimit-{name}": value for name, value in headers.items()})

    async def use(transport: Transport) -> list[dict[str, Any]]:
        await asyncio.gather(*(transport.send(ask("openai", "chat", n)) for n in range(4)))
        return transport.limiter.history

    history = run(settings_for(server, "openai", concurrency=1), use)
    assert ("nothing left", 0.09) in {(line["reason"], line["paused_s"]) for line in history}
    assert server.counts()["answered"] == 4


def test_retry_after_is_waited_for(server: FakeProvider) -> None:
    server.plan(Fault("rate_limit", tries=1, retry_after_s=0.3))
    call = run(settings_for(server, "openai"), lambda t: t.send(ask("openai", "chat")))
    assert call.tries[0]["retry_after_s"] == 0.3


def test_a_wait_too_long_for_a_run_ends_the_call(server: FakeProvider) -> None:
    server.plan(Fault("rate_limit", retry_after_s=7200))
    with pytest.raises(errors.RateLimited):
        run(settings_for(server, "openai"), lambda t: t.send(ask("openai", "chat")))
    assert server.counts()["asked"] == 1


def test_the_number_in_flight_stays_within_the_concurrency(server: FakeProvider) -> None:
    server.set(latency_s=0.02)

    async def use(transport: Transport) -> None:
        await asyncio.gather(*(transport.send(ask("openai", "chat", n)) for n in range(60)))

    run(settings_for(server, "openai", concurrency=7), use)
    counts = server.counts()
    assert counts["answered"] == 60
    assert counts["max_in_flight"] <= 7


def test_two_transports_of_one_key_share_one_limit(server: FakeProvider) -> None:
    server.set(latency_s=0.02)

    async def main() -> None:
        transports = [open_transport(settings_for(server, "openai", concurrency=4)) for _ in range(2)]
        await asyncio.gather(*(transports[n % 2].send(ask("openai", "chat", n)) for n in range(40)))
        assert transports[0].limiter is transports[1].limiter
        await asyncio.gather(*(transport.close() for transport in transports))

    asyncio.run(main())
    assert server.counts()["max_in_flight"] <= 4


def test_a_provider_that_takes_fewer_is_found_out_and_nothing_is_lost(server: FakeProvider) -> None:
    server.set(latency_s=0.3, capacity=6)

    async def use(transport: Transport) -> Any:
        calls = await asyncio.gather(*(transport.send(ask("openai", "chat", n)) for n in range(120)))
        return calls, transport.limiter.history

    calls, history = run(settings_for(server, "openai", concurrency=48, max_tries=15), use)
    assert len(calls) == 120
    assert server.counts()["most_answers_to_one_body"] == 1
    assert min(line["limit"] for line in history) <= 24
    assert history[0] == {"at_s": 0.0, "limit": 48, "reason": "start", "in_flight": 0, "paused_s": None}


def test_a_cancelled_call_gives_its_slot_back(server: FakeProvider) -> None:
    server.set(latency_s=60.0)

    async def use(transport: Transport) -> None:
        sending = asyncio.ensure_future(transport.send(ask("openai", "chat")))
        while server.counts()["in_flight"] == 0:
            await asyncio.sleep(0.02)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        server.set(latency_s=0.0)
        assert transport.limiter.in_flight == 0
        await transport.send(ask("openai", "chat", 1))

    run(settings_for(server, "openai", concurrency=1), use)


def test_claudes_prompt_cache_is_written_read_and_counted(server: FakeProvider) -> None:
    long = [{"role": "system", "content": "You are Marvin. " * 500}, {"role": "user", "content": "What is 1 + 1?"}]

    async def use(transport: Transport) -> list[Call]:
        return [await transport.send(ask("claude", "messages", n, messages=long)) for n in range(3)]

    calls = run(settings_for(server, "claude", known=lambda _: Known()), use)
    usages = [call.answer.usage for call in calls]
    assert usages[0].cache_write_tokens > 1024
    assert [u.cached_input_tokens for u in usages] == [0, usages[0].cache_write_tokens, usages[0].cache_write_tokens]
    assert len({u.input_tokens for u in usages}) == 1
    assert calls[1].cost_usd < calls[0].cost_usd


@pytest.mark.parametrize(("provider", "api"), APIS[:3], ids=IDS[:3])
def test_the_first_candidate_writes_the_prompt_cache_and_its_siblings_read_it(
    server: FakeProvider, provider: str, api: str
) -> None:
    server.set(latency_s=0.05)
    long = [{"role": "system", "content": "You are Marvin. " * 500}, {"role": "user", "content": "What is 1 + 1?"}]

    async def use(transport: Transport) -> list[Call]:
        return await asyncio.gather(*(transport.send(ask(provider, api, n, messages=long)) for n in range(8)))

    usages = [call.answer.usage for call in run(settings_for(server, provider, known=lambda _: Known()), use)]
    assert usages[0].cached_input_tokens == 0
    assert all(usage.cached_input_tokens > 1024 for usage in usages[1:])
    assert sum(usage.cache_write_tokens > 0 for usage in usages) == (provider == "claude")


def test_the_history_of_the_limit_is_logged_as_it_happens(server: FakeProvider, tmp_path: Path) -> None:
    server.plan(Fault("rate_limit", tries=1))
    settings = settings_for(server, "openai", log_folder=tmp_path / "logs")
    history = run(settings, _history_after)
    (log,) = (tmp_path / "logs").glob("limits-openai-*.jsonl")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines == history
    assert [line["reason"] for line in lines][:2] == ["start", "rate_limited"]


async def _history_after(transport: Transport) -> list[dict[str, Any]]:
    await transport.send(ask("openai", "chat"))
    return transport.limiter.history


def test_a_storm_of_faults_loses_nothing_and_pays_nothing_twice(server: FakeProvider) -> None:
    kinds = ("rate_limit", "server_error", "overloaded", "drop", "half_body", "html", "not_json")
    server.plan(
        *(Fault(kind, share=0.04, seed=n, retry_after_s=0.01 if n else None) for n, kind in enumerate(kinds)),
        Fault("refusal", share=0.02, seed=11),
        Fault("empty", share=0.02, seed=12),
    )
    requests = [ask("openai", "chat", sample * 8 + candidate) for sample in range(100) for candidate in range(8)]

    async def use(transport: Transport) -> list[Call]:
        return await asyncio.gather(*(transport.send(request) for request in requests))

    calls = run(settings_for(server, "openai", concurrency=64, max_tries=12), use)
    counts = server.counts()
    assert [call.digest for call in calls] == [request.digest for request in requests]
    assert (counts["delivered"], counts["most_answers_to_one_body"]) == (800, 1)
    assert counts["asked"] == 800 + sum(len(call.tries) for call in calls)
    assert KEY not in json.dumps([call.as_dict() for call in calls])
