import copy
from typing import Any

import pytest
from retake.errors import ConfigError
from retake.experiment.model import Variant
from retake.prompts.opening import STEPS_SCHEMA, opening_messages, task_of
from retake.prompts.variants import function_of
from retake.samples.sample import Sample
from workspace import ROOT

MATH = Sample("math", 1, "q", "What is 2 + 2?", ground_truth="4")
HUMANEVAL = {"kind": "humaneval", "prompt": "def f(x):", "test": "assert f(1) == 7777", "entry_point": "f"}


def sample(split: str, **more: Any) -> Sample:
    return Sample(split, 1, "q", "A question?", **more)


@pytest.mark.parametrize(
    ("given", "task", "told"),
    [
        (MATH, "math", "\\boxed{}"),
        (sample("stem", ground_truth="B"), "math", "\\boxed{}"),
        (sample("gsm8k", ground_truth="18"), "gsm8k", "Answer: "),
        (sample("code"), "code", "```python"),
        (sample("code", tests=HUMANEVAL), "code", "whole function `f`"),
        (sample("code", tests={"kind": "io", "fn_name": "solve"}), "code", "whole function `solve`"),
        (sample("code", tests={"kind": "io", "fn_name": None}), "code", "standard input"),
        (sample("tool_calling", ground_truth="x"), "tool_calling", "Use the tools"),
        (sample("chat"), "open", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_split_brings_its_own_instruction(given: Sample, task: str, told: str | None) -> None:
    messages = opening_messages(given)
    assert task_of(given) == task
    assert messages[-1] == {"role": "user", "content": given.question}
    assert (told in messages[0]["content"]) if told else len(messages) == 1


def test_the_persona_comes_first_and_the_hidden_tests_never_enter() -> None:
    messages = opening_messages(sample("code", tests=HUMANEVAL), persona_text="You are Marvin.")
    assert messages[0]["content"].startswith("You are Marvin.\n\n")
    assert "7777" not in str(messages)


@pytest.mark.parametrize(
    ("placement", "system_end", "user"),
    [
        ("prefix", "\\boxed{}.", "Hurry!\n\nWhat is 2 + 2?"),
        ("suffix", "\\boxed{}.", "What is 2 + 2?\n\nHurry!"),
        ("system", "\\boxed{}.\n\nHurry!", "What is 2 + 2?"),
    ],
)
def test_a_variants_text_stands_where_its_placement_says(placement: str, system_end: str, user: str) -> None:
    variant = Variant(name="v", text="Hurry!\n", placement=placement)
    system, question = opening_messages(MATH, persona_text="P", variant=variant)
    assert system["content"].endswith(system_end)
    assert question["content"] == user


def test_control_is_what_no_variant_is() -> None:
    assert opening_messages(MATH, variant=Variant(name="control")) == opening_messages(MATH)


def test_a_variants_function_sees_the_messages_last_and_changes_only_its_copy() -> None:
    seen: list[Any] = []

    def shout(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen.append(copy.deepcopy(messages))
        messages[-1]["content"] = messages[-1]["content"].upper()
        return messages

    variant = Variant(name="v", text="please", function="shout")
    messages = opening_messages(MATH, persona_text="P", variant=variant, apply=shout)
    assert seen[0][-1]["content"] == "please\n\nWhat is 2 + 2?"
    assert messages[-1]["content"] == "PLEASE\n\nWHAT IS 2 + 2?"
    assert opening_messages(MATH)[-1]["content"] == "What is 2 + 2?"


def test_the_shipped_function_says_the_question_twice() -> None:
    variant = Variant(name="question_twice", function="question_twice")
    apply = function_of(variant, root=ROOT)
    assert opening_messages(MATH, variant=variant, apply=apply)[-1]["content"].count("What is 2 + 2?") == 2


@pytest.mark.parametrize("returned", [None, [], "text", [{"role": "robot", "content": "x"}], [{"role": "user"}]])
def test_a_function_that_returns_no_messages_is_a_clear_error(returned: Any) -> None:
    with pytest.raises(ConfigError, match="must return the messages"):
        opening_messages(MATH, variant=Variant(name="v", function="f"), apply=lambda messages: returned)


def test_structured_output_is_asked_for_in_words_and_by_a_strict_schema() -> None:
    assert "final_answer" in opening_messages(MATH, structured_output=True)[0]["content"]
    steps = STEPS_SCHEMA["properties"]["steps"]["items"]
    assert STEPS_SCHEMA["required"] == ["steps", "final_answer"]
    assert not STEPS_SCHEMA["additionalProperties"]
    assert not steps["additionalProperties"]
