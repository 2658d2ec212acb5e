"""Tool declarations as datasets write them, mapped to JSON Schema."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from retake.files import canonical_json

Schema = dict[str, Any]

# Words that BFCL, RapidAPI, ToolBench and xLAM rows use for a type, in lower case.
_TYPES = {
    "object": "dict object map hashmap hashtable json mapping record namedtuple dictionary",
    "array": "list tuple array arraylist set vector queue stack sequence iterable",
    "string": "str string char text date time datetime timestamp enum file binary uuid url email bytes geopoint uri",
    "integer": "int integer long short byte bigint int32 int64 whole",
    "number": "float number double decimal numeric real float64 float32 complex",
    "boolean": "bool boolean flag",
    "null": "none null nil void nonetype",
}
TYPE_WORDS = {word: kind for kind, words in _TYPES.items() for word in words.split()}
_NESTED = ("items", "additionalProperties", "not")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


@dataclass(frozen=True, eq=False)
class Declaration:
    """A tool as its row declares it: name, description, parameters and (rarely) response, both JSON Schema or None."""

    name: str
    description: str
    parameters: Schema
    response: Schema | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the declaration as plain data, without a response that it does not declare."""
        body = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return body if self.response is None else {**body, "response": self.response}


def declaration(tool: dict[str, Any]) -> Declaration:
    """Return a tool declaration in one form; `tool` is OpenAI's function tool, its function alone, or Anthropic's.

    A declaration without a usable name is called "unnamed"; what is not a schema counts as one that allows everything.
    """
    return _declaration(canonical_json(tool))


@lru_cache(maxsize=4096)
def _declaration(text: str) -> Declaration:
    tool = json.loads(text)
    body = tool["function"] if isinstance(tool.get("function"), dict) else tool
    given = body.get("parameters", body.get("input_schema", body.get("arguments")))
    response = body.get("response")
    return Declaration(
        str(body.get("name") or "unnamed"),
        str(body.get("description") or ""),
        parameters_schema(given),
        normalised(response) if isinstance(response, dict) and response else None,
    )


def parameters_schema(given: Any) -> Schema:
    """Return the JSON Schema of a tool's arguments object, from any of the forms in which rows give it."""
    if not isinstance(given, dict) or not given:
        return {"type": "object"}
    if "properties" not in given and all(isinstance(value, dict) for value in given.values()):
        given = _from_flat(given)
    return {**normalised(given), "type": "object"}


def _from_flat(given: dict[str, Any]) -> dict[str, Any]:
    """Read the xLAM form: `{"city": {"type": "str, optional", "default": "London"}}`."""
    needed = [n for n, p in given.items() if "optional" not in str(p.get("type", "")).lower() and "default" not in p]
    return {"type": "object", "properties": given, "required": needed}


def normalised(schema: Any) -> Schema:
    """Return `schema` as JSON Schema: foreign type words mapped, misplaced keywords repaired, the rest as it is.

    A type word that nobody knows allows everything, like `any`.
    """
    if not isinstance(schema, dict):
        return {}
    made = {key: value for key, value in schema.items() if key != "type"}
    made.update(_typed(schema.get("type")))
    for key in _NESTED:
        if isinstance(made.get(key), dict):
            made[key] = normalised(made[key])
    for key in _LISTS:
        if isinstance(made.get(key), list):
            made[key] = [normalised(part) for part in made[key]]
    if isinstance(made.get("items"), list):
        made["items"] = {}
    return _repaired(made)


def _repaired(made: Schema) -> Schema:
    """Repair what JSON Schema forbids: `required` as a flag of one property, an enum that is no list, odd properties."""
    properties = made.get("properties")
    if isinstance(properties, dict):
        flags = [n for n, p in properties.items() if isinstance(p, dict) and p.get("required") is True]
        made["properties"] = {name: normalised(part) for name, part in properties.items()}
        named = made.get("required")
        made["required"] = [n for n in (named if isinstance(named, list) else flags) if n in properties]
    else:
        made.pop("properties", None)
        made.pop("required", None)
    if "enum" in made and not (isinstance(made["enum"], list) and made["enum"]):
        del made["enum"]
    if made.get("type") == "array" and "enum" in made and "items" in made:
        made["items"] = {**made["items"], "enum": made["enum"]}
        del made["enum"]
    return {k: v for k, v in made.items() if k not in ("optional", "nullable")} | _nullable(made)


def _nullable(made: Schema) -> Schema:
    if made.get("nullable") is True and isinstance(made.get("type"), str):
        return {"type": [made["type"], "null"]}
    return {}


@lru_cache(maxsize=4096)
def _typed_word(word: str) -> str:
    """Return canonical JSON of what one type word says: `List[int]`, `str, optional`, `Optional[float]`, `dict`."""
    text = re.sub(r"\b(typing\.|optional\s*$|,\s*optional)", "", word.strip(), flags=re.IGNORECASE).strip(" ,")
    outer = re.fullmatch(r"(\w+)\s*[\[<](.*)[\]>]", text)
    if outer and outer[1].lower() in ("optional", "union"):
        return canonical_json(_union([part.strip() for part in outer[2].split(",")], outer[1].lower() == "optional"))
    if "|" in text and not outer:
        return canonical_json(_union([part.strip() for part in text.split("|")], False))
    if outer or text.endswith("[]"):
        kind = TYPE_WORDS.get(outer[1].lower()) if outer else "array"
        inner = outer[2] if outer else text[:-2]
        if kind == "array":
            return canonical_json({"type": "array", "items": _typed(inner if "," not in inner else None)})
        return canonical_json({"type": kind} if kind else {})
    kind = TYPE_WORDS.get(re.sub(r"[\s(].*$", "", text).lower())
    return canonical_json({"type": kind} if kind else {})


def _union(words: list[str], is_optional: bool) -> Schema:
    kinds = [_typed(word).get("type") for word in words]
    if any(not isinstance(kind, str) for kind in kinds):
        return {}
    kinds += ["null"] if is_optional and "null" not in kinds else []
    return {"type": list(dict.fromkeys(kinds))} if len(set(kinds)) > 1 else {"type": kinds[0]}


def _typed(word: Any) -> Schema:
    if isinstance(word, list):
        return _union([str(part) for part in word], False) if word else {}
    return dict(json.loads(_typed_word(word))) if isinstance(word, str) and word else {}
