"""Provenance: what one candidate was made from, and what would make it again today, stage by stage."""

from __future__ import annotations

import re
from pathlib import Path

from retake import paths
from retake.errors import DamagedFile, RetakeError
from retake.files import read_sealed
from retake.workflow.freshness import verifier_version
from retake.workflow.project import Project
from retake.workflow.states import RULE_OF, StageState, candidate_states, inputs_of, request_today, spec_of

_TARGET = re.compile(rf"^(?:\./)?results/({paths.EXPERIMENT})/(raw|trace|verification)/([^/]+)/([^/]+)/(\d+)\.json$")
_TODAY = {
    "raw": "a request that changed is made, and paid for; others are answered by the call store",
    "trace": "continuations whose tool results changed are asked again, the others come from the call store",
    "verification": "answers come from the call store, judge calls too where their request is the same",
}


def explain(target: str, *, root: Path | None = None) -> list[str]:
    """Return what would make a candidate's file again, and why: a line a stage, then what each stage depends on.

    `target` is a path under results/ as Snakemake is asked for it. What cannot be told (no such experiment today, a path of
    another kind) is a line as well, never an error.
    """
    found = _TARGET.match(target)
    if not found:
        return [f"{target} is no candidate's file; ask Snakemake: snakemake -n {target}"]
    experiment, _, variant, sample, candidate = found.groups()
    project = Project(root or Path.cwd())
    try:
        return _explained(project, experiment, variant, sample, int(candidate), target=target)
    except (RetakeError, OSError) as error:
        return [f"this cannot be told here: {error}"]


def _explained(
    project: Project, experiment: str, variant: str, sample: str, candidate: int, *, target: str
) -> list[str]:
    problem = _outside(project, experiment, variant, sample, candidate)
    if problem:
        return [f"{problem}: no run makes this file any more"]
    states = candidate_states(project, experiment, variant, sample, candidate)
    lines = [_line(state) for state in states]
    lines += _request(project, experiment, variant, sample, candidate)
    lines += _verifier(project, states[-1], sample)
    lines.append("it depends on:")
    lines += [f"  {_depends(project, state, experiment, variant, sample)}" for state in states]
    verb = "to make it again" if any(state.reasons for state in states) else "to see what would run"
    lines.append(f"{verb}: snakemake {'' if verb.startswith('to make') else '-n '}{target}")
    return lines


def _outside(project: Project, experiment: str, variant: str, sample: str, candidate: int) -> str | None:
    """Return why a candidate is none of its experiment today, or None."""
    config = project.experiment(experiment)
    if variant not in project.variants(experiment):
        return f"{experiment} has no variant {variant} today"
    if sample not in project.samples(experiment):
        return f"{experiment} has no sample {sample} today"
    if candidate >= config.num_candidates:
        return f"{experiment} has {config.num_candidates} candidates today"
    return None


def _line(state: StageState) -> str:
    rule = RULE_OF[state.stage]
    if not state.reasons:
        return f"{rule}: current; nothing would run"
    return f"{rule}: would run again: {'; '.join(state.reasons)} ({_TODAY[state.stage]})"


def _request(project: Project, experiment: str, variant: str, sample: str, candidate: int) -> list[str]:
    raw = project.root / paths.candidate_path("raw", experiment, variant, sample, candidate)
    today = request_today(project, experiment, variant, sample, candidate)
    if today is None:
        return ["request today: unknown, the sample's block is not there"]
    try:
        recorded = read_sealed(raw).get("request_digest")
    except (OSError, DamagedFile):
        recorded = None
    is_stored = (project.root / paths.STORE / today[:2] / f"{today}.json").exists()
    named = "the same as it was" if recorded == today else today
    return [f"request today: {named}; its answer is {'' if is_stored else 'not '}in the call store"]


def _verifier(project: Project, state: StageState, sample: str) -> list[str]:
    today = verifier_version(paths.split_of(sample))
    try:
        recorded = read_sealed(project.root / state.file).get("verifier_version")
    except (OSError, DamagedFile):
        return [f"verifier version today: {today}"]
    return [f"verifier version today: {today}" + (" (the same)" if recorded == today else f" (it was {recorded})")]


def _depends(project: Project, state: StageState, experiment: str, variant: str, sample: str) -> str:
    files = [
        file
        for file in inputs_of(project, state.stage, experiment, variant, sample)
        if "/raw/" not in file and "/trace/" not in file
    ]
    spec = spec_of(project, state.stage, experiment, variant, sample)
    named = sorted(key for key in spec if key not in ("stage", "version"))
    upstream = {"raw": [], "trace": ["the first answers"], "verification": ["the candidates' answers"]}[state.stage]
    return f"{RULE_OF[state.stage]}: {', '.join([*upstream, *files, *named, 'its code'])}"
