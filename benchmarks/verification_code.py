"""Measures the code verifier on the hostile and honest programs of the tests and on HumanEval; writes a page beside it.

usage: python benchmarks/verification_code.py [--parallel N] [--write]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from retake.samples.sample import Sample  # noqa: E402
from retake.verify.code.verifier import CodeVerifier  # noqa: E402
from verify.code.containers import LIMITS  # noqa: E402
from verify.code.honest import CONTROLS, HONEST, TESTS  # noqa: E402
from verify.code.hostile import FAMILIES  # noqa: E402

HUMANEVAL = ROOT.parent / "shared" / "data" / "humaneval" / "HumanEval.jsonl"
Job = tuple[str, str, Sample, bool]


def program_jobs() -> list[Job]:
    """Return (group, answer, sample, whether it must pass) for every hostile and honest program."""
    jobs = []
    for family, entries in FAMILIES.items():
        for _, form, code, allowed in entries:
            jobs.append((family, form, code, not allowed))
    jobs += [("honest", form, code, True) for _, form, code in CONTROLS]
    return [
        (group, code if code.startswith("    ") else f"```python\n{code}\n```", sample_of(TESTS[form]), is_right)
        for group, form, code, is_right in jobs
    ]


def sample_of(tests: dict) -> Sample:
    return Sample("code", 1, "q", "Return twice n.", tests=tests)


def humaneval_jobs() -> list[Job]:
    """Return the canonical solutions and the empty bodies of HumanEval; none where its file is missing."""
    jobs = []
    lines = HUMANEVAL.read_text().splitlines() if HUMANEVAL.exists() else []
    for row in map(json.loads, lines):
        sample = sample_of({"kind": "humaneval", **{key: row[key] for key in ("prompt", "test", "entry_point")}})
        solved = f"```python\n{row['prompt']}{row['canonical_solution']}\n```"
        jobs += [("HumanEval, canonical", solved, sample, True)]
        jobs += [("HumanEval, empty body", f"```python\n{row['prompt']}    pass\n```", sample, False)]
    return jobs


def measure(verifier: CodeVerifier, jobs: list[Job], workers: int) -> dict[str, dict]:
    """Return for each group its counts and the seconds of each verdict."""

    def one(job: Job) -> tuple[str, bool, bool | None, float]:
        started = time.perf_counter()
        verdict = verifier.verify(job[1], job[2])
        return job[0], job[3], verdict.is_verified, time.perf_counter() - started

    groups: dict[str, dict] = {}
    with ThreadPoolExecutor(workers) as pool:
        for group, is_right, found, seconds in pool.map(one, jobs):
            row = groups.setdefault(group, {"n": 0, "wrong_pass": 0, "wrong_fail": 0, "ungraded": 0, "seconds": []})
            row["n"] += 1
            row["wrong_pass"] += found is True and not is_right
            row["wrong_fail"] += found is False and is_right
            row["ungraded"] += found is None
            row["seconds"].append(seconds)
    return groups


def page(groups: dict[str, dict], wall: float, latency: list[float], workers: int) -> str:
    """Return the figures as Markdown."""
    lines = [
        "# The code verifier, measured",
        "",
        "`python benchmarks/verification_code.py --write` on two cores with a private Docker engine (no registry).",
        "",
        "| group | programs | wrong ones accepted | right ones rejected | ungraded | median s | longest s |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, row in groups.items():
        middle, longest = statistics.median(row["seconds"]), max(row["seconds"])
        counts = f"{row['n']} | {row['wrong_pass']} | {row['wrong_fail']} | {row['ungraded']}"
        lines.append(f"| {group} | {counts} | {middle:.2f} | {longest:.2f} |")
    total = sum(row["n"] for row in groups.values())
    lines += [
        "",
        f"{total} programs in {wall:.0f} s, {workers} at once: {total / wall:.1f} a second. One honest program of four tests, alone, with",
        f"a container waiting: median {statistics.median(latency):.2f} s, longest of {len(latency)} {max(latency):.2f} s.",
        "",
        "The groups of hostile programs are those of `tests/verify/code/hostile.py`; some of them are right by the stated rules",
        "(white space, `6.0` on stdout, a child that keeps stdout open). Limits: 2 s of CPU and 2 s of idling a test, 256 MiB.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print, or write, the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parallel", type=int, default=2, help="containers that run at once")
    parser.add_argument("--write", action="store_true", help="write benchmarks/verification_code.md")
    options = parser.parse_args()
    verifier = CodeVerifier(settings=replace(LIMITS, parallel=options.parallel))
    started = time.perf_counter()
    groups = measure(verifier, [*program_jobs(), *humaneval_jobs()], options.parallel)
    wall = time.perf_counter() - started
    honest = [("alone", f"```python\n{HONEST['stdin']}\n```", sample_of(TESTS["stdin"]), True)] * 20
    latency = []
    for job in honest:
        time.sleep(1.0)
        latency += measure(verifier, [job], 1)["alone"]["seconds"]
    verifier.close()
    text = page(groups, wall, latency, options.parallel)
    print(text)
    if options.write:
        (ROOT / "benchmarks" / "verification_code.md").write_text(text)
    sys.exit(any(row["wrong_pass"] or row["wrong_fail"] or row["ungraded"] for row in groups.values()))


if __name__ == "__main__":
    main()
