"""Snakemake's bookkeeping made cheaper: what grows with outputs times inputs is done once a job, and the records say the same.

Measured on Snakemake 9.27, 200 samples x 8 candidates (400 jobs, 3,200 files): it looked for each output's record and start
again, took the checksum of each input once for each output, and wrote and removed a marker for each output of a running job.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import hashlib
import json
import os
import stat
import threading
import time
from typing import Any

COLLECT_EVERY = (50_000, 20, 50)
"""The plan of a large experiment is a million objects that live as long as the run: looking through them again and again
for garbage was 7 % of its CPU."""

_RECORD_MODE = 0o660
_is_light = False


def lighten() -> None:
    """Have this process's Snakemake keep its books cheaply; doing it twice is harmless."""
    from snakemake.dag import DAG
    from snakemake.jobs import Job
    from snakemake.persistence import PersistenceBase
    from snakemake.persistence.file import FilePersistence
    from snakemake.scheduling import greedy
    from snakemake.scheduling.job_scheduler import JobScheduler

    global _is_light
    if _is_light:
        return
    _is_light = True
    collect_seldom()
    FilePersistence.started = _started
    FilePersistence.finished = _recorded(PersistenceBase.finished)
    PersistenceBase._serialize_param = property(_serializing)
    Job.is_pipe_or_service_input = _is_pipe_or_service_input
    DAG.cleanup_workdir = _remove_empty_folders
    DAG.check_directory_outputs = _checking(DAG.check_directory_outputs)
    JobScheduler._schedule_reevalutation = _look_again_later
    greedy.Scheduler.select_jobs = _selecting(greedy.Scheduler.select_jobs)


def collect_seldom() -> None:
    """Have this process look for garbage seldom, and not at all when it ends."""
    gc.set_threshold(*COLLECT_EVERY)
    atexit.register(gc.freeze)


def _started(self: Any, job: Any, external_jobid: str | None = None) -> None:
    """Mark a job as running by its first output alone: its outputs come and go together.

    A job that was cut short is found by that marker where the file is there, and by the missing file where it is not.
    """
    self._clear_cache()
    for file in job.output[:1]:
        self._mark_incomplete(self._get_key(file), external_jobid)


def _recorded(finished: Any) -> Any:
    """Have the records of a job's outputs made at one go: they differ in the times of their file alone."""
    from snakemake.persistence import MetadataRecord
    from snakemake_interface_executor_plugins.settings import ExecMode

    async def recorded(self: Any, job: Any) -> None:
        workflow = self.dag.workflow
        keeps = workflow.execution_settings.keep_metadata and workflow.exec_mode == ExecMode.DEFAULT
        if not job.output or not keeps or any(file.is_storage for file in (*job.input, *job.output)):
            return await finished(self, job)
        self._clear_cache()
        now, first = time.time(), self._get_key(job.output[0])
        started = self._get_recorded_starttime(first) or now
        body = {**dict(MetadataRecord(starttime=started).items()), **_said(self, job)}
        for file in job.output:
            body["endtime"] = (await file.mtime()).local_or_storage() if await file.exists() else now
            _write(self._record_path(self._metadata_path, str(file)), json.dumps(body))
        self._unmark_incomplete(first)
        return None

    return recorded


def _said(self: Any, job: Any) -> dict[str, Any]:
    """Return what Snakemake records of a job in each of its outputs."""
    from snakemake.persistence import RECORD_FORMAT_VERSION

    sums = {str(file): _sum(str(file), self.max_checksum_file_size) for file in job.input}
    return {
        "incomplete": False,
        "record_format_version": RECORD_FORMAT_VERSION,
        "rule": job.rule.name,
        "code": self._code(job.rule),
        "input": self._input(job),
        "log": self._log(job),
        "params": self._params(job),
        "shellcmd": job.shellcmd,
        "job_hash": hash(job),
        "conda_env": self._conda_env(job),
        "software_stack_hash": self._software_stack_hash(job),
        "container_img_url": job.container_img_url,
        "input_checksums": {name: value for name, value in sums.items() if value is not None},
    }


def _sum(file: str, most_bytes: int) -> str | None:
    """Return a file's checksum as Snakemake writes it; None for what it takes none of: folders, pipes, large files."""
    try:
        found = os.stat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most_bytes:
            return None
        with open(file, "rb", buffering=0) as opened:
            return f"sha256:{hashlib.sha256(opened.read()).hexdigest()}"
    except OSError:
        return None


def _serializing(self: Any) -> Any:
    """Return how a param is written down: no param of a rule is a table, so pandas, half a second of import, is not asked."""
    return self._serialize_param_builtin


def _write(record: str, text: str) -> None:
    """Write a record as Snakemake does: not atomically (it reads a half one as none), for user and group."""
    try:
        with open(record, "w", opener=_opener) as file:
            file.write(text)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(record), exist_ok=True)
        with open(record, "w", opener=_opener) as file:
            file.write(text)


def _opener(path: str, flags: int) -> int:
    opened = os.open(path, flags, _RECORD_MODE)
    os.fchmod(opened, _RECORD_MODE)
    return opened


def _is_pipe_or_service_input(self: Any, path: Any) -> bool:
    """Return whether an input is made by a job that runs beside this one.

    Snakemake looks through all jobs that this one waits for, for each of its inputs: 32 million steps for the merge of 1,000 samples.
    """
    beside = getattr(self, "made_beside", None)
    if beside is None:
        beside = self.made_beside = frozenset().union(
            *(job.pipe_or_service_output for job in self.dag.dependencies[self])
        )
    return path in beside


def _remove_empty_folders(self: Any) -> None:
    """Remove the folders of the plan's files that are empty.

    Snakemake looks for each file of each job first, and then at the folders of those that are not there; an empty one has none.
    """
    jobs = [job for job in self.jobs if not self.is_edit_notebook_job(job)]
    for folder in {os.path.dirname(file) for job in jobs for file in (*job.output, *job.input)} - {""}:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
            if next(found, None) is None:
                os.removedirs(folder)


def _checking(check: Any) -> Any:
    """Have the plan's files looked through for those inside another job's folder only where a rule makes a folder."""
    from snakemake.io import is_flagged

    def checked(self: Any) -> None:
        if any(is_flagged(file, "directory") for rule in {job.rule for job in self.jobs} for file in rule.output):
            check(self)

    return checked


def _look_again_later(self: Any, delay_s: float) -> None:
    """Wake the scheduler after `delay_s`, from a thread that holds nobody up: Snakemake's own kept each run from ending for a second."""
    timer = threading.Timer(delay_s, self._open_jobs.release)
    timer.daemon = True
    timer.start()


def _selecting(select_jobs: Any) -> Any:
    """Have the greedy scheduler choose the same jobs in one pass.

    Snakemake's looks at all ready jobs again for each one that it chooses: two thirds of a run's CPU at 10,000 ready jobs. What does
    not fit once never fits later, since resources only become fewer: so the jobs by falling reward, each taken where it fits, are
    the same choice.
    """

    @functools.wraps(select_jobs)
    def selected(self: Any, jobs: Any, remaining: Any, available: Any, sizes: Any) -> list[Any]:
        if self.settings.greediness != 1:
            return select_jobs(self, jobs, remaining, available, sizes)
        weights = [self.job_weight(job, available) for job in jobs]
        rewards = [self.job_reward(job, sizes) for job in jobs]
        least, left = [min(column) for column in zip(*weights, strict=True)], list(available.values())
        taken = set()
        for at in sorted(range(len(jobs)), key=rewards.__getitem__, reverse=True):
            if any(have < need for have, need in zip(left, least, strict=True)):
                break
            if all(need <= have for have, need in zip(left, weights[at], strict=True)):
                taken.add(at)
                left = [have - need for have, need in zip(left, weights[at], strict=True)]
        return [job for at, job in enumerate(jobs) if at in taken]

    return selected
