"""The tool conversation of one candidate: from the model's first answer to its final one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from retake.calls.request import Answer, Ask, Call, Message, Request, ToolCall, Usage
from retake.errors import CallError
from retake.samples.sample import Sample
from retake.tools.digests import matches_of, used_digests
from retake.tools.llm_mock import MockSettings, mocked
from retake.tools.world import Conversation, ToolResult

RETRY_REASON = "capability_refusal"

# "I cannot access real-time data" and its like, after a tool has given just that. Only claims about what the speaker can
# reach count: "I cannot recommend it" is an answer.
_INCAPABLE = re.compile(
    r"\b(?:i|we)(?:'m| am| are|'re)?\s+(?:currently\s+|still\s+|just\s+|really\s+)?"
    r"(?:can(?:no|')?t|can not|could(?:n't| not)|do(?:n't| not)\s+(?:currently\s+)?have|lack|have no|unable to|not able to)\s+"
    r"(?:[\w'-]+\s+){0,6}?"
    r"(?:access|real[- ]time|live|browse|current data|up[- ]to[- ]date|the ability|the capability|the internet)",
    re.IGNORECASE,
)
_APOSTROPHES = str.maketrans("’‘", "''")


@dataclass
class _Story:
    """What one drawing of a conversation has come to so far."""

    turns: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    mock_calls: list[Call] = field(default_factory=list)
    final_answer: str | None = None
    stop: str = "answered"
    error: dict[str, Any] | None = None

    def results(self) -> list[dict[str, Any]]:
        return [result for turn in self.turns for result in turn["results"]]


def is_capability_refusal(text: str) -> bool:
    """Return whether an answer claims that its speaker cannot reach data, though tools may have given it."""
    return _INCAPABLE.search(text.translate(_APOSTROPHES)) is not None


async def converse(
    sample: Sample, opening: Request, first: Call, *, ask: Ask, mock: MockSettings, max_turns: int
) -> dict[str, Any]:
    """Return the trace file's body: the tool conversation that begins with `first`, the answer to `opening`.

    Body: `turns` (each with message, finish_reason, raw_finish_reason, reasoning, served_model, request_digest, and
    results: tool_call_id, name, arguments as written, content, source, confidence, category, coercions, request_digest
    of the mock's call or None), `final_answer` (None unless stop is answered), `stop` (answered, max_turns, error),
    `error` (None, or kind, message, is_transient), `usage` and `cost_usd` of all calls to the generator, the first
    included, `mock_usage` and `mock_cost_usd` of those to the LLM mock (costs None where one is unknown), `calls` and
    `mock_calls` (digests in order), `families` and `matches` (see `tools.digests`), and `retry`: None, or the same of a
    conversation drawn again with the LLM mock forced, with its `reason`.

    Raises:
        CallError: where it is fatal. Any other ends the conversation and is told in `error`.
    """
    story = await _told(sample, opening, first, ask=ask, mock=mock, max_turns=max_turns)
    body = {**_body(sample, story), "retry": None}
    if not _is_doubtful(story) or mock.is_forced:
        return body
    forced = replace(mock, is_forced=True)
    again = await _told(sample, opening, first, ask=ask, mock=forced, max_turns=max_turns)
    return {**body, "retry": {**_body(sample, again), "reason": RETRY_REASON}}


def _is_doubtful(story: _Story) -> bool:
    is_mocked = any(result["source"] in ("executor", "generic") for result in story.results())
    return is_mocked and story.stop == "answered" and is_capability_refusal(story.final_answer or "")


async def _told(
    sample: Sample, opening: Request, first: Call, *, ask: Ask, mock: MockSettings, max_turns: int
) -> _Story:
    world = Conversation.of_sample(sample, is_forced=mock.is_forced)
    story, messages, call = _Story(), list(opening.messages), first
    for turn in range(max_turns + 1):
        answer = _named(call.answer, turn)
        results: list[dict[str, Any]] = []
        story.calls.append(call)
        story.turns.append(_turn(call, answer, results))
        if not answer.tool_calls:
            story.final_answer = answer.text
            return story
        if turn == max_turns:
            break
        for asked in answer.tool_calls:
            results.append(await _result(world, asked, story, ask=ask, mock=mock))
        messages += [answer.as_message(), *map(_tool_message, results)]
        try:
            call = await ask(replace(opening, messages=list(messages)))
        except CallError as error:
            if error.is_fatal:
                raise
            story.stop = "error"
            story.error = {"kind": error.kind, "message": str(error), "is_transient": error.is_transient}
            return story
    story.stop = "max_turns"
    return story


def _named(answer: Answer, turn: int) -> Answer:
    """Return `answer` with an id for every tool call, each its own: some servers send none, or the same one twice."""
    seen: set[str] = set()
    named = []
    for index, asked in enumerate(answer.tool_calls):
        is_usable = bool(asked.id) and asked.id not in seen
        named.append(asked if is_usable else replace(asked, id=f"call_{turn}_{index}"))
        seen.add(named[-1].id)
    return replace(answer, tool_calls=tuple(named))


def _turn(call: Call, answer: Answer, results: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "message": answer.as_message(),
        "finish_reason": answer.finish_reason,
        "raw_finish_reason": answer.raw_finish_reason,
        "reasoning": answer.reasoning,
        "served_model": answer.served_model,
        "request_digest": call.digest,
        "results": results,
    }


async def _result(
    world: Conversation, asked: ToolCall, story: _Story, *, ask: Ask, mock: MockSettings
) -> dict[str, Any]:
    given: ToolResult = world.call(asked.name, asked.arguments)
    call = None
    if given.source == "llm":
        given, call = await mocked(given, ask=ask, mock=mock)
    if call is not None:
        story.mock_calls.append(call)
    return {
        "tool_call_id": asked.id,
        "name": asked.name,
        "arguments": asked.arguments,
        "content": given.content,
        "source": given.source,
        "confidence": given.confidence,
        "category": given.category,
        "coercions": list(given.coercions),
        "request_digest": None if call is None else call.digest,
    }


def _tool_message(result: dict[str, Any]) -> Message:
    return {"role": "tool", "tool_call_id": result["tool_call_id"], "content": result["content"]}


def _body(sample: Sample, story: _Story) -> dict[str, Any]:
    return {
        "turns": story.turns,
        "final_answer": story.final_answer,
        "stop": story.stop,
        "error": story.error,
        "usage": _usage(story.calls),
        "cost_usd": _cost(story.calls),
        "calls": [call.digest for call in story.calls],
        "mock_usage": _usage(story.mock_calls),
        "mock_cost_usd": _cost(story.mock_calls),
        "mock_calls": [call.digest for call in story.mock_calls],
        "families": used_digests(story.results()),
        "matches": matches_of(sample.tools),
    }


def _usage(calls: list[Call]) -> dict[str, int]:
    names = Usage.__dataclass_fields__
    return {name: sum(getattr(call.answer.usage, name) for call in calls) for name in names}


def _cost(calls: list[Call]) -> float | None:
    costs = [call.cost_usd for call in calls]
    return None if any(cost is None for cost in costs) else round(sum(cost for cost in costs if cost is not None), 10)
