"""The path grammar: where every file of an experiment lies, and what an id may look like."""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = "results"
DATASETS = "results/datasets"
STORE = ".retake/calls"
BLOCK_ROWS = 100

# Snakemake reads braces as wildcards, so none of these uses a counted repetition.
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
EXPERIMENT = rf"(?!datasets/){NAME}/{NAME}"
VARIANT = r"[a-z0-9][a-z0-9_]*"
SPLIT = r"[a-z0-9][a-z0-9_]*?"
SAMPLE = rf"{SPLIT}_\d\d\d\d+"

STAGES = ("raw", "trace", "verification")


def sample_id(split: str, position: int) -> str:
    """Return the id of the sample at `position` (from 1) of `split`: `math_0007`."""
    return f"{split}_{position:04d}"


def split_of(sample: str) -> str:
    """Return the split that a sample id names: `math` for `math_0007`."""
    return sample.rpartition("_")[0]


def position_of(sample: str) -> int:
    """Return the position, from 1, that a sample id names: 7 for `math_0007`."""
    return int(sample.rpartition("_")[2])


def block_of(position: int) -> int:
    """Return the block, from 0, that holds the row at `position` (from 1)."""
    return (position - 1) // BLOCK_ROWS


def block_path(dataset_id: str, split: str, block: int) -> str:
    """Return the path of one block of samples."""
    return f"{DATASETS}/{dataset_id}/{split}/{block}.jsonl"


def candidate_path(stage: str, experiment: str, variant: str, sample: str, candidate: int | str) -> str:
    """Return the path of a candidate's file of one stage (raw, trace or verification)."""
    return f"{RESULTS}/{experiment}/{stage}/{variant}/{sample}/{candidate}.json"


def parquet_path(experiment: str) -> str:
    """Return the path of an experiment's table."""
    return f"{RESULTS}/{experiment}.parquet"


def stamp_path(experiment: str) -> str:
    """Return the path of the small file that tells the merge what was missing."""
    return f"{RESULTS}/{experiment}/.stamp"


def experiment_file(experiment: str) -> Path:
    """Return where an experiment's YAML lies, relative to the project's root."""
    return Path("experiments") / f"{experiment}.yaml"


def is_experiment(text: str) -> bool:
    """Return whether `text` is an experiment's id: `<group>/<name>` of letters, digits, `_`, `-` and `.`."""
    return re.fullmatch(EXPERIMENT, text) is not None
