"""Waves: which worker's manifest a (variant, sample) waits for, kept so that what is answered is never planned again.

A wave is a set of workers that share what was unanswered when it was planned. A unit, a (variant, sample), keeps its
worker for good; what an experiment gains later (samples, variants, candidates, another model) goes to a new wave, whose
workers count on. So a manifest never changes once it is written, and growing an experiment disturbs nothing that was made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from retake import paths
from retake.answer.manifest import Manifest, manifest_path, read_manifest
from retake.answer.shards import shard_of
from retake.files import canonical_json, write_text

Unit = tuple[str, str]
"""(variant, sample)."""

NOBODY = 0
"""The worker of units that no wave holds: workers count from 1."""


def wave_path(experiment: str, first: int) -> str:
    """Return the path of the wave whose workers count from `first`."""
    return manifest_path(experiment, NOBODY).replace(f"/{NOBODY}.json", f"/.wave_{first}.json")


def _first(file: Path) -> int:
    digits = file.stem.rpartition("_")[2]
    return int(digits) if digits.isdigit() else 0


def _kind(unit: Unit) -> str:
    return f"{unit[0]}/{paths.split_of(unit[1])}"


@dataclass(frozen=True)
class Wave:
    """Workers `first` to `first + count - 1`.

    `samples` lists its units, samples by variant; `fingerprints` tells by `<variant>/<split>` what their requests come from.
    """

    first: int
    count: int
    fingerprints: dict[str, str]
    samples: dict[str, list[str]]

    @cached_property
    def _units(self) -> set[Unit]:
        return {(variant, sample) for variant, samples in self.samples.items() for sample in samples}

    def has(self, unit: Unit) -> bool:
        """Return whether a unit is one of this wave, whatever its requests come from now."""
        return unit in self._units

    def holds(self, unit: Unit, fingerprint: str) -> bool:
        """Return whether a unit, with these requests, is one of this wave."""
        return unit in self._units and self.fingerprints[_kind(unit)] == fingerprint

    def worker_of(self, unit: Unit) -> int:
        """Return the worker of a unit of this wave."""
        variant, sample = unit
        return self.first + shard_of(sample, variant, self.count)

    @classmethod
    def of(cls, units: Mapping[Unit, str], *, first: int, count: int) -> Wave:
        """Return the wave of `units`, whose values are their fingerprints, with at most one worker a unit."""
        samples: dict[str, list[str]] = {}
        for variant, sample in units:
            samples.setdefault(variant, []).append(sample)
        return cls(first, min(count, len(units)), {_kind(u): print_ for u, print_ in units.items()}, samples)


@dataclass
class Waves:
    """The waves of one experiment, a file each that never changes, and the manifests beside them, each read once."""

    root: Path
    experiment: str
    all: list[Wave] = field(default_factory=list)
    _manifests: dict[int, Manifest | None] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, experiment: str) -> Waves:
        """Return the waves of an experiment as they are on disk; a file that cannot be read is none."""
        waves = cls(root, experiment)
        for file in sorted((root / manifest_path(experiment, NOBODY)).parent.glob(".wave_*.json"), key=_first):
            try:
                waves.all.append(Wave(**json.loads(file.read_text())))
            except (ValueError, TypeError):
                continue
        return waves

    def wave_of(self, worker: int) -> Wave | None:
        """Return the wave of a worker; None where there is none."""
        return next((wave for wave in self.all if wave.first <= worker < wave.first + wave.count), None)

    def manifest(self, worker: int) -> Manifest | None:
        """Return a worker's manifest, or None where it has none yet."""
        if worker not in self._manifests:
            self._manifests[worker] = read_manifest(self.root / manifest_path(self.experiment, worker))
        return self._manifests[worker]

    def units_of(self, worker: int, units: Iterable[Unit]) -> list[Unit]:
        """Return those of `units` that belong to a worker."""
        wave = self.wave_of(worker)
        return [u for u in units if wave.has(u) and wave.worker_of(u) == worker] if wave else []

    def workers(self) -> list[int]:
        """Return the numbers of all workers."""
        return [wave.first + n for wave in self.all for n in range(wave.count)]

    def place(
        self, units: Mapping[Unit, str], *, count: int, is_kept: Callable[[Manifest, Unit], bool], may_add: bool
    ) -> dict[Unit, int]:
        """Return the worker of each unit, whose fingerprints are `units`' values; new ones get a wave of `count` workers.

        `is_kept(manifest, unit)` tells whether what a manifest says of a unit still holds. Without `may_add` (a job of a
        cluster, which only looks) a unit that no wave takes belongs to NOBODY.
        """
        placed = {unit: self._worker_of(unit, fingerprint, is_kept) for unit, fingerprint in units.items()}
        left = {unit: units[unit] for unit, worker in placed.items() if worker == NOBODY}
        if left and may_add:
            new = Wave.of(left, first=max((w.first + w.count for w in self.all), default=1), count=count)
            self.all.append(new)
            write_text(self.root / wave_path(self.experiment, new.first), canonical_json(asdict(new)) + "\n")
            placed |= {unit: new.worker_of(unit) for unit in left}
        return placed

    def _worker_of(self, unit: Unit, fingerprint: str, is_kept: Callable[[Manifest, Unit], bool]) -> int:
        for wave in reversed(self.all):
            if wave.holds(unit, fingerprint):
                worker = wave.worker_of(unit)
                manifest = self.manifest(worker)
                return worker if manifest is None or is_kept(manifest, unit) else NOBODY
        return NOBODY
