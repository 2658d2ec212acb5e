"""The opening messages: persona, the split's own instruction, the question, and the variant's transformation."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

from retake.errors import ConfigError
from retake.experiment.model import Variant
from retake.samples.sample import Sample

Message = dict[str, Any]
Task = Literal["math", "gsm8k", "code", "tool_calling", "open"]

STEPS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"explanation": {"type": "string"}, "output": {"type": "string"}},
                "required": ["explanation", "output"],
                "additionalProperties": False,
            },
        },
        "final_answer": {"type": "string"},
    },
    "required": ["steps", "final_answer"],
    "additionalProperties": False,
}
"""The JSON schema of a structured answer: the common subset that every provider takes."""

STEPS_FORMAT: dict[str, Any] = {"name": "steps_and_answer", "schema": STEPS_SCHEMA}
"""The `response_format` of a request with structured output."""

_INSTRUCTIONS: dict[Task, str] = {
    "math": "Solve the problem step by step. Put the final answer in \\boxed{}.",
    "gsm8k": "Solve the problem step by step. End with a last line that reads: Answer: \\boxed{number}",
    "code": "Write Python 3. Put the whole program in one fenced ```python block.",
    "tool_calling": (
        "Use the tools where they help, several at once where that is possible. When you have their results, answer the "
        "request in full from them; do not invent what they do not say."
    ),
    "open": "",
}
_FUNCTION = "Write Python 3. Put the whole function `{name}`, with its imports, in one fenced ```python block."
_STDIN = (
    "Write a Python 3 program that reads standard input and prints to standard output, in one fenced ```python block."
)
_STRUCTURED = (
    "Reply as JSON: steps, a list of {explanation, output}, and final_answer, which alone holds all that was asked for."
)


def task_of(sample: Sample) -> Task:
    """Return what kind of task a sample is: by its split, else by what the row carries."""
    if sample.split.startswith("gsm8k"):
        return "gsm8k"
    if sample.split == "tool_calling" or sample.tools:
        return "tool_calling"
    if sample.split.startswith(("code", "humaneval")) or sample.tests is not None:
        return "code"
    is_math = sample.ground_truth is not None or sample.split.startswith(("math", "calibration"))
    # A malformed twin has no reference, and must be asked in the same words as its sound problem.
    return "math" if is_math or "calibration" in sample.source_metadata else "open"


def instruction_of(sample: Sample) -> str:
    """Return the instruction that goes with a sample's task; empty where there is nothing to say."""
    task, tests = task_of(sample), sample.tests or {}
    name = tests.get("entry_point") or tests.get("fn_name")
    if task == "code" and name:
        return _FUNCTION.format(name=name)
    return _STDIN if task == "code" and tests.get("kind") == "io" else _INSTRUCTIONS[task]


def opening_messages(
    sample: Sample,
    *,
    persona_text: str | None = None,
    variant: Variant | None = None,
    apply: Callable[[list[Message]], list[Message]] | None = None,
    structured_output: bool = False,
) -> list[Message]:
    """Return the messages that open a candidate, in OpenAI chat form: a system prompt, if there is any, and the question.

    The system prompt is the persona, the split's instruction, the form of a structured answer, and a variant of placement
    `system`, in this order. `apply` is the variant's function; it sees the messages last.

    Raises:
        ConfigError: where `apply` returns something else than messages.
    """
    variant = variant or Variant(name="control")
    text = variant.text.strip("\n")
    parts = [persona_text or "", instruction_of(sample), _STRUCTURED if structured_output else ""]
    system = _joined(*parts, text if variant.placement == "system" else "")
    question = {"prefix": _joined(text, sample.question), "suffix": _joined(sample.question, text)}
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": question.get(variant.placement, sample.question)})
    return messages if apply is None else _checked(apply(copy.deepcopy(messages)), variant)


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part.strip())


def _checked(messages: Any, variant: Variant) -> list[Message]:
    good = isinstance(messages, list) and bool(messages) and all(_is_message(message) for message in messages)
    if not good:
        raise ConfigError(
            "variants",
            f"{variant.name}.function",
            got=messages,
            allowed="a list of {role: system | user | assistant, content: text}, at least one",
            remedy=f"Mend the function {variant.function!r}: it must return the messages to send.",
        )
    return messages


def _is_message(message: Any) -> bool:
    roles = ("system", "user", "assistant")
    return isinstance(message, dict) and message.get("role") in roles and isinstance(message.get("content"), str)
