"""Check results and the call store: damage, files that contradict each other, what is stale; and say what mends it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from retake.commands.printing import print_whole
from retake.errors import RetakeError
from retake.experiment.load import check_folder
from retake.workflow.damage import ASIDE
from retake.workflow.doctor import Doctor
from retake.workflow.findings import Finding, advice, shown
from retake.workflow.invocation import overrides_of


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        prog="doctor.py",
        description=__doc__,
        epilog="exit status: 0 nothing is wrong, 1 something is, 2 it could not be told",
    )
    line.add_argument("paths", nargs="*", type=Path, help="files or folders; default: results/ and the call store")
    line.add_argument("--mend", action="store_true", help=f"move what the next run makes again into {ASIDE}")
    line.add_argument("--orphans", action="store_true", help="with --mend: move files that no experiment wants as well")
    line.add_argument(
        "--config", nargs="+", default=[], metavar="KEY=VALUE", help="keys of experiments, as snakemake takes them"
    )
    line.add_argument("--json", action="store_true", help="every finding, for machines")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    got = parser().parse_args(arguments)
    try:
        check_folder(Path.cwd())
        doctor = Doctor(Path.cwd(), overrides_of(got.config))
        found = doctor.findings(got.paths)
        moved = doctor.mend(found, with_orphans=got.orphans) if got.mend else []
    except RetakeError as error:
        print(f"doctor: {error}", file=sys.stderr)
        return 2
    print_whole(_as_json(found, moved) if got.json else _as_text(found, moved))
    return int(any(finding.path not in moved for finding in found))


def _as_text(found: list[Finding], moved: list[str]) -> str:
    if not found:
        return "Nothing is wrong.\n"
    if not moved:
        return "\n".join(shown(found)) + "\n"
    lines = [f"set aside  {path}" for path in moved]
    left = [finding for finding in found if finding.path not in moved]
    more = [finding for finding in found if finding.path in moved and finding.experiment]
    again = [line for line in advice([*left, *more]) if line.startswith("To make again")] or [
        "The next run makes again what it needs."
    ]
    return (
        "\n".join(
            [*lines, "", f"{len(moved)} file(s) moved into {ASIDE}.", *again, *(["", *shown(left)] if left else [])]
        )
        + "\n"
    )


def _as_json(found: list[Finding], moved: list[str]) -> str:
    body = {"findings": [asdict(finding) for finding in found], "set_aside": moved, "advice": advice(found)}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"
