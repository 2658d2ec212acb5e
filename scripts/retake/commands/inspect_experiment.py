"""Show what happened in an experiment, or compare several: rates with intervals, best of N, differences, costs."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from retake.commands.printing import print_whole
from retake.errors import DataError, RetakeError
from retake.look.data import expanded
from retake.look.inspect import FORMATS, Wishes, inspected
from retake.look.records import METRICS
from retake.look.verdict_diff import verdicts_compared

EXAMPLES = """examples:
  python scripts/inspect_experiment.py results/marvin/claude_100x8.parquet
  python scripts/inspect_experiment.py results/marvin/*.parquet --by-split
  python scripts/inspect_experiment.py results/emotion/pilot.parquet --variants --format markdown
  python scripts/inspect_experiment.py results/marvin/claude_100x8.parquet --where "num_tool_calls > 0"
  python scripts/inspect_experiment.py results/marvin/claude_100x8.parquet --verdict-diff
"""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    line.add_argument("parquet", nargs="+", help="tables of experiments, or globs; two or more are compared")
    line.add_argument("--variants", action="store_true", help="compare the variants inside the tables")
    line.add_argument(
        "--baseline", metavar="VARIANT", help="what --variants compares with; default: control, else the first"
    )
    line.add_argument("--all-pairs", action="store_true", help="compare every pair, not only with the first")
    line.add_argument("--by-split", action="store_true", help="compare inside every split as well")
    line.add_argument("--metric", metavar="NAMES", help=f"what is compared, a list with commas: {', '.join(METRICS)}")
    line.add_argument(
        "--flips", type=int, default=20, metavar="N", help="list at most N queries that changed (default 20)"
    )
    line.add_argument("--split", metavar="NAMES", help="only these splits, a list with commas")
    line.add_argument("--where", metavar="SQL", help="only rows that fulfil a condition on the columns")
    line.add_argument("--format", choices=FORMATS, default="table")
    line.add_argument(
        "--verdict-diff",
        nargs="*",
        metavar="VERSION",
        help="candidates whose verdict flipped since these verifier versions (all kept)",
    )
    return line


def _check(got: argparse.Namespace) -> None:
    if got.metric and not got.variants and len(expanded(got.parquet)) == 1:
        raise DataError("--metric: says what is compared; give two tables or more, or --variants")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was asked for; return 2, with one message, where that cannot be done."""
    got = parser().parse_args(arguments)
    terminal = sys.stdout.isatty()
    wishes = Wishes(
        variants=got.variants, baseline=got.baseline, all_pairs=got.all_pairs, by_split=got.by_split, flips=max(0, got.flips),
        metrics=tuple(m.strip() for m in got.metric.split(",")) if got.metric else (), where=got.where, split=got.split,
        format=got.format, terminal=terminal, width=shutil.get_terminal_size().columns if terminal else None,
    )  # fmt: skip
    try:
        if got.verdict_diff is not None:
            text = verdicts_compared(got.parquet, got.verdict_diff, wishes)
        else:
            _check(got)
            text = inspected(got.parquet, wishes)
    except RetakeError as error:
        print(f"inspect_experiment: {error}", file=sys.stderr)
        return 2
    return print_whole(text)
