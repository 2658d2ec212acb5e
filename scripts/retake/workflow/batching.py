"""The answer stage of `transport: batch`: missing first answers, then missing judge calls, through the batch API."""

from __future__ import annotations

import os

from retake.answer.generate import Failures, raw_body
from retake.answer.manifest import Unanswered
from retake.answer.tally import Tally
from retake.answer.waves import Unit
from retake.calls.request import Call, Request
from retake.calls.transport import TransportSettings
from retake.experiment.facts import facts_of
from retake.providers.batches import POLL_S, BatchReport, run_batch
from retake.samples.sample import Sample
from retake.workflow.outcome import Outcome
from retake.workflow.recipes import judge_of
from retake.workflow.replay import NotStored
from retake.workflow.services import Services
from retake.workflow.verifying import final_answer, judged

STATE = ".retake/batches"
BATCH_PROVIDERS = ("openai", "claude")


def batched(
    services: Services, experiment: str, number: int, items: list[tuple[Unit, Sample, list[Request]]], *, tally: Tally
) -> Outcome:
    """Have the first answers of `items` that the store lacks made by batches; a killed job goes on with the same ones.

    Raises:
        CallError: where the batch API cannot be used, or the budget is reached.
        TooManyFailures: see `answer.generate.Failures`.
    """
    store = services.client.store
    wanted = {request.digest: request for _, _, requests in items for request in requests}
    missing = [request for digest, request in wanted.items() if not store.has(digest)]
    tally.found = len(wanted) - len(missing)
    config = services.project.experiment(experiment)
    urls = config.base_urls or ((config.base_url,) if config.base_url else ())
    report = _run(services, experiment, str(number), missing, ends=(config.generator, urls), tally=tally)
    _judge(services, experiment, number, items, tally=tally)
    failures = Failures(experiment, len(wanted), 1.0 if config.allow_partial else config.max_failures, len(wanted))
    outcome = Outcome()
    for unit, _, requests in items:
        outcome.calls["/".join(unit)] = {k: [request.digest] for k, request in enumerate(requests)}
        for index, request in enumerate(requests):
            error = report.failed.get(request.digest)
            if error is not None:
                outcome.unanswered.append(Unanswered(*unit, index, request.digest, error.kind, str(error)))
                failures.failure(error)
    return outcome


def _judge(
    services: Services, experiment: str, number: int, items: list[tuple[Unit, Sample, list[Request]]], *, tally: Tally
) -> None:
    """Have the judge calls that the answered candidates need made by batches; what fails is asked live by verify."""
    judge = judge_of(services.project.experiment(experiment), root=services.project.root)
    if judge.provider not in BATCH_PROVIDERS:
        return
    wanted = services.runtime.run(judge_requests(services, experiment, items))
    ends = (judge.provider, judge.base_urls)
    _run(services, experiment, f"{number}/judge", wanted, ends=ends, tally=tally)


async def judge_requests(
    services: Services, experiment: str, items: list[tuple[Unit, Sample, list[Request]]]
) -> list[Request]:
    """Return what the judge is still to be asked, found by verifying stored answers before a judge that only takes notes.

    Tool conversations are left out: they go on live, and are judged when they have ended.
    """
    store = services.client.store
    noted: dict[str, Request] = {}

    async def note(request: Request) -> Call:
        stored = store.get(request.digest)
        if stored is None:
            noted[request.digest] = request
            raise NotStored("the judge has not been asked yet")
        return stored

    for _, sample, requests in items:
        if sample.tools:
            continue
        for index, request in enumerate(requests):
            first = store.get(request.digest)
            if first is not None:
                raw = raw_body(first, request=request, sample_id="", variant="", candidate=index)
                await judged(services, experiment, sample, final_answer(raw), ask=note)
    return list(noted.values())


def _run(
    services: Services,
    experiment: str,
    part: str,
    missing: list[Request],
    *,
    ends: tuple[str, tuple[str, ...]],
    tally: Tally,
) -> BatchReport:
    """Run one batch job; `ends` is where it goes: provider and endpoints (none: the provider's own)."""
    provider, base_urls = ends
    project, config = services.project, services.project.experiment(experiment)
    folder = project.root / STATE / experiment / part
    if not missing and not any(folder.glob("*.json")):
        return BatchReport()
    budget = services.budget(experiment)

    def keep(call: Call) -> None:
        services.client.store.put(call)
        tally.add(call)
        budget.spend(call.cost_usd)

    settings = TransportSettings(
        provider=provider,
        base_urls=base_urls,
        request_timeout_s=config.request_timeout_s,
        max_tries=config.max_tries,
        known=lambda model: facts_of(provider, model, root=project.root),
    )
    running = run_batch(
        missing,
        state_folder=folder,
        settings=settings,
        on_answer=keep,
        poll_s=float(os.environ.get("RETAKE_BATCH_POLL_S", POLL_S)),
        before=lambda: budget.check(experiment),
    )
    return services.runtime.run(running)
