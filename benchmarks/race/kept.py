"""The records of the races: JSON lines in a scratch file, so that a long race can be run in parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from race.course import CHAIN, KILLS, TIMED, Workload


class Kept:
    """What was measured so far."""

    def __init__(self, file: Path, *, resume: bool) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not resume:
            file.replace(file.with_suffix(".old.jsonl"))
        self.records = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def add(self, record: dict[str, Any]) -> None:
        """Keep a record."""
        self.records.append(record)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")

    def of(self, workload: Workload, racer: str, measure: str) -> list[dict[str, Any]]:
        """Return the records of one step, in the order in which they were made."""
        wanted = (workload.key, racer, measure)
        return [r for r in self.records if (r["key"], r["racer"], r["measure"]) == wanted]

    def lacks(self, workload: Workload, racer: str, turn: int, measures: list[str]) -> list[str]:
        """Return the steps to do in a round: what is missing of `measures`, with the steps before it in the same folder.

        A step that counts is done in the first round only, and a racer that went over its time is not raced again.
        """
        if any(r["is_over"] for r in self.of(workload, racer, "first")):
            return []
        wanted = [m for m in measures if not turn or m in TIMED]
        done = {r["measure"] for m in wanted for r in self.of(workload, racer, m) if r["round"] == turn}
        is_out = any(r["is_out"] for m in CHAIN for r in self.of(workload, racer, m) if r["round"] == turn)
        missing = [m for m in wanted if m not in done and not (is_out and m in CHAIN)]
        last = max((CHAIN.index(m) for m in missing if m in CHAIN), default=-1)
        steps = [m for n, m in enumerate(CHAIN) if n <= last and (m in wanted or m == "first")]
        return [*steps, *(m for m in KILLS if m in missing)]

    def ratios(self, workload: Workload, racer: str) -> list[float]:
        """Return the racer's wall over the floor's, for each round in which both came through."""
        floors = {(r["batch"], r["round"]): r["wall_s"] for r in self.of(workload, "floor", "first") if not r["status"]}
        firsts = [r for r in self.of(workload, racer, "first") if not r["status"]]
        return [r["wall_s"] / floors[r["batch"], r["round"]] for r in firsts if (r["batch"], r["round"]) in floors]
