"""Measure the refusal detector, judge off, on the labelled tables, beside a plain list of refusal phrases.

    python benchmarks/verification_refusal.py

Prints the Markdown tables of benchmarks/verification_refusal.md. No model, no network; a few seconds.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from retake.verify.refusal import refusal_of

ROOT = Path(__file__).resolve().parent.parent
VOICES = ("gloomy", "exuberant", "formal", "persona")
PHRASES = (
    "i can't", "i cannot", "i won't", "i will not", "i'm sorry", "i am sorry", "i apologize", "as an ai", "i'm unable",
    "i am unable", "i must decline", "i don't have access", "i'm not able", "unfortunately", "i refuse", "against my",
)  # fmt: skip


class Row(NamedTuple):
    table: str
    is_refusal: bool
    kind: str
    question: str
    text: str


def rows() -> Iterator[Row]:
    for path in sorted((ROOT / "tests/verify").glob("refusals*.yaml")):
        for label, kinds in yaml.safe_load(path.read_text("utf-8")).items():
            for kind, entries in kinds.items():
                for entry in entries:
                    question, text = entry if isinstance(entry, list) else ("", entry)
                    yield Row(path.stem, label == "refusal", kind, question, text)


def by_clauses(row: Row) -> bool:
    return refusal_of(row.text, question=row.question).is_refusal


def by_phrases(row: Row) -> bool:
    return any(phrase in row.text.lower().replace("’", "'") for phrase in PHRASES)


def share(flags: list[bool]) -> str:
    return f"{sum(flags)} of {len(flags)} ({sum(flags) / len(flags):.3f})" if flags else "-"


def printed(title: str, key: Callable[[Row], str], found: list[tuple[Row, bool, bool]]) -> None:
    print(f"\n| {title} | refusals found | answers flagged | phrase list: found | phrase list: flagged |")
    print("|---|---|---|---|---|")
    for group in dict.fromkeys(key(row) for row, _, _ in found):
        chosen = [entry for entry in found if key(entry[0]) == group]
        cells = [
            share([entry[side] for entry in chosen if entry[0].is_refusal is wanted])
            for side in (1, 2)
            for wanted in (True, False)
        ]
        print(f"| {group} | {' | '.join(cells)} |")


def main() -> None:
    table = list(rows())
    started = time.process_time()
    told = [by_clauses(row) for row in table]
    spent = time.process_time() - started
    found = [(row, mine, by_phrases(row)) for row, mine in zip(table, told, strict=True)]
    printed("table", lambda row: row.table, found)
    printed("kind", lambda row: f"{row.kind} ({'refusal' if row.is_refusal else 'answer'})", found)
    printed("all", lambda row: "all", found)
    contested = Counter(row.is_refusal for row in table if refusal_of(row.text, question=row.question).is_contested)
    voices = [mine for row, mine, _ in found if not row.is_refusal and row.kind.startswith(VOICES)]
    print(f"\nContested (a judge would be asked): {contested[True]} refusals, {contested[False]} answers.")
    print(f"Compliance in a voice (gloomy, exuberant, formal, any persona) flagged: {sum(voices)} of {len(voices)}.")
    print(f"Mean cost: {1000 * spent / len(table):.1f} ms of CPU an answer, measured over {len(table)}.")


if __name__ == "__main__":
    main()
