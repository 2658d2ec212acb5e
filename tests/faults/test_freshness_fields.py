"""Every field of an experiment, changed after a finished run: the plan, the calls, and no answer of the old key in the table.

All cases share one workspace and three runs: each is an experiment of one math problem and one tool conversation x 2 candidates,
built, changed, planned, and built again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from retake.experiment.model import Experiment
from retake.samples.blocks import read_sample
from retake.workflow.forgetting import call_digests
from retake.workflow.generating import requests_of
from retake.workflow.project import Project
from servers.provider import FakeProvider
from workshop import Workshop
from zygote import Zygote

MERGE = {"merge": 1}
VERIFY = {"verify_x2": 2, "merge": 1}
TRACE = {"trace_x2": 1, "verify_x2": 1, "merge": 1}
ALL = {"generate_x2": 2, "trace_x2": 1, "verify_x2": 2, "merge": 1}
MATH = {"generate_x2": 1, "verify_x2": 1, "merge": 1}
TALK = {"generate_x2": 1, "trace_x2": 1, "verify_x2": 1, "merge": 1}
SIX = 6
"""The requests of all four candidates: one a math answer, two a conversation."""


@dataclass(frozen=True)
class Case:
    """A change of `base` by `change`, what it plans, and how many of its requests are new: of candidates, and of the judge.

    The judge is asked anew only where it reads something new: an equal conversation gets its stored verdict.
    """

    change: dict[str, Any]
    plan: dict[str, int]
    calls: int = 0
    base: dict[str, Any] = field(default_factory=dict)
    is_all_new: bool = False


def everything(change: dict[str, Any], calls: int = SIX, **more: Any) -> Case:
    """Return the case of a change that asks for every candidate afresh."""
    return Case(change, ALL, calls, is_all_new=True, **more)


VLLM = {"generator": "vllm", "model": "some/model", "base_url": "URL", "judge": {"base_url": "URL"}}
THINKS = {"model": "gpt-5.4-mini", "reasoning_effort": "low"}

CASES: dict[str, Case] = {
    "experiment_name": Case({"experiment_name": "A title"}, MERGE),
    "notes": Case({"notes": "A second look."}, MERGE),
    "dataset": Case({"dataset": "embedded:sums"}, MATH, 2, base={"splits": ["math"]}),
    "splits": Case({"splits": ["math", "tool_calling"]}, TALK, 4, base={"splits": ["math"]}),
    "split_datasets": Case({"split_datasets": {"math": "embedded:sums"}}, MATH, 2),
    "revision": Case({"revision": "a1b2c3"}, ALL),
    "streaming": Case({"streaming": False}, MERGE),
    "max_queries": Case({"max_queries": 2}, ALL, SIX),
    "offset": everything({"offset": 1}),
    "min_query_chars": Case({"min_query_chars": 6}, ALL),
    "random_seed": everything({"random_seed": 7}),
    "generator": everything({"generator": "claude", "model": "claude-sonnet-5"}),
    "model": everything({"model": "gpt-4.1"}),
    "num_candidates": Case({"num_candidates": 3}, {k.replace("2", "3"): n for k, n in ALL.items()}, 3),
    "temperature": everything({"temperature": 0.5}),
    "top_p": everything({"top_p": 0.9}),
    "max_tokens": everything({"max_tokens": 300}),
    "structured_output": everything({"structured_output": True}),
    "reasoning_effort": everything({"reasoning_effort": "high"}, base=THINKS),
    "base_url": Case({"base_url": "SAME_URL"}, MERGE, base=VLLM),
    "base_urls": Case({"base_url": None, "base_urls": ["URL", "SAME_URL"]}, MERGE, base=VLLM),
    "concurrency": Case({"concurrency": 3}, MERGE),
    "request_timeout_s": Case({"request_timeout_s": 300}, MERGE),
    "max_tries": Case({"max_tries": 2}, MERGE),
    "max_failures": Case({"max_failures": 0.5}, MERGE),
    "budget_usd": Case({"budget_usd": 100}, MERGE),
    "persona": everything({"persona": "personas/data_flexible.txt"}),
    "variants": Case({"variants": ["control", "pressure"]}, ALL, SIX),
    "llm_judge_fallback": Case({"llm_judge_fallback": False}, VERIFY),
    "judge": Case({"judge": {"model": "gpt-4.1"}}, VERIFY),
    "judge_threshold": Case({"judge_threshold": 0.3}, VERIFY),
    "tool_mock": Case({"tool_mock": {"model": "gpt-4.1"}}, TRACE),
    "max_tool_turns": Case({"max_tool_turns": 9}, TRACE),
    "workers": Case({"workers": 2}, MERGE),
    "allow_partial": Case({"allow_partial": True}, MERGE),
    "vllm_config": Case({"vllm_config": {"max_model_len": 4096}}, MERGE),
    "local": Case({"local": {"slots": 4}}, MERGE),
    "output": Case({"output": "copies/one.parquet"}, MERGE),
}
ELSEWHERE = {"transport": "answers of a batch are tested with the batches"}


def name_of(case: str) -> str:
    return f"fields/{case}"


def table_of(case: str) -> str:
    return f"results/{name_of(case)}.parquet"


def written(place: Workshop, case: str, keys: dict[str, Any]) -> None:
    """Write the experiment of a case; URL and SAME_URL stand for two addresses of one server."""
    url = place.env["OPENAI_BASE_URL"]

    def put(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: put(v) for k, v in value.items()}
        if isinstance(value, list):
            return [put(v) for v in value]
        return (
            {"URL": url, "SAME_URL": url.replace("127.0.0.1", "localhost")}.get(value, value)
            if isinstance(value, str)
            else value
        )

    body = {
        "dataset": "embedded:basics",
        "splits": ["math", "tool_calling"],
        "max_queries": 1,
        "llm_judge_fallback": True,
    }
    place.experiment(name_of(case), **{**body, "max_failures": 1.0, **put(keys)})


def digests(place: Workshop, case: str) -> tuple[set[str], set[str]]:
    """Return the digests of all calls that an experiment's files came from: of candidates, and of the judge."""
    files = list(place.path(f"results/{name_of(case)}").glob("*/*/*/*.json"))
    asked, judged = (
        {digest for file in files if file.parts[-4] in stages for digest in call_digests(place.body(str(file)))}
        for stages in (("raw", "trace"), ("verification",))
    )
    return asked, judged


@dataclass
class Changed:
    """What was seen: each case's plan, its digests before and after, and the plan after all was built."""

    place: Workshop
    plans: dict[str, dict[str, int]]
    before: dict[str, tuple[set[str], set[str]]]
    after: dict[str, tuple[set[str], set[str]]]
    settled: dict[str, dict[str, int]]
    asked: int


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory, zygote: Zygote) -> Iterator[Changed]:
    with FakeProvider() as server:
        place = Workshop(tmp_path_factory.mktemp("fields") / "project", zygote, url=server.url)
        place.verbose()
        tables = [table_of(case) for case in CASES]
        for case, it in CASES.items():
            written(place, case, it.base)
        place.build(*tables)
        before, asked = {case: digests(place, case) for case in CASES}, server.counts()["asked"]
        for case, it in CASES.items():
            written(place, case, {**it.base, **it.change})
        plans = place.jobs(*tables)
        place.build(*tables)
        after, asked = {case: digests(place, case) for case in CASES}, server.counts()["asked"] - asked
        settled = place.jobs(*tables)
        yield Changed(place, plans, before, after, settled, asked)


def test_every_field_stands_in_the_table() -> None:
    assert CASES.keys() | ELSEWHERE.keys() == set(Experiment.model_fields)


def test_a_change_plans_exactly_what_it_affects(changed: Changed) -> None:
    assert {case: changed.plans.get(name_of(case), {}) for case in CASES} == {
        case: it.plan for case, it in CASES.items()
    }


def test_a_change_asks_exactly_what_is_new(changed: Changed) -> None:
    new = {
        case: [len(now - old) for now, old in zip(changed.after[case], changed.before[case], strict=True)]
        for case in CASES
    }
    assert {case: asked for case, (asked, _) in new.items()} == {case: it.calls for case, it in CASES.items()}
    # What a judge is asked about new answers depends on what they say; where there are none, it is asked nothing.
    quiet = [case for case, it in CASES.items() if not it.calls and case != "judge"]
    assert {case: new[case][1] for case in quiet} == dict.fromkeys(quiet, 0)
    assert new["judge"][1] > 0


def test_nothing_else_was_sent(changed: Changed) -> None:
    now, old = (set().union(*(a | b for a, b in seen.values())) for seen in (changed.after, changed.before))
    assert changed.asked == len(now - old)


@pytest.mark.parametrize("case", CASES)
def test_the_table_holds_what_the_experiment_now_asks_and_nothing_else(changed: Changed, case: str) -> None:
    project = Project(changed.place.folder)
    wanted = {
        (variant, sample_id, k): request.digest
        for variant, sample_id in project.units(name_of(case))
        for k, request in enumerate(requests_of(project, name_of(case), variant, sample_of(project, case, sample_id)))
    }
    rows = changed.place.rows(name_of(case))
    assert {(r["variant"], r["sample_id"], r["candidate_idx"]): r["request_digest"] for r in rows} == wanted
    assert not [row for row in rows if row["error_type"]]
    if CASES[case].is_all_new:
        assert not {row["request_digest"] for row in rows} & changed.before[case][0]


def sample_of(project: Project, case: str, sample_id: str) -> Any:
    return read_sample(project.root / Path(project.block(name_of(case), sample_id)), sample_id)


def test_after_that_nothing_is_left_to_do(changed: Changed) -> None:
    assert changed.settled == {}
