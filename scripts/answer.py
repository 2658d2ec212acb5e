"""Answer one worker's share of an experiment, as `rule answer` does: python scripts/answer.py --experiment E --worker 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from retake.answer.manifest import manifest_path
from retake.errors import RetakeError
from retake.workflow.project import Project
from retake.workflow.services import Services
from retake.workflow.workers import answer


def main() -> int:
    """Fill the call store with a worker's answers, on any machine that shares the project's folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="<group>/<name>")
    parser.add_argument("--worker", required=True, type=int, help="a number from 1")
    parser.add_argument("--config", nargs="*", default=[], metavar="KEY=VALUE", help="as snakemake's --config")
    arguments = parser.parse_args()
    overrides = dict(pair.split("=", 1) for pair in arguments.config)
    root = Path.cwd()
    log = root / "logs" / arguments.experiment / "answer" / f"{arguments.worker}.log"
    manifest = root / manifest_path(arguments.experiment, arguments.worker)
    try:
        services = Services(Project(root, overrides))
        answer(services, arguments.experiment, arguments.worker, manifest=manifest, log=log)
    except RetakeError as error:
        print(f"answer.py: {error}", file=sys.stderr)
        return 2
    print(log.read_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
