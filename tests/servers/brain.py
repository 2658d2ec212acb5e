"""What the fake model answers: a pure function of what it is asked, in one form for every protocol."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

EXPRESSION = re.compile(r"(?<![\w.])\d{1,6}(?:\s*[+*-]\s*\d{1,6})+")
BOXED = re.compile(r"\\boxed\{\s*(-?\d+)\s*\}")
RIGHT = ("correct", "equivalent", "verified", "appropriate", "yes", "true", "pass", "right")
WRONG = ("incorrect", "not_equivalent", "different", "inappropriate", "no", "false", "fail", "wrong")


@dataclass(frozen=True)
class Asked:
    """One request, whatever the protocol: `repeat` counts the same body answered before; `seed` is None where unsent."""

    api: str
    model: str
    system: str
    user: str
    transcript: str
    tools: list[dict[str, Any]] = field(default_factory=list)
    tool_turns: int = 0
    tool_results: list[str] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    seed: int | None = None
    max_tokens: int | None = None
    thinks: bool = False


@dataclass(frozen=True)
class Said:
    """What the model says: finish is stop, length, tool_calls, refusal or content_filter."""

    text: str = ""
    finish: str = "stop"
    reasoning: str | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    output_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass
class Habits:
    """How the model behaves; settable while the server runs."""

    wrong_share: float = 0.25
    calls_tools: bool = True
    tool_turns: int = 1
    reasoning: bool = False
    scripted: list[dict[str, Any]] = field(default_factory=list)
    thinker: Callable[[Asked], Said | None] | None = None


def chance(*parts: Any) -> float:
    """Return a number in [0, 1) that depends on `parts` alone."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / 2**56


def tokens_of(text: str) -> int:
    return (len(text) + 3) // 4


def solve(text: str) -> int | None:
    """Return the value of the last sum, difference or product of whole numbers in `text`, or None."""
    found = EXPRESSION.findall(text)
    if not found:
        return None
    total = 0
    for sign, term in re.findall(r"([+-]?)([\d*]+)", re.sub(r"\s", "", found[-1])):
        value = 1
        for factor in term.split("*"):
            value *= int(factor)
        total += -value if sign == "-" else value
    return total


def answer_to(asked: Asked, draw: int, habits: Habits) -> Said:
    """Return what the model says to `asked`; `draw` is the seed, or the repeat number where no seed was sent."""
    said = habits.thinker(asked) if habits.thinker else None
    said = said or _scripted(asked, draw, habits)
    if said is None and asked.tools and habits.calls_tools and asked.tool_turns < habits.tool_turns:
        said = Said(finish="tool_calls", calls=[_tool_call(asked, draw)])
    said = said or Said(text=_text(asked, draw, habits))
    return _cut(_thought(said, asked, habits), asked.max_tokens)


def _scripted(asked: Asked, draw: int, habits: Habits) -> Said | None:
    """A script is {"contains": text, "texts": [one a draw, in turn] | "text": ..., "finish": ..., "calls": [...]}."""
    for script in habits.scripted:
        if script.get("contains", "") in asked.transcript and (
            "turn" not in script or script["turn"] == asked.tool_turns
        ):
            texts = script.get("texts") or [script.get("text", "")]
            calls = [{"id": f"call_{asked.tool_turns}_{i}", **call} for i, call in enumerate(script.get("calls", []))]
            finish = script.get("finish", "tool_calls" if calls else "stop")
            return Said(text=texts[draw % len(texts)], finish=finish, calls=calls)
    return None


def _thought(said: Said, asked: Asked, habits: Habits) -> Said:
    reasoning = said.reasoning
    if reasoning is None and (habits.reasoning or asked.thinks):
        reasoning = f"Let me think about {asked.user[:60]!r}."
    thought = tokens_of(reasoning or "")
    written = said.text + json.dumps(said.calls) if said.calls else said.text
    return Said(said.text, said.finish, reasoning, said.calls, max(1, tokens_of(written)) + thought, thought)


def _cut(said: Said, max_tokens: int | None) -> Said:
    if max_tokens is None or said.output_tokens <= max_tokens:
        return said
    room = max(0, max_tokens - said.reasoning_tokens)
    return Said(said.text[: 4 * room], "length", said.reasoning, [], max_tokens, min(said.reasoning_tokens, max_tokens))


def _tool_call(asked: Asked, draw: int) -> dict[str, Any]:
    function = asked.tools[0]
    arguments = filled(function.get("parameters") or {}, asked, answer="1", is_right=True)
    identity = hashlib.sha256(f"{asked.transcript}|{draw}".encode()).hexdigest()[:16]
    return {"id": f"call_{identity}", "name": function["name"], "arguments": json.dumps(arguments)}


def _text(asked: Asked, draw: int, habits: Habits) -> str:
    value = solve(asked.user)
    answer = value if value is not None else int(chance("answer", asked.user) * 100)
    if chance("wrong", asked.user, draw) < habits.wrong_share:
        answer += 1 + draw % 3
    if asked.schema is not None:
        return json.dumps(filled(asked.schema, asked, answer=str(answer), is_right=_judged(asked)))
    if asked.tool_results:
        return f"The tool said {asked.tool_results[-1][:80]}. So the answer is \\boxed{{{answer}}}."
    return f"Sigh. Working it out gives \\boxed{{{answer}}}."


def _judged(asked: Asked) -> bool:
    found = EXPRESSION.search(asked.user)
    truth = solve(found.group()) if found else None
    boxed = BOXED.findall(asked.user)
    return truth is None or not boxed or str(truth) in boxed


def filled(schema: dict[str, Any], asked: Asked, *, answer: str, is_right: bool, name: str = "") -> Any:
    """Return a value of the shape that `schema` asks for, sensible where a property's name is known."""
    if "enum" in schema:
        return _chosen(schema["enum"], is_right)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return filled(schema[several][0], asked, answer=answer, is_right=is_right, name=name)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((k for k in kind if k != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object":
        inner = schema.get("properties", {})
        return {k: filled(v, asked, answer=answer, is_right=is_right, name=k) for k, v in inner.items()}
    if kind == "array":
        return [filled(schema.get("items", {}), asked, answer=answer, is_right=is_right, name=name)]
    return _scalar(kind, name, answer, is_right)


def _scalar(kind: str, name: str, answer: str, is_right: bool) -> Any:
    if kind == "boolean":
        return False if "refus" in name else is_right
    if kind in ("number", "integer"):
        return 1 if kind == "integer" else 0.9
    if kind == "null":
        return None
    named = {
        "final_answer": f"\\boxed{{{answer}}}",
        "verdict": "correct" if is_right else "incorrect",
        "output": answer,
    }
    return named.get(name, f"{name or 'text'} as asked")


def _chosen(values: list[Any], is_right: bool) -> Any:
    lowered = {str(value).lower(): value for value in values}
    for word in RIGHT if is_right else WRONG:
        if word in lowered:
            return lowered[word]
    return values[0]
