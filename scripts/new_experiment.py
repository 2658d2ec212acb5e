"""Make an experiment of your own from one that ships: python scripts/new_experiment.py mine/first --persona personas/mine.txt."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from retake.errors import RetakeError
from retake.experiment.load import experiment_ids
from retake.experiment.new import new_text, write_experiment

ROOT = Path(__file__).resolve().parent.parent
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


def arguments() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description="Copy an experiment, set some of its keys, check it, and write it.")
    parser.add_argument("experiment", nargs="?", help="id of the new experiment, <group>/<name>")
    parser.add_argument(
        "--template", default="demo/first_takes", help="experiment to start from (default: %(default)s)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any key, as YAML; may be repeated"
    )
    parser.add_argument("--list", action="store_true", help="list the experiments to start from")
    for key in COMMON:
        parser.add_argument(
            f"--{key.replace('_', '-')}", dest=key, metavar="VALUE", help=f"the same as --set {key}=VALUE"
        )
    return parser


def main() -> int:
    """Write the experiment and say how to run it."""
    asked = arguments().parse_args()
    if asked.list:
        print("\n".join(experiment_ids(ROOT)))
        return 0
    if not asked.experiment:
        arguments().error("name the new experiment: <group>/<name>")
    settings = {key: getattr(asked, key) for key in COMMON if getattr(asked, key) is not None}
    for pair in asked.set:
        key, equals, value = pair.partition("=")
        if not equals:
            arguments().error(f"--set takes KEY=VALUE, got {pair!r}")
        settings[key.strip()] = value
    settings.setdefault("experiment_name", asked.experiment)
    try:
        path = write_experiment(asked.experiment, new_text(asked.template, settings=settings, root=ROOT), root=ROOT)
    except RetakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"Wrote {path}. Look at it, then:")
    print(f"  snakemake results/{asked.experiment}.parquet -n    # what will be done")
    print(f"  snakemake results/{asked.experiment}.parquet       # do it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
