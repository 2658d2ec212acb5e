"""Bulk answering beside a bare asyncio client on the same server, and what it costs from there to the table. Writes answer.md.

Run: .venv/bin/python benchmarks/answer.py [--units 1319] [--latency 2.0 0.5] [--dry]
Work of the size of GSM8K's test split under 4 variants: 5,276 requests, 256 in flight. The client is floor.py: aiohttp,
and one atomic JSON file an answer, without a sync. The worker keeps each answer for ever: SDK, digest, checksum, fsync.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path

from race.measure import Measured, Server, machine, run
from race.page import circumstances, table
from race.retake import EXPERIMENT, Retake

HERE = Path(__file__).resolve().parent
VARIANTS = ["control", "frustration", "pressure", "encouragement"]
IN_FLIGHT = 256
HEAD = [
    "latency s",
    "requests",
    "client 1/s",
    "answer 1/s",
    "ratio",
    "whole run s",
    "serving s",
    "bookkeeping s",
    "CPU s",
    "again s",
]


def measured(folder: Path, samples: int, latency_s: float) -> list[object]:
    """Return one row of the table."""
    requests = samples * len(VARIANTS)
    ideal = math.ceil(requests / IN_FLIGHT) * latency_s
    with Server(latency_s=latency_s) as server:
        folder.mkdir(parents=True)
        command = [sys.executable, str(HERE / "race" / "floor.py"), server.url, str(folder / "floor")]
        floor = _well(run([*command, str(requests), "1", str(IN_FLIGHT)], cwd=folder), "the client")
        server.reset()
        racer = Retake(
            folder / "retake",
            server.url,
            samples=samples,
            candidates=1,
            variants=VARIANTS,
            workers=1,
            concurrency=IN_FLIGHT,
            persona=None,
        )
        first = _well(racer.run(), "retake")
        again = _well(racer.run(), "nothing to do")
        if server.counts()["asked"] != requests:
            raise SystemExit(f"{server.counts()['asked']} requests instead of {requests}")
    record = json.loads((racer.folder / f"results/{EXPERIMENT}/answer/1.json").read_text())["record"]
    client, worker = requests / floor.wall_s, requests / record["wall_s"]
    bookkeeping = first.wall_s - ideal
    return [
        latency_s,
        requests,
        client,
        worker,
        worker / client,
        first.wall_s,
        ideal,
        bookkeeping,
        first.cpu_s,
        again.wall_s,
    ]


def _well(measured: Measured, name: str) -> Measured:
    if measured.status != 0:
        raise SystemExit(f"{name} ended with {measured.status}:\n{measured.output[-3000:]}")
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=1319, help="samples; each has 4 variants")
    parser.add_argument("--latency", type=float, nargs="+", default=[2.0, 0.5], help="seconds an answer takes")
    parser.add_argument("--dry", action="store_true", help="print, and write nothing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="retake-answer-") as name:
        rows = [measured(Path(name) / f"{n}", arguments.units, latency) for n, latency in enumerate(arguments.latency)]
    page = f"""# Bulk answering against a bare client

{circumstances(machine())} 256 in flight; both clients' starts (imports, first connections) are in their times.

{table(HEAD, rows)}

Bars: ratio 0.9; bookkeeping (the whole run, from nothing to the table, but the ideal serving time) 120 s. *again* is the run after it, with nothing to do.

Made by `benchmarks/answer.py`. The server answers each request after the latency, whatever else it does. At 256 in flight and 0.5 s it would
take 512 requests a second, more than one process of an SDK can send on a core: there the ratio shows what a request costs, not how well the server is used.
A GPU server with 256 answers under way takes seconds for each.
"""
    print(page)
    if not arguments.dry:
        (HERE / "answer.md").write_text(page)


if __name__ == "__main__":
    main()
