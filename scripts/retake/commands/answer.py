"""Answer one worker's share of an experiment, as `rule answer` does: python scripts/answer.py --experiment E --worker 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from retake.answer.manifest import manifest_path
from retake.commands.printing import print_whole
from retake.errors import RetakeError
from retake.workflow.invocation import overrides_of


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        description=__doc__,
        epilog="Run it in the project's folder, on any machine that shares it, once the samples are there "
        "(snakemake results/<experiment>.parquet --until samples).",
    )
    line.add_argument("--experiment", required=True, metavar="GROUP/NAME", help="the experiment's id")
    line.add_argument("--worker", required=True, type=int, metavar="N", help="which worker's share, counted from 1")
    line.add_argument("--config", nargs="*", default=[], metavar="KEY=VALUE", help="as snakemake's --config")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the call store with a worker's answers and print how it went; return 2, with one message, where it gave up."""
    from retake.workflow.project import Project
    from retake.workflow.services import Services
    from retake.workflow.workers import answer

    given = parser().parse_args(arguments)
    root = Path.cwd()
    log = root / "logs" / given.experiment / "answer" / f"{given.worker}.log"
    manifest = root / manifest_path(given.experiment, given.worker)
    try:
        project = Project(root, overrides_of(given.config))
        # Who answers what was written down when the experiment was planned; workers side by side only look.
        project.is_main = False
        answer(Services(project), given.experiment, given.worker, manifest=manifest, log=log)
    except RetakeError as error:
        print(f"answer: {error}", file=sys.stderr)
        return 2
    return print_whole(log.read_text(encoding="utf-8"))
