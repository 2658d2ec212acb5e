"""The manifest of a worker: which calls answer its units, what got no answer and why, and how the work went."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from retake import paths
from retake.errors import DamagedFile
from retake.files import read_sealed, write_sealed


def manifest_path(experiment: str, worker: int) -> str:
    """Return the path of a worker's manifest."""
    return f"{paths.RESULTS}/{experiment}/answer/{worker}.json"


@dataclass(frozen=True)
class Unanswered:
    """A candidate without an answer: `digest` is its first request, `type` and `message` say why."""

    variant: str
    sample_id: str
    candidate_idx: int
    digest: str
    type: str
    message: str


@dataclass(frozen=True)
class Manifest:
    """What a worker did.

    `units` maps `<variant>/<sample>` to a list a candidate: digests of its calls, in order. `families` maps units with tools to
    the digests of the mocks that played in them. `blocks`
    are the files that the samples were read from. `partial` is why a worker gave up, or None. `engine` is name and version;
    `record` holds what changes from run to run: seconds, tokens, tokens a second, restarts.
    `carried` holds the calls themselves, by digest, where the worker's call store stays behind on a rented machine.
    """

    experiment: str
    worker: int
    units: dict[str, list[list[str]]]
    families: dict[str, dict[str, str]] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    partial: str | None = None
    engine: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    carried: dict[str, dict[str, Any]] = field(default_factory=dict)

    def calls(self, unit: tuple[str, str]) -> list[list[str]]:
        """Return the digests of a unit's calls, a list a candidate."""
        return self.units.get("/".join(unit), [])

    def is_whole(self, unit: tuple[str, str]) -> bool:
        """Return whether every candidate of a unit was answered."""
        return not any((one.variant, one.sample_id) == unit for one in self.unanswered)


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a worker's manifest, whole or not at all."""
    write_sealed(path, asdict(manifest))


def read_manifest(path: Path) -> Manifest | None:
    """Return a worker's manifest; None where there is none, or one that cannot be read."""
    try:
        body = read_sealed(path)
        return Manifest(**{**body, "unanswered": [Unanswered(**one) for one in body["unanswered"]]})
    except (FileNotFoundError, DamagedFile, TypeError, KeyError):
        return None
