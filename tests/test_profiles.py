"""Profiles: what is missing is named, what a profile sets is what runs, and rented machines carry their calls home."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from workspace import ROOT, Workspace, plan_of

TABLE = "results/test/bulk.parquet"
FAKE = [sys.executable, str(ROOT / "tests" / "servers" / "vllm.py"), "serve"]
PILOT = "results/gsm8k/emotional_pilot.parquet"
HIDING = """
import pkgutil
every = pkgutil.iter_modules
pkgutil.iter_modules = lambda *a, **k: (m for m in every(*a, **k) if not m.name.startswith("snakemake_executor_plugin_"))
"""
EFFECTIVE = """
import json, sys
from snakemake.cli import parse_args
_, args = parse_args(sys.argv[1:])
print(json.dumps({name: value for name, value in vars(args).items()}, default=str))
"""


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    shutil.copytree(ROOT / "experiments", place.path("experiments"))
    shutil.copytree(ROOT / "requirements", place.path("requirements"))
    place.path("gpu").symlink_to("profiles/gpu")
    return place


def keys_of(profile: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "profiles" / profile / "profile.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        pytest.param(["--profile", "gpu", "-j", "8"], "profile gpu wants the executor slurm", id="gpu"),
        pytest.param(["--profile=profiles/vastai"], "profile profiles/vastai wants the executor vastai", id="vastai"),
        pytest.param(["--executor", "slurm", "-j", "2"], "this command wants the executor slurm", id="by_hand"),
    ],
)
def test_a_missing_executor_is_named_with_what_to_install(place: Workspace, options: list[str], wanted: str) -> None:
    place.write("hidden/sitecustomize.py", HIDING)
    done = place.snakemake("-n", *options, "--", PILOT, env={"PYTHONPATH": f"{place.path('hidden')}:{ROOT / 'scripts'}"}, check=False)  # fmt: skip
    said = done.stderr.strip().splitlines()
    name = wanted.rpartition(" ")[2]
    assert done.returncode != 0
    assert f"{wanted}, which is not installed. Install it: pip install -r requirements/{name}.txt" in said[-2]
    assert said[-1] == f"The same plan without it: snakemake -n {PILOT}"
    assert "usage:" not in done.stderr


def test_without_executors_of_their_own_profiles_run_as_ever(place: Workspace) -> None:
    place.write("hidden/sitecustomize.py", HIDING)
    done = place.snakemake("-n", PILOT, env={"PYTHONPATH": f"{place.path('hidden')}:{ROOT / 'scripts'}"})
    assert plan_of(done.stdout + done.stderr)["answer"] == 2


@pytest.mark.parametrize("profile", ["gpu", "vastai"])
def test_no_key_of_a_profile_is_overruled_by_the_default_one(profile: str) -> None:
    assert not keys_of(profile).keys() & keys_of("default").keys()


@pytest.mark.parametrize(
    ("profile", "plugin"),
    [
        pytest.param("gpu", "slurm", id="gpu"),
        pytest.param("profiles/vastai", "vastai", id="vastai"),
    ],
)
def test_what_a_profile_sets_is_what_runs_beside_the_default_one(place: Workspace, profile: str, plugin: str) -> None:
    """Snakemake's own reader, with the executor's settings in it, given both profiles: every key of both has its value."""
    if importlib.util.find_spec(f"snakemake_executor_plugin_{plugin}") is None:
        pytest.skip(f"the {plugin} executor is not installed (requirements/{plugin}.txt)")
    place.write("effective.py", EFFECTIVE)
    done = place.run(sys.executable, "effective.py", "--profile", profile, "-j", "3", "--", PILOT)
    args = json.loads(done.stdout.splitlines()[-1])
    wanted = {**keys_of("default"), **keys_of(Path(profile).name), "jobs": 3}
    wanted.pop("set-resources")
    usage = wanted.pop("shared-fs-usage", None)
    got = {key: args[key.replace("-", "_")] for key in wanted}
    assert {key: value[0] if isinstance(value, list) else value for key, value in got.items()} == wanted
    assert usage is None or (usage, args["shared_fs_usage"]) == ("none", "set()")
    said = place.snakemake("-n", "--profile", profile, "-j", "3", "--", PILOT)
    assert plan_of(said.stdout + said.stderr)["answer"] == 2


def test_vastais_plugin_searches_for_what_the_experiment_allows(place: Workspace) -> None:
    plugin = pytest.importorskip("snakemake_executor_plugin_vastai", reason="requirements/vastai.txt is not installed")
    from retake.workflow.bulk import gpus, offer
    from retake.workflow.project import Project

    project = Project(place.folder)
    keys = keys_of("vastai")
    settings = plugin.ExecutorSettings(disk=keys["vastai-disk"], max_runtime=keys["vastai-max-runtime"])
    asked = {"gpu": gpus(project, "gsm8k/emotional_pilot"), "vastai_query": offer(project, "gsm8k/emotional_pilot")}
    query = plugin.build_offer_query(settings, {**asked, **keys["set-resources"]["answer"]}, 1)
    for part in ("num_gpus=1", "gpu_ram>=12", "dph_total<=0.4", "disk_space>=60", "cpu_ram>=24"):
        assert part in query.split()


def test_the_kubernetes_job_starts_every_worker_of_the_pilot_once() -> None:
    """Read as Kubernetes reads it: one index a worker, each of which runs `answer` for a worker that there is."""
    job = yaml.safe_load((ROOT / "profiles/kubernetes/job.yaml").read_text(encoding="utf-8"))
    pilot = yaml.safe_load((ROOT / "experiments/gsm8k/emotional_pilot.yaml").read_text(encoding="utf-8"))
    spec = job["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
    assert spec["completions"] == spec["parallelism"] == pilot["workers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        v["name"] for v in spec["template"]["spec"]["volumes"]
    }
    words = container["command"][2].replace("exec python scripts/answer.py", 'printf "%s " ')
    for index in range(spec["completions"]):
        said = subprocess.run(
            ["sh", "-c", words], env={"JOB_COMPLETION_INDEX": str(index)}, capture_output=True, text=True, check=True
        )
        assert said.stdout.split() == ["--experiment", "gsm8k/emotional_pilot", "--worker", str(index + 1)]


def test_the_kubernetes_job_is_one_to_kubernetes_own_client() -> None:
    client = pytest.importorskip("kubernetes.client", reason="the package kubernetes is not installed")
    job = yaml.safe_load((ROOT / "profiles/kubernetes/job.yaml").read_text(encoding="utf-8"))

    class Reply:
        data = json.dumps(job)

    read = client.ApiClient().deserialize(Reply(), "V1Job")
    assert read.spec.completion_mode == "Indexed"
    assert client.ApiClient().sanitize_for_serialization(read) == job


def test_workers_on_machines_that_share_nothing_carry_their_calls_home(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    log = tmp_path / "asked.jsonl"
    place.env |= {
        "FAKE_VLLM_LOG": str(log),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RETAKE_ELSEWHERE": str(tmp_path / "machines"),
        "PYTHONPATH": f"{ROOT / 'tests' / 'elsewhere'}:{ROOT / 'scripts'}",
    }
    keys: dict[str, Any] = {"generator": "vllm", "model": "some/model", "workers": 2, "vllm_config": {"command": FAKE}}
    place.experiment("test/bulk", dataset="embedded:basics", splits=["math", "tool_calling"], **keys)
    place.run("git", "init", "-q")
    place.run("git", "add", ".")
    options = ("--executor", "elsewhere", "--jobs", "2", "--local-cores", "16", "--shared-fs-usage", "none")
    place.snakemake(TABLE, *options)
    rows = place.rows("test/bulk")
    asked = [json.loads(line)["seed"] for line in log.read_text().splitlines()]
    assert {row["worker"] for row in rows} == {"worker_1", "worker_2"}
    assert all(row["error_type"] is None for row in rows)
    machines = [machine for machine in (tmp_path / "machines").iterdir() if machine.is_dir()]
    assert len(machines) == 2
    manifests = [place.body(f"results/test/bulk/answer/{n}.json") for n in (1, 2)]
    carried = {digest: call for manifest in manifests for digest, call in manifest["carried"].items()}
    kept = {file.stem: json.loads(file.read_text()) for file in place.path(".retake/calls").glob("??/*.json")}
    assert carried.keys() == kept.keys()
    assert len(asked) == len(kept)
    place.build(TABLE)
    assert len(log.read_text().splitlines()) == len(asked)
    for folder in ("results/test/bulk/raw", "results/test/bulk/trace", ".retake/calls"):
        shutil.rmtree(place.path(folder))
    assert "answer" not in place.plan(TABLE)
    place.build(TABLE)
    assert len(log.read_text().splitlines()) == len(asked)
    assert place.rows("test/bulk") == rows
