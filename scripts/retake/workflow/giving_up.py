"""Workers that gave up: what the user is told, and whether another attempt could fare better.

A cluster's profile retries a failed job, for nodes that are lost. What no node can mend (a wrong key, an unknown model, a mistake in a
file) is marked in `.retake/gave_up` by the worker, and the process that schedules then retries no more.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from retake import paths
from retake.answer.generate import TooManyFailures
from retake.answer.supervisor import WorkerFailed
from retake.errors import CallError, ConfigError, DataError, Interrupted, RetakeError
from retake.files import write_text
from retake.workflow.invocation import COMMAND

GAVE_UP = ".retake/gave_up"


class AnswerFailed(RetakeError):
    """A worker could not answer its units; the message names it, its logs, and the command that goes on."""


def is_final(error: BaseException | None) -> bool:
    """Return whether another attempt, on whatever node, would end with the same error."""
    if isinstance(error, TooManyFailures):
        return is_final(error.__context__)
    if isinstance(error, CallError):
        return not error.is_transient and not isinstance(error, WorkerFailed | Interrupted)
    return isinstance(error, ConfigError | DataError | AnswerFailed)


def marker_path(experiment: str, worker: int | str) -> str:
    """Return the file that a worker leaves where no attempt can fare better; it holds its message."""
    return f"{GAVE_UP}/{experiment}/{worker}"


def forget_markers(root: Path, experiments: Iterable[str]) -> None:
    """Remove the markers of earlier runs: whoever runs again has mended something."""
    for experiment in experiments:
        shutil.rmtree(root / GAVE_UP / experiment, ignore_errors=True)


def check_marker(root: Path, experiment: str, worker: int) -> None:
    """End an attempt at once where an earlier one of the same run could not be helped.

    Raises:
        AnswerFailed: with the message of that attempt.
    """
    try:
        raise AnswerFailed((root / marker_path(experiment, worker)).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return


def gave_up(
    error: RetakeError, *, root: Path, experiment: str, worker: int, logs: list[Path], kept: tuple[int, int], hint: str
) -> AnswerFailed:
    """Return what the user is told of a worker that failed; marks it, where no other attempt could fare better.

    `kept`: how many first answers it has, and how many it wants. `hint` is added to the command that goes on.
    """
    final = is_final(error)
    why = str(error) if str(error).rstrip(")").endswith((".", "!", "?")) else f"{error}."
    named = [str(log.relative_to(root) if log.is_relative_to(root) else log) for log in logs]
    words = [f"worker {worker} of {experiment} {'cannot go on' if final else 'gave up'}: {why}"]
    words += [f"Its log: {named[0]}" + "".join(f"; its server's log: {name}" for name in named[1:]) + "."]
    if kept[0]:
        words += [f"{kept[0]} of its {kept[1]} first answers are kept, and none of them is asked again."]
    command = os.environ.get(COMMAND) or f"snakemake {paths.parquet_path(experiment)}"
    words += [f"{'Mend that, then go' if final else 'Go'} on with: {command}{hint}"]
    if final:
        write_text(root / marker_path(experiment, worker), " ".join(words) + "\n")
    return AnswerFailed(" ".join(words))


def end_hopeless_retries(root: Path) -> None:
    """Have Snakemake retry no worker that left a marker; doing it twice is harmless."""
    from snakemake.jobs import Job

    before: Any = Job.restart_times.fget
    if before.__name__ == "restart_times_with_hope":
        return

    def restart_times_with_hope(job: Any) -> int:
        is_marked = job.rule.name == "answer" and (root / marker_path(**job.wildcards_dict)).exists()
        return 0 if is_marked else int(before(job))

    Job.restart_times = property(restart_times_with_hope)
