"""The answer stage of `transport: batch`: an experiment's missing first answers through the provider's batch API."""

from __future__ import annotations

import os

from retake.answer.generate import Failures
from retake.answer.manifest import Unanswered
from retake.answer.tally import Tally
from retake.answer.waves import Unit
from retake.calls.request import Call, Request
from retake.calls.transport import TransportSettings
from retake.experiment.facts import facts_of
from retake.providers.batches import POLL_S, BatchReport, run_batch
from retake.samples.sample import Sample
from retake.workflow.outcome import Outcome
from retake.workflow.services import Services

STATE = ".retake/batches"


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
    report = _run(services, experiment, number, missing, tally=tally)
    config = services.project.experiment(experiment)
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


def _run(services: Services, experiment: str, number: int, missing: list[Request], *, tally: Tally) -> BatchReport:
    project, config = services.project, services.project.experiment(experiment)
    folder = project.root / STATE / experiment / str(number)
    if not missing and not any(folder.glob("*.json")):
        return BatchReport()
    budget = services.budget(experiment)

    def keep(call: Call) -> None:
        services.client.store.put(call)
        tally.add(call)
        budget.spend(call.cost_usd)

    settings = TransportSettings(
        provider=config.generator,
        base_urls=config.base_urls or ((config.base_url,) if config.base_url else ()),
        request_timeout_s=config.request_timeout_s,
        max_tries=config.max_tries,
        known=lambda model: facts_of(config.generator, model, root=project.root),
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
