"""How long the report and the exports of 10,000 samples x 8 candidates take: python benchmarks/report_speed.py."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from look.synthetic import synthetic_parquet

ROOT = Path(__file__).resolve().parent.parent

STEPS = {
    "report": "from retake.look.report import write_report as f; f(P, F / 'report.html')",
    "sft": "from retake.merge.exports import write_sft as f; f(P, F / 'sft.jsonl')",
    "preferences": "from retake.merge.exports import write_preferences as f; f(P, F / 'preferences.jsonl')",
    "card": "from retake.merge.exports_card import write_dataset_card as f; f(P, F / 'dataset_card.md')",
    "inspect log": "from retake.merge.exports_inspect_ai import write_inspect_log as f; f(P, F / 'inspect_log')",
    "browse index": "from retake.look.serve import application as f; f([P])",
}


def main() -> None:
    """Make the table, then time each step in a process of its own: wall and CPU seconds, peak memory of all so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--candidates", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shape = {"samples": options.samples, "candidates": options.candidates}
        table = synthetic_parquet(folder / "t.parquet", splits=("math",), **shape)
        print(f"{options.samples:,} x {options.candidates}: a table of {table.stat().st_size / 1e6:.1f} MB")
        for name, step in STEPS.items():
            program = f"from pathlib import Path; F = Path({place!r}); P = F / 't.parquet'; {step}"
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(ROOT / "scripts")})
            wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{name:<14} {wall:6.1f} s wall  {cpu:6.1f} s CPU  {after.ru_maxrss / 1024:6.0f} MB")


if __name__ == "__main__":
    main()
