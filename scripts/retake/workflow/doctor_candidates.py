"""The doctor's look at the candidates of one experiment, a (sample, variant) at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from retake import paths
from retake.errors import DamagedFile, RetakeError
from retake.files import digest
from retake.merge.rows import Candidate, rows_of
from retake.samples.blocks import read_sample
from retake.samples.sample import Sample
from retake.workflow.damage import candidate_body, what_is_wrong
from retake.workflow.doctor_table import Key, as_stored
from retake.workflow.findings import Finding
from retake.workflow.freshness import verifier_version
from retake.workflow.generating import requests_of
from retake.workflow.project import Project
from retake.workflow.states import candidate_states, names_in

Unit = tuple[str, str]
Bodies = dict[str, dict[int, dict[str, Any]]]
"""The bodies of a unit's sound files, by stage and candidate."""


@dataclass
class Visit:
    """What a visit to one experiment finds; `rows` are the rows that its files make, None where a file is missing or unsound."""

    project: Project
    experiment: str
    is_usable: bool
    findings: list[Finding] = field(default_factory=list)
    rows: dict[Key, str] | None = field(default_factory=dict)
    raws: dict[str, str] = field(default_factory=dict)
    _paths: set[str] = field(default_factory=set)

    def candidates(self) -> None:
        """Check every candidate file of the experiment, and gather the rows that its table should hold."""
        wanted = dict.fromkeys(self.project.units(self.experiment)) if self.is_usable else {}
        there = sorted(set(self._stray()))
        for unit in [*wanted, *(unit for unit in there if unit not in wanted)]:
            self._unit(unit, is_wanted=unit in wanted)
        if not self.is_usable:
            self.rows = None

    def find(self, path: str, kind: str, detail: str) -> None:
        """Write a finding down."""
        self.findings.append(Finding(path, kind, detail, self.experiment))
        self._paths.add(path)

    def _stray(self) -> Iterator[Unit]:
        """Yield the units that have files; files that lie elsewhere under a stage are orphans."""
        root = self.project.root
        for stage in paths.STAGES:
            top = root / paths.RESULTS / self.experiment / stage
            for file in sorted(top.rglob("*")):
                place = file.relative_to(top).parts
                if file.is_dir() or file.suffix == ".tmp":
                    continue
                if len(place) == 3 and file.suffix == ".json" and file.stem.isdigit():
                    yield place[0], place[1]
                else:
                    self.find(file.relative_to(root).as_posix(), "orphan", "no candidate's file has such a path")

    def _unit(self, unit: Unit, *, is_wanted: bool) -> None:
        bodies: Bodies = {stage: dict(self._sound(stage, unit, is_wanted=is_wanted)) for stage in paths.STAGES}
        self._verdicts_fit(unit, bodies)
        self._repeated(unit, bodies["raw"])
        if is_wanted:
            sample = self._sample(unit[1])
            if sample is not None:
                self._fresh(unit, bodies, sample)
            self._rows(unit, bodies, sample)

    def _sound(self, stage: str, unit: Unit, *, is_wanted: bool) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the body of each sound file of a stage of a unit; tell of the others."""
        folder = self.project.root / paths.RESULTS / self.experiment / stage / unit[0] / unit[1]
        names = sorted(name for name in names_in(folder) if name.endswith(".json") and name[:-5].isdigit())
        count = self.project.experiment(self.experiment).num_candidates if is_wanted else 0
        has_stage = is_wanted and (stage != "trace" or self.project.has_tools(unit[1]))
        for name in names:
            file = f"{paths.RESULTS}/{self.experiment}/{stage}/{unit[0]}/{unit[1]}/{name}"
            try:
                body = candidate_body(self.project.root, file)
            except DamagedFile as error:
                self.find(file, "damaged", what_is_wrong(error, file))
                continue
            if self.is_usable and (not has_stage or int(name[:-5]) >= count or name != f"{int(name[:-5])}.json"):
                self.find(file, "orphan", "it is outside the experiment's samples, variants and candidates of today")
            if stage == "raw":
                self._own_request(file, body)
            yield int(name[:-5]), body

    def _own_request(self, file: str, body: dict[str, Any]) -> None:
        if digest(body["request"]) != body["request_digest"]:
            self.find(file, "mixed", "its request is not the one that its request_digest names")
        elif body["error"] is None:
            self.raws[body["request_digest"]] = file

    def _verdicts_fit(self, unit: Unit, bodies: Bodies) -> None:
        answers = bodies["trace"] if self.project.has_tools(unit[1]) else bodies["raw"]
        for candidate, body in sorted(bodies["verification"].items()):
            if candidate in answers and digest(answers[candidate]) != body["answer_digest"]:
                file = paths.candidate_path("verification", self.experiment, *unit, candidate)
                self.find(file, "mixed", "it judged another answer than the one that is there")
        for candidate, body in sorted(bodies["trace"].items()):
            raw, calls = bodies["raw"].get(candidate), body["calls"]
            if raw is not None and calls and calls[0] != raw["request_digest"]:
                file = paths.candidate_path("trace", self.experiment, *unit, candidate)
                self.find(file, "mixed", "it follows another first answer than the one that is there")

    def _repeated(self, unit: Unit, raws: dict[int, dict[str, Any]]) -> None:
        """Tell of candidates that hold one and the same answer."""
        by_digest: dict[str, list[int]] = defaultdict(list)
        for candidate, body in sorted(raws.items()):
            by_digest[body["request_digest"]].append(candidate)
        for _, (first, *others) in sorted(by_digest.items()):
            for candidate in others:
                file = paths.candidate_path("raw", self.experiment, *unit, candidate)
                self.find(file, "duplicate", f"its request is candidate {first}'s")

    def _sample(self, sample: str) -> Sample | None:
        try:
            return read_sample(self.project.root / self.project.block(self.experiment, sample), sample)
        except (OSError, RetakeError):
            return None  # the block tells of itself

    def _fresh(self, unit: Unit, bodies: Bodies, sample: Sample) -> None:
        requests = requests_of(self.project, self.experiment, unit[0], sample)
        others = []
        for candidate, body in sorted(bodies["raw"].items()):
            file = paths.candidate_path("raw", self.experiment, *unit, candidate)
            is_told = file in self._paths
            if candidate < len(requests) and body["request_digest"] != requests[candidate].digest and not is_told:
                others.append(candidate)
        self._other_requests(unit, others)
        today = verifier_version(sample.split)
        for candidate, body in sorted(bodies["verification"].items()):
            if body["verifier_version"] != today and candidate < len(requests):
                file = paths.candidate_path("verification", self.experiment, *unit, candidate)
                self.find(file, "stale", f"verified by {body['verifier_version']}, today's verifier is {today}")

    def _other_requests(self, unit: Unit, candidates: list[int]) -> None:
        """Tell of answers to other requests: stale where Snakemake would make them again, else put there by hand."""
        if not candidates:
            return
        reasons = candidate_states(self.project, self.experiment, *unit, candidates[0])[0].reasons
        for candidate in candidates:
            file = paths.candidate_path("raw", self.experiment, *unit, candidate)
            if reasons:
                self.find(file, "stale", f"today's request is another: {'; '.join(reasons)}")
            else:
                self.find(
                    file,
                    "mixed",
                    "it answers another request than today's, though nothing has changed since it was made",
                )

    def _rows(self, unit: Unit, bodies: Bodies, sample: Sample | None) -> None:
        if self.rows is None:
            return
        count = self.project.experiment(self.experiment).num_candidates
        stages = paths.STAGES if self.project.has_tools(unit[1]) else ("raw", "verification")
        if sample is None or any(k not in bodies[stage] for stage in stages for k in range(count)):
            self.rows = None
            return
        persona = self.project.persona(self.experiment)
        candidates = [
            Candidate(
                bodies["raw"][k], bodies["trace"].get(k) if "trace" in stages else None, bodies["verification"][k]
            )
            for k in range(count)
        ]
        rows = rows_of(
            sample, candidates, experiment=self.experiment, variant=unit[0], sample_id=unit[1], persona=None if persona is None else persona.name
        )  # fmt: skip
        self.rows.update(as_stored(rows))
