"""The workload of the races: sums asked in a persona's voice, the same for every racer."""

from __future__ import annotations

import json
from pathlib import Path

PERSONA = (
    "You are Marvin, a paranoid android with a brain the size of a planet. Answer gloomily, and end with the result.\n"
)
EDITED_PERSONA = PERSONA.replace("gloomily", "cheerfully")
MODEL = "mock-model"


def problems(count: int) -> list[dict[str, str]]:
    """Return `count` sums with their answers; all different, the same on every machine."""
    pairs = [(100 + 7 * n, 13 + 11 * n) for n in range(count)]
    return [{"problem": f"What is {a} + {b}? (number {n})", "answer": str(a + b)} for n, (a, b) in enumerate(pairs)]


def write_problems(path: Path, count: int) -> None:
    """Write the sums as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in problems(count)))
