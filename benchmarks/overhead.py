"""What retake costs beside the floor: a bare asyncio client that writes one atomic JSON file a candidate. Writes README.md.

Run: .venv/bin/python benchmarks/overhead.py [--rounds 3] [--large] [--dry]
Each round runs the floor, retake, a run with nothing to do, and Snakemake alone on the same plan, one after another, so that
a busy machine is busy for all of them; the table gives the best of the rounds, and the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from race.empty import empty_plan
from race.measure import Measured, Server, machine, run
from race.page import circumstances, shown, table, write_section
from race.retake import Retake

HERE = Path(__file__).resolve().parent
LATENCY_S = 0.5
BARS = {
    (100, 64): "wall 1.6 of the ideal",
    (200, 256): "CPU 8 s; nothing to do: 3 s",
    (1000, 64): "wall 1.3 of the ideal; nothing to do: 10 s",
}


@dataclass(frozen=True)
class Round:
    """One round of one workload."""

    floor: Measured
    retake: Measured
    again: Measured
    empty: Measured
    empty_again: Measured
    requests: int


def one_round(folder: Path, samples: int, in_flight: int) -> Round:
    with Server(latency_s=LATENCY_S) as server:
        folder.mkdir(parents=True)
        command = [sys.executable, str(HERE / "race" / "floor.py"), server.url, str(folder / "floor")]
        floor = run([*command, str(samples), "8", str(in_flight)], cwd=folder)
        server.reset()
        racer = Retake(folder / "retake", server.url, samples=samples, concurrency=in_flight)
        first, again = racer.run(), racer.run()
        requests = server.counts()["asked"]
    empty, empty_again = empty_plan(folder / "empty", samples=samples, candidates=8)
    done = {"floor": floor, "retake": first, "nothing to do": again, "empty": empty, "empty again": empty_again}
    for name, measured in done.items():
        if measured.status != 0:
            raise SystemExit(f"{name} ended with {measured.status}:\n{measured.output[-3000:]}")
    return Round(floor, first, again, empty, empty_again, requests)


def row(samples: int, in_flight: int, rounds: list[Round]) -> list[object]:
    ideal = math.ceil(samples * 8 / in_flight) * LATENCY_S
    wall = min(r.retake.wall_s for r in rounds)
    return [
        f"{samples} x 8, {in_flight} in flight",
        ideal,
        min(r.floor.wall_s for r in rounds),
        wall,
        wall / ideal,
        statistics.median(r.retake.wall_s / r.floor.wall_s for r in rounds),
        min(r.floor.cpu_s for r in rounds),
        min(r.retake.cpu_s for r in rounds),
        min(r.empty.cpu_s for r in rounds),
        max(r.retake.peak_mib for r in rounds),
        f"{shown(min(r.again.wall_s for r in rounds))} ({shown(min(r.again.cpu_s for r in rounds))})",
        min(r.empty_again.wall_s for r in rounds),
        rounds[-1].requests,
        BARS.get((samples, in_flight), "-"),
    ]


HEAD = (
    "workload (0.5 s a request)",
    "ideal s",
    "floor s",
    "retake s",
    "retake / ideal",
    "retake / floor",
    "CPU s: floor",
    "CPU s: retake",
    "CPU s: Snakemake alone",
    "peak MiB",
    "nothing to do, s (CPU s)",
    "nothing to do, s: Snakemake alone",
    "requests",
    "bar",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="1,000 x 8 at 64 in flight as well (two minutes a round)")
    parser.add_argument("--dry", action="store_true", help="print the table, and leave README.md as it is")
    given = parser.parse_args()
    workloads = [(100, 64), (200, 256), *([(1000, 64)] if given.large else [])]
    said, rows = machine(), []
    # One folder for all: for minutes after many files were deleted, ext4 makes new ones slowly.
    with tempfile.TemporaryDirectory(prefix="retake-overhead-") as folder:
        for samples, in_flight in workloads:
            place = Path(folder) / f"{samples}_{in_flight}"
            rounds = [one_round(place / str(n), samples, in_flight) for n in range(given.rounds)]
            rows.append(row(samples, in_flight, rounds))
            print(table(HEAD, rows[-1:]), flush=True)
    text = "\n\n".join(
        [
            "## Overhead",
            f"{circumstances(said)} Best of {given.rounds} rounds; retake verifies every answer, the floor writes it down.",
            table(HEAD, rows),
            'CPU is user and system of the whole process tree, Python\'s start and all imports included. "Snakemake alone" is the '
            "same plan (samples, generate, verify, merge) with jobs that write one byte into each output: what its own bookkeeping "
            'costs, whatever the jobs do. "Ideal" is the number of waves of requests times the latency.',
        ]
    )
    if not given.dry:
        write_section("overhead", text)


if __name__ == "__main__":
    main()
