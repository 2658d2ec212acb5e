"""Workers, end to end on this machine: servers of their own, which die, hang and never start; partial tables; batches."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from servers.faults import Fault
from servers.provider import FakeProvider
from waiting import wait_until
from workspace import ROOT, Workspace

TABLE = "results/test/bulk.parquet"
FAKE = [sys.executable, str(ROOT / "tests" / "servers" / "vllm.py"), "serve"]


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    place.env["FAKE_VLLM_LOG"] = str(tmp_path / "asked.jsonl")
    return place


def bulk(place: Workspace, plan: dict[str, Any] | None = None, **keys: Any) -> None:
    """Write the experiment of 6 sums x 2 variants x 2 candidates on 2 workers, whose servers do as `plan` says."""
    vllm = {"command": FAKE, "env": {"FAKE_VLLM_PLAN": json.dumps(plan or {})}, **keys.pop("vllm_config", {})}
    place.experiment(
        "test/bulk",
        **{
            "generator": "vllm",
            "model": "some/model",
            "workers": 2,
            "max_queries": 6,
            "variants": ["control", "frustration"],
            "vllm_config": vllm,
            **keys,
        },
    )


def asked(place: Workspace) -> list[dict[str, Any]]:
    """Return the requests that reached any server, in their order."""
    path = Path(place.env["FAKE_VLLM_LOG"])
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def kept(place: Workspace) -> dict[int, float]:
    """Return when the call with each seed was kept."""
    files = place.path(".retake/calls").glob("??/*.json")
    return {json.loads(f.read_text())["request"]["params"]["seed"]: f.stat().st_mtime for f in files}


def assert_nothing_kept_was_asked_again(place: Workspace) -> None:
    """A file's time is that of the kernel's last tick, up to 20 ms ago on a virtual machine: the first request is no repetition."""
    when, first = kept(place), set()
    late = []
    for one in asked(place):
        late += [one] if one["seed"] in first and one["arrived"] > when[one["seed"]] + 0.05 else []
        first.add(one["seed"])
    assert late == []


def metadata(place: Workspace) -> dict[str, Any]:
    return place.body("results/test/bulk/metadata.json")


def test_workers_answer_everything_once_and_what_is_added_later_alone(place: Workspace) -> None:
    bulk(place)
    place.build(TABLE)
    rows = place.rows("test/bulk")
    assert len(rows) == len(asked(place)) == len({one["seed"] for one in asked(place)}) == 24
    assert {row["worker"] for row in rows} == {"worker_1", "worker_2"}
    assert place.plan(TABLE) == {}
    manifests = [place.body(f"results/test/bulk/answer/{n}.json") for n in (1, 2)]
    assert sorted(unit for m in manifests for unit in m["units"]) == sorted(
        {f"{row['variant']}/{row['sample_id']}" for row in rows}
    )
    assert {m["engine"]["version"] for m in manifests} == {"0.0.fake"}
    bulk(place, variants=["control", "frustration", "pressure"], max_queries=7, workers=3)
    grown = {"answer": 3, "generate_x2": 9, "verify_x2": 9, "merge": 1}
    assert place.plan(TABLE) == grown
    place.build(TABLE)
    assert len(asked(place)) == 24 + 18
    assert_nothing_kept_was_asked_again(place)
    assert place.plan(TABLE) == {}
    assert metadata(place)["is_complete"] is True


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param({"die_after": 3, "lives": 3}, id="dies"),
        pytest.param({"hang_after": 3, "lives": 1}, id="hangs"),
    ],
)
def test_a_server_that_ends_is_replaced_and_asked_only_the_rest(place: Workspace, plan: dict[str, int]) -> None:
    bulk(place, plan, vllm_config={"request_timeout_s": 30}, concurrency=2)
    place.build(TABLE)
    assert len(place.rows("test/bulk")) == 24
    assert all(row["error_type"] is None for row in place.rows("test/bulk"))
    assert_nothing_kept_was_asked_again(place)
    restarts = [place.body(f"results/test/bulk/answer/{n}.json")["record"]["restarts"] for n in (1, 2)]
    assert sum(map(len, restarts)) >= plan["lives"]


@pytest.mark.parametrize(
    ("plan", "config", "why"),
    [
        pytest.param({"refuse_start": True}, {}, "its last words: no GPU of this kind", id="refuses_to_start"),
        pytest.param(
            {"start_s": 9999}, {"startup_timeout_s": 1}, "not ready within startup_timeout_s=1", id="is_never_ready"
        ),
    ],
)
def test_a_server_that_does_not_start_is_told_in_its_own_words(
    place: Workspace, plan: dict[str, Any], config: dict[str, Any], why: str
) -> None:
    bulk(place, plan, workers=1, vllm_config=config)
    done = place.snakemake(TABLE, check=False)
    assert done.returncode != 0
    for part in ("worker 1 of test/bulk gave up: its server failed 4 times", why, "logs/test/bulk/answer/1.server.log"):
        assert part in done.stderr
    assert asked(place) == []


def test_workers_share_a_machines_devices_one_each(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    place.env |= {"CUDA_VISIBLE_DEVICES": "7,8", "TMPDIR": str(tmp_path / "locks")}
    bulk(place, {"quorum": 2}, workers=3, max_queries=9)
    place.build(TABLE)
    assert len(place.rows("test/bulk")) == 36
    logs = [place.path(f"logs/test/bulk/answer/{n}.server.log").read_text() for n in (1, 2, 3)]
    devices = [re.findall(r"on CUDA devices (\S+)", log) for log in logs]
    assert all(one in (["7"], ["8"]) for one in devices), devices
    assert {"7", "8"} == {one for its in devices for one in its}


def test_a_killed_run_leaves_no_server_and_goes_on_from_the_store(place: Workspace) -> None:
    bulk(place, {"latency_s": 0.5}, concurrency=2, workers=1)
    command = [sys.executable, "-m", "snakemake", TABLE]
    run = subprocess.Popen(
        command,
        cwd=place.folder,
        env=place.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: len(list(place.path(".retake/calls").glob("??/*.json"))) >= 4)
    run.send_signal(signal.SIGKILL)
    run.wait()
    server = asked(place)[0]["pid"]
    wait_until(lambda: not _is_running(server))
    before = len(kept(place))
    place.build(TABLE)
    assert 4 <= before < 24
    assert len(place.rows("test/bulk")) == 24
    assert_nothing_kept_was_asked_again(place)


def _is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_worker_that_gives_up_is_named_and_what_there_is_is_merged_only_on_request(place: Workspace) -> None:
    bulk(place, {"die_after": 2, "lives": 99}, concurrency=1, workers=1, max_tries=2)
    said = place.snakemake(TABLE, check=False)
    words = said.stdout + said.stderr
    assert said.returncode != 0
    for part in ("worker 1 of test/bulk gave up", "failed 4 times", "answer/1.server.log", f"snakemake {TABLE}"):
        assert part in words
    assert not place.path(TABLE).exists()
    some = len(kept(place))
    assert 4 <= some < 24
    place.build(TABLE, config={"allow_partial": "true"})
    rows = place.rows("test/bulk")
    failed = [row for row in rows if row["error_type"] is not None]
    assert len(rows) == 24
    assert len(failed) == 24 - len(kept(place)) < 24
    assert metadata(place)["is_complete"] is False
    assert len(metadata(place)["missing"]) == len(failed)
    assert all("the server died" in one["reason"] for one in metadata(place)["missing"])
    bulk(place, concurrency=1, workers=1)
    place.build(TABLE)
    assert all(row["error_type"] is None for row in place.rows("test/bulk"))
    assert metadata(place)["missing"] == []
    assert_nothing_kept_was_asked_again(place)


def test_a_worker_that_gave_up_is_tried_again_and_asks_only_the_rest(place: Workspace) -> None:
    """Four servers that die use up the first attempt; the fifth lives, in the second."""
    bulk(place, {"die_after": 1, "lives": 4}, concurrency=2, workers=1, max_tries=2)
    said = place.snakemake(TABLE, "--retries", "2").stderr
    assert "again: answer test/bulk, 1, attempt 2" in said
    assert "closed" not in said
    assert len(place.rows("test/bulk")) == 24
    assert {one["life"] for one in asked(place)} == {1, 2, 3, 4, 5}
    assert_nothing_kept_was_asked_again(place)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        pytest.param({"models": ["another/model"]}, "some/model", id="unknown_model"),
        pytest.param({"keys": ["right"]}, "VLLM_API_KEY", id="wrong_key"),
    ],
)
def test_what_no_attempt_can_mend_ends_a_worker_once(tmp_path: Path, settings: dict[str, Any], why: str) -> None:
    with FakeProvider(**settings) as server:
        place = Workspace(tmp_path / "project", url=server.url)
        place.env["VLLM_API_KEY"] = "wrong"
        keys = {"generator": "vllm", "model": "some/model", "base_url": server.openai_url, "concurrency": 1}
        place.experiment("test/bulk", workers=1, **keys)
        done = place.snakemake(TABLE, "--retries", "3", check=False)
        words = done.stderr
        assert done.returncode != 0
        assert why in words
        for part in (
            "worker 1 of test/bulk cannot go on: ",
            "logs/test/bulk/answer/1.log",
            f"on with: snakemake {TABLE}",
        ):
            assert words.count(part) == 1 + (part.endswith(".log")), words
        assert "again:" not in words
        first = server.counts()["asked"]
        assert first < 6
        server.set(models=None, keys=None)
        place.build(TABLE)
        assert len(place.rows("test/bulk")) == 6


def test_a_refusal_half_way_leaves_a_labelled_table_only_on_request(tmp_path: Path) -> None:
    with FakeProvider() as server:
        server.plan(Fault("no_money", ordinals=list(range(4, 400))))
        place = Workspace(tmp_path / "project", url=server.url)
        keys = {"generator": "vllm", "model": "some/model", "base_url": server.openai_url, "concurrency": 1}
        place.experiment("test/bulk", workers=1, **keys)
        said = place.snakemake(TABLE, check=False).stderr
        some = len(list(place.path(".retake/calls").glob("??/*.json")))
        assert 0 < some < 6
        assert f"{some} of its 6 first answers are kept" in said
        assert not place.path(TABLE).exists()
        place.build(TABLE, config={"allow_partial": "true"})
        missing = metadata(place)["missing"]
        assert len(missing) == 6 - some == sum(row["error_type"] is not None for row in place.rows("test/bulk"))
        assert all("402" in one["reason"] for one in missing)
        server.plan()
        place.build(TABLE)
        assert metadata(place)["is_complete"] is True
        assert server.counts()["delivered"] == 6


def test_a_job_that_was_ended_three_times_counts_as_given_up_where_that_is_allowed(place: Workspace) -> None:
    bulk(place)
    place.write(".retake/starts/test/bulk/1", "3\n")
    place.build(TABLE, config={"allow_partial": "true"})
    missing = metadata(place)["missing"]
    assert len(missing) == 12
    assert all("worker_1 was ended from outside 3 times" in one["reason"] for one in missing)
    assert len(asked(place)) == 12
    place.build(TABLE)
    assert metadata(place)["is_complete"] is True
    assert len(asked(place)) == 24


def test_more_candidates_are_asked_alone(place: Workspace) -> None:
    bulk(place)
    place.build(TABLE)
    bulk(place, num_candidates=3, workers=3)
    place.build(TABLE)
    assert len(place.rows("test/bulk")) == len(asked(place)) == len({one["seed"] for one in asked(place)}) == 36


def test_tool_conversations_are_held_by_the_worker_and_replayed_without_it(place: Workspace) -> None:
    tools = {"dataset": "embedded:basics", "splits": ["tool_calling"], "variants": ["control"]}
    bulk(place, workers=1, max_queries=3, **tools)
    place.build("results/test/bulk/trace/control/tool_calling_0001/0.json")
    held = len(asked(place))
    assert held > 6
    place.build(TABLE)
    assert len(asked(place)) == held
    traces = [
        place.body(str(f.relative_to(place.folder))) for f in place.path("results/test/bulk/trace").rglob("*.json")
    ]
    assert len(traces) == 6
    assert all(trace["error"] is None for trace in traces)


def test_workers_can_be_started_by_hand_on_any_machine_of_the_folder(place: Workspace) -> None:
    bulk(place)
    place.snakemake(TABLE, "--until", "samples")
    for worker in ("1", "2"):
        place.script("answer.py", "--experiment", "test/bulk", "--worker", worker)
    assert place.script("answer.py", "--experiment", "test/bulk", "--worker", "3", check=False).returncode == 2
    assert len(asked(place)) == 24
    place.build(TABLE)
    assert len(place.rows("test/bulk")) == len(asked(place)) == 24


def test_a_forgotten_answer_is_asked_again_alone(place: Workspace) -> None:
    bulk(place)
    place.build(TABLE)
    place.script("forget.py", "results/test/bulk/raw/control/math_0002/1.json")
    assert place.plan(TABLE) == {"answer": 1, "generate_x2": 1, "verify_x2": 1, "merge": 1}
    place.build(TABLE)
    assert len(asked(place)) == 25
    assert place.plan(TABLE) == {}


def test_workers_and_a_live_run_leave_the_same_files(tmp_path: Path) -> None:
    with FakeProvider() as server:
        place = Workspace(tmp_path / "project", url=server.url)
        shared = {"generator": "vllm", "model": "some/model", "base_url": server.openai_url}
        place.experiment("test/live", **shared)
        place.experiment("test/bulk", workers=2, **shared)
        place.build("results/test/live.parquet", TABLE)
        assert server.counts()["asked"] == 6
        live, workers = place.rows("test/live"), place.rows("test/bulk")
        assert [{**row, "experiment": None} for row in live] == [{**row, "experiment": None} for row in workers]


def test_first_answers_go_through_the_batch_api_and_a_killed_run_resumes_the_same_batch(
    tmp_path: Path, server: FakeProvider
) -> None:
    place = Workspace(tmp_path / "project", url=server.url)
    place.env["RETAKE_BATCH_POLL_S"] = "0.2"
    place.experiment("test/bulk", transport="batch")
    server.set(batch_polls=1_000_000)
    command = [sys.executable, "-m", "snakemake", TABLE]
    run = subprocess.Popen(
        command, cwd=place.folder, env=place.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: server.counts()["batches"] == 1)
    time.sleep(1)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    server.set(batch_polls=1)
    place.build(TABLE)
    counts = server.counts()
    assert (counts["live"], counts["batches"], counts["batch_items"]) == (0, 1, 6)
    assert all(row["is_batch"] and row["cost_usd"] > 0 for row in place.rows("test/bulk"))
    place.experiment("test/live")
    place.build("results/test/live.parquet")
    assert server.counts()["live"] == 0


def test_judge_calls_go_through_the_batch_api_as_well(tmp_path: Path, server: FakeProvider) -> None:
    """A judge that is asked about everything: six first answers and six verdicts, two batches, no live call."""
    place = Workspace(tmp_path / "project", url=server.url)
    place.env["RETAKE_BATCH_POLL_S"] = "0.2"
    keys = {"transport": "batch", "llm_judge_fallback": True, "judge_threshold": 1.0}
    place.experiment("test/bulk", judge={"model": "gpt-4.1-mini"}, **keys)
    place.build(TABLE)
    counts, rows = server.counts(), place.rows("test/bulk")
    judged = [row for row in rows if row["llm_judge_used"] or row["llm_judge_failed"]]
    assert judged
    assert (counts["live"], counts["batches"]) == (0, 2)
    assert counts["batch_items"] == 6 + len({row["request_digest"] for row in judged})
    assert all(row["judge_cost_usd"] > 0 for row in judged)


def test_what_a_batch_could_not_answer_is_a_row_with_its_reason_and_goes_again(
    tmp_path: Path, server: FakeProvider
) -> None:
    place = Workspace(tmp_path / "project", url=server.url)
    place.env["RETAKE_BATCH_POLL_S"] = "0.2"
    place.experiment("test/bulk", transport="batch", max_failures=1.0, generator="claude", model="claude-sonnet-5")
    question = json.loads((ROOT / "config/data/sums/math.jsonl").read_text().splitlines()[0])["problem"]
    server.plan(Fault("item_bad_request", contains=question))
    place.build(TABLE)
    assert [row["error_type"] for row in place.rows("test/bulk")] == ["unanswered"] * 2 + [None] * 4
    assert len(metadata(place)["missing"]) == 2
    server.plan()
    place.build(TABLE)
    assert [row["error_type"] for row in place.rows("test/bulk")] == [None] * 6
    assert metadata(place)["missing"] == []
