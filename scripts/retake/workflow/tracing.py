"""The trace stage: the tool conversations that follow first answers, and which families of mocks they used."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from retake import paths
from retake.answer.generate import call_of
from retake.answer.trace import converse
from retake.calls.request import Ask, Call, Request, Usage
from retake.files import canonical_json, read_sealed, write_sealed, write_text
from retake.samples.sample import Sample
from retake.tools.llm_mock import MockSettings
from retake.workflow.freshness import mocks_of, mocks_path
from retake.workflow.recipes import asked, mock_of
from retake.workflow.services import Services
from retake.workflow.targets import failure_path


def trace(
    services: Services, experiment: str, variant: str, sample: Sample, *, raws: Sequence[str], outputs: Sequence[str]
) -> None:
    """Hold the tool conversation of each candidate of a (sample, variant), and write the traces.

    The families that were used are written down before the traces: see `freshness.mocks_stamp`.
    """
    project = services.project
    answers = [read_sealed(Path(raw)) for raw in raws]
    bodies = services.runtime.run_beside(_traced(services, experiment, sample, answers))
    sample_id = paths.sample_id(sample.split, sample.position)
    used: dict[str, str] = {}
    for body in bodies:
        used |= body["families"] | (body["retry"] or {}).get("families", {})
    stamp = project.root / mocks_path(experiment, variant, sample_id)
    matches = next((body["matches"] for body in bodies if body["matches"]), {})
    write_text(stamp, canonical_json(mocks_of(used, matches) if used else {}) + "\n")
    for candidate, (path, body) in enumerate(zip(outputs, bodies, strict=True)):
        if body["error"] is not None:
            marker = project.root / failure_path(experiment, variant, sample_id, candidate)
            write_text(marker, f"{body['error']['type']}: {body['error']['message']}\n")
        write_sealed(
            Path(path), {**body, "sample_id": sample_id, "variant": variant, "candidate_idx": candidate}, synced=False
        )


def mock_settings(services: Services, experiment: str) -> MockSettings:
    """Return how an experiment's LLM mock of tools is asked."""
    config = services.project.experiment(experiment)
    settings = asked(mock_of(config, root=services.project.root))
    params = {"max_tokens": settings.pop("max_tokens"), "temperature": settings.pop("temperature")}
    sent = {name: value for name, value in params.items() if value is not None}
    return MockSettings(**settings, params=sent, is_forced=config.tool_mock.force)


def conversing(services: Services, experiment: str) -> Ask:
    """Return how a conversation asks: its own requests carry tools, those of the LLM mock do not."""
    generator, mock = services.generator(experiment), services.mock(experiment)

    async def ask(request: Request) -> Call:
        return await (generator if request.tools else mock)(request)

    return ask


async def _traced(
    services: Services, experiment: str, sample: Sample, raws: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    ask, mock = services.runtime.bridged(conversing(services, experiment)), mock_settings(services, experiment)
    max_turns = services.project.experiment(experiment).max_tool_turns

    async def one(raw: dict[str, Any]) -> dict[str, Any]:
        if raw["error"] is not None:
            return _unanswered(raw)
        first = call_of(raw)
        body = await converse(sample, first.request, first, ask=ask, mock=mock, max_turns=max_turns)
        error = body["error"]
        return body | {"error": error and {"type": error["kind"], "message": error["message"]}}

    return list(await asyncio.gather(*(one(raw) for raw in raws)))


def _unanswered(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the trace of a candidate that got no first answer."""
    nothing = {
        "turns": [],
        "final_answer": None,
        "stop": "error",
        "usage": dict.fromkeys(Usage.__dataclass_fields__, 0),
    }
    costs = {"cost_usd": None, "mock_cost_usd": None, "mock_usage": dict.fromkeys(Usage.__dataclass_fields__, 0)}
    return {
        **nothing,
        **costs,
        "calls": [],
        "mock_calls": [],
        "families": {},
        "matches": {},
        "retry": None,
        "error": raw["error"],
    }
