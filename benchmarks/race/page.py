"""benchmarks/README.md: each program writes its own section, and leaves the others as they are."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "README.md"
SECTIONS = ("overhead", "profile", "scale", "peers")
HEAD = "# How fast, how large, beside whom\n\nThe programs beside this page write it: `overhead.py`, `profile.py`, `scale.py`, `peers.py`.\n"
VERSIONS = ("snakemake", "openai", "aiohttp", "pyarrow")


def write_section(name: str, text: str) -> None:
    """Put `text` where the section `name` stands or should stand."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    parts = {section: _between(page, section) for section in SECTIONS}
    parts[name] = f"\n{text.strip()}\n"
    blocks = [f"<!-- {s}: begin -->{parts[s]}<!-- {s}: end -->\n" for s in SECTIONS if parts[s]]
    PAGE.write_text("\n".join([HEAD, *blocks]), encoding="utf-8")


def _between(page: str, section: str) -> str:
    return page.partition(f"<!-- {section}: begin -->")[2].partition(f"<!-- {section}: end -->")[0]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown; numbers are rounded to what the eye wants."""
    lines = [head, ["---"] * len(head), *([shown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: object) -> str:
    """Return a cell's text."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def circumstances(machine: str) -> str:
    """Return the line that says when, where and with what was measured."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
    return f"Measured on {datetime.date.today().isoformat()}: {machine}; {versions}."
