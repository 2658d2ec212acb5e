"""Replay: go through a candidate's conversation and judging with stored answers alone, to see which calls are missing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from retake.answer.generate import raw_body
from retake.answer.trace import converse
from retake.calls.request import Ask, Call, Request
from retake.calls.store import CallStore
from retake.errors import CallError
from retake.files import digest
from retake.samples.sample import Sample
from retake.tools.llm_mock import MockSettings
from retake.verify.judge import JudgeSettings
from retake.verify.verdict import Verdict, ungraded
from retake.verify.verification import Primary, verify_candidate
from retake.workflow.project import Project
from retake.workflow.recipes import asked, judge_of, mock_of
from retake.workflow.verifying import final_answer


class NotStored(CallError):
    """The call store lacks the answer."""

    kind = "not_stored"


@dataclass(frozen=True)
class Missing:
    """What a candidate whose first answer is stored still has to ask.

    `turns` and `mocks`: its conversation stops there, and what follows is unknown. `judged`: requests to the judge, or None
    where it cannot be told whether and what the judge is asked.
    """

    turns: int = 0
    mocks: int = 0
    judged: tuple[Request, ...] | None = ()


class Replay:
    """Replays an experiment's candidates from the call store; asks nobody and writes nothing."""

    def __init__(self, project: Project, experiment: str, store: CallStore) -> None:
        self.store = store
        self.config = project.experiment(experiment)
        self.persona = project.persona(experiment)
        self.judge = JudgeSettings(**asked(judge_of(self.config, root=project.root)))
        mock = asked(mock_of(self.config, root=project.root))
        params = {"max_tokens": mock.pop("max_tokens"), "temperature": mock.pop("temperature")}
        sent = {name: value for name, value in params.items() if value is not None}
        self.mock = MockSettings(**mock, params=sent, is_forced=self.config.tool_mock.force)

    def missing(self, sample: Sample, first: Call, *, has_tools: bool, before: dict[str, Any] | None) -> Missing:
        """Return what a candidate that begins with `first` lacks; `before` is its verification file's body, if it has one."""
        return asyncio.run(self._missing(sample, first, has_tools=has_tools, before=before))

    async def _missing(self, sample: Sample, first: Call, *, has_tools: bool, before: dict[str, Any] | None) -> Missing:
        body = raw_body(first, request=first.request, sample_id="", variant="", candidate=0)
        if has_tools:
            lacking: list[Request] = []
            body = await converse(
                sample,
                first.request,
                first,
                ask=self._ask(lacking),
                mock=self.mock,
                max_turns=self.config.max_tool_turns,
            )
            if lacking:
                turns = sum(bool(request.tools) for request in lacking)
                return Missing(turns, len(lacking) - turns, judged=None)
        return Missing(judged=await self._judged(sample, body, has_tools=has_tools, before=before))

    async def _judged(
        self, sample: Sample, body: dict[str, Any], *, has_tools: bool, before: dict[str, Any] | None
    ) -> tuple[Request, ...] | None:
        lacking: list[Request] = []
        await verify_candidate(
            sample,
            final_answer(body),
            primary=None if has_tools else _said_before(before),
            ask=self._ask(lacking),
            judge=self.judge,
            threshold=self.config.judge_threshold,
            fallback=self.config.llm_judge_fallback,
            markers=None if self.persona is None else self.persona.markers,
        )
        is_sure = has_tools or before is not None or not lacking
        return tuple(lacking) if is_sure else None

    def _ask(self, lacking: list[Request]) -> Ask:
        async def ask(request: Request) -> Call:
            call = self.store.get(request.digest)
            if call is None:
                lacking.append(request)
                raise NotStored(f"{request.digest} is not in the call store")
            return call

        return ask


def _said_before(before: dict[str, Any] | None) -> Primary | None:
    """Return the verifier that says what it said last time; without a last time it cannot say, and the judge is wanted."""

    async def primary(text: str, sample: Sample) -> Verdict:
        if before is None:
            return ungraded("unknown", "Not verified yet.")
        told = before["extras"].get("primary", before)
        return Verdict(told["is_verified"], told["confidence"], told["verifier_name"], told["explanation"])

    return primary


def is_of(before: dict[str, Any] | None, answer: dict[str, Any] | None) -> bool:
    """Return whether a verification judged this answer file's body."""
    return before is not None and answer is not None and before.get("answer_digest") == digest(answer)
