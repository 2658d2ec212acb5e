"""Say what a run would do and cost before it is made: its candidates, calls, tokens and dollars. It makes no call.

Without a target: all experiments with their state, how much of each is done, and what it has cost.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from retake import paths
from retake.commands.printing import print_whole
from retake.errors import RetakeError
from retake.experiment.load import check_folder
from retake.look.tables import Table, as_text, dollars
from retake.workflow.bill import Bill, ExperimentBill, Part, as_dict, bill_of
from retake.workflow.invocation import overrides_of
from retake.workflow.overview import Overview, overview
from retake.workflow.project import Project
from retake.workflow.sizes import Spread
from retake.workflow.targets import check_targets

_BATCHABLE = ("openai", "claude")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        prog="plan.py",
        description=__doc__,
        epilog="example: python scripts/plan.py results/marvin/claude_100x8.parquet --config max_queries=50",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    line.add_argument(
        "targets", nargs="*", metavar="TARGET", help="what snakemake would be asked for, or an experiment's id"
    )
    line.add_argument(
        "--config", nargs="+", default=[], metavar="KEY=VALUE", help="keys of experiments, as snakemake takes them"
    )
    line.add_argument("--json", action="store_true", help="the same for machines")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    got = parser().parse_args(arguments)
    try:
        check_folder(Path.cwd())
        project = Project(Path.cwd(), overrides_of(got.config))
        if got.targets:
            targets = [_target(project, word) for word in got.targets]
            warnings = check_targets(project, targets)
            bill = bill_of(project, targets)
            text = _json(as_dict(bill)) if got.json else _bill_text(bill, warnings)
        else:
            rows = overview(project)
            text = _json([asdict(row) for row in rows]) if got.json else _overview_text(rows)
    except RetakeError as error:
        print(f"plan: {error}", file=sys.stderr)
        return 2
    return print_whole(text)


def _target(project: Project, word: str) -> str:
    """Return what Snakemake is asked for; an experiment's id, or its file, stands for its table."""
    if Path(word).as_posix() in project.copied:
        return word
    name = word.removeprefix("experiments/").removesuffix(".yaml")
    return paths.parquet_path(name) if paths.is_experiment(word) or name in project.ids else word


def _json(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _overview_text(rows: Sequence[Overview]) -> str:
    cells = [
        (
            row.experiment,
            row.state,
            f"{row.done:,}/{row.wanted:,}",
            "-" if row.cost_usd is None else dollars(row.cost_usd),
            row.note,
        )
        for row in rows
    ]
    note = "Cost: what the calls behind each table cost when they were made. Ask for one: python scripts/plan.py EXPERIMENT"
    table = Table("Experiments", ("experiment", "state", "candidates", "cost", "why"), tuple(cells), note=note)
    return as_text([table], width=_width(), terminal=sys.stdout.isatty())


def _bill_text(bill: Bill, warnings: Sequence[str]) -> str:
    tables = [table for one in bill.experiments for table in _experiment_tables(one)]
    tables += [_why_table(bill), _dollar_table(bill)]
    text = as_text(tables, width=_width(), terminal=sys.stdout.isatty())
    return text + "".join(f"\n{sentence}" for sentence in [*_remarks(bill), *warnings]) + "\n"


def _experiment_tables(bill: ExperimentBill) -> list[Table]:
    rows = [
        ("candidates wanted", f"{bill.wanted:,}"), ("current, nothing to do", f"{bill.current:,}"), ("in the call store", f"{bill.in_store:,}"),
        ("to ask", f"{bill.to_ask:,}"),
    ]  # fmt: skip
    if bill.shared:
        rows.append(("asked once with another candidate", f"{bill.shared:,}"))
    note = (
        f"{bill.unseen:,} of those to ask belong to samples that are not fetched yet: some of their answers may be in the call store."
        if bill.unseen
        else ""
    )
    found = [Table(f"{bill.experiment} ({bill.transport})", (), tuple(rows), note=note)]
    parts = [part for part in bill.parts if part.calls.high]
    if parts:
        columns = ("calls", "model", "low", "expected", "high", "input tokens", "output tokens", "live", "batch")
        sources = "; ".join(dict.fromkeys(f"{part.role}: {part.source}" for part in parts))
        found.append(Table("Calls expected", columns, tuple(map(_part_cells, parts)), note=f"Tokens: {sources}."))
    return found


def _part_cells(part: Part) -> tuple[str, ...]:
    can_batch = part.provider in _BATCHABLE and not part.role.startswith("tool")
    return (
        part.role, part.model, _whole(part.calls.low), _whole(part.calls.expected), _whole(part.calls.high),
        _whole(part.input_tokens.expected), _whole(part.output_tokens.expected), _usd(part.usd), _usd(part.batch_usd) if can_batch else "-",
    )  # fmt: skip


def _whole(value: float) -> str:
    return f"{round(value):,}"


def _usd(spread: Spread | None) -> str:
    return "unknown" if spread is None else dollars(spread.expected)


def _why_table(bill: Bill) -> Table:
    rows = [
        (stage, f"{count:,}", reason) for stage, reasons in bill.reasons.items() for reason, count in reasons.items()
    ]
    if not rows:
        return Table("Nothing to do", (), (("every file", "is current"),))
    return Table("Why each stage runs", ("stage", "jobs", "because"), tuple(rows))


def _dollar_table(bill: Bill) -> Table:
    rows = []
    for name, usd in (("live", bill.usd()), ("batch (half price)", bill.usd(is_batch=True))):
        rows.append(
            (name, *("unknown",) * 3) if usd is None else (name, *map(dollars, (usd.low, usd.expected, usd.high)))
        )
    note = (
        f"Prices of {bill.price_date}. Low: answers as short as the shortest quarter; high: as long as the longest tenth (or max_tokens), "
        "nothing read from a cache. Requests that fail and are tried again count once."
    )
    return Table("Dollars", ("transport", "low", "expected", "high"), tuple(rows), note=note)


def _remarks(bill: Bill) -> list[str]:
    told = []
    for one in bill.experiments:
        unpriced = sorted({part.model for part in one.parts if part.usd is None and part.calls.high})
        if unpriced:
            told.append(f"{one.experiment}: no price is known for {', '.join(unpriced)}; it is in no sum.")
        expected = sum(part.usd.expected for part in one.parts if part.usd is not None)
        if one.budget_usd is not None and expected > one.budget_usd:
            told.append(
                f"{one.experiment}: the expected {dollars(expected)} exceed budget_usd={one.budget_usd:g}; the run would stop there."
            )
    return told
