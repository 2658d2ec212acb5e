"""The report of an experiment: one HTML file that needs nothing else, and says the same for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retake.files import write_text
from retake.look.page.compose import page
from retake.look.page.detail import detail
from retake.look.page.room import Room
from retake.look.page.story import story

MOST_ROWS = 2_000
MOST_CHARACTERS = 12_000


def write_report(parquet: Path, out: Path) -> None:
    """Write the report of a table to `out`; the same table gives the same bytes.

    Raises:
        DataError: where `parquet` is missing, damaged, or no table of retake.
        OSError: where `out` cannot be written.
    """
    room = Room([parquet], most=MOST_ROWS)
    data = {"mode": "static", "choices": room.choices(), **_embedded(room)}
    html, _ = page(story([parquet]), data, room_note=_note(room, parquet), connects=False)
    write_text(out, html)


def _embedded(room: Room) -> dict[str, Any]:
    lines = room.everything()
    records = room.records([cell[0] for line in lines for cell in line["cells"]])
    inputs: list[Any] = []
    places: dict[str | None, int] = {}
    details = {}
    for rid in sorted(records):
        record = records[rid]
        shown = detail(record, limit=MOST_CHARACTERS)
        opening = record.get("input_messages")
        if opening not in places:
            places[opening] = len(inputs)
            inputs.append(shown["input"])
        details[rid] = [places[opening], shown["output"], shown["evidence"]]
    return {"lines": lines, "details": details, "inputs": inputs}


def _note(room: Room, parquet: Path) -> str:
    count = sum(len(line["cells"]) for line in room.everything())
    if not room.is_sampled:
        return f"All {count:,} candidates, with their conversations, verdicts and evidence."
    return (
        f"A sample: {count:,} of {room.total:,} rows, whole samples drawn by the digest of their query id, the same ones every time. "
        f"All rows: python scripts/browse.py {parquet if not parquet.is_absolute() else parquet.name}"
    )
