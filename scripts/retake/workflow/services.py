"""What all jobs of a run share: the event loop, the call store, transports, verifiers; each is made when first needed."""

from __future__ import annotations

import asyncio
import atexit
import threading
from functools import cached_property
from typing import Any

from retake import paths
from retake.answer.embedded import EmbeddedServer, start_embedded
from retake.answer.generate import Failures
from retake.calls.budget import Budget
from retake.calls.client import Client
from retake.calls.request import Ask, Call, Request
from retake.calls.store import CallStore
from retake.calls.transport import Transport, TransportSettings
from retake.experiment.facts import ModelSettings, facts_of
from retake.experiment.model import Experiment
from retake.providers.sdk import connect
from retake.workflow.project import Project
from retake.workflow.runtime import Runtime
from retake.workflow.settings import judge_of, mock_of


class Services:
    """The services of one process. Safe to use from many job threads."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.client = Client(CallStore(project.root / paths.STORE))
        self._lock = threading.RLock()
        self._transports: dict[tuple[Any, ...], Transport] = {}
        self._asks: dict[tuple[Any, ...], Ask] = {}
        self._embedded: dict[tuple[Any, ...], EmbeddedServer] = {}
        self._failures: dict[str, Failures] = {}
        self._budgets: dict[str, Budget] = {}

    @cached_property
    def runtime(self) -> Runtime:
        """The shared event loop; it ends with the process."""
        runtime = Runtime()
        atexit.register(runtime.stop)
        return runtime

    def failures(self, experiment: str) -> Failures:
        """Return the count of an experiment's failed candidates in this run."""
        with self._lock:
            if experiment not in self._failures:
                config = self.project.experiment(experiment)
                total = len(self.project.units(experiment)) * config.num_candidates
                self._failures[experiment] = Failures(experiment, total, config.max_failures)
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
        return self._asking(experiment, config.generator, urls)

    def judge(self, experiment: str) -> Ask | None:
        """Return how an experiment's judge is asked; None where it has none."""
        return self._asking_as(experiment, judge_of(self.project.experiment(experiment), root=self.project.root))

    def mock(self, experiment: str) -> Ask | None:
        """Return how the LLM mock of an experiment's tools is asked."""
        return self._asking_as(experiment, mock_of(self.project.experiment(experiment), root=self.project.root))

    def _asking_as(self, experiment: str, settings: ModelSettings | None) -> Ask | None:
        return None if settings is None else self._asking(experiment, settings.provider, settings.base_urls)

    def _asking(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Ask:
        key = (experiment, provider, base_urls)
        with self._lock:
            if key not in self._asks:
                self._asks[key] = self._new_ask(experiment, provider, base_urls)
            return self._asks[key]

    def _new_ask(self, experiment: str, provider: str, base_urls: tuple[str, ...]) -> Ask:
        budget = self.budget(experiment)
        opened: list[Transport] = []

        async def send(request: Request) -> Call:
            budget.check(experiment)
            if not opened:
                opened.append(await asyncio.to_thread(self._transport, experiment, provider, base_urls))
            call = await opened[0].send(request, before=lambda: budget.check(experiment))
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
                    known=lambda model: facts_of(provider, model, root=self.project.root),
                )
                self._transports[key] = Transport(settings=settings, connect=connect)
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
