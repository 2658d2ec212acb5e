"""How much of a persona's voice an answer shows, counted by the persona's own markers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from retake.prompts.markers import Marker, Markers
from retake.verify.prose import without_code, without_thinking


@dataclass(frozen=True)
class PersonaScore:
    """A voice's score in [0, 1], None where there is nothing to hear, and the count of each marker behind it.

    A choice counts twice: under its name what the persona says, under `<name>_not` what it avoids.
    """

    score: float | None
    markers: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the score as plain data, as the verification file holds it."""
        return {"score": self.score, "markers": dict(self.markers)}


def persona_score(text: str, markers: Markers) -> PersonaScore:
    """Return how far `text` speaks in the voice that `markers` describe.

    Code, formulas and thinking are left out. What is left and has no letter or digit scores None: an empty answer, or one
    of code alone, shows no voice and lacks none. Shown weight over `enough`, less what is unlike the voice, is averaged
    with each choice that the text had, by weight.
    """
    prose = unicodedata.normalize("NFC", without_code(without_thinking(text)))
    counts = {name: count for marker in markers.markers for name, count in _counts(marker, prose).items()}
    if not any(char.isalnum() for char in prose):
        return PersonaScore(None, counts)
    parts = _parts(markers, counts)
    total = sum(weight for weight, _ in parts)
    return PersonaScore(round(sum(weight * share for weight, share in parts) / total, 6) if total else None, counts)


def _counts(marker: Marker, prose: str) -> dict[str, int]:
    counts = {marker.name: sum(1 for _ in marker.regex.finditer(prose))}
    if marker.avoided is not None:
        counts[f"{marker.name}_not"] = sum(1 for _ in marker.avoided.finditer(prose))
    return counts


def _parts(markers: Markers, counts: dict[str, int]) -> list[tuple[float, float]]:
    """Return (weight, share in [0, 1]) of the expression as a whole and of each choice that was there."""
    parts = []
    if any(marker.kind != "choice" for marker in markers.markers):
        shown = sum(_weighed(marker, counts) for marker in markers.markers if marker.kind == "shows")
        unlike = sum(_weighed(marker, counts) for marker in markers.markers if marker.kind == "unlike")
        parts.append((1.0, min(1.0, max(0.0, min(markers.enough, shown) - unlike) / markers.enough)))
    for marker in markers.markers:
        kept, broken = counts[marker.name], counts.get(f"{marker.name}_not", 0)
        if marker.kind == "choice" and kept + broken:
            parts.append((marker.weight, kept / (kept + broken)))
    return parts


def _weighed(marker: Marker, counts: dict[str, int]) -> float:
    return marker.weight * min(marker.at_most, counts[marker.name])
