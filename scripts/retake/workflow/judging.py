"""An experiment's judge without a run of Snakemake, asked through the call store."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from retake.calls.request import Ask
from retake.verify.judge import JudgeSettings
from retake.workflow.project import Project
from retake.workflow.services import Services

T = TypeVar("T")


@dataclass(frozen=True)
class OpenJudge:
    """An experiment's judge: `ask` looks a request up or asks it once, `settings` are what its requests are made with."""

    ask: Ask
    settings: JudgeSettings
    services: Services

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the shared event loop and return its result."""
        return self.services.runtime.run(coroutine)


@contextmanager
def open_judge(experiment: str, *, root: Path | None = None) -> Iterator[OpenJudge]:
    """Open an experiment's judge under `root` (the current folder); connections and servers end with the context.

    Raises:
        ConfigError: where there is no such experiment, or it cannot be used.
    """
    services = Services(Project(root or Path.cwd()))
    try:
        yield OpenJudge(services.judge(experiment), services.judge_settings(experiment), services)
    finally:
        services.runtime.stop()
