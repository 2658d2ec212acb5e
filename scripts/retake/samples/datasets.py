"""What is known of well-known datasets: which splits they have, under which names, and what stands in for one they lack."""

from __future__ import annotations

from dataclasses import dataclass, field

from retake.errors import DataError
from retake.experiment.model import Experiment

NEMOTRON_V1 = "nvidia/Nemotron-Post-Training-Dataset-v1"
NEMOTRON_V2 = "nvidia/Nemotron-Post-Training-Dataset-v2"


@dataclass(frozen=True)
class KnownDataset:
    """Splits by our name: the hub's (configuration, split); `lacks` tells why a split cannot be used; `elsewhere` where it is."""

    splits: dict[str, tuple[str | None, str]]
    lacks: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)


def _same(*names: str) -> dict[str, tuple[str | None, str]]:
    return {name: (None, name) for name in names}


_GSM8K = {
    "gsm8k": ("main", "test"),
    "gsm8k_train": ("main", "train"),
    "test": ("main", "test"),
    "train": ("main", "train"),
}
_LANGUAGES = tuple(f"multilingual_{language}" for language in ("de", "es", "fr", "it", "ja"))

KNOWN: dict[str, KnownDataset] = {
    NEMOTRON_V1: KnownDataset(
        _same("chat", "math", "stem", "tool_calling"),
        lacks={"code": f"its questions are not in the dataset (every one is '-'); use {NEMOTRON_V2}"},
    ),
    NEMOTRON_V2: KnownDataset(
        _same("chat", "code", "math", "stem", *_LANGUAGES), elsewhere={"tool_calling": NEMOTRON_V1}
    ),
    "openai/gsm8k": KnownDataset(_GSM8K),
    "gsm8k": KnownDataset(_GSM8K),
    "madrylab/gsm8k-platinum": KnownDataset({"gsm8k": ("main", "test"), "test": ("main", "test")}),
    "openai/openai_humaneval": KnownDataset({"code": (None, "test"), "test": (None, "test")}),
}


def dataset_of(experiment: Experiment, split: str) -> str:
    """Return the name of the dataset that a split is read from: split_datasets, the dataset, or what stands in for it."""
    chosen = experiment.split_datasets.get(split)
    if chosen is not None:
        return chosen
    known = KNOWN.get(experiment.dataset)
    return known.elsewhere.get(split, experiment.dataset) if known else experiment.dataset


def stand_ins(experiment: Experiment) -> list[str]:
    """Return a sentence for each split that another dataset stands in for, for the log."""
    moved = [
        (split, dataset_of(experiment, split)) for split in experiment.splits if split not in experiment.split_datasets
    ]
    return [
        f"{split} is read from {name}: {experiment.dataset} has no such split."
        for split, name in moved
        if name != experiment.dataset
    ]


def hub_split(dataset: str, split: str) -> tuple[str | None, str]:
    """Return the hub's (configuration, split) for a split of ours; an unknown dataset's split is called as ours is.

    Raises:
        DataError: where the dataset is known not to have it; the message lists those it has.
    """
    known = KNOWN.get(dataset)
    if known is None:
        return None, split
    if split in known.lacks:
        raise DataError(f"{dataset} cannot be used for the split {split}: {known.lacks[split]}.")
    if split not in known.splits:
        raise unknown_split(dataset, split, known.splits)
    return known.splits[split]


def unknown_split(dataset: str, split: str, known: object) -> DataError:
    """Return the error for a split that a dataset lacks; `known` lists the names of those it has."""
    names = ", ".join(sorted(map(str, known))) if known else "none"  # type: ignore[call-overload]
    return DataError(
        f"{dataset} has no split {split}; it has: {names}. Change splits, or name another dataset for it in split_datasets."
    )
