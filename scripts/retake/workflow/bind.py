"""What the rules bind: patterns, and the functions of wildcards that give inputs and params. They hold no logic."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from retake import paths
from retake.errors import RetakeError
from retake.files import remedy_of
from retake.workflow import bulk, freshness, giving_up, targets
from retake.workflow.bookkeeping import lighten
from retake.workflow.invocation import invocation
from retake.workflow.lock import is_free, take_lock
from retake.workflow.logfiles import forgive_refused_lines
from retake.workflow.project import TOOL_SPLITS, Project
from retake.workflow.stage_process import StagesBeside
from retake.workflow.stages import Stages

VARIANT, SAMPLE, SPLIT = paths.VARIANT, paths.SAMPLE, paths.SPLIT
TOOL_SAMPLE = rf"(?:{'|'.join(TOOL_SPLITS)})_\d\d\d\d+"
FromWildcards = Callable[[Any], Any]

LOG = logging.getLogger("snakemake")

_project: Project


def open_project(config: Mapping[str, object]) -> tuple[Project, Stages]:
    """Return the project and its stages for this Snakemake run; the process that schedules takes the lock.

    Raises:
        WorkflowError: for a user's mistake that concerns what was asked for: one clear message.
    """
    from snakemake.exceptions import WorkflowError

    global _project
    forgive_refused_lines()
    lighten()
    run = invocation()
    _project = Project(Path.cwd(), config)
    _project.is_main, _project.shares_files, _project.attempt = run.is_main, run.shares_files, run.attempt
    try:
        if run.is_main and not run.is_dry:
            take_lock(_project.root)
            giving_up.forget_markers(_project.root, targets.targeted_experiments(_project, list(run.targets)))
            giving_up.end_hopeless_retries(_project.root)
        for warning in targets.check_targets(_project, list(run.targets)):
            LOG.warning(warning)
        if run.is_main and (not run.is_dry or is_free(_project.root)):
            targets.set_failures_aside(_project, list(run.targets))
        if not run.is_main or run.is_dry:
            return _project, Stages(_project)
        stages = StagesBeside(_project)
        stages.expect_work(targets.targeted_experiments(_project, list(run.targets)))
    except RetakeError as error:
        raise WorkflowError(str(error)) from None
    except OSError as error:
        raise WorkflowError(f"{type(error).__name__}: {error}. {remedy_of(error)}") from None
    stages.wake_on_interrupt()
    return _project, stages


def _told(function: Callable[[Any], Any]) -> FromWildcards:
    """Have a user's mistake that shows only while the plan is made reach the user as one message."""

    def bound(wildcards: Any) -> Any:
        from snakemake.exceptions import WorkflowError

        try:
            return function(wildcards)
        except RetakeError as error:
            raise WorkflowError(str(error)) from None

    bound.__name__ = function.__name__
    return bound


@_told
def sources(wildcards: Any) -> list[str]:
    """Return the local files behind a block of samples."""
    return _project.sources(wildcards.dataset, wildcards.split)


@_told
def samples_spec(wildcards: Any) -> str:
    """Return the spec of a block of samples."""
    return freshness.samples_spec(_project, wildcards.dataset, wildcards.split)


@_told
def block(wildcards: Any) -> str:
    """Return the block that holds a sample."""
    return _project.block(wildcards.experiment, wildcards.sample)


@_told
def blocks(wildcards: Any) -> list[str]:
    """Return the blocks that an experiment's samples lie in."""
    return _project.blocks(wildcards.experiment)


@_told
def persona_files(wildcards: Any) -> list[str]:
    """Return the text of an experiment's persona, which its candidates are asked with; none without a persona."""
    return _project.persona_files(wildcards.experiment)[:1]


@_told
def marker_files(wildcards: Any) -> list[str]:
    """Return the markers of an experiment's persona, which its candidates are measured by; none without any."""
    return _project.persona_files(wildcards.experiment)[1:]


@_told
def answered(wildcards: Any) -> list[str]:
    """Return the manifests of the workers that answered a (variant, sample); none for a live experiment."""
    return bulk.answered(_project, wildcards.experiment, wildcards.variant, wildcards.sample)


@_told
def worker_blocks(wildcards: Any) -> list[str]:
    """Return the blocks of samples that a worker reads."""
    return bulk.blocks_of(_project, wildcards.experiment, int(wildcards.worker))


@_told
def wave(wildcards: Any) -> list[str]:
    """Return the file that says which (variant, sample)s are a worker's."""
    return bulk.wave_file(_project, wildcards.experiment, int(wildcards.worker))


@_told
def gpus(wildcards: Any) -> int:
    """Return how many GPUs a worker's job needs; 0 where it starts no server."""
    return bulk.gpus(_project, wildcards.experiment)


@_told
def constraint(wildcards: Any) -> str | None:
    """Return the Slurm constraint that `min_vram` comes to by profiles/gpu/vram.yaml; None for no wish."""
    return bulk.constraint(_project, wildcards.experiment)


@_told
def offer(wildcards: Any) -> str | None:
    """Return the Vast.ai search that `min_vram` and `max_price` come to; None for no wish."""
    return bulk.offer(_project, wildcards.experiment)


def local_rules(project: Project) -> list[str]:
    """Return the rules that run where Snakemake runs, cluster or not: all but answer, and but what RETAKE_SUBMIT names.

    RETAKE_SUBMIT lists stages, as in `verify` or `verify,trace`.
    """
    submitted = [name.strip() for name in os.environ.get("RETAKE_SUBMIT", "").split(",")]
    counted = [f"{stage}_x{count}" for stage in ("generate", "trace", "verify") for count in project.counts]
    others = ["samples", "merge", "trajectories", "report", "exports"]
    return [rule for rule in counted + others if rule.partition("_x")[0] not in submitted]


@_told
def generate_spec(wildcards: Any) -> str:
    """Return the spec of a generate job."""
    return freshness.generate_spec(_project, wildcards.experiment, wildcards.variant)


@_told
def mocks(wildcards: Any) -> str:
    """Return the file that says which families' code the traces of a (variant, sample) came from."""
    return freshness.mocks_stamp(_project, wildcards.experiment, wildcards.variant, wildcards.sample)


@_told
def trace_spec(wildcards: Any) -> str:
    """Return the spec of a trace job."""
    return freshness.trace_spec(_project, wildcards.experiment)


@_told
def answers(wildcards: Any) -> list[str]:
    """Return the files that hold the candidates' final answers: traces where there are tools, else raw generations."""
    stage = "trace" if _project.has_tools(wildcards.sample) else "raw"
    return _project.candidate_files(stage, wildcards.experiment, wildcards.variant, wildcards.sample)


@_told
def verify_spec(wildcards: Any) -> str:
    """Return the spec of a verify job."""
    return freshness.verify_spec(_project, wildcards.experiment, wildcards.sample)


def all_files(stage: str) -> FromWildcards:
    """Return the function that gives all of an experiment's files of one stage."""

    @_told
    def files(wildcards: Any) -> list[str]:
        return _project.all_files(stage, wildcards.experiment)

    return files


@_told
def stamp(wildcards: Any) -> str:
    """Return the file that tells the merge which candidate files are missing."""
    return targets.refreshed_stamp(_project, wildcards.experiment)


@_told
def merge_spec(wildcards: Any) -> str:
    """Return the spec of a merge."""
    return freshness.merge_spec(_project, wildcards.experiment)


def stage_spec(stage: str) -> str:
    """Return the spec of a stage that depends on its inputs and its code alone."""
    return freshness.stage_spec(stage)


def copies(project: Project) -> dict[str, str]:
    """Return the extra copies that experiments want of their tables: {experiment: path}."""
    usable = [name for names in project.counts.values() for name in names]
    wanted = {name: project.experiment(name).output for name in usable}
    return {name: path for name, path in wanted.items() if path and path != paths.parquet_path(name)}


@_told
def default_targets(_wildcards: Any) -> list[str]:
    """Return table, trajectories and report of the experiments that config/config.yaml lists."""
    return targets.default_targets(_project)
