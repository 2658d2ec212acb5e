"""Which candidate of a (sample, variant) is the best: verified first, then confidence, then the lowest index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def selected(verifications: Sequence[Mapping[str, Any]]) -> int:
    """Return the index of the best candidate among `verifications`, one body each in the order of the candidates.

    A verified candidate wins over an ungraded one, that over a wrong one, whatever their confidence; among wrong ones the
    one whose verdict is least sure wins. Ties go to the lowest index.

    Raises:
        ValueError: for no candidate at all.
    """
    if not verifications:
        raise ValueError("there is no candidate to select from")
    return min(range(len(verifications)), key=lambda index: (_rank(verifications[index]), index))


def _rank(verification: Mapping[str, Any]) -> tuple[int, float]:
    verdict, confidence = verification["is_verified"], float(verification["confidence"])
    if verdict is True:
        return 0, -confidence
    return (1, -confidence) if verdict is None else (2, confidence)
