"""On a real Slurm of 3 nodes: workers complete, lost jobs, servers and nodes cost nothing that was answered."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers.provider import FakeProvider
from waiting import wait_until
from workspace import ROOT, Workspace

TABLE = "results/test/bulk.parquet"
CLUSTER = ROOT / "scripts" / "slurm.sh"
FAKE = [sys.executable, str(ROOT / "tests" / "servers" / "vllm.py"), "serve"]
AT_ONCE = {"quorum": 3}
"""No server answers before all three are there: on a busy machine one would be done before another begins."""
WITHOUT = ("asked_at", "latency_s", "created_at")
pytestmark = pytest.mark.slurm


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    if shutil.which("sbatch") is None or importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("no Slurm (make slurm), or no plugin for it (pip install -r requirements/slurm.txt)")
    subprocess.run([CLUSTER, "start"], check=True, timeout=300)
    yield
    subprocess.run([CLUSTER, "stop"], check=True, timeout=300)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    if not place.path("gpu").exists():
        place.path("gpu").symlink_to("profiles/gpu")
    place.env["FAKE_VLLM_LOG"] = str(tmp_path / "asked.jsonl")
    return place


def bulk(place: Workspace, *, latency_s: float, plan: dict[str, Any] | None = None, **keys: Any) -> None:
    """Write the experiment of 24 sums x 2 variants x 2 candidates on 3 workers, two requests at a time each."""
    env = {"FAKE_VLLM_PLAN": json.dumps({"latency_s": latency_s, **(plan or {})})}
    body = {
        "generator": "vllm",
        "model": "some/model",
        "workers": 3,
        "max_queries": 24,
        "variants": ["control", "frustration"],
        "concurrency": 2,
        "vllm_config": {"command": FAKE, "env": env, "request_timeout_s": 300, "min_vram": 12},
    }
    place.experiment("test/bulk", **{**body, **keys})
    place.write("profiles/gpu/vram.yaml", '"24": gpu24g\n')


def started(place: Workspace, *arguments: str) -> subprocess.Popen[str]:
    options = ("--profile", "gpu", "--slurm-init-seconds-before-status-checks", "5")
    log = place.path("console.log").open("w")
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", *options, *arguments],
        cwd=place.folder,
        env=place.env,
        stdout=log,
        stderr=log,
        text=True,
    )


def ended(place: Workspace, run: subprocess.Popen[str]) -> None:
    code = run.wait(900)
    assert code == 0, console(place)[-4000:]


def console(place: Workspace) -> str:
    return place.path("console.log").read_text()


def submitted(place: Workspace, worker: int) -> int:
    """Return how many Slurm jobs a worker has had."""
    return len(list(place.path(f"logs/slurm/rule_answer/test_bulk_{worker}").glob("*.log")))


def asked(place: Workspace) -> list[dict[str, Any]]:
    path = Path(place.env["FAKE_VLLM_LOG"])
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def assert_nothing_kept_was_asked_again(place: Workspace) -> None:
    files = place.path(".retake/calls").glob("??/*.json")
    when = {json.loads(f.read_text())["request"]["params"]["seed"]: f.stat().st_mtime for f in files}
    assert [one for one in asked(place) if one["arrived"] > when[one["seed"]] + 0.01] == []


def assert_whole(place: Workspace) -> None:
    rows = place.rows("test/bulk")
    assert len(rows) == len({one["seed"] for one in asked(place)}) == 96
    assert all(row["error_type"] is None for row in rows)
    assert place.body("results/test/bulk/metadata.json")["is_complete"] is True


def jobs_on(node: str) -> list[str]:
    said = subprocess.run(["squeue", "-h", "-w", node, "-o", "%A"], capture_output=True, text=True, check=True).stdout
    return said.split()


def test_three_workers_on_three_nodes_and_on_one_leave_the_same_table(place: Workspace, tmp_path: Path) -> None:
    bulk(place, latency_s=0.05, plan=AT_ONCE)
    ended(place, started(place, "-j", "3", TABLE))
    assert_whole(place)
    assert len(asked(place)) == 96
    assert {one["server"] for one in asked(place)} == {"n1", "n2", "n3"}
    assert sorted(p.name for p in place.path("logs/slurm/rule_answer").iterdir()) == [
        f"test_bulk_{n}" for n in (1, 2, 3)
    ]
    three = place.rows("test/bulk")
    bytes_of_three = place.path(TABLE).read_bytes()
    for folder in ("results", ".snakemake"):
        shutil.rmtree(place.path(folder))
    ended(place, started(place, "-j", "1", TABLE))
    assert place.path(TABLE).read_bytes() == bytes_of_three
    for folder in ("results", ".snakemake", ".retake"):
        shutil.rmtree(place.path(folder))
    ended(place, started(place, "-j", "1", TABLE))
    one = place.rows("test/bulk")
    assert [_timeless(row) for row in one] == [_timeless(row) for row in three]


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in WITHOUT}


def test_verification_is_submitted_in_groups(place: Workspace) -> None:
    bulk(place, latency_s=0.05)
    place.env["RETAKE_SUBMIT"] = "verify"
    groups = ("--groups", "verify_x2=verify", "--group-components", "verify=4", "--config", "max_queries=4")
    limits = ("--default-resources", "slurm_partition=gpu", "runtime=60", "mem_mb=100")
    ended(place, started(place, "-j", "3", *groups, *limits, "--", TABLE))
    assert len(place.rows("test/bulk")) == 16
    assert len(list(place.path("logs/slurm/group_verify_verify_x2").glob("*.log"))) == 2
    assert "No wall time information" not in console(place)


def test_a_worker_that_gives_up_says_why_on_the_console_and_another_job_goes_on(place: Workspace) -> None:
    """Four servers that die use up the first job; the second job's server lives."""
    bulk(place, latency_s=0.05, plan={"die_after": 1, "lives": 4}, workers=1, max_queries=4, max_tries=2)
    ended(place, started(place, "-j", "1", TABLE))
    said = console(place)
    for part in (
        "worker 1 of test/bulk gave up: its server failed 4 times: the server died",
        "Its log: logs/test/bulk/answer/1.log; its server's log: logs/test/bulk/answer/1.server.log",
        f"Go on with: snakemake --profile gpu --slurm-init-seconds-before-status-checks 5 -j 1 {TABLE}",
        "failed: answer test/bulk, 1 (log: logs/test/bulk/answer/1.log)",
        "again: answer test/bulk, 1, attempt 2",
    ):
        assert part in said, said
    assert submitted(place, 1) == 2
    assert len(place.rows("test/bulk")) == 16
    assert_nothing_kept_was_asked_again(place)


def test_what_no_node_can_mend_is_submitted_once(place: Workspace) -> None:
    with FakeProvider(models=["another/model"]) as server:
        bulk(place, latency_s=0, workers=1, max_queries=4, base_url=server.openai_url)
        run = started(place, "-j", "1", TABLE)
        assert run.wait(600) != 0
        said = console(place)
        for part in ("worker 1 of test/bulk cannot go on: HTTP 404", "`some/model`", "logs/test/bulk/answer/1.log", f"on with: snakemake --profile gpu --slurm-init-seconds-before-status-checks 5 -j 1 {TABLE}"):  # fmt: skip
            assert part in said, said
        assert "again:" not in said
        assert submitted(place, 1) == 1
        server.set(models=None)
        ended(place, started(place, "-j", "1", TABLE))
        assert len(place.rows("test/bulk")) == 16


def test_a_cancelled_job_and_a_killed_server_lose_nothing(place: Workspace) -> None:
    bulk(place, latency_s=1.0, plan=AT_ONCE)
    run = started(place, "-j", "3", TABLE)
    wait_until(lambda: {one["server"] for one in asked(place)} == {"n1", "n2", "n3"} and len(asked(place)) > 12)
    first = {one["server"]: one["pid"] for one in asked(place)}
    subprocess.run(["scancel", *jobs_on("n1")], check=True)
    os.kill(first["n2"], signal.SIGKILL)
    ended(place, run)
    assert_whole(place)
    assert_nothing_kept_was_asked_again(place)
    assert len({one["pid"] for one in asked(place)}) == 5
    assert "again: answer test/bulk" in console(place)


def test_a_node_that_goes_down_is_replaced_by_another(place: Workspace) -> None:
    bulk(place, latency_s=1.0, plan=AT_ONCE)
    run = started(place, "-j", "3", TABLE)
    wait_until(lambda: len([one for one in asked(place) if one["server"] == "n2"]) > 4)
    try:
        subprocess.run([CLUSTER, "killnode", "n2"], check=True, timeout=60)
        ended(place, run)
    finally:
        subprocess.run([CLUSTER, "startnode", "n2"], check=True, timeout=60)
    assert_whole(place)
    assert_nothing_kept_was_asked_again(place)
