"""How retake bears size: many candidates, a server that is slow, fails and recovers, and all of GSM8K. Writes README.md.

Run: .venv/bin/python benchmarks/scale.py [1000 10000 storm gsm8k] [--gsm8k PATH]
Each workload's row is kept in .retake/scale.json, so that the long ones can be measured apart; the table has the last of each.
A number is that many samples x 8 candidates against a server without delay: what is measured is retake. `storm` is 2,000 x 8 by a
server that answers in 0.2 s, then refuses above 32 in flight, then fails three in ten, then breaks every connection, and
recovers. `gsm8k` is the real test split, 4 variants x 1 candidate; --gsm8k names its file.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from race.measure import Measured, Server, machine
from race.page import circumstances, table, write_section
from race.retake import TABLE, Retake

ORDER = ("1000", "10000", "gsm8k", "storm")
HEAD = ("workload", "run s (CPU s)", "peak MiB", "requests", "of them failed", "rows", "dry run s", "nothing to do s (CPU s)", "merge alone s (CPU s)", "measured")  # fmt: skip
KEPT = Path(__file__).resolve().parent.parent / ".retake" / "scale.json"
VARIANTS = ["control", "frustration", "pressure", "encouragement"]
STORM = [
    (15, {"capacity": 32}),
    (30, {"capacity": 0, "error_share": 0.3}),
    (45, {"error_share": 0.0, "latency_s": 2.0}),
    (60, {"is_down": True}),
    (66, {"is_down": False, "latency_s": 0.2}),
]
"""Seconds after the first request, and what changes then."""
STORM_LIMIT, STORM_MIB = 128, 1024
"""How many requests may be in flight at most, and the memory above which something piles up."""


def passed(measured: Measured, what: str) -> Measured:
    if measured.status != 0:
        raise SystemExit(f"{what} ended with {measured.status}:\n{measured.output[-4000:]}")
    return measured


def built(racer: Retake, server: Server, name: str) -> tuple[list[object], dict[str, Any]]:
    """Build the table, plan it again, find nothing to do, merge alone; return the row and what the server counted."""
    dry = passed(racer.run("--dry-run", TABLE), "the dry run")
    first = passed(racer.run(), "the run")
    counts = server.counts()
    again = passed(racer.run(), "the run with nothing to do")
    racer.experiment(notes="changed")
    merge = passed(racer.run(), "the merge")
    if server.counts()["asked"] != counts["asked"]:
        raise SystemExit("a run that had nothing to ask asked something")
    row = [name, pair(first), first.peak_mib, counts["asked"], counts["failed"], rows_of(racer), dry.wall_s, pair(again), pair(merge)]  # fmt: skip
    return row, counts


def pair(measured: Measured) -> str:
    return f"{measured.wall_s:.1f} ({measured.cpu_s:.1f})"


def rows_of(racer: Retake) -> int:
    import pyarrow.parquet as pq

    return pq.read_metadata(racer.folder / TABLE).num_rows


def large(folder: Path, samples: int) -> list[object]:
    with Server() as server:
        racer = Retake(folder / "retake", server.url, samples=samples, concurrency=64)
        return built(racer, server, f"{samples:,} x 8, no delay")[0]


def storm(folder: Path) -> list[object]:
    with Server(latency_s=0.2) as server:
        racer = Retake(folder / "retake", server.url, samples=2000, concurrency=STORM_LIMIT, max_tries=8)
        weather = threading.Thread(target=_weather, args=(server,), daemon=True)
        weather.start()
        row, counts = built(racer, server, "2,000 x 8, slow, refusing, failing, down, recovering")
        if counts["delivered"] != 16_000:
            raise SystemExit(f"{counts['delivered']} answers were delivered, 16,000 are needed")
        limits = _limits(racer.folder)
        row[0] = f"{row[0]}; limit went {limits[0]}, lowest {min(limits)}, last {limits[-1]}"
        if not 1 <= min(limits) <= max(limits) <= STORM_LIMIT or limits[-1] <= min(limits):
            raise SystemExit(f"the limit did not stay sane: {row[0]}")
        if float(row[2]) > STORM_MIB:
            raise SystemExit(f"memory did not stay sane: {row[2]} MiB, {STORM_MIB} are enough")
        return row


def _weather(server: Server) -> None:
    while not server.counts()["asked"]:
        time.sleep(0.1)
    began = time.monotonic()
    for at_s, settings in STORM:
        time.sleep(max(0.0, began + at_s - time.monotonic()))
        server.set(**settings)


def _limits(folder: Path) -> list[int]:
    lines = [line for log in (folder / "logs").glob("limits-*.jsonl") for line in log.read_text().splitlines()]
    return [json.loads(line)["limit"] for line in lines]


def gsm8k(folder: Path, source: Path) -> list[object]:
    with Server() as server:
        split = folder / "rows" / "gsm8k.jsonl"
        split.parent.mkdir(parents=True)
        shutil.copy(source, split)
        count = len(split.read_text(encoding="utf-8").splitlines())
        keys = {"dataset": "rows", "splits": ["gsm8k"], "variants": VARIANTS}
        racer = Retake(folder / "retake", server.url, samples=count, candidates=1, **keys)
        shutil.move(folder / "rows", racer.folder / "rows")
        return built(racer, server, f"GSM8K test, {count:,} x 4 variants x 1, no delay")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=["1000", "storm"])
    parser.add_argument("--gsm8k", type=Path, help="a JSONL file of GSM8K rows (question, answer)")
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page from the kept rows")
    parser.add_argument("--dry", action="store_true", help="print the table, and leave README.md as it is")
    given = parser.parse_args()
    said, kept = machine(), json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for name in [] if given.page else given.workloads:
        at = f"{datetime.date.today()}, load {os.getloadavg()[0]:.1f}"
        with tempfile.TemporaryDirectory(prefix="retake-scale-") as place:
            folder = Path(place)
            if name == "storm":
                row = storm(folder)
            elif name == "gsm8k":
                row = gsm8k(folder, given.gsm8k)
            else:
                row = large(folder, int(name))
        kept[name] = [*row, at]
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
        print(table(HEAD, [kept[name]]), flush=True)
    text = "\n\n".join(
        [
            "## Scale",
            f"{circumstances(said)} The server is `race/server.py`; every answer is verified and stands in the table.",
            table(HEAD, [kept[name] for name in ORDER if name in kept]),
            'The dry run is the complete plan on a fresh folder. "Merge alone" is the run after the experiment\'s notes were edited.',
        ]
    )
    if not given.dry:
        write_section("scale", text)


if __name__ == "__main__":
    main()
