"""Arguments of a tool call: checked against the tool's schema, harmless deviations accepted and recorded."""

from __future__ import annotations

import json
import math
import unicodedata
from dataclasses import dataclass
from typing import Any

from retake.errors import shown
from retake.tools.schemas import Schema

MAX_DEPTH = 40
_NO_PREFERENCE = frozenset(("", "any", "all", "none", "null", "n/a", "na", "dontcare", "nopreference"))


class ToolError(Exception):
    """A call that a real API would answer with an error: `kind` is a word such as missing_argument or not_found."""

    def __init__(self, kind: str, message: str, *, argument: str | None = None) -> None:
        super().__init__(message)
        self.kind, self.argument = kind, argument

    def as_dict(self) -> dict[str, Any]:
        """Return the error as a tool's result carries it."""
        body = {"type": self.kind, "message": str(self)}
        return {"error": body if self.argument is None else {**body, "argument": self.argument}}


@dataclass(frozen=True)
class Checked:
    """Arguments that fit their schema, in canonical form, and what was changed for it, one line a change."""

    arguments: dict[str, Any]
    coercions: tuple[str, ...] = ()


def parsed(text: str) -> dict[str, Any]:
    """Return the arguments that a model wrote as JSON text; an empty text or `null` is no arguments.

    Raises:
        ToolError: (invalid_json) where the text is no JSON object, or holds a number that JSON cannot say.
    """
    if text.strip() in ("", "null"):
        return {}
    try:
        value = json.loads(text, parse_constant=_no_constant)
        _assert_plain(value, MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise ToolError("invalid_json", f"the arguments are not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise ToolError("invalid_json", f"the arguments must be a JSON object, not {_kind(value)}")
    return value


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _assert_plain(value: Any, depth: int) -> None:
    if depth < 0:
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is out of range")
    if isinstance(value, int) and abs(value) > 10**300:
        raise ValueError("a number is out of range")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _assert_plain(part, depth - 1)


def canonical(value: Any) -> Any:
    """Return `value` in the form that names a call: NFC strings, 1 for 1.0, sorted keys (dicts compare unordered)."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {canonical(key): canonical(value[key]) for key in sorted(value)}
    return [canonical(part) for part in value] if isinstance(value, list) else value


def check(arguments: dict[str, Any], schema: Schema) -> Checked:
    """Return `arguments` as `schema` wants them.

    Raises:
        ToolError: missing_argument, unknown_argument, invalid_type or invalid_value, with the argument's name.
    """
    notes: list[str] = []
    return Checked(canonical(_object(arguments, schema, "", notes)), tuple(notes))


def fits(value: Any, schema: Schema) -> bool:
    """Return whether `value` satisfies a normalised schema just as it is, with no coercion."""
    notes: list[str] = []
    try:
        _value(value, schema, "value", notes)
    except ToolError:
        return False
    return not notes


def _object(given: dict[str, Any], schema: Schema, where: str, notes: list[str]) -> dict[str, Any]:
    properties, required = schema.get("properties"), schema.get("required", ())
    if properties is None:
        return given
    renamed = _renamed(given, properties, where, notes)
    for name in required:
        if name not in renamed:
            raise ToolError(
                "missing_argument", f"missing required argument {_at(where, name)}", argument=_at(where, name)
            )
    kept = {}
    for name, value in renamed.items():
        at = _at(where, name)
        if name not in properties:
            kept[name] = _extra(value, schema, at, properties)
        elif value is None and name not in required and not _allows_null(properties[name]):
            notes.append(f"{at}: null taken as absent")
        elif name not in required and _says_nothing(value) and not fits(value, properties[name]):
            notes.append(f"{at}: {value!r} taken as absent")
        else:
            kept[name] = _value(value, properties[name], at, notes)
    return kept


def _says_nothing(value: Any) -> bool:
    """Return whether `value` is a word for no preference, which models give where an argument may be left out."""
    return isinstance(value, str) and _plain(value) in _NO_PREFERENCE


def _renamed(given: dict[str, Any], properties: Schema, where: str, notes: list[str]) -> dict[str, Any]:
    """Take `City` for `city`: a name that differs only in case or separators, where nothing else fits it."""
    plain = {_plain(name): name for name in properties}
    made = {}
    for name, value in sorted(given.items()):
        meant = plain.get(_plain(name), name)
        if name not in properties and meant in properties and meant not in given:
            notes.append(f"{_at(where, name)}: read as {meant}")
            name = meant
        made[name] = value
    return made


def _extra(value: Any, schema: Schema, at: str, properties: Schema) -> Any:
    allowed = schema.get("additionalProperties")
    if allowed is True or isinstance(allowed, dict) or (not properties and allowed is not False and "." in at):
        return value
    known = ", ".join(sorted(properties)) or "none"
    raise ToolError("unknown_argument", f"unknown argument {at}; known: {known}", argument=at)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _allows_null(schema: Schema) -> bool:
    kind = schema.get("type")
    return kind is None or kind == "null" or (isinstance(kind, list) and "null" in kind)


def _value(value: Any, schema: Schema, at: str, notes: list[str]) -> Any:
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return _first_that_fits(value, schema[key], at, notes)
    kinds = schema.get("type")
    if kinds is None:
        return _in_enum(value, schema, at, notes)
    options = [{**schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else None
    if options:
        return _first_that_fits(value, options, at, notes)
    if _kind(value) == kinds or (kinds == "number" and _kind(value) == "integer"):
        made = value
    else:
        made = _coerced(value, kinds, schema, at)
        notes.append(f"{at}: {_kind(value)} {shown(value, width=40)} taken as {kinds}")
    if kinds == "object":
        made = _object(made, schema, at, notes)
    if kinds == "array" and schema.get("items"):
        made = [_value(part, schema["items"], f"{at}[{i}]", notes) for i, part in enumerate(made)]
    _assert_bounds(made, schema, at)
    return _in_enum(made, schema, at, notes)


def _first_that_fits(value: Any, options: list[Schema], at: str, notes: list[str]) -> Any:
    for option in options:
        if fits(value, option):
            return value
    failures = []
    for option in options:
        tried: list[str] = []
        try:
            made = _value(value, option, at, tried)
        except ToolError as error:
            failures.append(error)
            continue
        notes.extend(tried)
        return made
    raise failures[0]


def _coerced(value: Any, kind: str, schema: Schema, at: str) -> Any:
    made = _COERCIONS.get(kind, _nothing)(value)
    if made is None and kind == "array" and not isinstance(value, dict | None) and fits(value, schema.get("items", {})):
        made = [value]
    if made is None:
        raise ToolError(
            "invalid_type", f"{at} must be {kind}, got {_kind(value)} {shown(value, width=60)}", argument=at
        )
    return made


def _nothing(value: Any) -> None:
    return None


def _to_number(value: Any) -> Any:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return (int(number) if number.is_integer() and abs(number) < 2**53 else number) if math.isfinite(number) else None


def _to_integer(value: Any) -> Any:
    number = value if isinstance(value, float) else _to_number(value)
    return int(number) if number is not None and float(number).is_integer() else None


def _to_string(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def _to_boolean(value: Any) -> Any:
    words = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
    is_word = isinstance(value, str) or (isinstance(value, int) and value in (0, 1))
    return words.get(str(value).strip().lower()) if is_word else None


def _from_text(value: Any, kind: type) -> Any:
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        made = json.loads(value, parse_constant=_no_constant)
        _assert_plain(made, MAX_DEPTH)
    except (ValueError, RecursionError):
        return None
    return made if isinstance(made, kind) else None


_COERCIONS = {
    "number": _to_number,
    "integer": _to_integer,
    "string": _to_string,
    "boolean": _to_boolean,
    "array": lambda value: _from_text(value, list),
    "object": lambda value: _from_text(value, dict),
}


def _in_enum(value: Any, schema: Schema, at: str, notes: list[str]) -> Any:
    allowed = schema.get("enum")
    if allowed is None or any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in allowed):
        return value
    for one in allowed:
        if not isinstance(value, dict | list | None) and _plain(str(one)) == _plain(str(value)):
            notes.append(f"{at}: {shown(value, width=40)} read as {shown(one, width=40)}")
            return one
    choice = ", ".join(str(one) for one in allowed[:30])
    raise ToolError("invalid_value", f"{at} must be one of: {choice}; got {shown(value, width=60)}", argument=at)


def _assert_bounds(value: Any, schema: Schema, at: str) -> None:
    size = len(value) if isinstance(value, str | list) else value
    low, high = {str: ("minLength", "maxLength"), list: ("minItems", "maxItems")}.get(
        type(value), ("minimum", "maximum")
    )
    if isinstance(size, bool) or not isinstance(size, int | float):
        return
    least, most = schema.get(low), schema.get(high)
    if (_is_number(least) and size < least) or (_is_number(most) and size > most):
        limits = f"at least {least}" if _is_number(least) and size < least else f"at most {most}"
        raise ToolError("invalid_value", f"{at} must be {limits} ({low}/{high}), got {size}", argument=at)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "unknown")
