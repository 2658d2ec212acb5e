"""What providers do, end to end through Snakemake: protocols, parts, reasoning, signals, endpoints, caching, models."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from servers.brain import Asked, Said
from servers.faults import Fault
from servers.provider import FakeProvider
from workspace import Workspace

QUESTIONS = ("What is 3 + 4?", "What is 2 + 5?", "What is 6 + 1?")
THOUGHT = "Seven again, it seems."
SOON = datetime.datetime.now(tz=datetime.UTC).date() + datetime.timedelta(days=20)
STEPS = {"steps": [{"explanation": "Add them up", "output": "7"}], "final_answer": "\\boxed{7}"}


def reply(asked: Asked) -> Said | None:
    """Verdicts and steps as their schemas want them; model `signals` says another thing to each question."""
    properties = (asked.schema or {}).get("properties", {})
    if "verdict" in properties:
        verdict = {"verdict": "correct", "confidence": 0.9, "reasoning": "It is seven.", "evidence": "7"}
        return Said(text=json.dumps(verdict))
    if "steps" in properties:
        return Said(text=json.dumps(STEPS))
    if asked.model == "signals" and "is_refusal" not in properties:
        said = {
            QUESTIONS[0]: Said(text="I can't help with that.", finish="refusal"),
            QUESTIONS[1]: Said(finish="content_filter"),
            QUESTIONS[2]: Said(text="Let me add these numbers. " * 40),
        }
        return said[asked.user]
    reasoning = THOUGHT if asked.model == "thinks" or asked.thinks else None
    return Said(text="It is \\boxed{7}.", reasoning=reasoning)


@dataclass
class Run:
    """All experiments of this file, built at once: the workspace, what Snakemake said, and what the server was asked."""

    place: Workspace
    said: str
    requests: list[dict[str, Any]]

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.place.rows(f"test/{name}")

    def of(self, model: str) -> list[dict[str, Any]]:
        return [request for request in self.requests if request["model"] == model]


def experiments(url: str, other: str, failing: str) -> dict[str, dict[str, Any]]:
    own = {"generator": "vllm", "base_url": url}
    parted = {"structured_output": True, "llm_judge_fallback": True, "judge_threshold": 1.0}
    return {
        "responses": {"model": "gpt-6-luna", "reasoning_effort": "low", **parted},
        "messages": {"generator": "claude", "model": "claude-sonnet-5-5", **parted},
        "thinks": {**own, "model": "thinks"},
        "thinking": {"generator": "claude", "model": "claude-opus-5-5", "reasoning_effort": "high"},
        "signals": {**own, "model": "signals", "max_tokens": 40},
        "workers": {
            "generator": "vllm",
            "base_urls": [url, other, failing],
            "model": "workers",
            "num_candidates": 8,
            "max_tries": 3,
        },
        "unknown": {"model": "gpt-99", "llm_judge_fallback": True, "judge": {"model": "gpt-99"}},
        "ending": {"model": "gpt-4o-mini"},
        "cached": {"generator": "claude", "model": "claude-haiku-5-5", "persona": "personas/long.txt"},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    broken = [Fault("server_error", share=1.0)]
    with FakeProvider(thinker=reply) as server, FakeProvider() as second, FakeProvider(faults=broken) as third:
        place = Workspace(tmp_path_factory.mktemp("providers") / "project", url=server.url)
        place.write("personas/long.txt", "You are Marvin, and every sum is one sum too many. " * 500)
        models = place.path("config/models.yaml").read_text("utf-8")
        line = "gpt-4o-mini: { efforts: [], end_of_life: 2027-01-14,"
        assert line in models
        place.write("config/models.yaml", models.replace(line, f"gpt-4o-mini: {{ efforts: [], end_of_life: {SOON},"))
        wanted = experiments(server.openai_url, second.openai_url, third.openai_url)
        for name, keys in wanted.items():
            place.experiment(f"test/{name}", **keys)
        tables = [f"results/test/{name}.parquet" for name in wanted]
        done = place.build(*tables, "results/test/cached/report.html")
        yield Run(place, done.stdout + done.stderr, server.requests())


@pytest.mark.parametrize(
    ("name", "path", "model"),
    [
        pytest.param("responses", "/v1/responses", "gpt-6-luna", id="responses"),
        pytest.param("messages", "/v1/messages", "claude-sonnet-5-5", id="messages"),
    ],
)
def test_structured_parts_are_stored_as_parts_and_the_final_answer_alone_is_judged(
    run: Run, name: str, path: str, model: str
) -> None:
    rows = run.rows(name)
    assert len(rows) == 6
    assert all(json.loads(row["answer_parts"]) == STEPS for row in rows)
    assert all(row["is_verified"] is True and row["llm_judge_used"] for row in rows)
    assert all(row["cost_usd"] > 0 and row["judge_cost_usd"] > 0 for row in rows)
    candidates = [request for request in run.of(model) if '"final_answer"' in request["text"]]
    assert {request["path"] for request in candidates} == {path}
    judge = {"responses": "gpt-6-luna", "messages": "claude-haiku-5-5"}[name]
    judged = [request for request in run.of(judge) if "You grade one answer" in request["text"]]
    assert len(judged) == 3
    assert all("boxed{7}" in request["text"] and "Add them up" not in request["text"] for request in judged)


@pytest.mark.parametrize("name", ["thinks", "thinking"])
def test_reasoning_stands_in_its_own_column(run: Run, name: str) -> None:
    for row in run.rows(name):
        assert (row["reasoning"], row["answer"]) == (THOUGHT, "It is \\boxed{7}.")
        assert row["reasoning_tokens"] > 0
        assert THOUGHT not in row["output_messages"]


def test_the_responses_api_counts_reasoning_apart(run: Run) -> None:
    for row in run.rows("responses"):
        assert row["reasoning_tokens"] > 0
        assert THOUGHT not in row["answer"]


def test_refusals_filters_and_cuts_are_told_in_columns(run: Run) -> None:
    rows = {json.loads(row["input_messages"])[-1]["content"]: row for row in run.rows("signals")}
    refused, filtered, cut = (rows[question] for question in QUESTIONS)
    assert [row["finish_reason"] for row in (refused, filtered, cut)] == ["refusal", "content_filter", "length"]
    assert [row["raw_finish_reason"] for row in (refused, filtered, cut)] == ["stop", "content_filter", "length"]
    for row in (refused, filtered):
        assert (row["refusal_is_refusal"], row["refusal_confidence"]) == (True, 1.0)
        assert json.loads(row["refusal_matched_patterns"]) == ["provider_signal"]
    assert [row["is_truncated"] for row in (refused, filtered, cut)] == [False, False, True]
    assert cut["refusal_is_refusal"] is False
    said = run.place.script("inspect_experiment.py", "results/test/signals.parquet").stdout
    assert "truncated" in said.lower()


def test_with_one_endpoint_failing_every_row_is_there_and_tells_who_answered(run: Run) -> None:
    rows = run.rows("workers")
    assert len(rows) == 24
    assert not [row for row in rows if row["error_type"]]
    workers = Counter(row["worker"] for row in rows)
    assert len(workers) == 2
    assert None not in workers
    tried = [
        body["tries"]
        for sample in range(1, 4)
        for k in range(8)
        if (body := run.place.body(f"results/test/workers/raw/control/math_{sample:04d}/{k}.json"))["tries"]
    ]
    assert tried
    assert {one["endpoint"] for tries in tried for one in tries}.isdisjoint(workers)
    assert "127.0.0.1" not in json.dumps(rows)


def test_an_unknown_model_works_and_its_unknown_cost_is_said_once(run: Run) -> None:
    rows = run.rows("unknown")
    assert len(rows) == 6
    assert all(row["cost_usd"] is None and row["is_verified"] is True for row in rows)
    assert run.said.count("gpt-99 is not in config/models.yaml") == 1


def test_the_near_end_of_a_model_is_a_warning(run: Run) -> None:
    assert f"gpt-4o-mini answers no more from {SOON}" in run.said
    assert len(run.rows("ending")) == 6


def test_a_cached_prompt_is_counted_and_its_savings_told(run: Run) -> None:
    rows = run.rows("cached")
    assert sorted(bool(row["cached_input_tokens"]) for row in rows) == [False, *[True] * 5]
    assert all(row["cache_savings_usd"] > 0 for row in rows if row["cached_input_tokens"])
    assert all(row["cached_input_tokens"] < row["input_tokens"] for row in rows)
    assert sum(row["cache_savings_usd"] for row in rows) > 0
    page = run.place.path("results/test/cached/report.html").read_text("utf-8")
    cached = sum(row["cached_input_tokens"] for row in rows)
    assert "Saved by caching" in page
    assert f"{cached:,}" in page


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        pytest.param(
            {"model": "claude-3-opus-20240229"}, ("claude-3-opus-20240229", "answers no more"), id="dead_model"
        ),
        pytest.param({"model": "claude-haiku-5-5", "temperature": 0.7}, ("temperature", "0.7"), id="temperature"),
    ],
)
def test_what_a_model_cannot_do_is_said_before_the_first_call(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Any], told: tuple[str, ...]
) -> None:
    with FakeProvider() as server:
        place = Workspace(tmp_path_factory.mktemp("refused") / "project", url=server.url)
        place.experiment(generator="claude", **keys)
        done = place.snakemake("results/test/sums.parquet", check=False)
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert all(part in said for part in (*told, "experiments/test/sums.yaml"))
        assert "Traceback" not in said
        assert server.counts()["asked"] == 0
