"""On a real vLLM, on this machine's CPU: workers that start it, lose it and start it again; endpoints that are there already."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from retake.answer.vllm import VllmServer, server_command, start_vllm
from retake.experiment.model import VllmConfig
from waiting import wait_until
from workspace import ROOT, Workspace

PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
WEIGHTS = ROOT / ".retake" / "vllm" / "smollm2-135m-instruct"
MODEL = "smollm2-135m-instruct"
TABLE, LIVE = "results/test/bulk.parquet", "results/test/live.parquet"
VARIANTS = ["control", "frustration", "pressure", "encouragement"]
ANSWERED = '"POST /v1/chat/completions HTTP/1.1" 200'
pytestmark = pytest.mark.vllm


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    if not PYTHON.exists() or not (WEIGHTS / "config.json").exists():
        pytest.skip("vLLM is not in .venv-vllm, or has no model to serve: make vllm")


def serving() -> dict[str, Any]:
    """Return the vllm_config that serves the small model on this machine's CPU."""
    return {
        "command": [str(PYTHON), "-m", "vllm.entrypoints.openai.api_server"],
        "model_path": str(WEIGHTS),
        "max_model_len": 2048,
        "env": {
            "VLLM_CPU_KVCACHE_SPACE": "1",
            "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, sorted(os.sched_getaffinity(0))[:4])),
            "VLLM_NO_USAGE_STATS": "1",
        },
        "extra_args": ["--enforce-eager", "--dtype", "float32"],
    }


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "project", url="http://127.0.0.1:9")


def experiment(place: Workspace, name: str, **keys: Any) -> None:
    """Write an experiment of 4 sums x 4 variants."""
    asked = {"generator": "vllm", "model": MODEL, "max_queries": 4, "num_candidates": 1, "variants": VARIANTS}
    place.experiment(name, **{**asked, "temperature": 0.7, "max_tokens": 24, **keys})


def processes(place: Workspace) -> dict[int, str]:
    """Return the command line, by process id, of all that runs in a workspace: its servers and all that they started."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cwd").readlink() == place.folder:
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def stored(place: Workspace) -> dict[Path, int]:
    """Return the call store's files, with the time at which each was written."""
    return {file: file.stat().st_mtime_ns for file in place.path(".retake/calls").glob("??/*.json")}


def test_variants_go_from_nothing_to_a_table_by_a_server_of_their_own(place: Workspace) -> None:
    experiment(place, "test/bulk", workers=1, vllm_config=serving())
    place.build(TABLE)
    assert processes(place) == {}
    rows = place.rows("test/bulk")
    assert Counter(row["variant"] for row in rows) == dict.fromkeys(VARIANTS, 4)
    assert {(row["error_type"], row["worker"], row["served_model"]) for row in rows} == {(None, "worker_1", MODEL)}
    assert all(row["answer"] and 0 < row["output_tokens"] <= 24 for row in rows)
    manifest = place.body("results/test/bulk/answer/1.json")
    assert manifest["engine"] == {"name": "vllm", "version": version()}
    record = manifest["record"]
    assert (record["asked"], record["found"], record["restarts"]) == (16, 0, [])
    assert record["output_tokens"] == sum(row["output_tokens"] for row in rows)
    assert record["output_tokens_per_s"] > 0
    assert record["first_request_s"] > 0
    told = place.path("results/test/bulk/metadata.json").read_text()
    assert str(ROOT) not in told
    assert json.loads(told)["is_complete"] is True
    assert place.plan(TABLE) == {}
    assert_that_the_same_seed_gives_the_same_answer(place)


def version() -> str:
    pins = (ROOT / "requirements/vllm.txt").read_text().split()
    return next(pin for pin in pins if pin.startswith("vllm-cpu==")).removeprefix("vllm-cpu==")


def assert_that_the_same_seed_gives_the_same_answer(place: Workspace) -> None:
    name = "results/test/bulk/raw/frustration/math_0002/0.json"
    before, others = place.body(name), stored(place)
    place.script("forget.py", name)
    place.build(TABLE)
    after = place.body(name)
    assert after["asked_at"] > before["asked_at"]
    assert (after["request"], after["answer"]) == (before["request"], before["answer"])
    assert len(stored(place)) == 16
    assert len(set(stored(place).items()) & set(others.items())) == 15


@pytest.mark.parametrize("victim", ["vllm.entrypoints.openai.api_server", "VLLM::EngineCore"], ids=["server", "engine"])
def test_a_killed_server_is_replaced_and_asked_only_the_rest(place: Workspace, victim: str) -> None:
    experiment(place, "test/bulk", workers=1, vllm_config=serving(), concurrency=4, max_tokens=32)
    log = place.path("console.log").open("w")
    command = [sys.executable, "-m", "snakemake", TABLE]
    with subprocess.Popen(command, cwd=place.folder, env=place.env, stdout=log, stderr=log) as run:
        wait_until(lambda: len(stored(place)) >= 2 or run.poll() is not None, limit_s=1800)
        pids = [pid for pid, line in processes(place).items() if victim in line and "guard.py" not in line]
        before = stored(place)
        assert pids, place.path("console.log").read_text()[-4000:]
        os.kill(pids[0], signal.SIGKILL)
        assert run.wait(3000) == 0, place.path("console.log").read_text()[-4000:]
    assert processes(place) == {}
    rows = place.rows("test/bulk")
    assert [row["error_type"] for row in rows] == [None] * 16
    assert 2 <= len(before) < 16
    assert before.items() <= stored(place).items()
    assert len(place.body("results/test/bulk/answer/1.json")["record"]["restarts"]) == 1
    lives = place.path("logs/test/bulk/answer/1.server.log").read_text().split("Application startup complete")[1:]
    assert len(lives) == 2
    assert 0 < lives[1].count(ANSWERED) <= 16 - len(before)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    log = tmp_path_factory.mktemp("vllm") / "server.log"
    running = asyncio.run(start_vllm(VllmConfig.model_validate(serving()), MODEL, log=log, env={}))
    yield running
    running.stop()


def test_a_live_experiment_asks_a_server_that_is_there(place: Workspace, server: VllmServer) -> None:
    long = {"name": "long", "placement": "prefix", "text": "Once more. " * 1500}
    experiment(place, "test/live", base_urls=[server.url], variants=["control", long], max_failures=0.5)
    place.build(LIVE)
    rows = place.rows("test/live")
    assert {(row["variant"], row["error_type"]) for row in rows} == {("control", None), ("long", "too_long")}
    assert all("2048" in row["error_message"] for row in rows if row["variant"] == "long")
    assert {row["worker"] for row in rows if row["error_type"] is None} == {"endpoint_1"}


def test_a_model_that_the_server_does_not_serve_is_named(place: Workspace, server: VllmServer) -> None:
    experiment(place, "test/live", base_urls=[server.url], model="no/such-model")
    done = place.snakemake(LIVE, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "no/such-model" in said
    assert "Traceback" not in said
    assert not place.path(LIVE).exists()


def test_the_command_line_is_one_that_vllm_understands() -> None:
    settings = {
        "gpu_memory_utilization": 0.6,
        "max_model_len": 2048,
        "tensor_parallel_size": 2,
        "model_path": "models/small",
    }
    config = VllmConfig.model_validate({**serving(), **settings, "command": ["vllm", "serve"]})
    parsed = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
print(json.dumps(vars(make_arg_parser(FlexibleArgumentParser()).parse_args(sys.argv[1:])), default=str))
"""
    command = server_command(config, MODEL, 8123)[2:]
    done = subprocess.run([PYTHON, "-c", parsed, *command], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    understood = json.loads(done.stdout.splitlines()[-1])
    expected = {"model_tag": "models/small", "served_model_name": [MODEL], "host": "127.0.0.1", "port": 8123}
    settings.pop("model_path")
    expected |= {**settings, "dtype": "float32", "enforce_eager": True}
    assert {name: understood[name] for name in expected} == expected
