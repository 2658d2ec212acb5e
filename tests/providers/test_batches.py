"""Half-price batches over real HTTP: answers, rounds, splits, and a kill between any two steps."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from retake import errors
from retake.calls import tries
from retake.calls.prices import price_of
from retake.calls.request import Call, Request
from retake.calls.transport import TransportSettings
from retake.providers.batch_state import split
from retake.providers.batches import BatchReport, run_batch
from servers.faults import Fault
from servers.provider import FakeProvider
from workspace import ROOT

KEY = "sk-ant-b2c3d4e5f6g7"
APIS = [("openai", "chat"), ("openai", "responses"), ("claude", "messages")]
IDS = ["chat", "responses", "messages"]
MODELS = {"openai": "gpt-4o", "claude": "claude-haiku-5-5"}


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


@pytest.fixture(autouse=True)
def _keys_and_short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setattr(tries, "BASE_S", 0.05)


@pytest.fixture(scope="module")
def _server() -> Iterator[FakeProvider]:
    with FakeProvider(wrong_share=0.0) as server:
        yield server


@pytest.fixture
def server(_server: FakeProvider) -> FakeProvider:
    _server.plan()
    _server.reset()
    _server.set(batch_polls=1, lost_creations=0, keys=[KEY])
    return _server


class Bench:
    """A folder, a store in memory, and runs of one job in it."""

    def __init__(self, server: FakeProvider, folder: Path, provider: str) -> None:
        url = server.url if provider == "claude" else server.openai_url
        self.settings = TransportSettings(provider=provider, base_urls=(url,))
        self.folder, self.kept = folder, {}

    def keep(self, call: Call) -> None:
        self.kept[call.digest] = call

    def run(self, requests: list[Request], **more: Any) -> BatchReport:
        wanted = [request for request in requests if request.digest not in self.kept]
        given = {"state_folder": self.folder, "settings": self.settings, "on_answer": self.keep, "poll_s": 0.0, **more}
        return asyncio.run(run_batch(wanted, **given))


def asked(provider: str, api: str, count: int, *, model: str | None = None) -> list[Request]:
    model = model or MODELS[provider]
    texts = [f"What is {number} + 4? \u2028" for number in range(count)]
    return [Request(provider, api, model, [{"role": "user", "content": t}], params={"max_tokens": 100}) for t in texts]


@pytest.mark.parametrize(("provider", "api"), APIS, ids=IDS)
class TestEveryApi:
    def test_every_request_is_answered_at_half_price_under_its_own_key(
        self, server: FakeProvider, tmp_path: Path, provider: str, api: str
    ) -> None:
        server.set(batch_polls=3)
        requests, bench, looks = asked(provider, api, 20), Bench(server, tmp_path, provider), []
        report = bench.run(requests, on_look=lambda *look: looks.append(look))
        assert set(bench.kept) == {request.digest for request in requests}
        for number, request in enumerate(requests):
            call = bench.kept[request.digest]
            assert call.answer.text.endswith(f"\\boxed{{{number + 4}}}.")
            assert (call.is_batch, call.worker, call.request) == (True, "batch", request)
            full = price_of(request.model, provider, call.answer.usage).cost_usd
            assert call.cost_usd == pytest.approx(full / 2)
        assert (report.answered, report.failed, len(report.batches)) == (20, {}, 1)
        assert report.cost_usd == pytest.approx(sum(call.cost_usd for call in bench.kept.values()))
        assert [look[1:] for look in looks] == [(0, 20), (0, 20), (20, 20)]
        assert (server.counts()["batches"], server.counts()["batch_items"]) == (1, 20)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kind", ["item_error", "item_expired"])
    def test_what_failed_in_passing_goes_again_and_only_that(
        self, server: FakeProvider, tmp_path: Path, provider: str, api: str, kind: str
    ) -> None:
        server.plan(Fault(kind, contains=" 1 + 4", tries=1), Fault(kind, contains=" 2 + 4", tries=2))
        bench = Bench(server, tmp_path, provider)
        report = bench.run(asked(provider, api, 4))
        assert (report.answered, len(report.failed)) == (4, 0)
        assert (server.counts()["batches"], server.counts()["batch_items"]) == (3, 4 + 2 + 1)
        assert server.counts()["most_answers_to_one_body"] == 1

    def test_what_fails_for_good_is_listed(self, server: FakeProvider, tmp_path: Path, provider: str, api: str) -> None:
        server.plan(
            Fault("item_error", contains=" 1 + 4", message=f"sorry {KEY}"), Fault("item_bad_request", contains=" 2 + 4")
        )
        requests, bench = asked(provider, api, 4), Bench(server, tmp_path, provider)
        report = bench.run(requests)
        assert set(report.failed) == {requests[1].digest, requests[2].digest}
        assert isinstance(report.failed[requests[1].digest], errors.Overloaded)
        assert isinstance(report.failed[requests[2].digest], errors.Refused)
        assert KEY not in str(report.failed[requests[1].digest])
        assert (report.answered, server.counts()["batches"]) == (2, 3)
        server.plan()
        again = bench.run(requests)
        assert (again.answered, again.failed) == (2, {})

    def test_an_expired_batch_goes_again(self, server: FakeProvider, tmp_path: Path, provider: str, api: str) -> None:
        server.plan(Fault("batch_expired", ordinals=[1]))
        report = Bench(server, tmp_path, provider).run(asked(provider, api, 3))
        assert (report.answered, report.failed, len(report.batches)) == (3, {}, 2)

    def test_a_large_job_is_split(self, server: FakeProvider, tmp_path: Path, provider: str, api: str) -> None:
        report = Bench(server, tmp_path, provider).run(asked(provider, api, 20), most_requests=8)
        assert (report.answered, server.counts()["batches"]) == (20, 3)

    def test_a_batch_whose_id_was_lost_on_the_way_is_found_not_made_twice(
        self, server: FakeProvider, tmp_path: Path, provider: str, api: str
    ) -> None:
        server.set(lost_creations=1, batch_polls=2)
        report = Bench(server, tmp_path, provider).run(asked(provider, api, 3))
        assert (report.answered, server.counts()["batches"], server.counts()["batch_items"]) == (3, 1, 3)

    def test_a_kill_between_any_two_steps_loses_nothing_and_pays_nothing_twice(
        self, server: FakeProvider, tmp_path: Path, provider: str, api: str
    ) -> None:
        requests = asked(provider, api, 3)
        plan = Fault("item_error", contains=" 1 + 4", tries=1)
        server.plan(plan)
        steps: list[str] = []
        Bench(server, tmp_path / "whole", provider).run(requests, step=steps.append)
        assert {"planned", "prepared", "preparation written", "created", "batch id written"} <= set(steps)
        assert {"ended", "result", "closed"} <= set(steps)
        for death in range(len(steps)):
            server.reset()
            server.plan(plan)
            bench = Bench(server, tmp_path / str(death), provider)
            with pytest.raises(Killed):
                bench.run(requests, step=_dying_at(death))
            report = bench.run(requests)
            told = f"killed at step {death}, {steps[death]}"
            assert set(bench.kept) == {request.digest for request in requests}, told
            counts = server.counts()
            assert (counts["batches"], counts["batch_items"], counts["answered"]) == (2, 4, 3), told
            assert report.failed == {}, told
            assert list(bench.folder.iterdir()) == [], told


def _dying_at(number: int) -> Callable[[str], None]:
    count = iter(range(10_000))

    def step(name: str) -> None:
        if next(count) == number:
            raise Killed(name)

    return step


@pytest.mark.parametrize("provider", ["openai", "claude"])
def test_kill_nine_again_and_again_and_the_same_batch_goes_on(
    server: FakeProvider, tmp_path: Path, provider: str
) -> None:
    requests = asked(provider, "chat" if provider == "openai" else "messages", 5)
    (tmp_path / "requests.jsonl").write_text("".join(json.dumps(r.as_dict()) + "\n" for r in requests))
    url = server.url if provider == "claude" else server.openai_url
    plan = {"folder": str(tmp_path), "provider": provider, "url": url}
    command = [sys.executable, str(ROOT / "tests" / "providers" / "batch_child.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    for death in ("preparation written", "created", "result"):
        killed = subprocess.run([*command, json.dumps({**plan, "die_at": death})], env=environment, check=False)
        assert killed.returncode == -9
    last = subprocess.run([*command, json.dumps(plan)], env=environment, check=True, capture_output=True, text=True)
    assert json.loads(last.stdout)["failed"] == 0
    counts = server.counts()
    assert (counts["batches"], counts["batch_items"], counts["most_answers_to_one_body"]) == (1, 5, 1)
    assert len(list((tmp_path / "calls").rglob("*.json"))) == 5
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in written


def test_requests_of_two_models_and_two_apis_go_in_batches_of_their_own(server: FakeProvider, tmp_path: Path) -> None:
    requests = [
        *asked("openai", "chat", 3),
        *asked("openai", "chat", 3, model="gpt-4o-mini"),
        *asked("openai", "responses", 3),
    ]
    report = Bench(server, tmp_path, "openai").run(requests)
    assert (report.answered, server.counts()["batches"]) == (9, 3)


def test_a_claude_that_still_takes_a_temperature_gets_it_in_a_batch_too(server: FakeProvider, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "What is 1 + 1?"}]
    params = [{"max_tokens": 100}, {"max_tokens": 100, "temperature": 0.5}]
    requests = [Request("claude", "messages", "claude-haiku-4-5", messages, params=some) for some in params]
    report = Bench(server, tmp_path, "claude").run(requests)
    assert (report.answered, report.failed, server.counts()["batches"]) == (2, {}, 2)


def test_a_batch_that_openai_refuses_as_a_whole_goes_again(server: FakeProvider, tmp_path: Path) -> None:
    server.plan(Fault("batch_failed", ordinals=[1]))
    report = Bench(server, tmp_path, "openai").run(asked("openai", "chat", 3))
    assert (report.answered, report.failed) == (3, {})


def test_no_batch_begins_when_the_budget_says_no(server: FakeProvider, tmp_path: Path) -> None:
    def refuse() -> None:
        raise errors.BudgetReached("enough")

    with pytest.raises(errors.BudgetReached):
        Bench(server, tmp_path, "openai").run(asked("openai", "chat", 3), before=refuse)
    assert server.counts()["batches"] == 0


def test_a_provider_without_batches_is_refused_before_anything(server: FakeProvider, tmp_path: Path) -> None:
    with pytest.raises(errors.Refused, match="no batch API"):
        Bench(server, tmp_path, "vllm").run([])


def test_nothing_to_ask_makes_no_batch(server: FakeProvider, tmp_path: Path) -> None:
    assert Bench(server, tmp_path, "claude").run([]).answered == 0
    assert server.counts()["batches"] == 0


def test_parts_keep_both_limits_and_lose_nothing() -> None:
    requests = asked("openai", "chat", 10)
    sized = [(number % 2, request, 10 + number) for number, request in enumerate(requests)]
    parts = split(sized, most_requests=4, most_bytes=40)
    assert sorted(r.digest for part in parts for r in part) == sorted(r.digest for r in requests)
    sizes = {request.digest: size for _, request, size in sized}
    assert all(len(part) <= 4 and sum(sizes[r.digest] for r in part) <= 40 for part in parts)
    assert split([(0, requests[0], 99)], most_bytes=40) == [[requests[0]]]
