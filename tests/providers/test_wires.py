"""What a request becomes on each API's wire, and what an answer becomes here: tables."""

from __future__ import annotations

import copy
import json

import pytest
from retake.calls.request import Answer, Usage
from retake.errors import CallError, MalformedReply, Overloaded, RateLimited
from retake.providers import anthropic_messages, openai_chat, openai_responses
from retake.providers.wire import functions_of, split_thinking, strict_schema, tool_names
from wire_samples import CALL, CLOSED, MESSAGES, STEPS, TOOL, WIRE_TOOL, ask


class TestChat:
    def test_openai_gets_max_completion_tokens_and_everything_else_as_it_is(self) -> None:
        request = ask("openai", "chat", params={"max_tokens": 9, "seed": 3, "temperature": 0.7})
        wire = openai_chat.to_wire(request)
        assert wire.path == "/chat/completions"
        assert wire.body == {
            "model": "m",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_completion_tokens": 9,
            "seed": 3,
            "temperature": 0.7,
        }

    @pytest.mark.parametrize("provider", ["vllm", "local"])
    def test_a_server_of_ones_own_gets_max_tokens_and_a_seed(self, provider: str) -> None:
        body = openai_chat.to_wire(ask(provider, "chat", params={"max_tokens": 9, "seed": 3})).body
        assert (body["max_tokens"], body["seed"]) == (9, 3)

    def test_tools_and_structured_output_take_the_providers_form(self) -> None:
        body = openai_chat.to_wire(ask("openai", "chat", messages=MESSAGES, tools=[TOOL], response_format=STEPS)).body
        assert body["tools"] == [{"type": "function", "function": WIRE_TOOL}]
        assert body["messages"][2]["tool_calls"][0]["function"]["name"] == "get_stock_price"
        assert body["messages"][3] == MESSAGES[3]
        form = {"name": "solution", "schema": CLOSED, "strict": True}
        assert body["response_format"] == {"type": "json_schema", "json_schema": form}

    def test_reasoning_goes_back_under_its_own_name_to_ones_own_server_only(self) -> None:
        blocks = [{"type": "reasoning_content", "text": "hm"}]
        messages = [*MESSAGES[:2], {**MESSAGES[2], "reasoning_blocks": blocks}, MESSAGES[3]]
        sent = openai_chat.to_wire(ask("vllm", "chat", messages=messages, tools=[TOOL])).body["messages"][2]
        assert sent["reasoning_content"] == "hm"
        assert "reasoning_blocks" not in sent
        sent = openai_chat.to_wire(ask("openai", "chat", messages=messages, tools=[TOOL])).body["messages"][2]
        assert not {"reasoning_content", "reasoning_blocks"} & set(sent)

    @pytest.mark.parametrize(
        ("message", "raw", "expected"),
        [
            ({"content": "Hi"}, "stop", Answer(text="Hi")),
            ({"content": "Hi"}, "length", Answer(text="Hi", finish_reason="length")),
            ({"content": ""}, "content_filter", Answer(finish_reason="content_filter")),
            ({"content": None, "refusal": "No."}, "stop", Answer(finish_reason="refusal", refusal="No.")),
            ({"content": "Hi"}, "abort", Answer(text="Hi", finish_reason="error")),
            ({"content": "Hi"}, None, Answer(text="Hi")),
        ],
        ids=["stop", "length", "content filter", "refusal", "unknown reason", "no reason"],
    )
    def test_answers_are_normalised_and_the_raw_reason_kept(self, message: dict, raw: str, expected: Answer) -> None:
        answer = openai_chat.from_wire({"choices": [{"message": message, "finish_reason": raw}]}, ask("openai", "chat"))
        assert answer.as_dict() == {**expected.as_dict(), "raw_finish_reason": raw}

    @pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
    def test_reasoning_is_kept_apart(self, key: str) -> None:
        reply = {"choices": [{"message": {"content": "4", key: "2 and 2"}, "finish_reason": "stop"}]}
        answer = openai_chat.from_wire(reply, ask("vllm", "chat"))
        assert (answer.text, answer.reasoning) == ("4", "2 and 2")
        assert answer.reasoning_blocks == [{"type": key, "text": "2 and 2"}]

    def test_a_tool_call_gets_its_own_name_back_and_ends_the_turn(self) -> None:
        call = {"id": "c", "type": "function", "function": {"name": "get_stock_price", "arguments": "{}"}}
        reply = {"choices": [{"message": {"content": None, "tool_calls": [call]}, "finish_reason": "stop"}]}
        answer = openai_chat.from_wire(reply, ask("vllm", "chat", tools=[TOOL]))
        assert answer.finish_reason == "tool_calls"
        assert answer.tool_calls[0].name == "get stock/price"

    def test_usage_is_read_where_it_is_given(self) -> None:
        usage = {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 64},
            "completion_tokens_details": {"reasoning_tokens": 7},
        }
        assert openai_chat.usage_of(usage) == Usage(100, 64, 0, 20, 7)
        assert openai_chat.usage_of(None) == Usage()

    @pytest.mark.parametrize("reply", [[], "x", {}, {"choices": []}, {"choices": [{}]}, {"choices": [3]}])
    def test_what_is_no_completion_is_malformed(self, reply: object) -> None:
        with pytest.raises(MalformedReply):
            openai_chat.from_wire(reply, ask("openai", "chat"))


class TestResponses:
    def test_a_request_is_stateless_and_takes_the_apis_names(self) -> None:
        request = ask(
            "openai",
            "responses",
            messages=MESSAGES,
            tools=[TOOL],
            params={"max_tokens": 9, "reasoning_effort": "low", "top_p": 0.5},
            response_format=STEPS,
        )
        body = openai_responses.to_wire(request).body
        assert body == {
            "model": "m",
            "store": False,
            "instructions": "You are Marvin.",
            "input": [
                {"role": "user", "content": "What is X worth?"},
                {
                    "type": "function_call",
                    "call_id": "call_1",
                    "name": "get_stock_price",
                    "arguments": '{"symbol": "X"}',
                },
                {"type": "function_call_output", "call_id": "call_1", "output": '{"price": 3}'},
            ],
            "max_output_tokens": 9,
            "reasoning": {"effort": "low"},
            "top_p": 0.5,
            "tools": [{"type": "function", "strict": False, **WIRE_TOOL}],
            "text": {"format": {"type": "json_schema", "name": "solution", "schema": CLOSED, "strict": True}},
        }

    def test_output_items_with_reasoning_return_unchanged(self) -> None:
        output = [
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "z",
            },
            {"type": "function_call", "id": "fc", "call_id": "c", "name": "get_stock_price", "arguments": "{}"},
        ]
        kept = copy.deepcopy(output)
        request = ask("openai", "responses", tools=[TOOL])
        answer = openai_responses.from_wire({"status": "completed", "output": output}, request)
        assert (answer.reasoning, answer.finish_reason) == ("hm", "tool_calls")
        message = Answer.from_dict(json.loads(json.dumps(answer.as_dict()))).as_message()
        again = ask("openai", "responses", tools=[TOOL], messages=[*request.messages, message])
        assert openai_responses.to_wire(again).body["input"][1:] == kept

    @pytest.mark.parametrize(
        ("reply", "finish", "raw", "text", "refusal"),
        [
            ({"status": "completed", "output": ["text"]}, "stop", "completed", "Hi", None),
            (
                {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": ["text"]},
                "length",
                "max_output_tokens",
                "Hi",
                None,
            ),
            (
                {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []},
                "content_filter",
                "content_filter",
                "",
                None,
            ),
            ({"status": "completed", "output": ["refusal"]}, "refusal", "completed", "", "No."),
        ],
        ids=["stop", "length", "content filter", "refusal"],
    )
    def test_answers_are_normalised(self, reply: dict, finish: str, raw: str, text: str, refusal: str | None) -> None:
        parts = {"text": {"type": "output_text", "text": "Hi"}, "refusal": {"type": "refusal", "refusal": "No."}}
        output = [{"type": "message", "content": [parts[kind]]} for kind in reply["output"]]
        answer = openai_responses.from_wire({**reply, "output": output}, ask("openai", "responses"))
        assert (answer.finish_reason, answer.raw_finish_reason, answer.text, answer.refusal) == (
            finish,
            raw,
            text,
            refusal,
        )

    @pytest.mark.parametrize(
        ("code", "error"),
        [("server_error", Overloaded), ("rate_limit_exceeded", RateLimited), ("invalid_prompt", MalformedReply)],
    )
    def test_a_failed_response_is_an_error_by_its_code(self, code: str, error: type[CallError]) -> None:
        reply = {"status": "failed", "error": {"code": code, "message": "so"}, "output": []}
        with pytest.raises(error):
            openai_responses.from_wire(reply, ask("openai", "responses"))

    def test_usage_counts_cached_and_written_tokens(self) -> None:
        details = {"cached_tokens": 64, "cache_write_tokens": 8}
        usage = {"input_tokens": 100, "input_tokens_details": details, "output_tokens": 20}
        assert openai_responses.usage_of(usage) == Usage(100, 64, 8, 20, 0)


class TestMessages:
    def test_a_conversation_takes_anthropics_form(self) -> None:
        request = ask("claude", "messages", messages=MESSAGES, tools=[TOOL], params={"max_tokens": 9})
        wire = anthropic_messages.to_wire(request)
        assert wire.headers == {}
        assert wire.body == {
            "model": "m",
            "max_tokens": 9,
            "system": [{"type": "text", "text": "You are Marvin."}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "What is X worth?"}]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool_use", "id": "call_1", "name": "get_stock_price", "input": {"symbol": "X"}}
                    ],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": '{"price": 3}'}],
                },
            ],
            "tools": [
                {
                    "name": "get_stock_price",
                    "description": "Price of a share.",
                    "input_schema": WIRE_TOOL["parameters"],
                }
            ],
        }

    def test_two_tool_results_and_a_question_are_one_user_turn(self) -> None:
        calls = [{**CALL, "id": name} for name in ("a", "b")]
        results = [{"role": "tool", "tool_call_id": name, "content": name} for name in ("a", "b")]
        messages = [MESSAGES[1], {**MESSAGES[2], "tool_calls": calls}, *results, {"role": "user", "content": "So?"}]
        last = anthropic_messages.to_wire(ask("claude", "messages", messages=messages, tools=[TOOL])).body["messages"][
            -1
        ]
        assert [block["type"] for block in last["content"]] == ["tool_result", "tool_result", "text"]

    def test_sampling_parameters_go_under_the_old_version_only(self) -> None:
        wire = anthropic_messages.to_wire(ask("claude", "messages", params={"max_tokens": 9, "temperature": 0.5}))
        assert wire.body["temperature"] == 0.5
        assert wire.headers == {"anthropic-version": "2023-06-01"}

    @pytest.mark.parametrize(
        ("params", "thinking", "output_config"),
        [
            ({}, None, None),
            ({"reasoning_effort": "none"}, {"type": "disabled"}, None),
            ({"reasoning_effort": "high"}, {"type": "adaptive", "display": "summarized"}, {"effort": "high"}),
            ({"reasoning_effort": "minimal"}, {"type": "adaptive", "display": "summarized"}, {"effort": "low"}),
            ({"thinking": {"type": "between_tools"}}, {"type": "between_tools"}, None),
        ],
        ids=["unset", "none", "high", "minimal", "thinking given"],
    )
    def test_effort_becomes_thinking(self, params: dict, thinking: dict | None, output_config: dict | None) -> None:
        body = anthropic_messages.to_wire(ask("claude", "messages", params=params)).body
        assert (body.get("thinking"), body.get("output_config")) == (thinking, output_config)

    def test_structured_output_stands_beside_effort(self) -> None:
        request = ask("claude", "messages", params={"reasoning_effort": "low"}, response_format=STEPS)
        config = anthropic_messages.to_wire(request).body["output_config"]
        assert config == {"effort": "low", "format": {"type": "json_schema", "schema": CLOSED}}

    @pytest.mark.parametrize(
        ("system", "tools", "least", "marked"),
        [
            ("short", [], 1024, []),
            ("long " * 1000, [], 1024, ["system"]),
            ("long " * 1000, [], None, []),
            ("long " * 1000, [TOOL], 1024, ["system"]),
            ("long " * 1000, [TOOL], 10, ["tools", "system"]),
        ],
        ids=["too short", "long enough", "not wanted", "tools too short", "both"],
    )
    def test_cache_markers_stand_where_they_pay(
        self, system: str, tools: list, least: int | None, marked: list
    ) -> None:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": "Hi"}]
        request = ask("claude", "messages", messages=messages, tools=tools)
        body = anthropic_messages.to_wire(request, cache_min_tokens=least).body
        found = [part for part in ("tools", "system") if any("cache_control" in block for block in body.get(part, []))]
        assert found == marked

    def test_thinking_returns_unchanged_and_in_its_order(self) -> None:
        content = [
            {"type": "thinking", "thinking": "", "signature": "s1"},
            {"type": "text", "text": "Let me look."},
            {"type": "redacted_thinking", "data": "zz"},
            {"type": "tool_use", "id": "t1", "name": "get_stock_price", "input": {"symbol": "X"}},
        ]
        kept = copy.deepcopy(content)
        request = ask("claude", "messages", tools=[TOOL])
        answer = anthropic_messages.from_wire({"content": content, "stop_reason": "tool_use"}, request)
        assert (answer.text, answer.reasoning, answer.finish_reason) == ("Let me look.", None, "tool_calls")
        assert answer.tool_calls[0].name == "get stock/price"
        message = Answer.from_dict(json.loads(json.dumps(answer.as_dict()))).as_message()
        again = ask("claude", "messages", tools=[TOOL], messages=[*request.messages, message])
        assert anthropic_messages.to_wire(again).body["messages"][1]["content"] == kept

    @pytest.mark.parametrize(
        ("raw", "finish"),
        [
            ("end_turn", "stop"),
            ("stop_sequence", "stop"),
            ("max_tokens", "length"),
            ("model_context_window_exceeded", "length"),
            ("tool_use", "tool_calls"),
            ("refusal", "refusal"),
            ("pause_turn", "error"),
        ],
    )
    def test_stop_reasons_are_normalised(self, raw: str, finish: str) -> None:
        reply = {"content": [{"type": "text", "text": "Hi"}], "stop_reason": raw}
        answer = anthropic_messages.from_wire(reply, ask("claude", "messages"))
        assert (answer.finish_reason, answer.raw_finish_reason) == (finish, raw)

    def test_a_refusal_says_why(self) -> None:
        details = {"type": "refusal", "category": "bio", "explanation": "Not that."}
        reply = {"content": [], "stop_reason": "refusal", "stop_details": details}
        assert anthropic_messages.from_wire(reply, ask("claude", "messages")).refusal == "Not that."

    def test_input_tokens_are_the_sum_of_anthropics_three(self) -> None:
        usage = {
            "input_tokens": 10,
            "cache_creation_input_tokens": 200,
            "cache_read_input_tokens": 3000,
            "output_tokens": 50,
            "output_tokens_details": {"thinking_tokens": 20},
        }
        assert anthropic_messages.usage_of(usage) == Usage(3210, 3000, 200, 50, 20)


class TestSharedParts:
    @pytest.mark.parametrize("from_wire", ["chat", "responses", "messages"])
    def test_structured_output_is_stored_as_parts_on_every_api(self, from_wire: str) -> None:
        text = '{"steps": [{"output": "4"}], "confidence": 1}'
        replies = {
            "chat": (openai_chat, {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}),
            "responses": (
                openai_responses,
                {
                    "status": "completed",
                    "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}],
                },
            ),
            "messages": (anthropic_messages, {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}),
        }
        api, reply = replies[from_wire]
        assert api.from_wire(reply, ask("openai", from_wire, response_format=STEPS)).parts == json.loads(text)
        assert api.from_wire(reply, ask("openai", from_wire)).parts is None

    @pytest.mark.parametrize("text", ["", "{", "[1]", '"x"'])
    def test_what_is_no_object_is_no_parts(self, text: str) -> None:
        reply = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
        assert openai_chat.from_wire(reply, ask("openai", "chat", response_format=STEPS)).parts is None

    @pytest.mark.parametrize(
        ("text", "thinking", "answer"),
        [
            ("plain", None, "plain"),
            ("<think>hm</think>\n\nSo 4.", "hm", "So 4."),
            ("\n<think>\nhm\n</think>So 4.", "hm", "So 4."),
            ("hm</think>So 4.", "hm", "So 4."),
            ("<think>never ends", "never ends", ""),
            ("<think></think>So 4.", None, "So 4."),
            ("The tag <think> is XML.", None, "The tag <think> is XML."),
        ],
    )
    def test_thinking_tags_of_a_server_are_split_off(self, text: str, thinking: str | None, answer: str) -> None:
        assert split_thinking(text) == (thinking, answer)

    def test_tool_names_are_legal_and_distinct_on_the_wire(self) -> None:
        tools = [{"function": {"name": name}} for name in ("a b", "a/b", "a_b", "x" * 80, "é", "")]
        names = tool_names(tools)
        assert len(set(names.values())) == len(tools)
        assert all(0 < len(n) <= 64 and n.isascii() and n.replace("-", "_").isidentifier() for n in names.values())

    def test_a_tool_given_twice_is_offered_once_and_odd_schemas_are_objects(self) -> None:
        tools = [{"name": "f", "parameters": None}, {"name": "f"}, {"name": "g", "parameters": {"type": "string"}}]
        assert functions_of(tools) == [
            {"name": "f", "description": "", "parameters": {"type": "object", "properties": {}}},
            {"name": "g", "description": "", "parameters": {"type": "object", "properties": {}}},
        ]

    def test_a_strict_schema_is_closed_at_every_depth_and_its_original_untouched(self) -> None:
        original = copy.deepcopy(STEPS["schema"])
        assert strict_schema(STEPS["schema"]) == CLOSED
        assert STEPS["schema"] == original

    def test_a_property_named_like_a_keyword_stays(self) -> None:
        schema = {"type": "object", "properties": {"title": {"type": "string", "title": "T"}}}
        assert strict_schema(schema)["properties"] == {"title": {"type": "string"}}
