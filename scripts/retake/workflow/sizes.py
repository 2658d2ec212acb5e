"""How long calls are: measured from stored calls of the same experiment or its like, else assumed, and said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from retake import paths
from retake.calls.request import Call, Request
from retake.calls.store import CallStore
from retake.errors import DamagedFile, RetakeError
from retake.files import canonical_json, read_sealed
from retake.workflow.project import Project

READ = 100
"""Stored calls that are read to measure from, spread evenly over the experiment."""
CHARS_A_TOKEN = 4.0
_ANSWERS = {"code": 700, "tool_calling": 200}
_ANSWER, _SHORT, _VERDICT, _JUDGE_PROMPT = 500, 60, 180, 900


@dataclass(frozen=True)
class Spread:
    """A number as low, expected and high."""

    low: float
    expected: float
    high: float

    def __add__(self, other: Spread) -> Spread:
        return Spread(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __mul__(self, other: Spread) -> Spread:
        return Spread(self.low * other.low, self.expected * other.expected, self.high * other.high)

    @classmethod
    def exactly(cls, value: float) -> Spread:
        """Return a number that is known."""
        return cls(value, value, value)


NONE = Spread(0, 0, 0)


@dataclass(frozen=True)
class Sizes:
    """Tokens of one call: `a_char` input tokens a character of its request (None: `input` is the measure), and output.

    `cached` is the share of the input read from the provider's cache; `source` says in words where the figures are from.
    """

    output: Spread
    source: str
    a_char: float | None = None
    input: Spread = NONE
    cached: float = 0.0

    def input_of(self, chars: float) -> Spread:
        """Return the input tokens of a request of so many characters."""
        return Spread.exactly(chars * self.a_char) if self.a_char is not None else self.input


def chars_of(request: Request) -> int:
    """Return the characters of a request's messages and tools: what its input tokens grow with."""
    texts = (m["content"] if isinstance(m.get("content"), str) else canonical_json(m) for m in request.messages)
    return sum(map(len, texts)) + (len(canonical_json(request.tools)) if request.tools else 0)


def answer_sizes(project: Project, experiment: str, split: str) -> Sizes:
    """Return the sizes of first answers of a split: of this experiment, else of its like, else assumed."""
    config = project.experiment(experiment)
    for name, source in _likes(project, experiment):
        found = measured(_first_calls(project, name, split), source=source)
        if found is not None:
            return found
    expected = min(config.max_tokens, _ANSWERS.get(split, _ANSWER))
    output = Spread(min(config.max_tokens, _SHORT), expected, config.max_tokens)
    source = f"assumed: {CHARS_A_TOKEN:g} characters a token, answers of {expected} tokens, at most max_tokens={config.max_tokens}"
    return Sizes(output, source, a_char=1 / CHARS_A_TOKEN)


def stored_sizes(store: CallStore, digests: Iterable[str], *, source: str) -> Sizes | None:
    """Return the sizes of stored calls, input as it was; None where there are none."""
    calls = [call for call in map(store.get, spread_evenly(list(digests))) if call is not None]
    if not calls:
        return None
    inputs = [call.answer.usage.input_tokens for call in calls]
    whole = measured(calls, source=source)
    return None if whole is None else Sizes(whole.output, whole.source, input=_of(inputs), cached=whole.cached)


def judge_assumed(answer: Sizes, max_tokens: int) -> Sizes:
    """Return the assumed sizes of judge calls: the question and the answer again, and a verdict."""
    shown = Spread.exactly(_JUDGE_PROMPT) + answer.output
    verdict = min(max_tokens, _VERDICT)
    return Sizes(
        Spread(verdict / 2, verdict, max_tokens),
        f"assumed: {_JUDGE_PROMPT} tokens and the answer, verdicts of {verdict}",
        input=shown,
    )


def measured(calls: Sequence[Call], *, source: str) -> Sizes | None:
    """Return the sizes of calls: shortest quarter, mean and longest tenth of the output; None without calls."""
    usages = [call.answer.usage for call in calls]
    chars, inputs = sum(map(chars_of, (call.request for call in calls))), sum(usage.input_tokens for usage in usages)
    if not calls or not chars or not inputs:
        return None
    cached = sum(usage.cached_input_tokens for usage in usages) / inputs
    output = _of([usage.output_tokens for usage in usages])
    return Sizes(output, f"measured: {len(calls)} stored calls of {source}", a_char=inputs / chars, cached=cached)


def _of(values: list[int]) -> Spread:
    ordered = sorted(values)
    return Spread(ordered[len(ordered) // 4], sum(ordered) / len(ordered), ordered[math.ceil(0.9 * len(ordered)) - 1])


def _likes(project: Project, experiment: str) -> Iterator[tuple[str, str]]:
    """Yield the experiments to measure from, the nearest first, and how each is called."""
    yield experiment, "this experiment"
    config = project.experiment(experiment)
    others = [name for name in project.ids if name != experiment and name not in project.broken]
    alike = [name for name in others if _asks_alike(project, name, experiment)]
    yield from (
        (name, f"{name} (same persona and model)")
        for name in alike
        if project.experiment(name).persona == config.persona
    )
    yield from ((name, f"{name} (same model)") for name in alike if project.experiment(name).persona != config.persona)


def _asks_alike(project: Project, one: str, other: str) -> bool:
    keys = ("generator", "model", "reasoning_effort", "structured_output")
    return all(getattr(project.experiment(one), key) == getattr(project.experiment(other), key) for key in keys)


def _first_calls(project: Project, experiment: str, split: str) -> list[Call]:
    from retake.answer.generate import call_of

    units = [unit for unit in project.units(experiment) if paths.split_of(unit[1]) == split]
    there = [unit for unit in units if (project.root / f"results/{experiment}/raw/{unit[0]}/{unit[1]}").is_dir()]
    bodies = (body_of(project, "raw", experiment, *unit, 0) for unit in spread_evenly(there))
    return [call_of(body) for body in bodies if body is not None and body["error"] is None]


def body_of(
    project: Project, stage: str, experiment: str, variant: str, sample: str, candidate: int
) -> dict[str, Any] | None:
    """Return the body of a candidate's file; None where it is missing or damaged."""
    try:
        return read_sealed(project.root / paths.candidate_path(stage, experiment, variant, sample, candidate))
    except (OSError, DamagedFile, RetakeError):
        return None


def spread_evenly(items: list[Any]) -> list[Any]:
    """Return at most READ of the items, evenly spread."""
    step = max(1, math.ceil(len(items) / READ))
    return items[::step]
