"""The verify stage: the verdict on each candidate of a (sample, variant), with the pools that verifiers run in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retake import paths
from retake.calls.request import Ask
from retake.errors import RetakeError
from retake.files import digest, read_sealed, write_sealed
from retake.prompts.opening import task_of
from retake.samples.sample import Sample
from retake.verify.calibration import calibration_verdict
from retake.verify.final import final_of, output_messages
from retake.verify.own import verifier_of
from retake.verify.verdict import Verdict, ungraded
from retake.verify.verification import FinalAnswer, Primary, verify_candidate
from retake.workflow.freshness import verifier_version
from retake.workflow.services import Services


def verify(services: Services, experiment: str, variant: str, sample: Sample, *, outputs: Sequence[str]) -> None:
    """Judge the candidates of a (sample, variant) and write their verification files."""
    bodies = services.runtime.run_beside(_verified(services, experiment, variant, sample))
    for path, body in zip(outputs, bodies, strict=True):
        write_sealed(Path(path), body, synced=False)


async def _verified(services: Services, experiment: str, variant: str, sample: Sample) -> list[dict[str, Any]]:
    project = services.project
    sample_id = paths.sample_id(sample.split, sample.position)
    stage = "trace" if project.has_tools(sample_id) else "raw"
    ask = services.runtime.bridged(services.judge(experiment))

    async def one(candidate: int) -> dict[str, Any]:
        body = read_sealed(project.root / paths.candidate_path(stage, experiment, variant, sample_id, candidate))
        verification = await judged(services, experiment, sample, final_answer(body), ask=ask)
        where = {"sample_id": sample_id, "variant": variant, "candidate_idx": candidate, "answer_digest": digest(body)}
        costs = {"judge_cost_usd": services.cost_of(verification["judge_calls"])}
        return {**verification, **where, **costs, "verifier_version": verifier_version(sample.split)}

    return list(await asyncio.gather(*(one(k) for k in range(project.experiment(experiment).num_candidates))))


async def judged(
    services: Services, experiment: str, sample: Sample, answer: FinalAnswer, *, ask: Ask
) -> dict[str, Any]:
    """Return the verdict on one final answer by the experiment's settings; `ask` is how its judge is asked."""
    project = services.project
    config, persona = project.experiment(experiment), project.persona(experiment)
    return await verify_candidate(
        sample,
        answer,
        primary=guarded(services, sample),
        ask=ask,
        judge=services.judge_settings(experiment),
        threshold=config.judge_threshold,
        fallback=config.llm_judge_fallback,
        markers=None if persona is None else persona.markers,
    )


def final_answer(body: dict[str, Any]) -> FinalAnswer:
    """Return what a candidate finally said, from its raw generation or its trace."""
    final = final_of(body, body if "turns" in body else None)
    return FinalAnswer(
        text=final["text"],
        reasoning=final["reasoning"],
        refusal=final["refusal"],
        finish_reason=final["finish_reason"],
        parts=final["parts"],
        transcript=tuple(output_messages(final, body["turns"])) if "turns" in body else (),
        error=body["error"],
    )


def guarded(services: Services, sample: Sample) -> Primary | None:
    """Return the verifier that a sample is given to first, or None; its crash leaves a candidate ungraded, never wrong."""
    task, own = task_of(sample), verifier_of(sample.split)
    if task == "tool_calling" or (task == "open" and sample.ground_truth is None and own is None):
        return None
    is_calibration = "calibration" in sample.source_metadata
    name = own.NAME if own is not None else "code" if task == "code" else "math"

    async def primary(text: str, sample: Sample) -> Verdict:
        try:
            if own is not None:
                return await asyncio.to_thread(own.verify, text, sample)
            if is_calibration and sample.ground_truth is None:
                return calibration_verdict(text, sample, math=None)
            found = await services.verify_in_pool(name, text, sample)
            return calibration_verdict(text, sample, math=found) if is_calibration else found
        except RetakeError as error:
            return ungraded(name, f"The verifier could not judge: {error}", error=error)
        except Exception as error:  # noqa: BLE001  (the one boundary: a crash of a grader is no wrong answer)
            return ungraded(name, "The verifier crashed; the candidate is not judged.", error=error)

    return primary
