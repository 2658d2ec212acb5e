"""Measure an experiment's judge on labelled rows: accuracy, error rates and Cohen's kappa, as a small Markdown report.

    python scripts/check_judge.py demo/first_takes rows.jsonl --output report.md

A row is one JSON object: task (math, gsm8k, code, tool_calling, open), question, answer, label (true where the answer is
right), and where they apply reference and transcript. Judge calls are kept in the call store like all others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from retake.errors import RetakeError
from retake.files import write_text
from retake.verify.judge_agreement import agreement, read_rows, report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", help="whose judge: <group>/<name>")
    parser.add_argument("rows", type=Path, help="labelled rows, .jsonl")
    parser.add_argument("--output", type=Path, help="write the report there, not to the terminal")
    parser.add_argument("--seed", type=int, default=0, help="seed of the bootstrap interval")
    given = parser.parse_args(arguments)
    try:
        text = _measure(given)
    except (RetakeError, OSError) as error:
        print(f"check_judge: {error}", file=sys.stderr)
        return 2
    if given.output is None:
        print(text, end="")
    else:
        write_text(given.output, text)
        print(f"Written: {given.output}")
    return 0


def _measure(given: argparse.Namespace) -> str:
    from retake.workflow.judging import open_judge

    rows = read_rows(given.rows)
    with open_judge(given.experiment) as judge:
        found = judge.run(agreement(rows, ask=judge.ask, settings=judge.settings, seed=given.seed))
        return report(found, settings=judge.settings, source=given.rows.name)
