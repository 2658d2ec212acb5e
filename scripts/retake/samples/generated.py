"""Procedural problems with exact answers, from the optional package reasoning-gym."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator
from typing import Any

from retake.errors import DataError
from retake.experiment.model_errors import did_you_mean
from retake.samples.draft import plain

_SIZE = 1_000_000_000
"""A dataset's declared size: rows are made when asked for, each from (seed, index)."""


def generated_rows(task: str, *, seed: int) -> tuple[Iterator[tuple[int, dict[str, Any]]], str]:
    """Return the endless rows of a task (question, answer, metadata), and the package's version.

    Raises:
        DataError: where the package is not installed, or has no such task.
    """
    if importlib.util.find_spec("reasoning_gym") is None:
        raise DataError("dataset reasoning_gym: the package is not installed. Run: pip install reasoning-gym==0.1.25")
    import reasoning_gym
    from reasoning_gym.factory import DATASETS

    if task not in DATASETS:
        raise DataError(f"dataset reasoning_gym:{task}: there is no such task. {did_you_mean(task, DATASETS)}")
    dataset = reasoning_gym.create_dataset(task, size=_SIZE, seed=seed)
    return _rows(dataset), f"reasoning-gym {importlib.metadata.version('reasoning-gym')}, seed {seed}"


def _rows(dataset: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for index in range(_SIZE):
        item = dataset[index]
        answer = item["answer"]
        if answer is not None:
            yield (
                index,
                {
                    "question": item["question"],
                    "answer": answer,
                    "difficulty": plain(item["metadata"].get("difficulty")),
                },
            )
