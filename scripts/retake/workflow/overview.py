"""All experiments at a glance: what state each is in, how much of it is done, and what it has cost so far."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from retake import paths
from retake.errors import RetakeError
from retake.workflow.dry import Job, PlanFailed, dry_run, why
from retake.workflow.project import Project
from retake.workflow.states import names_in

STATES = ("done", "stale", "partial", "not started", "broken")
"""done: nothing would run; stale: all there, and something would run; partial: candidates or the table are missing."""


@dataclass(frozen=True)
class Overview:
    """One experiment: its state (STATES), verified candidates of those wanted, dollars so far (None: unknown), and why."""

    experiment: str
    state: str
    done: int
    wanted: int
    cost_usd: float | None
    note: str = ""


def overview(project: Project) -> list[Overview]:
    """Return all experiments, sorted; Snakemake plans those that have been started, and nothing is made."""
    usable = [name for name in project.ids if name not in project.broken]
    started = [name for name in usable if _is_started(project, name)]
    jobs, failed = _plans(project, started)
    rows = []
    for name in project.ids:
        if name in project.broken or name in failed:
            error = project.broken.get(name) or failed[name]
            rows.append(Overview(name, "broken", 0, 0, _cost(project, name), str(error).splitlines()[0]))
        else:
            rows.append(_row(project, name, jobs.get(name, []), is_started=name in started))
    return rows


def _row(project: Project, name: str, jobs: Sequence[Job], *, is_started: bool) -> Overview:
    wanted = len(project.units(name)) * project.experiment(name).num_candidates
    done = _done(project, name)
    if not is_started:
        state = "not started"
    elif done < wanted or not (project.root / paths.parquet_path(name)).exists():
        state = "partial"
    else:
        state = "stale" if jobs else "done"
    told = dict.fromkeys(f"{job.stage}: {why(project, job)}" for job in jobs) if state == "stale" else {}
    first = next((text for text in told if "what it reads" not in text), next(iter(told), ""))
    return Overview(name, state, done, wanted, _cost(project, name), first)


def _is_started(project: Project, name: str) -> bool:
    folder = project.root / paths.RESULTS / name
    return (project.root / paths.parquet_path(name)).exists() or any(names_in(folder / stage) for stage in paths.STAGES)


def _done(project: Project, name: str) -> int:
    expected = {f"{k}.json" for k in range(project.experiment(name).num_candidates)}
    top = project.root / paths.RESULTS / name / "verification"
    return sum(len(expected & names_in(top / variant / sample)) for variant, sample in project.units(name))


def _cost(project: Project, name: str) -> float | None:
    try:
        totals = json.loads((project.root / paths.RESULTS / name / "metadata.json").read_bytes())["totals"]
        costs = [totals[key] for key in ("cost_usd", "judge_cost_usd") if totals[key] is not None]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return math.fsum(costs) if costs else None


def _plans(project: Project, names: Sequence[str]) -> tuple[dict[str, list[Job]], dict[str, RetakeError]]:
    """Return the planned jobs by experiment, and the experiments that cannot be planned: one dry run where it can be one."""
    if not names:
        return {}, {}
    try:
        jobs = dry_run(project.root, [paths.parquet_path(name) for name in names], project.overrides)
    except PlanFailed as error:
        if len(names) == 1:
            return {}, {names[0]: error}
        plans, failed = {}, {}
        for name in names:
            one, wrong = _plans(project, [name])
            plans |= one
            failed |= wrong
        return plans, failed
    found: dict[str, list[Job]] = {}
    for job in jobs:
        if job.unit[0]:
            found.setdefault(job.unit[0], []).append(job)
    return found, {}
