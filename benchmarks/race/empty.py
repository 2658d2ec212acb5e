"""Snakemake's own share: the plan of retake's workflow with jobs that only write a byte into each output."""

from __future__ import annotations

import sys
from pathlib import Path

from race.measure import Measured, run

SNAKEFILE = """
N, K = {samples}, {candidates}
SAMPLES = [f"math_{{n:04d}}" for n in range(1, N + 1)]

def filled(paths):
    for path in paths:
        with open(path, "w") as file:
            file.write("x")

rule merge:
    input:
        expand("raw/control/{{sample}}/{{k}}.json", sample=SAMPLES, k=range(K)),
        expand("verification/control/{{sample}}/{{k}}.json", sample=SAMPLES, k=range(K)),
    output: "race.parquet"
    run: filled(output)

rule samples:
    output: "block_{{b}}.jsonl"
    run: filled(output)

def block(wildcards):
    return f"block_{{(int(wildcards.sample[5:]) - 1) // 100}}.jsonl"

rule generate:
    input: block
    output: expand("raw/control/{{{{sample}}}}/{{k}}.json", k=range(K))
    params: spec="generate"
    log: "logs/raw/{{sample}}.log"
    run: filled(output)

rule verify:
    input:
        expand("raw/control/{{{{sample}}}}/{{k}}.json", k=range(K)),
        block,
    output: expand("verification/control/{{{{sample}}}}/{{k}}.json", k=range(K))
    params: spec="verify"
    log: "logs/verification/{{sample}}.log"
    run: filled(output)
"""


def empty_plan(folder: Path, *, samples: int, candidates: int) -> tuple[Measured, Measured]:
    """Run the empty workflow and then have it find nothing to do; return both."""
    folder.mkdir(parents=True)
    (folder / "Snakefile").write_text(SNAKEFILE.format(samples=samples, candidates=candidates))
    options = ["--cores", "128", "--force-use-threads", "--nolock", "--scheduler", "greedy", "--latency-wait", "1", "--quiet", "all"]  # fmt: skip
    command = [sys.executable, "-m", "snakemake", *options]
    return run(command, cwd=folder), run(command, cwd=folder)
