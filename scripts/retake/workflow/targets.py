"""What was asked for: checks with a good error, failures put aside so that they are asked again, and the merge's stamp."""

from __future__ import annotations

import datetime
import difflib
import os
import re
from pathlib import Path

from retake import paths
from retake.errors import ConfigError
from retake.experiment.checks import notices
from retake.experiment.facts import check_models
from retake.files import digest, write_text
from retake.samples.adapters import adapters
from retake.samples.datasets import stand_ins
from retake.verify import own as own_verifiers
from retake.workflow.project import Project

FAILURES = ".retake/failures"
MADE_ONCE = (
    "metadata.json", "report.html", "trajectories/index.json", "sft.jsonl", "preferences.jsonl", "dataset_card.md", "inspect_log",
    "figures/rates.csv", "figures/rates.svg", "figures/best_of_k.csv", "figures/best_of_k.svg",
)  # fmt: skip
"""What rules make of an experiment's table, by its path in the experiment's folder."""


def experiment_of(project: Project, target: str) -> str | None:
    """Return the experiment that a copy of a table, or a path under results/, belongs to; None for another target."""
    copied = project.copied.get(Path(target).as_posix())
    if copied is not None:
        return copied
    match = re.match(r"^(?:\./)?results/([^/]+/[^/]+?)(?:\.parquet$|/|$)", target)
    if not match or match[1].startswith("datasets/"):
        return None
    return match[1]


def check_targets(project: Project, targets: list[str]) -> list[str]:
    """Check that every target under results/ is one that can be made, and return warnings about the models it asks.

    Raises:
        RetakeError: where one names no experiment (with the nearest one), or one that cannot run (with what is wrong); for a
            verifier or an adapter that cannot be loaded.
    """
    own_verifiers.verifiers(), adapters()  # a slip in one of these files is told here, before anything is planned
    today = datetime.date.today()
    warnings: list[str] = []
    for target in targets or default_targets(project):
        name = experiment_of(project, target)
        if name is None:
            warnings += _meant(project, target)
            continue
        if name not in project.ids:
            raise ConfigError(
                target,
                "",
                got=name,
                allowed="an experiment of experiments/<group>/<name>.yaml",
                remedy=_nearest(name, project),
            )
        if name in project.broken:
            raise project.broken[name]
        project.persona(name)
        if Path(target).as_posix() not in project.copied:
            _check_file(project, name, target)
            warnings += _nearest_file(name, target)
        file = str(paths.experiment_file(name))
        warnings += check_models(project.experiment(name), today=today, root=project.root, file=file)
        warnings += [f"{name}: {sentence}" for sentence in notices(project.experiment(name))]
        warnings += [f"{name}: {sentence}" for sentence in stand_ins(project.experiment(name))]
    return list(dict.fromkeys(warnings))


def _nearest(name: str, project: Project) -> str:
    close = difflib.get_close_matches(name, project.ids, n=1, cutoff=0.5)
    return f"Did you mean results/{close[0]}.parquet?" if close else f"There are: {', '.join(project.ids)}."


def _check_file(project: Project, experiment: str, target: str) -> None:
    rest = target.split(f"results/{experiment}", 1)[1].lstrip("/")
    match = re.match(r"^(raw|trace|verification)/([^/]*)/([^/]*)/([^/]*)\.json$", rest)
    if not match:
        return
    stage, variant, sample, candidate = match.groups()
    known: list[tuple[str, str, list[str]]] = [
        ("variant", variant, list(project.variants(experiment))),
        ("sample", sample, project.samples(experiment)),
        ("candidate", candidate, [str(k) for k in range(project.experiment(experiment).num_candidates)]),
    ]
    for word, got, allowed in known:
        if got not in allowed:
            raise ConfigError(
                target,
                word,
                got=got,
                allowed=_range(allowed),
                remedy=f"Change the path, or experiments/{experiment}.yaml.",
            )
    if stage == "trace" and not project.has_tools(sample):
        raise ConfigError(
            target,
            "sample",
            got=sample,
            allowed="a tool_calling sample",
            remedy="Only conversations with tools have a trace; ask for raw or verification.",
        )


def _nearest_file(experiment: str, target: str) -> list[str]:
    """Return a hint where no rule of ours makes `target` but one makes a file whose name is near; else nothing."""
    folder, path = f"results/{experiment}/", Path(target).as_posix()
    known = [f"{folder}{name}" for name in MADE_ONCE]
    if path in known or not path.startswith(folder):
        return []
    near = [name for name in known if name.startswith(f"{path}/")] or difflib.get_close_matches(path, known, cutoff=0.9)
    return [f"{target}: did you mean {near[0]}?"] if near else []


def _meant(project: Project, target: str) -> list[str]:
    """Return a hint where a target outside results/ is near an experiment's id or name; else nothing."""
    word = re.sub(r"^(?:\./)?(?:experiments/|results?/)?|\.(?:parquet|ya?ml)$", "", target)
    known = {name if "/" in word else name.rpartition("/")[2]: name for name in reversed(project.ids)}
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.8)
    return [f"{target}: did you mean {paths.parquet_path(known[near[0]])}?"] if near else []


def _range(allowed: list[str]) -> str:
    return ", ".join(allowed) if len(allowed) <= 6 else f"{allowed[0]} to {allowed[-1]}"


def default_targets(project: Project) -> list[str]:
    """Return table, its copy if any, trajectories and report of the experiments that config/config.yaml lists."""
    names = project.settings().get("experiments", [])
    made = [
        file
        for name in names
        for file in (paths.parquet_path(name), f"results/{name}/trajectories/index.json", f"results/{name}/report.html")
    ]
    return made + [copy for copy, name in project.copied.items() if name in names]


def targeted_experiments(project: Project, targets: list[str]) -> list[str]:
    """Return the experiments that `targets` (none: the default ones) concern."""
    names = {experiment_of(project, target) for target in targets or default_targets(project)}
    return sorted(name for name in names if name is not None)


def failure_path(experiment: str, variant: str, sample: str, candidate: int) -> str:
    """Return the marker of a candidate that failed after all tries."""
    return f"{FAILURES}/{experiment}/{variant}/{sample}/{candidate}"


def set_failures_aside(project: Project, targets: list[str]) -> None:
    """Remove the error rows' files of the wanted experiments, so that this run asks for those candidates, and no others."""
    for name in targeted_experiments(project, targets):
        folder = project.root / FAILURES / name
        for marker in sorted(folder.glob("*/*/*")):
            variant, sample, candidate = marker.relative_to(folder).parts
            for stage in paths.STAGES:
                (project.root / paths.candidate_path(stage, name, variant, sample, candidate)).unlink(missing_ok=True)
            marker.unlink()


def refreshed_stamp(project: Project, experiment: str) -> str:
    """Return the merge's stamp, rewritten where candidate files or blocks are missing beside an existing table.

    A missing intermediate does not by itself make Snakemake merge again. The changed content of this file does, and with the
    merge exactly the jobs that make what is missing; the run after that finds nothing to do.
    """
    name = paths.stamp_path(experiment)
    stamp, table = project.root / name, project.root / paths.parquet_path(experiment)
    if not table.exists():
        if not stamp.exists():
            write_text(stamp, "complete\n")
        return name
    missing = _missing(project, experiment)
    if missing:
        text = digest([missing, table.stat().st_mtime_ns]) + "\n"
        if not stamp.exists() or stamp.read_text() != text:
            write_text(stamp, text)
    elif not stamp.exists():
        write_text(stamp, "complete\n")
    return name


def _missing(project: Project, experiment: str) -> list[str]:
    count = project.experiment(experiment).num_candidates
    expected = {f"{k}.json" for k in range(count)}
    missing = [block for block in project.blocks(experiment) if not (project.root / block).exists()]
    for variant, sample in project.units(experiment):
        stages = paths.STAGES if project.has_tools(sample) else ("raw", "verification")
        for stage in stages:
            folder = f"results/{experiment}/{stage}/{variant}/{sample}"
            missing += [f"{folder}/{name}" for name in sorted(expected - _names(project.root / folder))]
    return missing


def _names(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries}
    except (FileNotFoundError, NotADirectoryError):
        return set()
