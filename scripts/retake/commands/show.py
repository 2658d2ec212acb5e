"""Print one conversation of an experiment with its verdict, its evidence, and where it came from."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from retake.commands.printing import print_whole
from retake.errors import RetakeError
from retake.look.show import conversation_json, shown_conversation
from retake.look.transcript import conversation


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: python scripts/show.py results/marvin/claude_100x8.parquet math_0007 --candidate 3",
    )
    line.add_argument("parquet", help="the table of an experiment")
    line.add_argument("sample", help="id of a sample (math_0007) or of a query")
    line.add_argument(
        "--candidate", type=int, metavar="K", help="index of the candidate, from 0; default: the selected one"
    )
    line.add_argument("--variant", help="default: control, else the first")
    line.add_argument("--retry", action="store_true", help="the second draw of the candidate")
    line.add_argument("--format", choices=("text", "json"), default="text")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the conversation; return 2, with one message, where there is none."""
    from retake.workflow.explain import explain

    got = parser().parse_args(arguments)
    try:
        found = conversation(got.parquet, got.sample, candidate=got.candidate, variant=got.variant, retry=got.retry)
        if got.format == "json":
            text = conversation_json(found, explain=explain)
        else:
            text = shown_conversation(
                found, explain=explain, width=min(120, shutil.get_terminal_size((100, 24)).columns)
            )
    except RetakeError as error:
        print(f"show: {error}", file=sys.stderr)
        return 2
    return print_whole(text)
