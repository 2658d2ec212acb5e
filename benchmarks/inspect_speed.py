"""Measure how long looking takes: inspect_experiment.py and show.py on synthetic tables, as processes of their own.

Usage: python benchmarks/inspect_speed.py [--rows 80000 1000000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]
CANDIDATES = 8
VARIANTS = ("control", "calm")


def measured(*arguments: str) -> float:
    """Return the wall seconds of one process; its output is thrown away."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - started


def main() -> None:
    """Print one line a table: rows, size on disk, seconds of each command, and the largest memory of any so far."""
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument("--rows", type=int, nargs="+", default=[80_000, 1_000_000])
    from look.synthetic import synthetic_parquet

    print(
        f"{'rows':>9} {'MB':>6} {'inspect s':>10} {'variants s':>11} {'two files s':>12} {'show s':>7} {'peak MiB':>9}"
    )
    for rows in line.parse_args().rows:
        with tempfile.TemporaryDirectory() as folder:
            samples = rows // (CANDIDATES * len(VARIANTS))
            a, b = (
                str(synthetic_parquet(Path(folder) / f"{n}.parquet", samples=samples, candidates=CANDIDATES, variants=VARIANTS, seed=n, experiment=f"x/{n}"))
                for n in (1, 2)
            )  # fmt: skip
            inspect = "scripts/inspect_experiment.py"
            times = [
                measured(inspect, a), measured(inspect, a, "--variants"), measured(inspect, a, b), measured("scripts/show.py", a, "math_0007"),
            ]  # fmt: skip
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(
                f"{rows:>9} {Path(a).stat().st_size / 1e6:>6.1f} {times[0]:>10.2f} {times[1]:>11.2f} {times[2]:>12.2f} {times[3]:>7.2f} {peak:>9.0f}"
            )


if __name__ == "__main__":
    main()
