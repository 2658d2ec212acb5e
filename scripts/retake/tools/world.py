"""One candidate's conversation with the mocked world: its calls, and the state that they leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from retake.files import canonical_json
from retake.samples.sample import Sample
from retake.tools.arguments import ToolError, check, fits, parsed
from retake.tools.family import Query
from retake.tools.generic import generic_answer, is_told_by
from retake.tools.match import GENERIC, OTHER, Match, match
from retake.tools.schemas import Declaration, declaration

# What a faulty executor can raise: the model is told of an internal error, as by a real service.
_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class ToolResult:
    """What a tool answered: `content` is JSON text; None where the LLM mock has to say it (`source` is then llm).

    `source` is executor, generic, llm or error; `confidence` is how sure the match was, in [0, 1]; `category` is the
    family, or other; `coercions` are the deviations from the schema that were accepted.
    """

    content: str | None
    source: str
    confidence: float
    category: str
    coercions: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    declared: Declaration | None = None


class Conversation:
    """The tools of one sample, and the state of one conversation with them.

    `seed` names the sample, so that every persona, variant and candidate begins in the same world; what a conversation
    changes stays in it. `is_forced` leaves every call that passes its checks to the LLM mock.
    """

    def __init__(self, tools: list[dict[str, Any]], *, seed: str, is_forced: bool = False) -> None:
        self._declared = {tool.name: tool for tool in map(declaration, reversed(tools))}
        self._wire = {_wire_name(name): name for name in self._declared}
        self._seed, self._is_forced = seed, is_forced
        self._tables: dict[str, dict[str, dict[str, Any]]] = {}
        self._shown: dict[tuple[str, str], dict[str, Any]] = {}
        self._ids: dict[str, int] = {}

    @classmethod
    def of_sample(cls, sample: Sample, *, is_forced: bool = False) -> Conversation:
        """Return a new conversation with a sample's tools."""
        return cls(sample.tools, seed=sample.query_id, is_forced=is_forced)

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the mutable records of one kind, by id; see `World`."""
        return self._tables.setdefault(name, {})

    def issue(self, kind: str, identifier: str, record: dict[str, Any]) -> dict[str, Any]:
        """Keep a record that is shown, so that its id is accepted afterwards; see `World`."""
        return self._shown.setdefault((kind, identifier), record)

    def shown(self, kind: str, identifier: str) -> dict[str, Any] | None:
        """Return the record that was shown under this id, or None; see `World`."""
        return self._shown.get((kind, identifier))

    def new_id(self, kind: str) -> str:
        """Return an id that this conversation has not used for `kind`; see `World`."""
        self._ids[kind] = self._ids.get(kind, 0) + 1
        return f"{kind}_{1000 + self._ids[kind]}"

    def seed(self) -> str:
        """Return the sample's name in the seeds of the conversation's own data."""
        return self._seed

    def call(self, name: str, arguments_json: str) -> ToolResult:
        """Return what the tool called `name` answers to arguments that a model wrote as JSON text; never raises for them."""
        declared = self._declared.get(name) or self._declared.get(self._wire.get(_wire_name(name), ""))
        if declared is None:
            known = ", ".join(sorted(self._declared)) or "none"
            return _failed(
                ToolError("unknown_tool", f"there is no tool {name[:80]!r}; tools: {known}"), Match(1.0, OTHER)
            )
        found = match(declared)
        try:
            checked = check(parsed(arguments_json), declared.parameters)
        except ToolError as error:
            return _failed(error, found)
        if self._is_forced or found.confidence < GENERIC:
            return ToolResult(
                None, "llm", found.confidence, found.family, checked.coercions, checked.arguments, declared
            )
        return self._answered(declared, found, checked.arguments, checked.coercions)

    def _answered(
        self, declared: Declaration, found: Match, arguments: dict[str, Any], coercions: tuple[str, ...]
    ) -> ToolResult:
        try:
            body, source, confidence = self._body(declared, found, arguments)
            content = canonical_json(body)
        except ToolError as error:
            return _failed(error, found, coercions, arguments)
        except _FAULTS as error:
            fault = ToolError("internal_error", f"the service failed ({type(error).__name__})")
            return _failed(fault, found, coercions, arguments)
        return ToolResult(content, source, confidence, found.family, coercions, arguments, declared)

    def _body(self, declared: Declaration, found: Match, arguments: dict[str, Any]) -> tuple[Any, str, float]:
        if found.tool is None:
            return generic_answer(declared, arguments), "generic", found.confidence
        body = found.tool.run(Query(declared.name, {**_defaults(declared), **arguments}), self)
        if declared.response is None or fits(body, declared.response):
            return body, "executor", found.confidence
        shaped = generic_answer(declared, arguments, body)
        return (shaped, "executor", found.confidence) if is_told_by(shaped, body) else (shaped, "generic", 0.7)


def _wire_name(name: str) -> str:
    """Return a tool's name as providers accept it: letters, digits, `_` and `-`, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64]


def _defaults(declared: Declaration) -> dict[str, Any]:
    """Return the values that the declaration gives to arguments left out, where they say something."""
    parts = declared.parameters.get("properties", {})
    given = {
        name: part["default"] for name, part in parts.items() if part.get("default") not in (None, "", "None", "null")
    }
    return {name: value for name, value in given.items() if fits(value, parts[name])}


def _failed(
    error: ToolError, found: Match, coercions: tuple[str, ...] = (), arguments: dict[str, Any] | None = None
) -> ToolResult:
    content = canonical_json(error.as_dict())
    return ToolResult(content, "error", found.confidence, found.family, coercions, arguments or {})
