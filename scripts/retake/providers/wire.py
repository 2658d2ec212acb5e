"""What all APIs share between a request and its wire: names of tools, schemas, parsed parts, thinking in the text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from retake.calls.request import Request
from retake.errors import MalformedReply, shown

Body = dict[str, Any]


@dataclass(frozen=True)
class Wire:
    """One request as it is sent: the path below the API's version, the JSON body, and headers beside the usual ones."""

    path: str
    body: Body
    headers: dict[str, str] = field(default_factory=dict)


TYPES = {
    "dict": "object",
    "map": "object",
    "float": "number",
    "double": "number",
    "int": "integer",
    "long": "integer",
    "str": "string",
    "text": "string",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "none": "null",
}
"""Type names of other languages that datasets write into tool schemas, and JSON Schema's names for them."""

STRICT_DROPS = frozenset(
    (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties", "default", "title"),
    )
)
"""Schema keywords outside the subset that both providers' strict mode accepts."""


def tool_names(tools: list[dict[str, Any]]) -> dict[str, str]:
    """Return {name in the request: name on the wire}: both providers take 1 to 64 letters, digits, `_` and `-`."""
    names: dict[str, str] = {}
    for tool in tools:
        original = _function(tool).get("name") or "tool"
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", original)[:64] or "tool"
        taken, wire, count = set(names.values()), plain, 2
        while wire in taken and original not in names:
            wire, count = f"{plain[:60]}_{count}", count + 1
        names.setdefault(original, wire)
    return names


def functions_of(tools: list[dict[str, Any]]) -> list[Body]:
    """Return the tools as {name, description, parameters}, named and typed as the providers accept them; each name once."""
    names, functions = tool_names(tools), {}
    for tool in tools:
        function = _function(tool)
        name = names[function.get("name") or "tool"]
        parameters = tidy_schema(function.get("parameters") or {})
        if parameters.get("type") != "object":
            parameters = {"type": "object", "properties": {}}
        parameters.setdefault("properties", {})
        functions.setdefault(
            name, {"name": name, "description": function.get("description") or "", "parameters": parameters}
        )
    return list(functions.values())


def _function(tool: dict[str, Any]) -> Body:
    inner = tool.get("function")
    return inner if isinstance(inner, dict) else tool


def tidy_schema(schema: Any) -> Any:
    """Return a tool's schema with the type names of JSON Schema, and lists where it wants lists."""
    if not isinstance(schema, dict):
        return schema
    tidy = {key: value for key, value in schema.items() if value is not None}
    kind = tidy.get("type")
    if isinstance(kind, str):
        kind = TYPES.get(kind.lower(), kind.lower())
        tidy["type"] = kind
        if kind not in ("object", "array", "string", "number", "integer", "boolean", "null"):
            del tidy["type"]
    if not isinstance(tidy.get("required", []), list):
        del tidy["required"]
    if isinstance(tidy.get("properties"), dict):
        tidy["properties"] = {name: tidy_schema(inner) for name, inner in tidy["properties"].items()}
    if "items" in tidy:
        tidy["items"] = tidy_schema(tidy["items"])
    return tidy


def strict_schema(schema: Any) -> Any:
    """Return `schema` in the subset that both providers' strict mode takes: closed objects, all keys required, no bounds."""
    if isinstance(schema, list):
        return [strict_schema(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: value for key, value in schema.items() if key not in STRICT_DROPS}
    for key in ("anyOf", "items"):
        if key in strict:
            strict[key] = strict_schema(strict[key])
    for key in ("$defs", "properties"):
        if key in strict:
            strict[key] = {name: strict_schema(inner) for name, inner in strict[key].items()}
    if strict.get("type") == "object":
        strict["additionalProperties"] = False
        strict["required"] = list(strict.get("properties", {}))
    return strict


def original_name(request: Request, wire_name: str) -> str:
    """Return the name that the request gives the tool that the model called by `wire_name`."""
    return next((name for name, wire in tool_names(request.tools).items() if wire == wire_name), wire_name)


def parts_of(request: Request, text: str, finish: str) -> Body | None:
    """Return the parsed structured output, or None where none was asked or the text is not a whole JSON object."""
    if request.response_format is None or finish != "stop":
        return None
    try:
        parts = json.loads(text)
    except ValueError:
        return None
    return parts if isinstance(parts, dict) else None


def split_thinking(text: str) -> tuple[str | None, str]:
    """Return (thinking, answer) of a text in which a server left `<think>` tags; (None, text) where there are none.

    A template may open the tag in the prompt, so that only `</think>` is in the text; without `</think>`, what follows
    `<think>` never became an answer.
    """
    before, closed, after = text.partition("</think>")
    opened = before.lstrip().startswith("<think>")
    if not opened and (not closed or "<think>" in before):
        return None, text
    thinking = before.lstrip().removeprefix("<think>").strip()
    return thinking or None, after.lstrip("\n") if closed else ""


def loaded(arguments: str) -> Body:
    """Return a tool call's arguments as an object; text that is none (a model's slip) goes under `arguments`."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"arguments": arguments}


def text_of(content: Any) -> str:
    """Return the text of a message's content: a string, None, or OpenAI's list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))


def need(body: Any, key: str, kind: type) -> Any:
    """Return `body[key]`, which the protocol promises to be a `kind`.

    Raises:
        MalformedReply: where it is not there or something else.
    """
    value = body.get(key) if isinstance(body, dict) else None
    if not isinstance(value, kind):
        raise MalformedReply(f"the reply holds no usable {key!r}: {shown(body)}")
    return value


def count(usage: Any, *path: str) -> int:
    """Return the number of tokens at `path` of a usage object; 0 where the server does not say."""
    for key in path:
        usage = usage.get(key) if isinstance(usage, dict) else None
    return usage if isinstance(usage, int) else 0
