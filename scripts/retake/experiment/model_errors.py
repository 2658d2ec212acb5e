"""What pydantic says about a value, as one error for people: file, key, got, allowed, what to do."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from retake.errors import ConfigError

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the entry of `known` most like `word`, or None where none is like it."""
    from rapidfuzz import fuzz, process

    found = process.extractOne(word.lower(), sorted(known), scorer=fuzz.ratio, score_cutoff=55)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that suggests the nearest of `known`, or lists them all."""
    known = sorted(known)
    found = nearest(word, known)
    return f"Did you mean {found}?" if found else f"Known: {', '.join(known) or 'none'}."


def config_error(error: ValidationError, model: type[BaseModel], *, file_of: Any) -> ConfigError:
    """Return the ConfigError that tells what pydantic found; `file_of(key)` names the file a top-level key came from."""
    found = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    first = found[0]
    path = key_path(first["loc"], model)
    allowed, remedy = _advice(first, model)
    others = {key_path(e["loc"], model) for e in found[1:]}
    more = sorted(other for other in others if not path.startswith(other))
    if more:
        remedy += f" Also wrong: {', '.join(more)}."
    file = file_of(str(first["loc"][0]) if first["loc"] else "")
    got = "nothing" if first["type"] == "missing" else first["input"]
    return ConfigError(file, path, got=got, allowed=allowed, remedy=remedy)


def key_path(location: tuple[Any, ...], model: type[BaseModel]) -> str:
    """Return a pydantic location as people write it, `variants[1].text`, without the names of union branches."""
    text = ""
    for part, _ in _walk(location, model):
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _walk(location: tuple[Any, ...], model: type[BaseModel]) -> list[tuple[Any, FieldInfo | None]]:
    """Return the parts of a location that are keys or indexes, each with the field it names."""
    steps: list[tuple[Any, FieldInfo | None]] = []
    current: type[BaseModel] | None = model
    field: FieldInfo | None = None
    for part in location:
        if isinstance(part, str) and current is None and field is not None and part in _branches(field):
            current = _model_in(field)
            continue
        if isinstance(part, str) and current is not None:
            field = current.model_fields.get(part)
            current = _model_in(field) if field is not None and not _is_list(field) else None
        elif isinstance(part, int) and field is not None:
            current = None if _branches(field) else _model_in(field)
        steps.append((part, field))
    return steps


def _branches(field: FieldInfo) -> set[str]:
    return {"mapping", "name"} if _model_in(field) and _is_list(field) else set()


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) in (tuple, list)


def _model_in(field: FieldInfo | None) -> type[BaseModel] | None:
    found = [a for a in _atoms(field.annotation if field else None) if isinstance(a, type) and issubclass(a, BaseModel)]
    return found[0] if found else None


def _atoms(annotation: Any) -> list[Any]:
    arguments = [a for a in get_args(annotation) if a is not Ellipsis]
    if hasattr(annotation, "__metadata__"):
        return _atoms(arguments[0])
    if get_origin(annotation) is Literal or not arguments:
        return [annotation]
    return [atom for argument in arguments for atom in _atoms(argument)]


def _advice(found: Mapping[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    steps = _walk(found["loc"], model)
    key = str(steps[-1][0]) if steps else ""
    if found["type"] == "extra_forbidden":
        known = _keys_beside(steps, model)
        return "a known key", did_you_mean(key, known)
    if found["type"] == "missing":
        return allowed_of(steps[-1][1]), f"Add the line `{key}: ...`."
    if found["type"] == "string_type":
        return allowed_of(steps[-1][1]), "Put it in quotes."
    if found["type"] == "literal_error":
        return allowed_of(steps[-1][1]), did_you_mean(str(found["input"]), _choices(steps[-1][1]))
    message = found["msg"].removeprefix("Value error, ")
    remedy = (
        f"{message[:1].upper()}{message[1:]}."
        if found["type"] == "value_error"
        else f"Correct {key_path(found['loc'], model)}."
    )
    return allowed_of(steps[-1][1]) if steps else "a mapping", remedy


def _choices(field: FieldInfo | None) -> list[str]:
    literals = [a for a in _atoms(field.annotation if field else None) if get_origin(a) is Literal]
    return [str(choice) for literal in literals for choice in get_args(literal)]


def _keys_beside(steps: list[tuple[Any, FieldInfo | None]], model: type[BaseModel]) -> list[str]:
    current = model
    for _, field in steps[:-1]:
        current = _model_in(field) or current
    names = list(current.model_fields)
    return [*names, "samples"] if current is model and "max_queries" in names else names


def allowed_of(field: FieldInfo | None) -> str:
    """Return what a field accepts, in words: its type and its bounds."""
    if field is None:
        return "a value of another kind"
    bounds = _bounds(field)
    return words_of(field.annotation) + (f", {bounds}" if bounds else "")


def words_of(annotation: Any) -> str:
    """Return a type in words: `int | None` is "a whole number or null"."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(str(a) for a in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(words_of(a) for a in arguments)
    if origin in (tuple, list):
        return f"a list of {words_of(arguments[0])}"
    if origin is dict:
        return f"a mapping of {words_of(arguments[0])} to {words_of(arguments[1])}"
    if hasattr(annotation, "__metadata__"):
        return words_of(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a mapping ({', '.join(annotation.model_fields)})"
    return _WORDS.get(annotation, str(annotation))


def _bounds(field: FieldInfo) -> str:
    limits = {}
    for item in field.metadata:
        for name in ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern"):
            if getattr(item, name, None) is not None:
                limits[name] = getattr(item, name)
    unit = " characters" if field.annotation in (str, str | None) else " entries"
    words = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}", "pattern": "like {}"}
    words |= {"min_length": "at least {}" + unit, "max_length": "at most {}" + unit}
    return ", ".join(words[name].format(_number(value)) for name, value in limits.items())


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)
