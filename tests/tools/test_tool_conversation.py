"""The tool conversation: what is asked next, what is kept, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from retake.answer.trace import converse, is_capability_refusal
from retake.calls.request import Answer, Call, Request, ToolCall, Usage
from retake.errors import BudgetReached, CallError, Overloaded
from retake.samples.sample import Sample
from retake.tools.llm_mock import MockSettings, mock_request
from retake.tools.schemas import declaration
from tool_declarations import UNKNOWN, WEATHER, tool

SAMPLE = Sample("tool_calling", 1, "q-1", "Weather in Oslo?", tools=[WEATHER, UNKNOWN])
MESSAGES = [{"role": "system", "content": "You are Marvin."}, {"role": "user", "content": "Weather in Oslo?"}]
OPENING = Request("openai", "chat", "m", MESSAGES, tools=SAMPLE.tools, params={"seed": 7}, draw=3)
MOCK = MockSettings("openai", "chat", "small")

Said = Answer | CallError


def asks(*calls: tuple[str, str, str], text: str = "", **more: Any) -> Answer:
    """Return an answer that calls tools, each given as id, name, arguments."""
    return Answer(
        text, "tool_calls", tool_calls=tuple(ToolCall(*one) for one in calls), usage=Usage(10, 0, 0, 5), **more
    )


def says(text: str) -> Answer:
    """Return a final answer."""
    return Answer(text, usage=Usage(20, 4, 0, 6))


class Script:
    """A model that answers from a list, and a mock model that answers by a function; keeps every request."""

    def __init__(self, *answers: Said, mock: Callable[[Request], Said] | None = None) -> None:
        self.answers, self.mock = list(answers), mock
        self.asked: list[Request] = []
        self.mocked: list[Request] = []

    async def __call__(self, request: Request) -> Call:
        is_mock = request.model == MOCK.model
        (self.mocked if is_mock else self.asked).append(request)
        said = self.mock(request) if is_mock and self.mock else self.answers.pop(0)
        if isinstance(said, CallError):
            raise said
        return Call(request, said, "2026-01-01T00:00:00.000Z", 0.1, cost_usd=0.25)


def told(
    first: Answer, script: Script, *, max_turns: int = 10, mock: MockSettings = MOCK, sample: Sample = SAMPLE
) -> dict:
    """Run one conversation."""
    call = Call(OPENING, first, "2026-01-01T00:00:00.000Z", 0.1, cost_usd=0.5)
    return asyncio.run(converse(sample, OPENING, call, ask=script, mock=mock, max_turns=max_turns))


def result_of(body: dict[str, Any] | str) -> Answer:
    """Return the mock model's answer that gives `body` as the result."""
    text = body if isinstance(body, str) else json.dumps(body)
    parts = {"is_error": False, "error_message": "", "result_json": text}
    return Answer(json.dumps(parts), parts=parts, usage=Usage(3, 0, 0, 2))


ASK_WEATHER = asks(("c1", "get_current_weather", '{"city": "Oslo"}'))
ASK_UNKNOWN = asks(("c1", "frobnicate_widget", '{"widget": "w"}'))


def test_an_answer_without_tool_calls_ends_the_conversation_at_once() -> None:
    script = Script()
    body = told(says("It is cold."), script)
    assert (body["stop"], body["final_answer"], len(body["turns"]), script.asked) == ("answered", "It is cold.", 1, [])


def test_the_next_request_is_the_opening_with_the_call_and_its_result() -> None:
    blocks = [{"type": "thinking", "thinking": "hm", "signature": "s"}]
    script = Script(says("12 degrees."))
    body = told(
        asks(("c1", "get_current_weather", '{"city": "Oslo"}'), text="Let me look.", reasoning_blocks=blocks), script
    )
    (request,) = script.asked
    assistant, result = request.messages[2:]
    assert request.messages[:2] == MESSAGES
    assert (request.params, request.draw, request.tools, request.model) == ({"seed": 7}, 3, SAMPLE.tools, "m")
    assert assistant["content"] == "Let me look."
    assert assistant["reasoning_blocks"] == blocks
    assert assistant["tool_calls"][0]["id"] == result["tool_call_id"] == "c1"
    assert json.loads(result["content"])["location"]["name"] == "Oslo"
    assert (body["stop"], body["final_answer"]) == ("answered", "12 degrees.")
    assert (body["turns"][0]["results"][0]["source"], body["turns"][0]["results"][0]["category"]) == (
        "executor",
        "weather",
    )
    assert body["calls"] == [OPENING.digest, request.digest]
    assert (body["usage"]["input_tokens"], body["usage"]["output_tokens"], body["cost_usd"]) == (30, 11, 0.75)
    assert set(body["families"]) == {"weather", "machinery"}
    assert OPENING.messages == MESSAGES


def test_parallel_calls_are_all_answered_in_their_order() -> None:
    first = asks(
        ("a", "get_current_weather", '{"city": "Oslo"}'), ("b", "no_such_tool", "{}"), ("c", "get_current_weather", "{")
    )
    script = Script(says("Done."))
    body = told(first, script)
    results = body["turns"][0]["results"]
    assert [message["tool_call_id"] for message in script.asked[0].messages[3:]] == ["a", "b", "c"]
    assert [one["source"] for one in results] == ["executor", "error", "error"]
    assert [json.loads(one["content"])["error"]["type"] for one in results[1:]] == ["unknown_tool", "invalid_json"]


def test_calls_without_an_id_of_their_own_get_one() -> None:
    first = asks(
        ("", "get_current_weather", '{"city": "Oslo"}'),
        ("x", "get_current_weather", "{}"),
        ("x", "get_current_weather", "{}"),
    )
    script = Script(says("Done."))
    told(first, script)
    sent = script.asked[0].messages
    assert [one["id"] for one in sent[2]["tool_calls"]] == [one["tool_call_id"] for one in sent[3:]]
    assert len({one["tool_call_id"] for one in sent[3:]}) == 3


def test_reaching_the_limit_of_turns_is_recorded_and_asks_no_more() -> None:
    script = Script(ASK_WEATHER, ASK_WEATHER)
    body = told(ASK_WEATHER, script, max_turns=2)
    assert (body["stop"], body["final_answer"], len(body["turns"]), len(script.asked)) == ("max_turns", None, 3, 2)
    assert [len(turn["results"]) for turn in body["turns"]] == [1, 1, 0]


def test_a_failed_follow_up_is_told_in_the_trace() -> None:
    body = told(ASK_WEATHER, Script(Overloaded("busy")))
    assert body["stop"] == "error"
    assert body["error"] == {"kind": "overloaded", "message": "busy", "is_transient": True}
    assert body["turns"][0]["results"][0]["source"] == "executor"


def test_a_fatal_failure_is_the_callers() -> None:
    with pytest.raises(BudgetReached):
        told(ASK_WEATHER, Script(BudgetReached("spent")))
    with pytest.raises(BudgetReached):
        told(ASK_UNKNOWN, Script(says("no"), mock=lambda _: BudgetReached("spent")))


def test_state_lasts_through_a_conversation_and_no_longer() -> None:
    tools = [tool("create_note", "Create a note", title="string"), tool("list_notes", "List the notes")]
    sample = Sample("tool_calling", 2, "q-2", "Note it", tools=tools)
    seen = []
    for _ in range(2):
        script = Script(asks(("c2", "list_notes", "{}")), says("Noted."))
        body = told(asks(("c1", "create_note", '{"title": "milk"}')), script, sample=sample)
        seen.append(body["turns"][1]["results"][0]["content"])
    titles = [note["title"] for note in json.loads(seen[0])["notes"]]
    assert titles.count("milk") == 1
    assert seen[0] == seen[1]


def test_an_unknown_tool_is_played_by_the_mock_model() -> None:
    script = Script(says("Done."), mock=lambda _: result_of({"state": "frobnicated"}))
    body = told(ASK_UNKNOWN, script)
    (given,) = body["turns"][0]["results"]
    assert (given["content"], given["source"]) == ('{"state":"frobnicated"}', "llm")
    assert given["request_digest"] == script.mocked[0].digest == body["mock_calls"][0]
    assert set(body["families"]) == {"llm", "machinery"}
    assert (body["mock_usage"]["input_tokens"], body["mock_cost_usd"], body["usage"]["input_tokens"]) == (3, 0.25, 30)


def test_the_mock_models_request_depends_on_the_tool_and_arguments_alone() -> None:
    declared = declaration(tool("mix", "Mixes", a="number", b="string"))
    one = mock_request(declared, {"a": 1, "b": "x"}, MOCK)
    assert one.digest == mock_request(declared, {"b": "x", "a": 1}, MOCK).digest
    assert one.digest != mock_request(declared, {"a": 2, "b": "x"}, MOCK).digest
    assert "Marvin" not in json.dumps(one.messages)


NARROW = tool(
    "frobnicate_widget",
    "Frobnicates",
    response={"type": "dict", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    widget="string",
)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (result_of('{"n": "many"}'), "invalid_response"),
        (result_of("not json"), "invalid_response"),
        (result_of('{"n": NaN}'), "invalid_response"),
        (Answer("I would rather not."), "invalid_response"),
        (Answer('{"is_error": true, "error_message": "no such widget", "result_json": "{}"}'), "api_error"),
        (Overloaded("busy"), "service_unavailable"),
    ],
    ids=["wrong schema", "no json", "nan", "prose", "an error of the service", "no answer"],
)
def test_an_unusable_answer_of_the_mock_model_is_a_typed_error(said: Said, kind: str) -> None:
    sample = Sample("tool_calling", 1, "q-1", "?", tools=[NARROW])
    body = told(
        ASK_UNKNOWN,
        Script(says("Done."), mock=lambda _: said),
        sample=sample,
        mock=MockSettings("openai", "chat", "small", is_forced=True),
    )
    (given,) = body["turns"][0]["results"]
    assert given["source"] == "error"
    assert json.loads(given["content"])["error"]["type"] == kind
    assert body["stop"] == "answered"


def test_a_capability_refusal_after_a_mocked_result_is_drawn_again_with_the_mock_model() -> None:
    script = Script(
        says("I'm sorry, I cannot access real-time data."),
        says("12 degrees."),
        mock=lambda _: result_of({"temperature": 12}),
    )
    body = told(ASK_WEATHER, script)
    again = body["retry"]
    assert "real-time" in body["final_answer"]
    assert (again["reason"], again["final_answer"]) == ("capability_refusal", "12 degrees.")
    assert (body["turns"][0]["results"][0]["source"], again["turns"][0]["results"][0]["source"]) == ("executor", "llm")
    assert again["calls"][0] == body["calls"][0]
    assert again["calls"][1] != body["calls"][1]
    assert body["usage"]["input_tokens"] == again["usage"]["input_tokens"] == 30


@pytest.mark.parametrize("answer", ["I can't access real-time data.", "All good."])
def test_a_forced_conversation_is_drawn_once(answer: str) -> None:
    forced = MockSettings("openai", "chat", "small", is_forced=True)
    body = told(ASK_WEATHER, Script(says(answer), mock=lambda _: result_of({"t": 1})), mock=forced)
    assert body["retry"] is None


@pytest.mark.parametrize(
    "text",
    [
        "I cannot access real-time data.",
        "Unfortunately, I don’t have access to live weather information.",
        "I'm unable to browse the internet, so I cannot say.",
        "As an AI, I do not currently have real-time access.",
        "I do not have the ability to look that up.",
        "I'm currently not able to access current data on prices.",
    ],
)
def test_a_claim_to_have_no_access_is_a_capability_refusal(text: str) -> None:
    assert is_capability_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "It is 12 degrees in Oslo, and I cannot say that it cheers me up.",
        "The museum has no live access for wheelchairs today.",
        "I have access to the forecast: rain, as ever.",
        "You cannot access the roof terrace after nine.",
        "I could not find a hotel under 50 dollars.",
        "Here I am, brain the size of a planet, and they ask me for the weather.",
    ],
)
def test_an_answer_is_no_capability_refusal(text: str) -> None:
    assert not is_capability_refusal(text)
