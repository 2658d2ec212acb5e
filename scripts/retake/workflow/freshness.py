"""Freshness: one string a job, which holds all that changes its result and is no input file.

Snakemake compares params as an unordered set of values, so each rule has a single param: canonical JSON with the stage's
name and a digest of the stage's code in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from retake import paths
from retake.errors import RetakeError
from retake.files import canonical_json, digest, digest_of_bytes, write_text
from retake.prompts.variants import variant_digest
from retake.samples.blocks import read_sample
from retake.verify import own as own_verifiers
from retake.workflow.project import TOOL_SPLITS, Project
from retake.workflow.recipes import asked, judge_of, mock_of, recipe_of

PACKAGE = Path(__file__).resolve().parent.parent

MATCHES = "matches"
"""The key under which a trace's stamp says which mock answers which tool."""

STAGE_CODE: dict[str, tuple[str, ...]] = {
    "samples": ("samples",),
    "generate": (
        "prompts/opening.py",
        "prompts/variants.py",
        "answer/requests.py",
        "answer/generate.py",
        "calls/request.py",
    ),
    "trace": ("answer/trace.py",),
    "verify": ("verify/*.py", "prompts/opening.py"),
    "merge": (
        "merge/rows.py",
        "merge/build.py",
        "merge/schema.py",
        "merge/summary.py",
        "merge/selection.py",
        "merge/verdicts.py",
    ),
    "trajectories": ("merge/trajectories.py", "merge/selection.py"),
    "report": ("look",),
    "exports": ("merge/exports.py", "merge/exports_card.py"),
    "inspect_log": ("merge/exports_inspect_ai.py",),
    "answer": (),
}

MATH_CODE, CODE_CODE = ("verify/math",), ("verify/code",)


@cache
def code_digest(parts: tuple[str, ...]) -> str:
    """Return a digest (16 hex digits) of the package's Python files that `parts` name: files, folders, or patterns."""
    files: set[Path] = set()
    for part in parts:
        where = PACKAGE / part
        files.update(where.rglob("*.*") if where.is_dir() else PACKAGE.glob(part))
    kept = sorted(file for file in files if file.suffix not in (".pyc",) and "__pycache__" not in file.parts)
    listing = [(file.relative_to(PACKAGE).as_posix(), digest_of_bytes(file.read_bytes())) for file in kept]
    return digest_of_bytes(canonical_json(listing).encode())[:16]


def verifier_version(split: str) -> str:
    """Return the digest of the code that verifies a split: the shared part, and the verifiers that its rows can need.

    Only the rows tell which verifier a split needs, and a plan is made without them; the names of splits are a guide, and an
    unknown name counts as needing both.
    """
    return code_digest(STAGE_CODE["verify"] + _verifiers_of(split))


def _verifiers_of(split: str) -> tuple[str, ...]:
    verifier = own_verifiers.verifier_of(split)
    if split in TOOL_SPLITS:
        return ()
    if verifier is not None:
        return (own_verifiers.file_of(verifier),)
    if split.startswith(("code", "humaneval")):
        return CODE_CODE
    if split.startswith(("math", "gsm8k", "stem", "calibration")):
        return MATH_CODE
    return MATH_CODE + CODE_CODE


def _spec(stage: str, version: str, **values: Any) -> str:
    return canonical_json({"stage": stage, "version": f"{stage}-{version}", **values})


def samples_spec(project: Project, dataset: str, split: str) -> str:
    """Return the spec of a block of samples."""
    config = project.user_of_dataset(dataset, split)
    values = {
        "dataset": config.split_datasets.get(split, config.dataset),
        "split": split,
        "revision": config.revision,
        "random_seed": config.random_seed,
        "min_query_chars": config.min_query_chars,
    }
    return _spec("samples", code_digest(STAGE_CODE["samples"]), **values)


def generate_spec(project: Project, experiment: str, variant: str) -> str:
    """Return the spec of a generate job: the recipe of its requests and all that its variant does."""
    config = project.experiment(experiment)
    return _spec(
        "generate",
        code_digest(STAGE_CODE["generate"]),
        recipe=vars(recipe_of(config, root=project.root)),
        structured_output=config.structured_output,
        variant=variant_digest(project.variants(experiment)[variant], root=project.root),
    )


def trace_spec(project: Project, experiment: str) -> str:
    """Return the spec of a trace job; the families that its conversations used are an input file of their own."""
    config = project.experiment(experiment)
    return _spec(
        "trace",
        code_digest(STAGE_CODE["trace"]),
        mock=asked(mock_of(config, root=project.root)),
        force=config.tool_mock.force,
        max_tool_turns=config.max_tool_turns,
    )


def verify_spec(project: Project, experiment: str, sample: str) -> str:
    """Return the spec of a verify job: the verifier's code and the judge's settings."""
    config = project.experiment(experiment)
    split = paths.split_of(sample)
    needs_judge = config.llm_judge_fallback or not split.startswith(("math", "gsm8k"))
    return _spec(
        "verify",
        verifier_version(split),
        judge=asked(judge_of(config, root=project.root)) if needs_judge else None,
        fallback=config.llm_judge_fallback,
        threshold=config.judge_threshold,
        sandbox=project.settings().get("sandbox", {}) if CODE_CODE[0] in _verifiers_of(split) else {},
    )


def merge_spec(project: Project, experiment: str) -> str:
    """Return the spec of the merge: everything that stands in the table's metadata."""
    return _spec(
        "merge", code_digest(STAGE_CODE["merge"]), config=project.experiment(experiment).model_dump(mode="json")
    )


def stage_spec(stage: str, **values: Any) -> str:
    """Return the spec of a stage that depends on its inputs and code alone."""
    return _spec(stage, code_digest(STAGE_CODE[stage]), **values)


def mocks_path(experiment: str, variant: str, sample: str) -> str:
    """Return the path of the file that says which families' code a (variant, sample)'s traces came from."""
    return f"{paths.RESULTS}/{experiment}/.mocks/{variant}/{sample}.json"


def mocks_of(families: Mapping[str, str], matches: Mapping[str, str]) -> dict[str, str]:
    """Return what the stamp of a trace holds: digests of the families that it used, and of which mock answers which tool."""
    return {**families, MATCHES: digest(dict(matches))}


def mocks_stamp(project: Project, experiment: str, variant: str, sample: str) -> str:
    """Return the file that says which families' code a (variant, sample)'s traces came from, brought up to date.

    The trace job writes it before its outputs; here, while the plan is made, it is rewritten only where a family that
    was used has other code today, or another mock answers one of the sample's tools. Snakemake then sees changed
    content, and plans this trace and no other.
    """
    name = mocks_path(experiment, variant, sample)
    path = project.root / name
    recorded = _recorded(path)
    fresh = _today(recorded, project.root / project.block(experiment, sample), sample) if recorded else {}
    if fresh != recorded or not path.exists():
        write_text(path, canonical_json(fresh) + "\n")
    return name


def _today(recorded: Mapping[str, str], block: Path, sample: str) -> dict[str, str]:
    from retake.tools.digests import current_family_digests, matches_of

    now = current_family_digests()
    fresh = {family: now.get(family, "gone") for family in recorded if family != MATCHES}
    try:
        return mocks_of(fresh, matches_of(read_sample(block, sample).tools))
    except (OSError, RetakeError):
        return {**fresh, MATCHES: recorded.get(MATCHES, "")}  # the block is made again before the trace


def _recorded(path: Path) -> dict[str, str]:
    import json

    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return {}
