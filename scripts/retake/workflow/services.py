"""What all jobs of a run share: the event loop, the call store, transports, verifiers; each is made when first needed."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from retake import paths
from retake.answer.embedded import EmbeddedServer, start_embedded
from retake.answer.generate import Failures
from retake.calls.budget import Budget
from retake.calls.client import Client
from retake.calls.request import Ask, Call, Request
from retake.calls.store import CallStore
from retake.calls.transport import Transport, TransportSettings
from retake.errors import Interrupted
from retake.experiment.facts import facts_of
from retake.experiment.model import Experiment
from retake.providers.connect import open_transport
from retake.samples.sample import Sample
from retake.verify.judge import JudgeSettings
from retake.verify.verdict import Verdict
from retake.workflow.project import Project
from retake.workflow.recipes import asked, judge_of, mock_of
from retake.workflow.runtime import Runtime


class Services:
    """The services of one process. Safe to use from many job threads."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.client = Client(CallStore(project.root / paths.STORE))
        self.runtime = Runtime()
        self.runtime.on_stop(self.client.drain, is_first=True)
        atexit.register(self.runtime.stop)
        self._lock = threading.RLock()
        self._transports: dict[tuple[Any, ...], Transport] = {}
        self._asks: dict[tuple[Any, ...], Ask] = {}
        self._embedded: dict[tuple[Any, ...], EmbeddedServer] = {}
        self._verifiers: dict[str, tuple[ThreadPoolExecutor, Any]] = {}
        self._failures: dict[str, Failures] = {}
        self._budgets: dict[str, Budget] = {}
        self._judges: dict[str, JudgeSettings] = {}
        self._replays: dict[tuple[Any, ...], Any] = {}

    def failures(self, experiment: str) -> Failures:
        """Return the count of an experiment's failed candidates in this run."""
        with self._lock:
            if experiment not in self._failures:
                config = self.project.experiment(experiment)
                total = len(self.project.units(experiment)) * config.num_candidates
                share = 1.0 if config.allow_partial and self.project.is_bulk(experiment) else config.max_failures
                self._failures[experiment] = Failures(experiment, total, share)
            return self._failures[experiment]

    def budget(self, experiment: str) -> Budget:
        """Return what an experiment may still spend in this run."""
        with self._lock:
            if experiment not in self._budgets:
                self._budgets[experiment] = Budget(self.project.experiment(experiment).budget_usd)
            return self._budgets[experiment]

    def generator(self, experiment: str) -> Ask:
        """Return how an experiment's candidates are asked."""
        config = self.project.experiment(experiment)
        urls = config.base_urls or ((config.base_url,) if config.base_url else ())
        return self._replaying(experiment, config.generator, urls)

    def judge(self, experiment: str) -> Ask:
        """Return how an experiment's judge is asked."""
        settings = judge_of(self.project.experiment(experiment), root=self.project.root)
        return self._asking(experiment, settings.provider, settings.base_urls)

    def judge_settings(self, experiment: str) -> JudgeSettings:
        """Return what an experiment's requests to its judge are made with."""
        with self._lock:
            if experiment not in self._judges:
                settings = judge_of(self.project.experiment(experiment), root=self.project.root)
                self._judges[experiment] = JudgeSettings(**asked(settings))
            return self._judges[experiment]

    def mock(self, experiment: str) -> Ask:
        """Return how the LLM mock of an experiment's tools is asked."""
        settings = mock_of(self.project.experiment(experiment), root=self.project.root)
        return self._replaying(experiment, settings.provider, settings.base_urls)

    def replays(self, experiment: str) -> bool:
        """Return whether workers or batches answer an experiment's candidates, so that here they are looked up."""
        return self.project.is_bulk(experiment)

    def _replaying(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Ask:
        live = self._asking(experiment, provider, base_urls)
        if not self.replays(experiment):
            return live
        from retake.workflow.stored import StoredAnswers

        with self._lock:
            key = (experiment, provider, base_urls)
            if key not in self._replays:
                self._replays[key] = StoredAnswers(self.project, experiment, self.client.store, live)
            return self._replays[key].ask

    def cost_of(self, digests: Sequence[str]) -> float | None:
        """Return what the stored calls of these digests cost together, dollars; None for none, or where a price is unknown."""
        calls = [self.client.store.get(digest) for digest in digests]
        costs = [call.cost_usd for call in calls if call is not None and call.cost_usd is not None]
        return sum(costs) if costs and len(costs) == len(calls) else None

    async def verify_in_pool(self, name: str, text: str, sample: Sample) -> Verdict:
        """Return the verdict of the verifier `name` (math or code), run outside the event loop."""
        pool, verifier = self._verifiers.get(name) or await asyncio.to_thread(self._verifier, name)
        return await asyncio.get_running_loop().run_in_executor(pool, verifier.verify, text, sample)

    def _verifier(self, name: str) -> tuple[ThreadPoolExecutor, Any]:
        with self._lock:
            if name not in self._verifiers:
                self._verifiers[name] = self._new_verifier(name)
            return self._verifiers[name]

    def _new_verifier(self, name: str) -> tuple[ThreadPoolExecutor, Any]:
        if name == "code":
            from retake.verify.code.settings import SandboxSettings
            from retake.verify.code.verifier import CodeVerifier

            settings = SandboxSettings(**self.project.settings().get("sandbox", {}))
            verifier: Any = CodeVerifier(settings=settings)
            threads = settings.parallel + settings.ready
        else:
            from retake.verify.math.verifier import MathVerifier

            verifier, threads = MathVerifier(), 4
        self.runtime.on_stop(verifier.close)
        return ThreadPoolExecutor(threads, thread_name_prefix=f"retake-{name}"), verifier

    def _asking(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Ask:
        key = (experiment, provider, base_urls)
        with self._lock:
            if key not in self._asks:
                self._asks[key] = self._new_ask(experiment, provider, base_urls)
            return self._asks[key]

    def _new_ask(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Ask:
        budget = self.budget(experiment)
        opened: list[Transport] = []

        def may_start() -> None:
            if self.runtime.is_stopping:
                raise Interrupted("stopped before this call was made")
            self.client.check()
            budget.check(experiment)

        async def send(request: Request) -> Call:
            may_start()
            if not opened:
                opened.append(await asyncio.to_thread(self._transport, experiment, provider, base_urls))
            call = await opened[0].send(request, before=may_start)
            budget.spend(call.cost_usd)
            return call

        return self.client.asking(send)

    def _transport(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Transport:
        config = self.project.experiment(experiment)
        key = (provider, base_urls, config.concurrency, config.request_timeout_s, config.max_tries)
        with self._lock:
            if key not in self._transports:
                settings = TransportSettings(
                    provider=provider,
                    base_urls=base_urls or self._own_urls(config, provider),
                    concurrency=config.concurrency,
                    request_timeout_s=config.request_timeout_s,
                    max_tries=config.max_tries,
                    log_folder=self.project.root / "logs",
                    known=lambda model: facts_of(provider, model, root=self.project.root),
                )
                self._transports[key] = open_transport(settings)
                self.runtime.on_stop(self._transports[key].close)
            return self._transports[key]

    def _own_urls(self, config: Experiment, provider: str) -> tuple[str, ...]:
        if provider != "local":
            return ()
        settings = config.local
        key = (settings.model_path, settings.slots, settings.context)
        if key not in self._embedded:
            path = None if settings.model_path is None else self.project.root / settings.model_path
            log = self.project.root / "logs" / "embedded_model.log"
            self._embedded[key] = start_embedded(path, slots=settings.slots, context=settings.context, log=log)
            self.runtime.on_stop(self._embedded[key].stop)
        return (self._embedded[key].url,)
