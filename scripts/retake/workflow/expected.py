"""The calls that follow first answers: exact where those answers are stored, else by the rates of what was done before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from retake import paths
from retake.answer.generate import call_of
from retake.calls.request import Call, Request
from retake.calls.store import CallStore
from retake.samples.sample import Sample
from retake.workflow.project import Project
from retake.workflow.recipes import judge_of, mock_of
from retake.workflow.replay import Replay, is_of
from retake.workflow.sizes import (
    NONE,
    Sizes,
    Spread,
    answer_sizes,
    body_of,
    judge_assumed,
    spread_evenly,
    stored_sizes,
)

Unit = tuple[str, str]
_JUDGED = {"tool_calling": Spread(1, 1, 1), "code": Spread(0, 0.3, 1)}
_FALLBACK, _NEVER = Spread(0, 0.1, 1), NONE
_TURNS, _MOCKS = Spread(0, 1.5, 3), Spread(0, 0.3, 2)


@dataclass(frozen=True)
class Expected:
    """Calls expected after the first answers, and how long each is."""

    turns: Spread
    mocks: Spread
    judge: Spread
    turn_sizes: Sizes
    mock_sizes: Sizes
    judge_sizes: Sizes


@dataclass(frozen=True)
class Rates:
    """Calls a candidate of a split, as they were before or as they are assumed."""

    turns: Spread
    mocks: Spread
    judge: Spread


def expect(
    project: Project,
    experiment: str,
    sample_of: Callable[[str, str], Sample | None],
    store: CallStore,
    units: Mapping[str, set[Unit]],
    requests: Mapping[Unit, list[Request] | None],
) -> Expected:
    """Return the calls that follow first answers in a run whose jobs by stage concern `units`.

    `requests` are the first requests of the units that generate asks for; None where they are unknown.
    """
    replay, rates = Replay(project, experiment, store), _Rates(project, experiment)
    totals, seen = [NONE, NONE, NONE], set[str]()
    for unit in sorted(units["trace"] | units["verify"]):
        split, has_tools = paths.split_of(unit[1]), project.has_tools(unit[1])
        sample = sample_of(experiment, unit[1])
        for candidate, first in enumerate(_firsts(project, experiment, unit, requests, store)):
            rate = rates.of(split)
            if first is None or sample is None:
                own = (rate.turns if has_tools else NONE, rate.mocks if has_tools else NONE, rate.judge)
            else:
                answer = body_of(project, "trace" if has_tools else "raw", experiment, *unit, candidate)
                before = body_of(project, "verification", experiment, *unit, candidate)
                known = before if is_of(before, answer) else None
                lacking = replay.missing(sample, first, has_tools=has_tools, before=known)
                judged = rate.judge if lacking.judged is None else Spread.exactly(_new(lacking.judged, seen))
                own = (_at_least(lacking.turns, rate.turns), _at_least(lacking.mocks, rate.mocks), judged)
            totals = [total + one for total, one in zip(totals, own, strict=True)]
    judge = totals[2] if units["verify"] else NONE
    return Expected(totals[0], totals[1], judge, *_sizes(project, experiment, store))


def _new(requests: Iterable[Request], seen: set[str]) -> int:
    """Return how many of the requests are new: equal ones, as equal answers make, are one call."""
    fresh = {request.digest for request in requests} - seen
    seen |= fresh
    return len(fresh)


def _at_least(lacking: int, rate: Spread) -> Spread:
    """Return the calls of a conversation that lacks one now: that one, and as many more as is usual."""
    if not lacking:
        return NONE
    return Spread(lacking, max(lacking, rate.expected), max(lacking, rate.high))


def _firsts(
    project: Project, experiment: str, unit: Unit, requests: Mapping[Unit, list[Request] | None], store: CallStore
) -> list[Call | None]:
    """Return the first answers of a unit's candidates; None for one that is to be asked."""
    count = project.experiment(experiment).num_candidates
    if unit in requests:
        asked = requests[unit]
        return [None] * count if asked is None else [store.get(request.digest) for request in asked]
    bodies = [body_of(project, "raw", experiment, *unit, candidate) for candidate in range(count)]
    return [call_of(body) if body is not None and body["error"] is None else None for body in bodies]


class _Rates:
    """Calls a candidate, by split, measured from the experiment's own files where it has any."""

    def __init__(self, project: Project, experiment: str) -> None:
        self._project, self._experiment = project, experiment
        self._config = project.experiment(experiment)
        self._found: dict[str, Rates] = {}

    def of(self, split: str) -> Rates:
        """Return the rates of a split."""
        if split not in self._found:
            self._found[split] = Rates(*self._conversation(split), self._judge(split))
        return self._found[split]

    def _bodies(self, stage: str, split: str) -> list[dict[str, Any]]:
        units = [unit for unit in self._project.units(self._experiment) if paths.split_of(unit[1]) == split]
        found = (body_of(self._project, stage, self._experiment, *unit, 0) for unit in spread_evenly(units))
        return [body for body in found if body is not None]

    def _conversation(self, split: str) -> tuple[Spread, Spread]:
        traces = self._bodies("trace", split)
        if not traces:
            most = self._config.max_tool_turns
            return Spread(0, min(_TURNS.expected, most), most), _MOCKS
        return _rate([len(body["calls"]) - 1 for body in traces]), _rate([len(body["mock_calls"]) for body in traces])

    def _judge(self, split: str) -> Spread:
        """Return judge calls a candidate; measured ones with the margin of the rule of three (Hanley, Lippman-Hand 1983)."""
        usual = _JUDGED.get(split, _FALLBACK if self._config.llm_judge_fallback else _NEVER)
        seen = [len(body["judge_calls"]) for body in self._bodies("verification", split)]
        if not seen:
            return usual
        mean, margin = sum(seen) / len(seen), 3 / len(seen)
        return Spread(max(0.0, mean - margin), mean, mean + margin)


def _rate(counts: list[int]) -> Spread:
    return Spread(min(counts), sum(counts) / len(counts), max(counts))


def _sizes(project: Project, experiment: str, store: CallStore) -> tuple[Sizes, Sizes, Sizes]:
    """Return the sizes of tool turns, mock calls and judge calls: measured where the experiment has any, else assumed."""
    turns, mocks, judged = [], [], []
    for variant, sample in spread_evenly(project.units(experiment)):
        trace = body_of(project, "trace", experiment, variant, sample, 0) if project.has_tools(sample) else None
        verification = body_of(project, "verification", experiment, variant, sample, 0)
        if trace is not None:
            turns += trace["calls"][1:]
            mocks += trace["mock_calls"]
        judged += verification["judge_calls"] if verification is not None else []
    config = project.experiment(experiment)
    answer = answer_sizes(project, experiment, config.splits[0])
    judge, mock = judge_of(config, root=project.root), mock_of(config, root=project.root)
    turn_default = Sizes(
        answer.output, "assumed: 900 tokens of conversation, answers as usual", input=Spread(400, 900, 3000)
    )
    mock_default = Sizes(
        Spread(30, 120, mock.max_tokens), "assumed: 300 tokens in, 120 out", input=Spread(200, 300, 600)
    )
    own = "this experiment"
    return (
        stored_sizes(store, turns, source=own) or turn_default,
        stored_sizes(store, mocks, source=own) or mock_default,
        stored_sizes(store, judged, source=own) or judge_assumed(answer, judge.max_tokens),
    )
