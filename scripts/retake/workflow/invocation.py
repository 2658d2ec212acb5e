"""How this run of Snakemake was started: what it was asked for, and whether it only plans.

The Snakefile is read before Snakemake attaches its settings to the workflow, so they are taken from the command line.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from retake.errors import ConfigError

COMMAND = "RETAKE_COMMAND"
"""The environment variable by which jobs elsewhere know the command that began the run."""


@dataclass(frozen=True)
class Invocation:
    """`targets` as they were typed; `is_dry` for a plan or a listing; `is_main` for the process that schedules.

    `shares_files`: what this process writes beside its outputs (the call store) stays in the project's folder.
    `attempt` counts the submissions of a cluster's job, from 1.
    """

    targets: tuple[str, ...] = ()
    is_dry: bool = True
    is_main: bool = True
    shares_files: bool = True
    attempt: int = 1


_LISTINGS = ("dryrun", "list_rules", "list_target_rules", "summary", "detailed_summary", "dag", "rulegraph", "filegraph", "d3dag", "lint", "report", "list_input_changes", "list_params_changes", "list_code_changes", "list_untracked", "unlock", "cleanup_metadata", "archive")  # fmt: skip


def invocation() -> Invocation:
    """Return how Snakemake was started; outside its command line (its API, a test), a plan without targets."""
    from snakemake.cli import get_argument_parser

    if "snakemake" not in sys.argv[0]:
        return Invocation()
    known, _ = get_argument_parser().parse_known_args(sys.argv[1:])
    targets = tuple(str(target) for target in getattr(known, "targets", None) or ())
    is_dry = any(_is_set(getattr(known, name, None)) for name in _LISTINGS)
    mode = str(getattr(known, "mode", "default")).rpartition(".")[2].lower()
    is_main = mode in ("default", "0", "none")
    shared = {str(use).rpartition(".")[2].lower() for use in getattr(known, "shared_fs_usage", None) or ()}
    shares_files = is_main or bool(shared & {"input_output", "input-output"})
    if is_main:
        os.environ[COMMAND] = shlex.join(["snakemake", *sys.argv[1:]])
    return Invocation(targets, is_dry, is_main, shares_files, int(getattr(known, "attempt", 1)))


def _is_set(value: object) -> bool:
    return value is not None and value is not False and value != []


def overrides_of(words: Sequence[str]) -> dict[str, str]:
    """Return what `--config KEY=VALUE ...` of a command line of ours says.

    Raises:
        ConfigError: for a word without `=`.
    """
    for word in words:
        if "=" not in word:
            raise ConfigError("--config", "", got=word, allowed="KEY=VALUE", remedy="Write --config max_queries=50.")
    return dict(word.split("=", 1) for word in words)
