"""The process beside Snakemake's: it is told of when it dies, it outlives nobody, and it loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from retake.workflow.project import Project
from retake.workflow.stage_process import StageProcess, StagesBeside
from servers.provider import FakeProvider
from snakemake.exceptions import WorkflowError
from waiting import wait_until
from workspace import Workspace

TABLE = "results/test/sums.parquet"


@pytest.fixture
def place(tmp_path: Path, server: FakeProvider) -> Workspace:
    made = Workspace(tmp_path / "project", url=server.url)
    made.experiment(max_queries=10, num_candidates=4, concurrency=4)
    return made


@pytest.mark.parametrize(
    ("edited", "begun"),
    [
        pytest.param(None, [], id="nothing was edited"),
        pytest.param(TABLE, [["openai"]], id="no table"),
        pytest.param("experiments/test/sums.yaml", [["openai"]], id="experiment"),
        pytest.param("personas/marvin_brief.txt", [["openai"]], id="its persona"),
        pytest.param("personas/none.txt", [], id="another persona"),
    ],
)
def test_the_process_gets_ready_with_the_plan_where_a_table_is_missing_or_behind(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, edited: str | None, begun: list[list[str]]
) -> None:
    place.experiment(persona="personas/marvin_brief.txt")
    table = place.path(TABLE)
    table.parent.mkdir(parents=True)
    table.touch()
    place.path("personas/none.txt").write_text("Nobody has this one.\n")
    now = time.time()
    for file in place.folder.glob("*/**/*.*"):
        os.utime(file, (now - 60, now - 60))
    if edited == TABLE:
        table.unlink()
    elif edited is not None:
        os.utime(place.path(edited), (now, now))
    got: list[list[str]] = []
    monkeypatch.setattr(StageProcess, "begin", lambda _, providers: got.append(providers))
    StagesBeside(Project(place.folder)).expect_work(["test/sums"])
    assert got == begun


def started(place: Workspace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "snakemake", TABLE]
    return subprocess.Popen(
        command, cwd=place.folder, env=place.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def beside(run: subprocess.Popen[str]) -> psutil.Process:
    """Return the process beside a run."""
    (found,) = [
        child for child in psutil.Process(run.pid).children() if "retake.workflow.stage_server" in child.cmdline()
    ]
    return found


def kept(place: Workspace) -> int:
    return len(list(place.path(".retake/calls").glob("??/*.json")))


def test_where_it_is_killed_the_user_is_told_and_the_same_command_goes_on(
    place: Workspace, server: FakeProvider
) -> None:
    server.set(latency_s=0.3)
    run = started(place)
    wait_until(lambda: kept(place) >= 8)
    beside(run).kill()
    said = run.communicate(timeout=120)[0]
    assert run.returncode == 1
    assert "the process that asks and verifies was killed by signal 9" in said
    assert "Traceback" not in said
    before, asked = kept(place), server.counts()["asked"]
    server.set(latency_s=0.0)
    place.build(TABLE)
    assert len(place.rows("test/sums")) == 40
    assert server.counts()["asked"] == asked + 40 - before


def test_where_snakemake_alone_is_killed_it_keeps_what_is_on_its_way_and_ends(
    place: Workspace, server: FakeProvider
) -> None:
    server.set(latency_s=1.0)
    run = started(place)
    wait_until(lambda: server.counts()["in_flight"] == 4)
    worker = beside(run)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    worker.wait(timeout=30)
    assert kept(place) == server.counts()["asked"]
    server.set(latency_s=0.0)
    place.build(TABLE)
    assert server.counts()["asked"] == 40


def test_a_mistake_of_ours_comes_back_with_all_that_helps_to_find_it(place: Workspace) -> None:
    process = StageProcess(Project(place.folder))
    try:
        with pytest.raises(WorkflowError) as raised:
            process.do("generate", ["nowhere.json"], None, {"experiment": "test/sums"}, "log")
    finally:
        process.close()
    assert "Traceback" in str(raised.value)
    assert "stages.py" in str(raised.value)


def test_an_edit_while_the_run_goes_on_concerns_the_next_run_alone(place: Workspace, server: FakeProvider) -> None:
    """The plan and what is asked must be of one mind, though they are made in two processes."""
    place.write("personas/short.txt", "You are Marvin.")
    place.experiment(max_queries=10, num_candidates=4, concurrency=4, persona="personas/short.txt")
    server.set(latency_s=0.5)
    run = started(place)
    wait_until(lambda: server.counts()["asked"] >= 4)
    place.experiment(max_queries=10, num_candidates=4, concurrency=4, max_tokens=77, persona="personas/short.txt")
    run.communicate(timeout=120)
    assert run.returncode == 0
    assert {row["max_tokens"] for row in place.rows("test/sums")} != {77}
    assert place.plan(TABLE)["generate_x4"] == 10
