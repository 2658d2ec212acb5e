"""The cheaper bookkeeping records exactly what Snakemake records by itself."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.workflow.bookkeeping import _selecting
from workspace import ROOT, TIMEOUT_S

SNAKEFILE = """
rule both:
    input: "a.txt", "b.txt"
    output: "made/0.json", "made/1.json", "made/2.json"
    params: spec='{"stage":"both"}'
    log: "logs/both.log"
    run:
        for path in output:
            with open(path, "w") as file:
                file.write(path)
"""
LIGHT = "from retake.workflow.bookkeeping import lighten\nlighten()\nlighten()\n"
WATCH = """    run:
        import os, time
        while not os.listdir(".snakemake/incomplete"):
            time.sleep(0.01)  # the marker is made once the job is on its way
        open("seen.txt", "w").write(" ".join(os.listdir(".snakemake/incomplete")))
"""
PASSING = ("starttime", "endtime", "job_hash")


def records(folder: Path, snakefile: str) -> list[dict[str, Any]]:
    """Run a workflow in `folder`; return its records, one an output, without what differs between any two processes."""
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(f"input {name}\n")
    (folder / "Snakefile").write_text(snakefile)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--force-use-threads", "made/0.json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, timeout=TIMEOUT_S)
    files = sorted(file for file in (folder / ".snakemake" / "metadata").rglob("*") if file.is_file())
    bodies = [json.loads(file.read_text()) for file in files]
    return [{key: value for key, value in body.items() if key not in PASSING} for body in bodies]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What Snakemake records by itself."""
    return records(tmp_path_factory.mktemp("plain") / "project", SNAKEFILE)


def test_the_records_are_the_same(tmp_path: Path, plain: list[dict[str, Any]]) -> None:
    """The same keys and values, checksums of all inputs among them."""
    light = records(tmp_path / "project", LIGHT + SNAKEFILE)
    assert light == plain
    assert all(set(record["input_checksums"]) == {"a.txt", "b.txt"} for record in light)
    assert len(light) == 3


def test_a_job_that_was_cut_short_is_done_again_though_its_files_are_there(tmp_path: Path) -> None:
    """One marker a job, on its first output, is all that is left of it."""
    folder = tmp_path / "project"
    records(folder, LIGHT + SNAKEFILE)
    key = "made/0.json"
    (folder / ".snakemake" / "incomplete" / urlsafe_b64encode(key.encode()).decode()).write_text(
        '{"external_jobid": null}'
    )
    command = [sys.executable, "-m", "snakemake", "-n", "--rerun-incomplete", "made/2.json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert "rule both" in done.stdout + done.stderr


def test_a_running_job_is_marked_once_and_a_finished_one_no_more(tmp_path: Path) -> None:
    """While it runs its first output has a marker; after it, none has."""
    folder = tmp_path / "project"
    watching = SNAKEFILE.replace("    run:\n", WATCH)
    records(folder, LIGHT + watching)
    first = urlsafe_b64encode(b"made/0.json").decode()
    assert (folder / "seen.txt").read_text().split() == [first]
    assert list((folder / ".snakemake" / "incomplete").iterdir()) == []


TEMPORARY = """
rule last:
    input: "passing/deep/x.txt", "kept/y.txt"
    output: "made/z.txt"
    shell: "touch {output}"

rule first:
    output: temp("passing/deep/x.txt"), temp("kept/y.txt")
    shell: "touch {output} kept/beside.txt"
"""


@pytest.mark.parametrize(
    "snakefile", [pytest.param(TEMPORARY, id="snakemake"), pytest.param(LIGHT + TEMPORARY, id="light")]
)
def test_folders_that_a_run_leaves_empty_are_removed(tmp_path: Path, snakefile: str) -> None:
    (tmp_path / "Snakefile").write_text(snakefile)
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "last"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True, timeout=TIMEOUT_S)
    left = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if ".snakemake" not in file.parts}
    assert left == {"Snakefile", "kept", "kept/beside.txt", "made", "made/z.txt"}


INSIDE = """
rule all:
    input: "made", "made/x.txt"

rule folder:
    output: directory("made")
    shell: "mkdir -p made"

rule file:
    output: "made/x.txt"
    shell: "touch {output}"
"""


@pytest.mark.parametrize("snakefile", [pytest.param(INSIDE, id="snakemake"), pytest.param(LIGHT + INSIDE, id="light")])
def test_a_file_inside_another_jobs_folder_is_refused(tmp_path: Path, snakefile: str) -> None:
    (tmp_path / "Snakefile").write_text(snakefile)
    command = [sys.executable, "-m", "snakemake", "-n"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 1
    assert "ChildIOException" in done.stdout + done.stderr


@dataclass(frozen=True)
class Job:
    """What a scheduler sees of a job."""

    scheduler_resources: dict[str, int]
    priority: int
    input: tuple[str, ...] = ()


job = st.builds(
    Job,
    st.fixed_dictionaries({"_cores": st.integers(0, 4), "_nodes": st.just(1), "gpu": st.integers(0, 2)}),
    st.integers(0, 3),
)
available = st.fixed_dictionaries({"_cores": st.integers(0, 12), "_nodes": st.integers(0, 9), "gpu": st.integers(0, 4)})


@given(st.lists(job, min_size=1, max_size=12), available)
def test_the_same_jobs_are_chosen(jobs: list[Job], available: dict[str, int]) -> None:
    """As Snakemake's own greedy scheduler does, job by job."""
    own = pytest.importorskip("snakemake.scheduling.greedy")
    scheduler = own.Scheduler(None, own.SchedulerSettings(), logging.getLogger())
    selecting = getattr(own.Scheduler.select_jobs, "__wrapped__", own.Scheduler.select_jobs)
    assert list(_selecting(selecting)(scheduler, jobs, jobs, available, {})) == selecting(
        scheduler, jobs, jobs, available, {}
    )
