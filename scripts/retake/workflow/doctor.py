"""The doctor: looks through results and the call store, tells what is wrong, and sets aside what the next run makes again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from retake import paths
from retake.answer.generate import call_of
from retake.calls.store import CallStore
from retake.errors import DamagedFile, DataError, RetakeError
from retake.experiment.model_errors import did_you_mean
from retake.files import read_sealed
from retake.samples.blocks import read_block
from retake.workflow.damage import ASIDE, call_in, set_aside, what_is_wrong
from retake.workflow.doctor_candidates import Visit
from retake.workflow.doctor_table import content_of, named
from retake.workflow.findings import Finding
from retake.workflow.lock import is_free, take_lock
from retake.workflow.project import Project

OWN = ".retake"
_METADATA = frozenset({"experiment", "config", "totals", "by_variant", "by_sample", "is_complete"})


class Doctor:
    """Looks at one project; `findings` reads and changes nothing, `mend` moves files into `.retake/damaged`."""

    def __init__(self, root: Path, overrides: Mapping[str, object] | None = None) -> None:
        self.project = Project(root, overrides)
        self.root = root
        self._raws: dict[str, str] = {}

    def findings(self, places: Sequence[Path] = ()) -> list[Finding]:
        """Return what is wrong in `places` (none: the results and the call store), sorted.

        Raises:
            DataError: for a place that is not there, or holds nothing of ours.
        """
        wanted = [self._place(place) for place in places] or [paths.RESULTS, OWN]
        found = set(self._found(wanted))
        return sorted(finding for finding in found if any(_is_within(finding.path, place) for place in wanted))

    def mend(self, findings: Iterable[Finding], *, with_orphans: bool = False) -> list[str]:
        """Set the files of mendable findings aside, and return their paths; the calls among them come back from raw generations.

        Raises:
            FolderInUse: where a run is under way.
        """
        take_lock(self.root)
        chosen = {f.path for f in findings if f.is_mendable or (with_orphans and f.kind == "orphan")}
        # Snakemake writes a table and its metadata together, and does not make the one without the other.
        tables = {
            f"{path.removesuffix('/metadata.json')}.parquet" for path in chosen if path.endswith("/metadata.json")
        }
        moved = [path for path in sorted(chosen | tables) if (self.root / path).is_file()]
        for path in moved:
            set_aside(self.root, path)
        for path in moved:
            self._restore(Path(path))
        return moved

    def _restore(self, path: Path) -> None:
        """Put a call back into the store from the raw generation that holds the same answer."""
        raw = self._raws.get(path.stem)
        if path.as_posix().startswith(f"{paths.STORE}/") and raw is not None and (self.root / raw).is_file():
            CallStore(self.root / paths.STORE).put(call_of(read_sealed(self.root / raw)))

    def _place(self, place: Path) -> str:
        whole = (self.root / place).resolve()
        if not whole.is_relative_to(self.root.resolve()) or not whole.exists():
            known = [*self._experiments([paths.RESULTS]), paths.STORE]
            near = did_you_mean(str(place), [f"{paths.RESULTS}/{name}" for name in known])
            raise DataError(f"{place}: there is no such file or folder in this project. {near}")
        name = whole.relative_to(self.root.resolve()).as_posix()
        if name != "." and not any(_is_within(name, top) or _is_within(top, name) for top in (paths.RESULTS, OWN)):
            raise DataError(f"{place}: holds no results and no calls; give files or folders under results/ or {OWN}/")
        return name

    def _found(self, wanted: list[str]) -> Iterator[Finding]:
        for experiment in self._experiments(wanted):
            yield from self._experiment(experiment)
        if _meet(wanted, paths.DATASETS):
            yield from self._blocks()
        if _meet(wanted, paths.STORE):
            yield from self._calls()
        if is_free(self.root):
            yield from self._leftovers()

    def _experiments(self, wanted: list[str]) -> list[str]:
        """Return the experiments that have files in the wanted places, sorted."""
        top = self.root / paths.RESULTS
        there = {path.relative_to(top).as_posix().removesuffix(".parquet") for path in top.glob("*/*")}
        named = sorted(name for name in there if paths.is_experiment(name))
        return [name for name in named if _meet(wanted, f"results/{name}") or _meet(wanted, paths.parquet_path(name))]

    def _experiment(self, experiment: str) -> list[Finding]:
        problem = self._unusable(experiment)
        visit = Visit(self.project, experiment, is_usable=problem is None)
        if problem is not None:
            visit.findings.append(problem)
        visit.candidates()
        self._raws |= visit.raws
        self._metadata(visit)
        self._table(visit)
        return visit.findings

    def _unusable(self, experiment: str) -> Finding | None:
        file = str(paths.experiment_file(experiment))
        if experiment not in self.project.ids:
            return Finding(f"results/{experiment}", "orphan", f"there is no {file}", experiment)
        try:
            self.project.experiment(experiment)
            self.project.units(experiment)
            self.project.persona(experiment)
        except RetakeError as error:
            return Finding(f"results/{experiment}", "broken", str(error), experiment)
        return None

    def _metadata(self, visit: Visit) -> None:
        file = f"results/{visit.experiment}/metadata.json"
        try:
            body = json.loads((self.root / file).read_bytes())
        except FileNotFoundError:
            return
        except ValueError as error:
            visit.find(file, "damaged", f"not whole JSON ({error})")
            return
        lacking = sorted(_METADATA - body.keys()) if isinstance(body, dict) else sorted(_METADATA)
        if lacking:
            visit.find(file, "damaged", f"it lacks the key(s) {', '.join(lacking)}")

    def _table(self, visit: Visit) -> None:
        """Check a table by its content: what is wrong with it is the same however it was compressed or written again."""
        file = paths.parquet_path(visit.experiment)
        if not (self.root / file).exists():
            return
        content = content_of(self.root / file)
        if content.problem is not None:
            visit.find(file, "damaged", content.problem)
        elif content.repeated():
            repeated = content.repeated()
            visit.find(file, "duplicate", f"{len(repeated)} row(s) stand more than once: {named(repeated)}")
        elif visit.rows is not None:
            self._rows(visit, content.rows, file)

    def _rows(self, visit: Visit, rows: Mapping[tuple[str, str, int, bool], str], file: str) -> None:
        wanted = visit.rows or {}
        differing = sorted(key for key in wanted.keys() & rows.keys() if wanted[key] != rows[key])
        told = [
            f"{len(keys)} row(s) {word}: {named(keys)}"
            for word, keys in (
                ("say something else than their files", differing),
                ("are missing", sorted(wanted.keys() - rows.keys())),
                ("are none of today's", sorted(rows.keys() - wanted.keys())),
            )
            if keys
        ]
        is_stale = any(finding.kind == "stale" for finding in visit.findings)
        if told:
            visit.find(file, "stale" if is_stale else "mixed", "; ".join(told))

    def _blocks(self) -> Iterator[Finding]:
        for block in sorted((self.root / paths.DATASETS).glob("*/*/*.jsonl")):
            file = block.relative_to(self.root).as_posix()
            try:
                positions = list(read_block(block))
            except DamagedFile as error:
                yield Finding(file, "damaged", what_is_wrong(error, file))
                continue
            first = int(block.stem) * paths.BLOCK_ROWS + 1 if block.stem.isdigit() else 0
            if positions != list(range(first, first + len(positions))):
                yield Finding(
                    file, "mixed", f"it holds rows {positions[0]} to {positions[-1]}, and should begin with {first}"
                )

    def _calls(self) -> Iterator[Finding]:
        for call in sorted((self.root / paths.STORE).glob("*/*.json")):
            file = call.relative_to(self.root).as_posix()
            try:
                call_in(call)
            except DamagedFile as error:
                yield Finding(file, "damaged", what_is_wrong(error, file))

    def _leftovers(self) -> Iterator[Finding]:
        for top in (paths.RESULTS, OWN):
            for file in sorted((self.root / top).rglob("*.tmp")):
                name = file.relative_to(self.root).as_posix()
                if not _is_within(name, ASIDE):
                    yield Finding(name, "leftover", "a write that was cut short left it")


def _is_within(path: str, place: str) -> bool:
    return place == "." or path == place or path.startswith(f"{place}/")


def _meet(wanted: list[str], place: str) -> bool:
    return any(_is_within(place, one) or _is_within(one, place) for one in wanted)
