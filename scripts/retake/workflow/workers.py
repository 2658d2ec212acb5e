"""The answer stage: one worker's units, from its server (or batch) into the call store, and its manifest last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from retake import paths
from retake.answer.generate import Failures
from retake.answer.lease import Lease, devices_here, lease_devices
from retake.answer.manifest import Manifest, Unanswered, write_manifest
from retake.answer.supervisor import Supervisor, WorkerFailed
from retake.answer.tally import Tally
from retake.answer.trace import converse
from retake.answer.vllm import VllmServer, start_vllm
from retake.answer.waves import Unit, Waves
from retake.calls.request import Ask, Call, Request
from retake.calls.transport import Transport, TransportSettings
from retake.errors import CallError, DamagedFile, Interrupted, RetakeError
from retake.experiment.facts import facts_of
from retake.files import write_text
from retake.providers.connect import open_transport
from retake.samples.blocks import read_sample
from retake.samples.sample import Sample
from retake.workflow.bulk import blocks_of, starts_servers, units_of
from retake.workflow.generating import requests_of
from retake.workflow.giving_up import AnswerFailed, check_marker, gave_up
from retake.workflow.outcome import Outcome
from retake.workflow.project import Project
from retake.workflow.services import Services
from retake.workflow.tracing import conversing, mock_settings

IN_FLIGHT = 256
"""Requests at a server of one's own at once: what vLLM batches by default (max_num_seqs)."""

MOST_LOST_STARTS = 3
STARTS = ".retake/starts"

T = TypeVar("T")
Items = list[tuple[Unit, Sample, list[Request]]]
"""Units, each with its sample and a request a candidate."""


class Unfinished(CallError):
    """A candidate that its worker left unanswered when it gave up."""

    kind = "worker_failed"


class WorkerServices(Services):
    """The services of one worker: the shared ones, but its own server where it starts one, and counted answers."""

    def __init__(self, shared: Services, supervisor: Supervisor | None, tally: Tally) -> None:
        super().__init__(shared.project)
        self.runtime, self.client = shared.runtime, shared.client
        self._shared, self._supervisor, self._tally = shared, supervisor, tally

    def replays(self, experiment: str) -> bool:
        """Return False: a worker is who asks."""
        return False

    def _transport(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Any:
        if self._supervisor is not None and provider == "vllm" and not base_urls:
            return _Counted(self._supervisor, self._tally)
        return _Counted(self._shared._transport(experiment, provider, base_urls), self._tally)


@dataclass
class _Counted:
    way: Any
    tally: Tally

    async def send(self, request: Request, *, before: Callable[[], None] | None = None) -> Call:
        def begin() -> None:
            if before is not None:
                before()
            self.tally.begin()

        call = await self.way.send(request, before=begin)
        self.tally.add(call)
        return call


@dataclass
class Worker:
    """One worker of an experiment, at work."""

    services: Services
    experiment: str
    number: int
    log: Path
    tally: Tally = field(default_factory=Tally)
    lease: Lease = field(default_factory=Lease)
    restarts: list[str] = field(default_factory=list)
    version: str | None = None

    @property
    def project(self) -> Project:
        """The project it works in."""
        return self.services.project

    @property
    def name(self) -> str:
        """Its name in rows: no host."""
        return f"worker_{self.number}"

    @property
    def server_log(self) -> Path:
        """Where its server's words are."""
        return self.log.with_name(f"{self.log.stem}.server.log")

    def supervisor(self) -> Supervisor | None:
        """Return the keeper of its own server; None where the experiment has an endpoint."""
        if not starts_servers(self.project, self.experiment):
            return None
        config = self.project.experiment(self.experiment)

        async def start() -> VllmServer:
            if not self.lease.devices:
                devices = await asyncio.to_thread(devices_here)
                self.lease = await lease_devices(devices, config.vllm_config.tensor_parallel_size)
            env = self.lease.env
            return await start_vllm(config.vllm_config, str(config.model), log=self.server_log, env=env)

        return Supervisor(self.name, start, self._way_to, config.vllm_config.request_timeout_s)

    def _way_to(self, url: str) -> Transport:
        config = self.project.experiment(self.experiment)
        settings = TransportSettings(
            provider="vllm",
            base_urls=(url,),
            concurrency=self.in_flight,
            request_timeout_s=config.request_timeout_s,
            max_tries=config.max_tries,
            known=lambda model: facts_of("vllm", model, root=self.project.root),
        )
        return open_transport(settings)

    @property
    def in_flight(self) -> int:
        """How many requests it has in flight: `concurrency` where the experiment says it, or for servers that it shares."""
        config = self.project.experiment(self.experiment)
        is_own = starts_servers(self.project, self.experiment) and "concurrency" not in config.model_fields_set
        return IN_FLIGHT if is_own else config.concurrency

    async def answered(self, items: Items, *, stored_only: str | None) -> Outcome:
        """Have all candidates of `items` answered, with their tool conversations; `stored_only` (a reason) asks nobody."""
        supervisor = None if stored_only else self.supervisor()
        own = WorkerServices(self.services, supervisor, self.tally)
        run = _Run(self, own, stored_only=stored_only)
        each = [(unit, sample, k, request) for unit, sample, requests in items for k, request in enumerate(requests)]
        run.failures.total = len(each)
        try:
            await _in_turn(each, lambda item: run.candidate(*item), width=2 * self.in_flight)
        finally:
            if supervisor is not None:
                self.restarts, self.version = supervisor.restarts, supervisor.version
                await supervisor.close()
                self.lease.release()
        return run.outcome


class _Run:
    """One pass over a worker's candidates."""

    def __init__(self, worker: Worker, services: Services, *, stored_only: str | None) -> None:
        project, experiment = worker.project, worker.experiment
        config = project.experiment(experiment)
        self.worker, self.outcome = worker, Outcome()
        self.failures = Failures(experiment, 0, 1.0 if config.allow_partial else config.max_failures)
        self.max_turns = config.max_tool_turns
        self.mock = mock_settings(services, experiment)
        self.ask = services.generator(experiment)
        self.ask_all = conversing(services, experiment)
        self.store = services.client.store
        if stored_only is not None:
            self.ask = self.ask_all = self._stored(stored_only)

    async def candidate(self, unit: Unit, sample: Sample, index: int, request: Request) -> None:
        """Answer one candidate, and note its calls, or why it has none."""
        calls = self.outcome.calls.setdefault("/".join(unit), {})
        calls[index] = [request.digest]
        try:
            self.worker.tally.found += self.store.has(request.digest)
            first = await self.ask(request)
        except CallError as error:
            self._note(unit, index, request, error.kind, str(error))
            self.failures.failure(error)
            return
        self.failures.answer()
        if sample.tools:
            calls[index] = await self._conversed(unit, sample, index, first)

    async def _conversed(self, unit: Unit, sample: Sample, index: int, first: Call) -> list[str]:
        body = await converse(sample, first.request, first, ask=self.ask_all, mock=self.mock, max_turns=self.max_turns)
        retry = body["retry"] or {}
        families = self.outcome.families.setdefault("/".join(unit), {})
        families |= {**body["families"], **retry.get("families", {})}
        if body["error"] is not None:
            self._note(unit, index, first.request, body["error"]["kind"], body["error"]["message"])
        every = [*body["calls"], *body["mock_calls"], *retry.get("calls", []), *retry.get("mock_calls", [])]
        return list(dict.fromkeys(every))

    def _note(self, unit: Unit, index: int, request: Request, kind: str, message: str) -> None:
        self.outcome.unanswered.append(Unanswered(*unit, index, request.digest, kind, message))

    def _stored(self, reason: str) -> Ask:
        async def ask(request: Request) -> Call:
            call = self.store.get(request.digest)
            if call is None:
                raise Unfinished(reason)
            return call

        return ask


async def _in_turn(items: Iterable[T], do: Callable[[T], Awaitable[None]], *, width: int) -> None:
    """Do all items, `width` at a time; the first failure ends the others."""
    waiting = iter(items)

    async def runner() -> None:
        for item in waiting:
            await do(item)

    runners = [asyncio.ensure_future(runner()) for _ in range(width)]
    try:
        await asyncio.gather(*runners)
    finally:
        for task in runners:
            task.cancel()
        await asyncio.gather(*runners, return_exceptions=True)


def answer(services: Services, experiment: str, number: int, *, manifest: Path, log: Path) -> None:
    """Answer the units of worker `number` of an experiment into the call store, and write its manifest last.

    What the store has is not asked. With `allow_partial` a worker that gives up (or was ended from outside 3 times in a
    row) writes a manifest that says so; otherwise it fails.

    Raises:
        AnswerFailed: where it gave up; what it answered is kept.
        Interrupted: where the run was told to stop.
        DamagedFile: for a block of samples that cannot be read.
    """
    project = services.project
    if project.attempt > 1:
        check_marker(project.root, experiment, number)
    log.unlink(missing_ok=True)
    worker, items = Worker(services, experiment, number, log), []
    try:
        items, blocks = _items(project, experiment, number)
        outcome, partial = _outcome(worker, items)
    except (Interrupted, DamagedFile):
        raise
    except RetakeError as error:
        raise _failed(worker, error, items) from error
    _write(worker, outcome, blocks, partial=partial, path=manifest)


def _outcome(worker: Worker, items: Items) -> tuple[Outcome, str | None]:
    """Return what became of a worker's units, and why it gave up where it did and that is allowed."""
    services, config = worker.services, worker.project.experiment(worker.experiment)
    starts = worker.project.root / STARTS / worker.experiment / str(worker.number)
    lost = _lost_starts(starts)
    write_text(starts, f"{lost + 1}\n")
    try:
        if config.allow_partial and lost >= MOST_LOST_STARTS:
            raise WorkerFailed(f"{worker.name} was ended from outside {lost} times in a row")
        if config.transport == "batch":
            from retake.workflow.batching import batched

            return batched(services, worker.experiment, worker.number, items, tally=worker.tally), None
        return services.runtime.run(worker.answered(items, stored_only=None)), None
    except CallError as error:
        is_of_use = isinstance(error, WorkerFailed) or (not isinstance(error, Interrupted) and _kept(worker, items) > 0)
        if not (config.allow_partial and is_of_use):
            raise
        return services.runtime.run(worker.answered(items, stored_only=str(error))), str(error)
    finally:
        starts.unlink(missing_ok=True)


def _items(project: Project, experiment: str, number: int) -> tuple[Items, list[str]]:
    """Return (unit, its sample, a request a candidate) of a worker, and the blocks that the samples came from."""
    units = units_of(project, experiment, number)
    if not units:
        known = ", ".join(map(str, Waves.read(project.root, experiment).workers())) or "none"
        raise AnswerFailed(
            f"{experiment} has no work for worker {number}; its workers so far: {known}. {_planned(experiment)}"
        )
    samples: dict[str, Sample] = {}
    items = []
    for variant, name in units:
        if name not in samples:
            samples[name] = _sample(project, experiment, name)
        items.append(((variant, name), samples[name], requests_of(project, experiment, variant, samples[name])))
    return items, blocks_of(project, experiment, number)


def _sample(project: Project, experiment: str, name: str) -> Sample:
    block = project.block(experiment, name)
    try:
        return read_sample(project.root / block, name)
    except FileNotFoundError:
        raise AnswerFailed(f"{block} is not there. {_planned(experiment)}") from None


def _planned(experiment: str) -> str:
    return f"Samples and shares are written down by: snakemake {paths.parquet_path(experiment)} --until samples"


def _lost_starts(path: Path) -> int:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _kept(worker: Worker, items: Items) -> int:
    store = worker.services.client.store
    return sum(store.has(request.digest) for _, _, requests in items for request in requests)


def _failed(worker: Worker, error: RetakeError, items: Items) -> AnswerFailed:
    kept, wanted = _kept(worker, items), sum(len(requests) for _, _, requests in items)
    is_allowed = worker.project.experiment(worker.experiment).allow_partial
    can_merge = not is_allowed and (kept or isinstance(error, WorkerFailed))
    return gave_up(
        error,
        root=worker.project.root,
        experiment=worker.experiment,
        worker=worker.number,
        logs=[worker.log] + [worker.server_log] * worker.server_log.exists(),
        kept=(kept, wanted),
        hint=" (with --config allow_partial=true to merge what there is)" if can_merge else "",
    )


def _carried(worker: Worker, outcome: Outcome) -> dict[str, Any]:
    """Return the calls of a worker whose store stays behind, by digest."""
    digests = {digest for its in outcome.calls.values() for calls in its.values() for digest in calls}
    found = ((digest, worker.services.client.store.get(digest)) for digest in sorted(digests))
    return {digest: call.as_dict() for digest, call in found if call is not None}


def _write(worker: Worker, outcome: Outcome, blocks: list[str], *, partial: str | None, path: Path) -> None:
    name = "vllm" if starts_servers(worker.project, worker.experiment) else "endpoint"
    record = {**worker.tally.record(), "restarts": worker.restarts}
    unanswered = sorted(outcome.unanswered, key=lambda one: (one.sample_id, one.variant, one.candidate_idx))
    write_manifest(
        path,
        Manifest(
            experiment=worker.experiment,
            worker=worker.number,
            units=outcome.units(),
            families=outcome.families,
            blocks=blocks,
            unanswered=unanswered,
            partial=partial,
            engine={"name": name, "version": worker.version},
            record=record,
            carried={} if worker.project.shares_files else _carried(worker, outcome),
        ),
    )
    answers = sum(len(its) for its in outcome.calls.values()) - len(unanswered)
    words = [f"{worker.name} of {worker.experiment}: {answers} candidates answered, {len(unanswered)} not"]
    words += [f"{key}: {value}" for key, value in record.items()]
    words += [f"unanswered: {asdict(one)}" for one in unanswered[:20]]
    write_text(worker.log, "\n".join(words) + "\n")
