"""The generate stage: requests of one (sample, variant), their answers on disk, failures marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retake import paths
from retake.answer.generate import call_of, generate_candidates, raw_body
from retake.answer.requests import candidate_request
from retake.calls.request import Call, Request
from retake.files import write_sealed, write_text
from retake.prompts.opening import opening_messages
from retake.prompts.variants import function_of
from retake.samples.sample import Sample
from retake.workflow.project import Project
from retake.workflow.recipes import recipe_of
from retake.workflow.services import Services
from retake.workflow.targets import failure_path

__all__ = ["call_of", "generate", "requests_of"]


def requests_of(project: Project, experiment: str, variant: str, sample: Sample) -> list[Request]:
    """Return the first request of each candidate of a (sample, variant)."""
    config = project.experiment(experiment)
    chosen = project.variants(experiment)[variant]
    persona = project.persona(experiment)
    messages = opening_messages(
        sample,
        persona_text=None if persona is None else persona.text,
        variant=chosen,
        apply=function_of(chosen, root=project.root),
        structured_output=config.structured_output,
    )
    recipe = recipe_of(config, root=project.root)
    return [
        candidate_request(recipe, messages, query_id=sample.query_id, variant=variant, candidate=k, tools=sample.tools)
        for k in range(config.num_candidates)
    ]


def generate(services: Services, experiment: str, variant: str, sample: Sample, *, outputs: Sequence[str]) -> None:
    """Ask for all candidates of a (sample, variant) and write their raw generation files, failed ones as error rows."""
    project = services.project
    sample_id = paths.sample_id(sample.split, sample.position)
    requests = requests_of(project, experiment, variant, sample)
    ask = services.generator(experiment)
    results = services.runtime.run(generate_candidates(requests, ask=ask, failures=services.failures(experiment)))
    for candidate, (path, request, result) in enumerate(zip(outputs, requests, results, strict=True)):
        body = raw_body(result, request=request, sample_id=sample_id, variant=variant, candidate=candidate)
        if not isinstance(result, Call):
            write_text(
                project.root / failure_path(experiment, variant, sample_id, candidate), f"{result.kind}: {result}\n"
            )
        write_sealed(Path(path), body, synced=False)
