"""Copy an experiment, set some of its keys, check it, and write it: an experiment of your own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from retake.errors import ConfigError, RetakeError
from retake.experiment.load import experiment_ids
from retake.experiment.model import Experiment
from retake.experiment.new import new_text, write_experiment
from retake.prompts.personas import load_persona
from retake.prompts.variants import load_variants

COMMON = (
    "dataset",
    "splits",
    "max_queries",
    "generator",
    "model",
    "num_candidates",
    "temperature",
    "persona",
    "variants",
)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("experiment", nargs="?", help="id of the new experiment, <group>/<name>")
    line.add_argument("--template", default="demo/first_takes", help="experiment to start from (default: %(default)s)")
    line.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any key, as YAML; may be repeated"
    )
    line.add_argument("--list", action="store_true", help="list the experiments to start from")
    for key in COMMON:
        line.add_argument(
            f"--{key.replace('_', '-')}", dest=key, metavar="VALUE", help=f"the same as --set {key}=VALUE"
        )
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the experiment into the project of the current folder and say how to run it; 1 for a user's mistake."""
    line, root = parser(), Path.cwd()
    asked = line.parse_args(arguments)
    try:
        known = _templates(root)
        if asked.list:
            print("\n".join(known))
            return 0
        if not asked.experiment:
            line.error("name the new experiment: <group>/<name>")
        text = new_text(asked.template, settings=_settings(asked, line), root=root)
        path = write_experiment(asked.experiment, text, root=root, check=partial(_check_parts, root))
    except RetakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {path}. Look at it, then:")
    print(f"  snakemake results/{asked.experiment}.parquet -n    # what will be done")
    print(f"  snakemake results/{asked.experiment}.parquet       # do it")
    return 0


def _templates(root: Path) -> list[str]:
    known = experiment_ids(root)
    if not known:
        remedy = "Run this in the project's folder, the one with Snakefile and experiments/."
        raise ConfigError("experiments/", "", got="no experiment", allowed="a folder with experiments", remedy=remedy)
    return known


def _check_parts(root: Path, experiment: Experiment, file: str) -> None:
    """Refuse variants that are not there, and a persona or markers that cannot be used."""
    load_variants(experiment, root=root, file=file)
    if experiment.persona is not None:
        load_persona(experiment.persona, root=root, file=file)


def _settings(asked: argparse.Namespace, line: argparse.ArgumentParser) -> dict[str, str]:
    settings = {key: getattr(asked, key) for key in COMMON if getattr(asked, key) is not None}
    for pair in asked.set:
        key, equals, value = pair.partition("=")
        if not equals:
            line.error(f"--set takes KEY=VALUE, got {pair!r}")
        settings[key.strip()] = value
    return {"experiment_name": asked.experiment, **settings}
