"""The bill of a run before it is made: what it would ask, in calls, tokens and dollars. No call is made."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retake import paths
from retake.calls.prices import PRICE_DATE, price_of
from retake.calls.request import Request, Usage
from retake.calls.store import CallStore
from retake.errors import DamagedFile, RetakeError
from retake.experiment.facts import facts_of
from retake.samples.blocks import read_sample, write_block
from retake.samples.sample import Sample
from retake.workflow import sizes
from retake.workflow.dry import Job, dry_run, why
from retake.workflow.expected import Expected, expect
from retake.workflow.generating import requests_of
from retake.workflow.project import Project
from retake.workflow.recipes import judge_of, mock_of
from retake.workflow.sizes import NONE, Sizes, Spread
from retake.workflow.targets import targeted_experiments


@dataclass(frozen=True)
class Part:
    """One kind of call of a run: how many, their tokens, and their price in dollars, live and in a batch (None: unknown)."""

    role: str
    provider: str
    model: str
    calls: Spread
    input_tokens: Spread
    output_tokens: Spread
    usd: Spread | None
    batch_usd: Spread | None
    source: str


@dataclass
class ExperimentBill:
    """What a run would do for one experiment: its candidates by where their answers come from, and what the rest costs.

    `wanted` = `current` (their files stay) + `in_store` + `to_ask` + `shared` (asked for another experiment of this run).
    `unseen` of `to_ask` belong to samples that are not there yet, so that the store could not be asked.
    """

    experiment: str
    transport: str
    budget_usd: float | None
    wanted: int = 0
    current: int = 0
    in_store: int = 0
    to_ask: int = 0
    shared: int = 0
    unseen: int = 0
    parts: list[Part] = field(default_factory=list)


@dataclass
class Bill:
    """The bill of a run: its experiments, Snakemake's jobs by rule, and why each stage runs, with how many of its jobs."""

    targets: tuple[str, ...]
    experiments: list[ExperimentBill]
    jobs: dict[str, int]
    reasons: dict[str, dict[str, int]]
    price_date: str = PRICE_DATE

    def usd(self, *, is_batch: bool = False) -> Spread | None:
        """Return the dollars of the whole run; None where nothing of it has a known price."""
        parts = [part for one in self.experiments for part in one.parts if part.calls.high]
        known = [usd for part in parts if (usd := part.batch_usd if is_batch else part.usd) is not None]
        return sum(known, NONE) if known or not parts else None


def bill_of(project: Project, targets: Sequence[str]) -> Bill:
    """Return the bill of `snakemake TARGETS`.

    Raises:
        RetakeError: where Snakemake cannot plan it, or an experiment cannot be used.
    """
    jobs = dry_run(project.root, targets, project.overrides)
    seen: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="retake-blocks-") as folder:
        samples = Samples(project, jobs, Path(folder))
        names = targeted_experiments(project, list(targets))
        bills = [_Reckoning(project, name, jobs, samples, seen).bill(targets) for name in names]
    reasons: dict[str, Counter[str]] = {}
    for job in jobs:
        if job.stage != "all":
            reasons.setdefault(job.stage, Counter())[why(project, job)] += 1
    counted = Counter(job.stage for job in jobs if job.stage != "all")
    told = {stage: dict(sorted(found.items())) for stage, found in reasons.items()}
    return Bill(tuple(targets), bills, dict(counted), told)


class Samples:
    """The samples as the run would see them: blocks that stay, and blocks that it would make from local files."""

    def __init__(self, project: Project, jobs: Sequence[Job], folder: Path) -> None:
        self._project, self._folder = project, folder
        self._new = {job.output: job.wildcards for job in jobs if job.stage == "samples"}
        self._unseen: set[str] = set()

    def get(self, experiment: str, sample: str) -> Sample | None:
        """Return a sample, or None where it must be fetched first."""
        block = self._project.block(experiment, sample)
        path = self._project.root / block
        if block in self._new or not path.exists():
            path = self._folder / block
            if block in self._unseen or not (path.exists() or self._write(experiment, sample, block, path)):
                self._unseen.add(block)
                return None
        try:
            return read_sample(path, sample)
        except DamagedFile:
            return None

    def _write(self, experiment: str, sample: str, block: str, path: Path) -> bool:
        """Make a block beside the project, from local files alone; return whether that was possible."""
        config, split = self._project.experiment(experiment), paths.split_of(sample)
        try:
            dataset = Path(block).parent.parent.name
            if not self._project.sources(dataset, split):
                return False
            write_block(config, split, int(Path(block).stem), path, root=self._project.root)
        except (RetakeError, OSError):
            return False
        return True


class _Reckoning:
    """Reckons one experiment's part of the bill."""

    def __init__(
        self, project: Project, experiment: str, jobs: Sequence[Job], samples: Samples, seen: set[str]
    ) -> None:
        self.project, self.experiment, self.samples, self.seen = project, experiment, samples, seen
        self.config = project.experiment(experiment)
        self.store = CallStore(project.root / paths.STORE)
        own = [job for job in jobs if job.unit[0] == experiment]
        self.units = {
            stage: {job.unit[1:] for job in own if job.stage == stage} for stage in ("generate", "trace", "verify")
        }
        self.to_ask: dict[str, list[int]] = {}

    def bill(self, targets: Sequence[str]) -> ExperimentBill:
        """Return the experiment's part of the bill."""
        budget = self.config.budget_usd
        bill = ExperimentBill(self.experiment, self.config.transport, budget)
        bill.wanted = len(self._wanted(targets)) * self.config.num_candidates
        bill.current = bill.wanted - len(self.units["generate"]) * self.config.num_candidates
        requests = {unit: self._asked(unit, bill) for unit in sorted(self.units["generate"])}
        bill.parts = [part for split in sorted(self.to_ask) for part in self._answers(split)]
        after = expect(self.project, self.experiment, self.samples.get, self.store, self.units, requests)
        bill.parts += self._after(after)
        return bill

    def _wanted(self, targets: Sequence[str]) -> set[tuple[str, str]]:
        """Return the units that the targets need: all, unless each target is one candidate's file."""
        own = [target for target in targets if target.removeprefix("./").startswith(f"results/{self.experiment}/")]
        places = [Path(target).parts[-4:-1] for target in own if Path(target).name[:-5].isdigit()]
        is_whole = len(places) < len(own) or f"results/{self.experiment}.parquet" in targets or not own
        return set(self.project.units(self.experiment)) if is_whole else {(place[1], place[2]) for place in places}

    def _asked(self, unit: tuple[str, str], bill: ExperimentBill) -> list[Request] | None:
        """Count a unit's candidates by where their answers come from; return their requests, None where they are unknown."""
        sample, split = self.samples.get(self.experiment, unit[1]), paths.split_of(unit[1])
        if sample is None:
            bill.to_ask += self.config.num_candidates
            bill.unseen += self.config.num_candidates
            self.to_ask.setdefault(split, []).extend([-1] * self.config.num_candidates)
            return None
        requests = requests_of(self.project, self.experiment, unit[0], sample)
        for request in requests:
            if self.store.has(request.digest):
                bill.in_store += 1
            elif request.digest in self.seen:
                bill.shared += 1
            else:
                bill.to_ask += 1
                self.seen.add(request.digest)
                self.to_ask.setdefault(split, []).append(sizes.chars_of(request))
        return requests

    def _answers(self, split: str) -> list[Part]:
        """Return the first answers of a split that must be asked."""
        known = [chars for chars in self.to_ask[split] if chars >= 0] or [1_200]
        found = sizes.answer_sizes(self.project, self.experiment, split)
        calls = Spread.exactly(len(self.to_ask[split]))
        mean = sum(known) / len(known)
        model = facts_of(self.config.generator, self.config.model, root=self.project.root).model
        return [self._part(f"answers, {split}", self.config.generator, model, calls, found, mean)]

    def _after(self, after: Expected) -> list[Part]:
        """Return what follows first answers: conversations with tools, the LLM mock, the judge."""
        judge, mock = judge_of(self.config, root=self.project.root), mock_of(self.config, root=self.project.root)
        model = facts_of(self.config.generator, self.config.model, root=self.project.root).model
        rows = (
            ("tool turns", self.config.generator, model, after.turns, after.turn_sizes),
            ("tool mocks", mock.provider, mock.model, after.mocks, after.mock_sizes),
            ("judge", judge.provider, judge.model, after.judge, after.judge_sizes),
        )
        return [
            self._part(role, provider, name, calls, found, 0)
            for role, provider, name, calls, found in rows
            if calls.high
        ]

    def _part(self, role: str, provider: str, model: str, calls: Spread, found: Sizes, chars: float) -> Part:
        each = found.input_of(chars)
        can_batch = role not in ("tool turns", "tool mocks")
        return Part(
            role=role,
            provider=provider,
            model=model,
            calls=calls,
            input_tokens=calls * each,
            output_tokens=calls * found.output,
            usd=self._usd(provider, model, calls, each, found, is_batch=False),
            batch_usd=self._usd(provider, model, calls, each, found, is_batch=can_batch),
            source=found.source,
        )

    def _usd(
        self, provider: str, model: str, calls: Spread, each: Spread, found: Sizes, *, is_batch: bool
    ) -> Spread | None:
        known = facts_of(provider, model, root=self.project.root).price

        def price(tokens_in: float, tokens_out: float, cached: float) -> float | None:
            usage = Usage(round(tokens_in), round(tokens_in * cached), 0, round(tokens_out))
            return price_of(model, provider, usage, is_batch=is_batch, known=known).cost_usd

        low = price(each.low, found.output.low, found.cached)
        expected = price(each.expected, found.output.expected, found.cached)
        high = price(each.high, found.output.high, 0.0)
        if low is None or expected is None or high is None:
            return None
        return calls * Spread(low, expected, high)


def as_dict(bill: Bill) -> Mapping[str, object]:
    """Return the bill as plain data, with the sums of its dollars."""
    from dataclasses import asdict

    totals = {
        name: None if usd is None else asdict(usd)
        for name, usd in (("live", bill.usd()), ("batch", bill.usd(is_batch=True)))
    }
    return {**asdict(bill), "usd": totals}
