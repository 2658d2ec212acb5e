"""The merge stage: candidates' files of an experiment, in the order of the table, into its parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retake import paths
from retake.calls.prices import PRICE_DATE
from retake.files import digest_of_bytes, read_sealed
from retake.merge.build import About, write_table
from retake.merge.rows import Candidate, rows_of
from retake.merge.verdicts import Verdicts
from retake.samples.blocks import read_sample
from retake.workflow.bulk import unanswered
from retake.workflow.project import Project


def merge(project: Project, experiment: str, table: Path, metadata: Path) -> None:
    """Write the table of an experiment, its metadata.json, and the verdicts of today's verifiers."""
    verdicts = Verdicts()
    groups = verdicts.watched(_groups(project, experiment))
    try:
        write_table(groups, table, metadata, about=_about(project, experiment))
        verdicts.write(metadata.parent / "verdicts")
    except BaseException:
        # Snakemake, where the disk is full for it too, would leave the table alone behind and take it as done.
        table.unlink(missing_ok=True)
        raise


def _about(project: Project, experiment: str) -> About:
    config = project.experiment(experiment)
    persona = project.persona(experiment)
    return About(
        experiment=experiment,
        config=config.model_dump(mode="json"),
        config_file=str(paths.experiment_file(experiment)),
        persona=None if persona is None else persona.name,
        persona_digest=None if persona is None else digest_of_bytes(persona.text.encode()),
        variants=tuple(project.variants(experiment)),
        price_date=PRICE_DATE,
        missing=tuple(_missing(project, experiment)),
    )


def _missing(project: Project, experiment: str) -> Iterator[dict[str, Any]]:
    """Yield the candidates that bulk answering could not answer, with why."""
    for one in unanswered(project, experiment):
        where = {"variant": one.variant, "sample_id": one.sample_id, "candidate_idx": one.candidate_idx}
        yield {**where, "type": one.type, "reason": one.message}


def _groups(project: Project, experiment: str) -> Iterator[list[dict[str, Any]]]:
    persona = project.persona(experiment)
    for variant, sample_id in project.units(experiment):
        sample = read_sample(project.root / project.block(experiment, sample_id), sample_id)
        candidates = [
            _candidate(project, experiment, variant, sample_id, k)
            for k in range(project.experiment(experiment).num_candidates)
        ]
        yield rows_of(
            sample,
            candidates,
            experiment=experiment,
            variant=variant,
            sample_id=sample_id,
            persona=None if persona is None else persona.name,
        )


def _candidate(project: Project, experiment: str, variant: str, sample: str, candidate: int) -> Candidate:
    def body(stage: str) -> dict[str, Any]:
        return read_sealed(project.root / paths.candidate_path(stage, experiment, variant, sample, candidate))

    return Candidate(body("raw"), body("trace") if project.has_tools(sample) else None, body("verification"))
