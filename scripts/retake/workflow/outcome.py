"""What became of a worker's units so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from retake.answer.manifest import Unanswered


@dataclass
class Outcome:
    """Calls by unit and candidate, families of mocks by unit, and the candidates without an answer."""

    calls: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    families: dict[str, dict[str, str]] = field(default_factory=dict)
    unanswered: list[Unanswered] = field(default_factory=list)

    def units(self) -> dict[str, list[list[str]]]:
        """Return the digests by unit, a list a candidate."""
        return {unit: [its[k] for k in sorted(its)] for unit, its in self.calls.items()}
