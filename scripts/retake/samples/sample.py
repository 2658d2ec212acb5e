"""The sample: one dataset row, in one form for every dataset."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One dataset row chosen for an experiment.

    `position` counts from 1 in the (seeded, filtered) selection of its split; `query_id` is the row's uuid, else a digest
    of its question: the same in every experiment. `ground_truth` is None where the dataset has none; its source is
    dataset, model (a model's own answer) or None. `tests` is None or one of
    `{"kind": "humaneval", "prompt": str, "test": str, "entry_point": str}`,
    `{"kind": "io", "inputs": [...], "outputs": [...], "fn_name": str | None, "from_statement": bool}`;
    optional keys of tests: `reference` (a program that passes), `checker` (how outputs are compared).
    `tools` are OpenAI function tools, as the row gives them.
    """

    split: str
    position: int
    query_id: str
    question: str
    ground_truth: str | None = None
    ground_truth_source: str | None = None
    source_dataset: str = ""
    source_revision: str | None = None
    source_index: int | None = None
    source_metadata: dict[str, Any] = field(default_factory=dict)
    category: str | None = None
    tests: dict[str, Any] | None = None
    tools: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the sample as plain data: one line of a block."""
        return asdict(self)

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> Sample:
        """Return the sample that `as_dict` described."""
        return cls(**body)
