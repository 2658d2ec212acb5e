"""Tables for people: a terminal, plain text, or Markdown; and CSV for machines."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from retake.look.statistics.estimates import Estimate

PLAIN_WIDTH = 160
_NUMBER = re.compile(r"(NaN|no end|[<+$-]?\d[\d,.]*%?)( s)?( (\[|to |of ).*|/\d+)?")
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


@dataclass(frozen=True)
class Table:
    """A titled table of texts; `note` stands below it. A table without columns lists keys and values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def visible(text: str) -> str:
    """Return `text` with control characters and direction marks made visible: a model's text must not drive a terminal."""
    return "".join(c if c in "\n\t" or (c.isprintable() and ord(c) not in _BIDI) else _escape(c) for c in text)


def _escape(character: str) -> str:
    if character.isspace() and character not in "\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029":
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def percent(value: float) -> str:
    """Return a share as a percentage with one decimal; NaN as NaN."""
    return "NaN" if math.isnan(value) else f"{value:.1%}"


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with its sign; NaN as NaN."""
    return "NaN" if math.isnan(value) else f"{100 * value:+.1f}"


def interval(estimate: Estimate) -> str:
    """Return a rate with its interval, in per cent: 52.8% [50.1, 55.4]; NaN where it is undefined."""
    if not estimate.is_defined:
        return "NaN"
    if math.isnan(estimate.low):
        return f"{estimate.value:.1%} [NaN]"
    return f"{estimate.value:.1%} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def probability(p: float) -> str:
    """Return a p value: three decimals, or < 0.001; NaN as NaN."""
    return "NaN" if math.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def number(value: float | None, *, digits: int = 0, unit: str = "") -> str:
    """Return a number with thousands separators; NaN as NaN, an infinite one as "no end"."""
    if value is None or math.isnan(value):
        return "NaN"
    return "no end" if math.isinf(value) else f"{value:,.{digits}f}{unit}"


def dollars(value: float) -> str:
    """Return an amount in dollars, with four digits below one; NaN as NaN."""
    return "NaN" if math.isnan(value) else f"${value:,.4f}" if abs(value) < 1 else f"${value:,.2f}"


def as_text(tables: Iterable[Table], *, width: int | None = None, terminal: bool = False) -> str:
    """Return the tables for a terminal (colours, lines) or as plain text; no line is wider than `width` characters."""
    from rich.console import Console
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out, width=width or PLAIN_WIDTH, force_terminal=terminal, no_color=not terminal, highlight=False, markup=False,
        emoji=False, legacy_windows=False,
    )  # fmt: skip
    for table in tables:
        console.print(Text(visible(table.title), style="bold"))
        console.print(_rich(table, terminal=terminal))
        if table.note:
            console.print(visible(table.note))
        console.print()
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _rich(table: Table, *, terminal: bool) -> Any:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(
        box=box.SIMPLE if terminal else box.ASCII2, show_header=bool(table.columns), header_style="bold", show_edge=False,
        pad_edge=False,
    )  # fmt: skip
    width = len(table.columns) or max((len(row) for row in table.rows), default=1)
    for column in range(width):
        name = table.columns[column] if table.columns else ""
        grid.add_column(
            Text(visible(name)), overflow="fold", justify="right" if _numeric(table.rows, column) else "left"
        )
    for row in table.rows:
        grid.add_row(*(Text(visible(cell)) for cell in row))
    return grid


def _numeric(rows: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column] for row in rows if column < len(row) and row[column]]
    return column > 0 and bool(cells) and all(_NUMBER.fullmatch(cell) for cell in cells)


def as_markdown(tables: Iterable[Table]) -> str:
    """Return the tables in GitHub's Markdown; nothing in a cell can end it."""
    parts = []
    for table in tables:
        columns = table.columns or ("",) * max((len(row) for row in table.rows), default=1)
        lines = [f"### {_cell(table.title)}", "", _row(columns), _row("---" for _ in columns), *map(_row, table.rows)]
        parts.append("\n".join([*lines, "", *([_cell(table.note), ""] if table.note else [])]))
    return "\n".join(parts)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    flat = visible(text).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows with equal keys as CSV with a header; an undefined number is NaN, floats keep ten digits."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _csv(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def _csv(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value
