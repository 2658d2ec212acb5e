"""Where the CPU of a run goes: 200 x 8 at 0.5 s and 256 in flight, sampled by py-spy in both its processes. Writes README.md.

Run: .venv/bin/python -m pip install -r requirements/bench.txt && .venv/bin/python benchmarks/profile.py [--samples 200] [--dry]
Sampled is who holds Python's lock. A sample counts for the first group below whose mark stands in its stack, read from the
innermost frame outwards.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from race.measure import Server, machine
from race.page import circumstances, table, write_section
from race.retake import TABLE, Retake

IN_FLIGHT, RATE_HZ = 256, 100
GROUPS = (
    ("imports (Snakemake's, the SDK's, ours)", ("<frozen importlib",)),
    ("refusal marks", ("retake/verify/refusal",)),
    ("verifying, besides refusals", ("retake/verify/", "retake/workflow/verifying.py")),
    ("the SDK and its HTTP client", ("(openai/", "(httpx2/", "(aiohttp/", "(httpcore2/")),
    ("asking and keeping calls", ("retake/calls/", "retake/providers/", "retake/answer/", "retake/workflow/generating.py")),
    ("the table", ("retake/merge/", "retake/workflow/merging.py")),
    ("Snakemake: making the plan", ("_build_dag (snakemake",)),
    ("Snakemake: choosing and starting jobs", ("job_selector (snakemake", "run_jobs (snakemake")),
    ("Snakemake: records and what follows a job", ("_finish_jobs (snakemake",)),
    ("Snakemake: the rest", ("(snakemake/",)),
    ("writing and reading files", ("retake/files.py",)),
    ("what the rules bind", ("retake/",)),
)  # fmt: skip


def group_of(frames: list[str]) -> str:
    """Return the group that a stack (outermost frame first) counts for."""
    if any("<frozen importlib" in frame for frame in frames):
        return GROUPS[0][0]
    for frame in reversed(frames):
        for name, marks in GROUPS[1:9]:
            if any(mark in frame for mark in marks):
                return name
    text = ";".join(frames)
    return next((name for name, marks in GROUPS[9:] if any(mark in text for mark in marks)), "event loops and threads")


def counted(samples: Path) -> Counter[tuple[bool, str]]:
    """Return how many samples each group has in the process beside Snakemake's (True) and in all others; `process` frames say which."""
    groups: Counter[tuple[bool, str]] = Counter()
    for line in samples.read_text(encoding="utf-8", errors="replace").splitlines():
        stack, _, number = line.rpartition(" ")
        titles = [frame for frame in stack.split(";") if frame.startswith("process ")]
        frames = [frame for frame in stack.split(";") if not frame.startswith("process ")]
        if frames and frames != [""]:
            groups[(any("stage_server" in title for title in titles), group_of(frames))] += int(number)
    return groups


def sampled(folder: Path, samples: int) -> Counter[tuple[bool, str]]:
    """Run the workload under py-spy and count."""
    spy = Path(sys.executable).with_name("py-spy")
    if not spy.exists():
        raise SystemExit(f"py-spy is missing: {sys.executable} -m pip install -r requirements/bench.txt")
    with Server(latency_s=0.5) as server:
        racer = Retake(folder / "retake", server.url, samples=samples, concurrency=IN_FLIGHT)
        environment = {**os.environ, **racer.environment()}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        run = [sys.executable, "-m", "snakemake", TABLE]
        record = [
            str(spy),
            "record",
            "--gil",
            "--nonblocking",
            "--subprocesses",
            "--rate",
            str(RATE_HZ),
            "--format",
            "raw",
            "--output",
            str(folder / "raw"),
        ]
        done = subprocess.run([*record, "--", *run], cwd=racer.folder, env=environment, capture_output=True, text=True)
        if not (racer.folder / TABLE).exists():
            raise SystemExit(f"the run ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return counted(folder / "raw")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--dry", action="store_true", help="print the table, and leave README.md as it is")
    given = parser.parse_args()
    said, folder = machine(), Path(tempfile.mkdtemp(prefix="retake-profile-"))
    try:
        groups = sampled(folder, given.samples)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    names = [
        name
        for name, _ in Counter({name: groups[(False, name)] + groups[(True, name)] for _, name in groups}).most_common()
    ]
    rows = [
        [name, *(f"{100 * groups[(is_beside, name)] / groups.total():.1f} %" for is_beside in (False, True))]
        for name in names
    ]
    rows.append(
        [
            "all",
            *(
                f"{100 * sum(n for (where, _), n in groups.items() if where is side) / groups.total():.1f} %"
                for side in (False, True)
            ),
        ]
    )
    text = "\n\n".join(
        [
            "## Where the CPU goes",
            f"{circumstances(said)} {given.samples} x 8 at 0.5 s, {IN_FLIGHT} in flight, every answer verified; shares of {groups.total():,} samples "
            "of the threads that hold their process's Python lock (`profile.py`).",
            table(["what", "Snakemake's process", "the process beside it"], rows),
        ]
    )
    print(text)
    if not given.dry:
        write_section("profile", text)


if __name__ == "__main__":
    main()
