"""What each file of a candidate was made from, as Snakemake recorded it, against what it would be made from today."""

from __future__ import annotations

import ast
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake import paths
from retake.errors import DamagedFile, RetakeError
from retake.files import digest, digest_of_bytes, read_sealed
from retake.samples.blocks import read_sample
from retake.workflow import freshness
from retake.workflow.generating import requests_of
from retake.workflow.project import Project

RULE_OF = {"raw": "generate", "trace": "trace", "verification": "verify"}
_NAME_MAX = 255


@dataclass(frozen=True)
class Record:
    """How Snakemake made a file: its spec, and the checksums of its inputs (SHA-256, those under 1 MB alone)."""

    spec: Mapping[str, Any]
    inputs: tuple[str, ...]
    checksums: Mapping[str, str]


@dataclass(frozen=True)
class StageState:
    """One stage of a candidate: `reasons` say why it would run again; none: it is current."""

    stage: str
    file: str
    reasons: tuple[str, ...]


def record_of(root: Path, file: str) -> Record | None:
    """Return how `file` was made; None where Snakemake keeps no record of it, or one of another form."""
    name = urlsafe_b64encode(file.encode()).decode()
    pieces = [name[at : at + _NAME_MAX - 1] for at in range(0, len(name), _NAME_MAX - 1)]
    where = root.joinpath(".snakemake", "metadata", *("@" + piece for piece in pieces[:-1]), pieces[-1])
    try:
        body = json.loads(where.read_text())
        spec = next((json.loads(ast.literal_eval(value)) for value in body["params"] or ()), {})
        return Record(spec, tuple(body["input"] or ()), dict(body["input_checksums"] or {}))
    except (OSError, ValueError, KeyError, TypeError, SyntaxError):
        return None


def candidate_states(project: Project, experiment: str, variant: str, sample: str, candidate: int) -> list[StageState]:
    """Return the state of each stage of a candidate, in the order of the flow."""
    stages = paths.STAGES if project.has_tools(sample) else ("raw", "verification")
    states: list[StageState] = []
    for stage in stages:
        file = paths.candidate_path(stage, experiment, variant, sample, candidate)
        own = _reasons(project, stage, experiment, variant, sample, file)
        above = [f"{RULE_OF[state.stage]} runs before it" for state in states if state.reasons]
        states.append(StageState(stage, file, (*own, *above[:1])))
    return states


def spec_of(project: Project, stage: str, experiment: str, variant: str, sample: str) -> dict[str, Any]:
    """Return the spec that a stage's job would have today, as plain data."""
    if stage == "raw":
        text = freshness.generate_spec(project, experiment, variant)
    elif stage == "trace":
        text = freshness.trace_spec(project, experiment)
    else:
        text = freshness.verify_spec(project, experiment, sample)
    return dict(json.loads(text))


def inputs_of(project: Project, stage: str, experiment: str, variant: str, sample: str) -> list[str]:
    """Return the files that a stage's job would read today."""
    block, persona = project.block(experiment, sample), project.persona_files(experiment)
    if stage == "raw":
        return [block, *persona[:1]]
    raws = project.candidate_files("raw", experiment, variant, sample)
    if stage == "trace":
        return [block, *raws, freshness.mocks_path(experiment, variant, sample)]
    traces = project.candidate_files("trace", experiment, variant, sample)
    return [block, *(traces if project.has_tools(sample) else raws), *persona[1:]]


def changes(before: Mapping[str, Any], today: Mapping[str, Any]) -> list[str]:
    """Return what differs between two specs, one clause a key: `recipe.model: gpt-4.1 -> gpt-5`."""
    old, new = dict(_flat(before)), dict(_flat(today))
    told = []
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) == new.get(key):
            continue
        if key == "version":
            told.append("the stage's code has changed")
        elif key == "variant":
            told.append("the variant has changed")
        else:
            told.append(f"{key}: {_short(old.get(key))} -> {_short(new.get(key))}")
    return told


def request_today(project: Project, experiment: str, variant: str, sample: str, candidate: int) -> str | None:
    """Return the digest of the first request that a candidate would make today; None where its block is not there."""
    try:
        row = read_sample(project.root / project.block(experiment, sample), sample)
    except (OSError, DamagedFile):
        return None
    return requests_of(project, experiment, variant, row)[candidate].digest


def _reasons(project: Project, stage: str, experiment: str, variant: str, sample: str, file: str) -> list[str]:
    if not (project.root / file).exists():
        return ["its file is not there"]
    if damage := _damage(project.root / file):
        return [damage]
    record = record_of(project.root, file)
    if record is None:
        return ["Snakemake has no record of how it was made"]
    told = changes(record.spec, spec_of(project, stage, experiment, variant, sample))
    wanted = inputs_of(project, stage, experiment, variant, sample)
    return [*told, *_changed_inputs(project.root, record, wanted), *_mixed(project, stage, file)]


def _damage(path: Path) -> str | None:
    try:
        read_sealed(path)
    except DamagedFile as error:
        return f"it is damaged ({error})"
    except OSError as error:
        return f"it cannot be read ({error})"
    return None


def _changed_inputs(root: Path, record: Record, wanted: list[str]) -> Iterator[str]:
    for file in wanted:
        if file not in record.inputs:
            yield f"{file} is read now, and was not"
        elif (root / file).is_file() and file in record.checksums:
            now = digest_of_bytes((root / file).read_bytes())
            if record.checksums[file].rpartition(":")[2] != now:
                yield f"{file} has changed"
    for file in record.inputs:
        if file.startswith("personas/") and file not in wanted:
            yield f"{file} was read, and is not now"


def _mixed(project: Project, stage: str, file: str) -> list[str]:
    """Return whether a verdict stands beside another answer than the one that it judged."""
    if stage != "verification":
        return []
    body = read_sealed(project.root / file)
    above = "trace" if project.has_tools(Path(file).parent.name) else "raw"
    answer = project.root / file.replace("/verification/", f"/{above}/", 1)
    try:
        is_own = digest(read_sealed(answer)) == body["answer_digest"]
    except (OSError, RetakeError, KeyError):
        return []
    return [] if is_own else ["it judged another answer than the one that is there"]


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 60 else f"{text[:57]}..."


def names_in(folder: Path) -> set[str]:
    """Return the names in a folder; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries}
    except (FileNotFoundError, NotADirectoryError):
        return set()
