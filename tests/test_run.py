"""The main job, end to end: real Snakemake, real SDKs, real HTTP; and what happens when it is cut short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from servers.faults import Fault
from servers.provider import FakeProvider
from waiting import wait_until
from workspace import Workspace

CLAUDE = {"generator": "claude", "model": "claude-sonnet-5"}
TABLE = "results/test/sums.parquet"


@pytest.fixture
def place(tmp_path: Path, server: FakeProvider) -> Workspace:
    return Workspace(tmp_path / "project", url=server.url)


def started(place: Workspace, *arguments: str) -> subprocess.Popen[str]:
    """Start snakemake in a process group of its own."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    return subprocess.Popen(
        command,
        cwd=place.folder,
        env=place.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("model", [pytest.param({}, id="openai"), pytest.param(CLAUDE, id="claude")])
def test_25_samples_of_8_candidates_through_a_real_sdk(
    place: Workspace, server: FakeProvider, model: dict[str, str]
) -> None:
    place.experiment(
        dataset="embedded:basics",
        splits=["gsm8k"],
        max_queries=24,
        num_candidates=8,
        persona="personas/data_flexible.txt",
        **model,
    )
    place.build(TABLE)
    rows = place.rows("test/sums")
    assert server.counts()["asked"] == 24 * 8
    assert [(r["sample_id"], r["candidate_idx"]) for r in rows] == [
        (f"gsm8k_{i:04d}", k) for i in range(1, 25) for k in range(8)
    ]
    assert len({row["request_digest"] for row in rows}) == 24 * 8
    assert sum(row["is_selected"] for row in rows) == 24
    assert all(row["input_tokens"] > 0 and row["cost_usd"] is not None for row in rows)


def test_users_lines_work_on_the_table(place: Workspace) -> None:
    import pandas as pd

    place.experiment(notes="Two takes.")
    place.experiment("test/other", model="gpt-4.1")
    place.build(TABLE, "results/test/other.parquet")
    file = place.path(TABLE)
    df, other = pd.read_parquet(file), pd.read_parquet(place.path("results/test/other.parquet"))
    assert 0 <= df.groupby("split")["is_verified"].mean()["math"] <= 1
    assert 0 <= df[df.candidate_idx == 0]["is_verified"].mean() <= 1
    assert len(df.groupby("query_id")["is_verified"].max()) == 3
    assert 0 <= df.groupby("query_id")["is_verified"].max().mean() <= 1
    assert len(df.merge(other, on=["query_id", "candidate_idx"])) == 6
    assert len(df[df["refusal_is_refusal"] == True]) == 0  # noqa: E712  (the users' own line)
    assert pq.read_table(file).schema.metadata[b"notes"].decode() == "Two takes."
    wanted = {
        b"generated_at",
        b"model",
        b"num_candidates",
        b"temperature",
        b"splits",
        b"total_records",
        b"config_file",
        b"config",
    }
    assert wanted <= set(pq.read_table(file).schema.metadata)


def test_equal_answers_make_an_equal_table_byte_for_byte(place: Workspace) -> None:
    place.experiment()
    place.build(TABLE)
    before = place.path(TABLE).read_bytes(), place.path("results/test/sums/metadata.json").read_bytes()
    place.run("rm", "-rf", "results", ".snakemake")
    place.build(TABLE)
    assert (place.path(TABLE).read_bytes(), place.path("results/test/sums/metadata.json").read_bytes()) == before


def test_metadata_names_no_key_host_or_absolute_path(place: Workspace, server: FakeProvider) -> None:
    place.experiment(base_url=f"{server.url}/v1", generator="vllm", model="some/model")
    place.build(TABLE)
    text = place.path("results/test/sums/metadata.json").read_text() + str(pq.read_schema(place.path(TABLE)).metadata)
    assert "127.0.0.1" not in text
    assert "test-openai-key" not in text
    assert str(place.folder) not in text


def test_kill_9_loses_no_answer_and_one_command_goes_on(place: Workspace, server: FakeProvider) -> None:
    place.experiment(max_queries=20, num_candidates=4, concurrency=4)
    server.set(latency_s=0.3)
    run = started(place, TABLE)
    wait_until(lambda: server.counts()["answered"] >= 20)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    server.set(latency_s=0.0)
    in_flight = 4
    place.build(TABLE)
    assert len(place.rows("test/sums")) == 80
    assert 80 <= server.counts()["asked"] <= 80 + in_flight
    assert place.plan(TABLE) == {}


def test_ctrl_c_stops_soon_and_keeps_what_was_answered(place: Workspace, server: FakeProvider) -> None:
    place.experiment(max_queries=20, num_candidates=4, concurrency=4)
    server.set(latency_s=0.3)
    run = started(place, TABLE)
    wait_until(lambda: server.counts()["answered"] >= 12)
    server.set(latency_s=3600)
    wait_until(lambda: server.counts()["in_flight"] >= 1)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=60) != 0
    said = run.stdout.read()
    assert "Traceback" not in said
    server.set(latency_s=0.0)
    place.build(TABLE)
    assert len(place.rows("test/sums")) == 80
    assert server.counts()["asked"] <= 80 + 8


def test_a_second_run_at_once_is_refused_clearly(place: Workspace, server: FakeProvider) -> None:
    place.experiment(max_queries=8, concurrency=1)
    server.set(latency_s=5.0)
    run = started(place, TABLE)
    wait_until(lambda: server.counts()["asked"] >= 1)
    refused = place.snakemake(TABLE, check=False)
    server.set(latency_s=0.0)
    assert refused.returncode != 0
    assert "another run" in refused.stdout + refused.stderr
    assert run.wait(timeout=300) == 0
    assert server.counts()["asked"] == 16


@pytest.mark.parametrize("model", [pytest.param({}, id="openai"), pytest.param(CLAUDE, id="claude")])
def test_a_wrong_key_stops_at_once_with_one_message(
    place: Workspace, server: FakeProvider, model: dict[str, str]
) -> None:
    server.set(keys=["another-key"])
    place.experiment(max_queries=10, **model)
    done = place.snakemake(TABLE, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    assert ("ANTHROPIC_API_KEY" if model else "OPENAI_API_KEY") in said
    assert "test-openai-key" not in said
    assert "test-anthropic-key" not in said


def test_a_missing_key_is_named_before_any_request(place: Workspace, server: FakeProvider) -> None:
    del place.env["OPENAI_API_KEY"]
    place.experiment()
    done = place.snakemake(TABLE, check=False)
    assert done.returncode != 0
    assert "OPENAI_API_KEY" in done.stdout + done.stderr
    assert server.counts()["asked"] == 0


def test_a_failed_candidate_is_an_error_row_and_the_next_run_asks_for_it_alone(
    place: Workspace, server: FakeProvider
) -> None:
    place.experiment(max_queries=10, num_candidates=2, max_failures=0.5, max_tries=1)
    server.plan(Fault("server_error", ordinals=[5, 9]))
    place.build(TABLE)
    rows = place.rows("test/sums")
    assert len(rows) == 20
    assert [row["error_type"] for row in rows if row["error_type"]] == ["overloaded", "overloaded"]
    assert all(row["is_verified"] is None and row["answer"] is None for row in rows if row["error_type"])
    place.build(TABLE)
    assert server.counts()["asked"] == 22
    assert not [row for row in place.rows("test/sums") if row["error_type"]]
    assert place.plan(TABLE) == {}


def test_a_run_that_goes_wrong_stops(place: Workspace, server: FakeProvider) -> None:
    place.experiment(max_queries=20, num_candidates=2, max_tries=1)
    server.plan(Fault("server_error", share=1.0))
    done = place.snakemake(TABLE, check=False)
    assert done.returncode != 0
    assert "max_failures" in done.stdout + done.stderr


def test_two_experiments_that_share_calls_make_each_once(place: Workspace, server: FakeProvider) -> None:
    place.experiment("test/one", output="tables/my copy.parquet")
    place.experiment("test/two", max_queries=5)
    place.build("tables/my copy.parquet", "results/test/two.parquet")
    assert server.counts()["asked"] == 10
    assert place.path("tables/my copy.parquet").read_bytes() == place.path("results/test/one.parquet").read_bytes()


def test_trajectories_hold_the_selected_candidate_and_all_others(place: Workspace) -> None:
    place.experiment(variants=["control", "pressure"])
    place.build("results/test/sums/trajectories/index.json")
    folder = place.path("results/test/sums/trajectories/pressure/math_0002")
    lines = [json.loads(line) for line in (folder / "trajectory.jsonl").read_text().splitlines()]
    assert [line["role"] for line in lines] == ["system", "user", "assistant"]
    assert {path.name for path in (folder / "candidates").iterdir()} == {"0", "1"}
    sample = json.loads((folder / "sample.json").read_text())
    assert sample["sample_id"] == "math_0002"
    assert set(sample["metrics"]) >= {"correctness"}
    assert json.loads((folder / "agent_state.json").read_text())["stop"] == "stop"


def test_a_budget_stops_the_run_and_says_how_to_go_on(place: Workspace, server: FakeProvider) -> None:
    place.experiment(max_queries=20, num_candidates=4, concurrency=2)
    done = place.snakemake(TABLE, "--config", "budget_usd=0.0005", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "budget_usd" in said
    stopped_at = server.counts()["asked"]
    assert 0 < stopped_at < 80
    place.build(TABLE)
    assert server.counts()["asked"] == 80
