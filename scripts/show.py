"""Print one conversation of an experiment with its verdict, its evidence, and where it came from."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence

from retake.errors import RetakeError
from retake.look.show import Explain, conversation_json, shown_conversation
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
    got = parser().parse_args(arguments)
    try:
        found = conversation(got.parquet, got.sample, candidate=got.candidate, variant=got.variant, retry=got.retry)
        if got.format == "json":
            text = conversation_json(found, explain=_explain())
        else:
            text = shown_conversation(
                found, explain=_explain(), width=min(120, shutil.get_terminal_size((100, 24)).columns)
            )
    except RetakeError as error:
        print(f"show: {error}", file=sys.stderr)
        return 2
    return _printed(text)


def _explain() -> Explain | None:
    if importlib.util.find_spec("retake.workflow.explain") is None:
        return None
    from retake.workflow.explain import explain

    return explain


def _printed(text: str) -> int:
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
