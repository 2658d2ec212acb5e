"""Snakemake's own dry run, as data: the jobs that it would run, and why."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retake.errors import RetakeError
from retake.workflow.project import Project
from retake.workflow.states import changes, record_of, spec_of

SCRIPTS = Path(__file__).resolve().parents[2]
_STAGE_OF = {"generate": "raw", "trace": "trace", "verify": "verification"}
_PLAIN = {
    "Missing output files": "not made yet",
    "Incomplete output files": "cut short by an earlier run",
    "Forced execution": "forced",
    "Code has changed since last execution": "its rule has changed",
    "Set of input files has changed since last execution": "it reads other files than before",
}


class PlanFailed(RetakeError):
    """Snakemake could not make a plan; the message is its own."""


@dataclass(frozen=True)
class Job:
    """A planned job: its rule, its wildcards, its first output, and Snakemake's reason."""

    rule: str
    wildcards: Mapping[str, str]
    output: str
    reason: str

    @property
    def stage(self) -> str:
        """The rule's name without the number of candidates: generate, trace, verify, merge, ..."""
        return re.sub(r"_x\d+$", "", self.rule)

    @property
    def unit(self) -> tuple[str, str, str]:
        """Experiment, variant and sample of a candidates' job; empty texts for another job."""
        return tuple(self.wildcards.get(name, "") for name in ("experiment", "variant", "sample"))  # type: ignore[return-value]


def dry_run(root: Path, targets: Sequence[str], overrides: Mapping[str, object] | None = None) -> list[Job]:
    """Return the jobs that `snakemake TARGETS` would run under `root`, in its order; nothing is asked and nothing made.

    Raises:
        PlanFailed: where Snakemake refuses; the message is what it says.
    """
    config = [f"{key}={value}" for key, value in (overrides or {}).items()]
    with tempfile.TemporaryDirectory(prefix="retake-plan-") as folder:
        plan = Path(folder) / "jobs.jsonl"
        options = ["--dry-run", "--logger", "retake", "--logger-retake-plan", str(plan)]
        command = [sys.executable, "-m", "snakemake", *targets, *options, *(["--config", *config] if config else [])]
        search = os.pathsep.join(filter(None, (str(SCRIPTS), os.environ.get("PYTHONPATH"))))
        done = subprocess.run(
            command, cwd=root, env={**os.environ, "PYTHONPATH": search}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise PlanFailed(_complaint(done.stderr) or f"snakemake ended with {done.returncode}")
        lines = plan.read_text(encoding="utf-8").splitlines() if plan.exists() else []
    return [_job(json.loads(line)) for line in lines]


def _job(body: dict[str, object]) -> Job:
    outputs = body["output"]
    first = str(outputs[0]) if isinstance(outputs, list) and outputs else ""
    return Job(str(body["rule"]), dict(body["wildcards"] or {}), first, str(body["reason"]))  # type: ignore[call-overload]


def _complaint(said: str) -> str:
    noise = ("Using workflow specific profile", "WorkflowError in", "Error in rule", "Building DAG", "host:")
    return "\n".join(line for line in said.splitlines() if line.strip() and not line.startswith(noise))


def why(project: Project, job: Job) -> str:
    """Return in plain words why a job runs; where its params differ, what of them."""
    clauses = [_clause(project, job, clause.strip()) for clause in job.reason.split("; ")]
    own = list(dict.fromkeys(clause for clause in clauses if clause))
    return "; ".join(own) or "what it reads is made anew"


def _clause(project: Project, job: Job, clause: str) -> str:
    kind, _, rest = clause.partition(":")
    if kind.startswith("Params have changed"):
        return _changed(project, job)
    if kind.startswith("Updated input files"):
        files = [file.strip() for file in rest.split(",")]
        inner = [file for file in files if not file.startswith("results/")]
        return f"{', '.join(sorted(inner))} changed" if inner else "what it reads has changed"
    return _PLAIN.get(kind, "")


def _changed(project: Project, job: Job) -> str:
    stage, record = _STAGE_OF.get(job.stage), record_of(project.root, job.output)
    if stage is None or record is None:
        return "its settings or code have changed"
    experiment, variant, sample = job.unit
    told = changes(record.spec, spec_of(project, stage, experiment, variant, sample))
    return ", ".join(told) or "its settings have changed"
