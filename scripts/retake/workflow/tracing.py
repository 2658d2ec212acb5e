"""The trace stage: the tool conversations that follow first answers, and which families of mocks they used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retake.files import write_sealed
from retake.samples.sample import Sample
from retake.workflow.services import Services


def trace(
    services: Services, experiment: str, variant: str, sample: Sample, *, raws: Sequence[str], outputs: Sequence[str]
) -> None:
    """Hold the tool conversation of each candidate of a (sample, variant), and write the traces."""
    for path in outputs:
        write_sealed(Path(path), {})
