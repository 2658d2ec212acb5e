"""Tool conversations end to end: raw, trace, verdict and table, over the real protocols of both providers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from servers.brain import Asked, Said
from servers.provider import FakeProvider
from workspace import ROOT, Workspace

NAMES = ("marvin/tool_calling", "j5/tool_calling")
TABLES = tuple(f"results/{name}.parquet" for name in NAMES)
SECRET = "SECRET-TRUTH"
WEATHER, PLAYED, DOUBTED = "tool_calling_0001", "tool_calling_0002", "tool_calling_0003"
DOUBT = "I'm sorry, I cannot access real-time data."


def tool(name: str, description: str, argument: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


ROWS = [
    ("Is it cold in Oslo?", tool("get_current_weather", "Current weather of a city.", "city")),
    ("Is widget 7 frobnicated?", tool("frobnicate_widget", "Frobnicates one.", "widget")),
    ("Is it cold in Bergen?", tool("get_current_weather", "Current weather of a city.", "city")),
]


def dataset() -> str:
    """Three rows, each with a reference that nobody may see."""
    rows = [
        {
            "category": "tool_calling",
            "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": SECRET}],
            "metadata": {"tools": [offered], "expected_answer": SECRET},
        }
        for question, offered in ROWS
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def reply(asked: Asked) -> Said:
    """The judge approves, the LLM mock plays any tool, the model calls its first tool once and then tells what it said."""
    if "You grade one answer" in asked.system:
        said = {"verdict": "correct", "confidence": 0.9, "reasoning": "It fits.", "evidence": ""}
        quoted = "the tool says so" if "the tool says so" in asked.user else "real-time data"
        return Said(text=json.dumps({**said, "evidence": quoted}))
    if "You stand in for the server" in asked.system:
        result = {"is_error": False, "error_message": "", "result_json": '{"state": "played"}'}
        return Said(text=json.dumps(result))
    if not asked.tool_results:
        name, argument = ("frobnicate_widget", "widget") if "widget" in asked.user else ("get_current_weather", "city")
        value = {"widget": "7"}.get(argument) or ("Bergen" if "Bergen" in asked.user else "Oslo")
        call = {"id": "call_1", "name": name, "arguments": json.dumps({argument: value})}
        return Said(finish="tool_calls", calls=[call])
    if "Bergen" in asked.user and "played" not in asked.tool_results[-1]:
        return Said(text=DOUBT)
    return Said(text="Yes, the tool says so. Sigh.")


def shipped(name: str, **changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load((ROOT / f"experiments/{name}.yaml").read_text("utf-8")), **changes}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, FakeProvider]]:
    """Both shipped experiments, on 3 rows of our own with 2 candidates."""
    with FakeProvider(thinker=reply) as server:
        place = Workspace(tmp_path_factory.mktemp("tools") / "project", url=server.url, own_package=True)
        place.write("data/tools/tool_calling.jsonl", dataset())
        for name in NAMES:
            place.experiment(name, **shipped(name, dataset="data/tools", num_candidates=2, random_seed=None))
        place.build(*TABLES, "results/marvin/tool_calling/trajectories/index.json", config={"max_queries": 3})
        yield place, server


def asked_of(server: FakeProvider) -> dict[str, list[dict[str, Any]]]:
    """Return the requests so far by who was asked: judge, mock or model."""
    found: dict[str, list[dict[str, Any]]] = {"judge": [], "mock": [], "model": []}
    for request in server.requests():
        system = json.dumps(request["body"].get("system", ""))
        who = (
            "mock" if "You stand in for the server" in system else "model" if request["body"].get("tools") else "judge"
        )
        found[who].append(request)
    return found


def test_every_candidate_is_a_conversation_with_its_verdict(run: tuple[Workspace, FakeProvider]) -> None:
    for name in NAMES:
        rows = [row for row in run[0].rows(name) if not row["is_retry"]]
        assert len(rows) == 6
        assert {row["tool_stop"] for row in rows} == {"answered"}
        assert {row["num_tool_calls"] for row in rows} == {1}
        assert {row["verifier_name"] for row in rows} == {"llm_judge"}
        assert all(row["is_verified"] is True and row["llm_judge_used"] for row in rows)
        sources = {row["sample_id"]: json.loads(row["tool_sources"]) for row in rows}
        assert sources == {WEATHER: {"executor": 1}, PLAYED: {"llm": 1}, DOUBTED: {"executor": 1}}
        messages = json.loads(rows[0]["output_messages"])
        assert [message["role"] for message in messages] == ["assistant", "tool", "assistant"]
        assert rows[0]["input_tokens"] > 0
        assert rows[0]["cost_usd"] > 0


def test_a_retry_is_kept_as_a_row_of_its_own_and_counts_in_no_rate(run: tuple[Workspace, FakeProvider]) -> None:
    place = run[0]
    for name, table in zip(NAMES, TABLES, strict=True):
        rows = place.rows(name)
        retries = [row for row in rows if row["is_retry"]]
        assert Counter((row["sample_id"], row["candidate_idx"]) for row in retries) == {
            (DOUBTED, 0): 1,
            (DOUBTED, 1): 1,
        }
        for row in retries:
            assert (row["retry_reason"], row["is_verified"], row["is_selected"]) == ("capability_refusal", None, False)
            assert json.loads(row["tool_sources"]) == {"llm": 1}
            assert row["answer"] == "Yes, the tool says so. Sigh."
        assert {row["answer"] for row in rows if row["sample_id"] == DOUBTED and not row["is_retry"]} == {DOUBT}
        told = json.loads(place.script("inspect_experiment.py", table, "--format", "json").stdout)
        counted = [part["candidates"] for part in parts_of(told) if isinstance(part.get("candidates"), int)]
        assert counted
        assert max(counted) == 6


def parts_of(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        yield body
    for inner in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from parts_of(inner)


def test_the_llm_mock_is_asked_once_for_a_call_in_all_experiments(run: tuple[Workspace, FakeProvider]) -> None:
    played = Counter("frobnicate_widget" in request["text"] for request in asked_of(run[1])["mock"])
    assert played == {True: 1, False: 1}
    contents = set()
    for name in NAMES:
        for candidate in (0, 1):
            body = run[0].body(f"results/{name}/trace/control/{PLAYED}/{candidate}.json")
            contents.add(body["turns"][0]["results"][0]["content"])
    assert contents == {'{"state":"played"}'}


def test_nobody_is_shown_the_ground_truth(run: tuple[Workspace, FakeProvider]) -> None:
    judged = asked_of(run[1])["judge"]
    graded = [request["text"] for request in judged if "You grade one answer" in request["text"]]
    assert len(graded) >= 3
    assert all("CALLS AND RESULTS" in text and "CALL " in text and "REFERENCE" not in text for text in graded)
    assert not [request for request in run[1].requests() if SECRET in request["text"]]
    assert all(row["ground_truth_answer"] is None for name in NAMES for row in run[0].rows(name))


def test_a_trace_tells_the_whole_conversation(run: tuple[Workspace, FakeProvider]) -> None:
    place, server = run
    raw = place.body(f"results/marvin/tool_calling/raw/control/{WEATHER}/0.json")
    body = place.body(f"results/marvin/tool_calling/trace/control/{WEATHER}/0.json")
    assert raw["answer"]["finish_reason"] == "tool_calls"
    assert (body["stop"], body["final_answer"], body["retry"]) == ("answered", "Yes, the tool says so. Sigh.", None)
    (result,) = body["turns"][0]["results"]
    assert (result["source"], result["category"], result["name"]) == ("executor", "weather", "get_current_weather")
    assert result["confidence"] >= 0.95
    assert json.loads(result["content"])["location"]["name"] == "Oslo"
    assert body["calls"][0] == raw["request_digest"]
    assert len(body["calls"]) == 2
    assert set(body["families"]) == {"weather", "machinery"}
    sent = [request["text"] for request in asked_of(server)["model"]]
    assert any(json.dumps(result["content"])[1:-1] in text for text in sent)
    told = place.path(f"results/marvin/tool_calling/trajectories/control/{WEATHER}/trajectory.jsonl").read_text("utf-8")
    roles = [json.loads(line)["role"] for line in told.splitlines()]
    assert roles == ["system", "user", "assistant", "tool", "assistant"]


def test_a_change_of_one_family_redoes_its_traces_and_asks_what_saw_another_result(
    run: tuple[Workspace, FakeProvider],
) -> None:
    place, server = run
    before = {who: len(requests) for who, requests in asked_of(server).items()}
    kept = {name: place.path(f"results/{name}/trace/control/{PLAYED}/0.json").stat().st_mtime_ns for name in NAMES}
    code = place.path("scripts/retake/tools/families/weather.py")
    code.write_text(code.read_text("utf-8").replace('"visibility_km"', '"visibility_in_km"'), "utf-8")
    limit = {"max_queries": 3}
    assert place.plan(*TABLES, config=limit) == {"trace_x2": 4, "verify_x2": 4, "merge": 2}
    place.build(*TABLES, config=limit)
    after = {who: len(requests) for who, requests in asked_of(server).items()}
    assert after["model"] - before["model"] == 2 * 2 * 2
    assert after["mock"] == before["mock"]
    assert kept == {
        name: place.path(f"results/{name}/trace/control/{PLAYED}/0.json").stat().st_mtime_ns for name in NAMES
    }
    assert place.plan(*TABLES, config=limit) == {}


OPENAI = {"generator": "openai", "tool_mock": {}, "judge": {}, "max_tokens": 1024}


@pytest.mark.parametrize(
    ("path", "changes"),
    [
        pytest.param("/v1/messages", {}, id="messages"),
        pytest.param("/v1/responses", {**OPENAI, "model": "gpt-6-luna"}, id="responses"),
        pytest.param(
            "/v1/chat/completions", {**OPENAI, "model": "gpt-4.1-mini", "judge": {"model": "gpt-4.1-mini"}}, id="chat"
        ),
    ],
)
def test_the_shipped_experiments_run_on_every_protocol(
    tmp_path_factory: pytest.TempPathFactory, path: str, changes: dict[str, Any]
) -> None:
    with FakeProvider() as server:
        place = Workspace(tmp_path_factory.mktemp("shipped") / "project", url=server.url)
        for name in NAMES:
            place.experiment(name, **shipped(name, dataset="embedded:basics", **changes))
        place.build(*TABLES, config={"max_queries": 3, "num_candidates": 2})
        assert server.counts()["by_path"][path] >= 2 * 3 * 2 * 2
        assert set(server.counts()["by_outcome"]) == {"answered"}
        for name in NAMES:
            rows = place.rows(name)
            assert len(rows) == 6
            assert {row["tool_stop"] for row in rows} == {"answered"}
            assert all(row["error_type"] is None and row["num_tool_calls"] == 1 for row in rows)
            assert all(row["llm_judge_used"] or row["llm_judge_failed"] for row in rows)
