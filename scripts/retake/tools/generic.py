"""Answers shaped by a schema alone, for tools that no executor knows but whose answer has a plain form."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from retake.tools.arguments import fits
from retake.tools.people import OUTLETS, person, street, work_title
from retake.tools.places import CITIES
from retake.tools.roles import words_of
from retake.tools.schemas import Declaration, Schema
from retake.tools.seeded import Dice

MAX_DEPTH = 8

# What a field of this name holds: a kind of value.
_FIELDS = {
    "money": "price cost amount total fee fare balance salary revenue budget payment value",
    "share": "percent percentage rate ratio probability",
    "score": "rating score stars",
    "count": "count number quantity population views likes followers votes size volume capacity age year duration length",
    "degrees": "temperature humidity",
    "latitude": "latitude lat",
    "longitude": "longitude lon lng",
    "day": "date day created updated published expires",
    "moment": "time timestamp datetime",
    "who": "author user owner director player customer person artist",
    "label": "name title headline",
    "where": "city location place destination origin",
    "street": "address street",
    "country": "country nation",
    "link": "url link website image thumbnail",
    "mail": "email",
    "phone": "phone telephone",
    "code": "id code identifier uuid sku token key",
    "state": "status state condition",
    "currency": "currency",
    "prose": "description summary text content message snippet detail review comment",
    "source": "source publisher provider",
}
_KINDS = {word: kind for kind, words in _FIELDS.items() for word in words.split()}


def kind_of(name: str) -> str | None:
    """Return the kind of value that a field of this name holds, or None; its last known word decides."""
    return next((_KINDS[word] for word in reversed(words_of(name)) if word in _KINDS), None)


@lru_cache(maxsize=8192)
def known_fields(declared: Declaration) -> tuple[str, ...]:
    """Return the fields that a tool's name and description say its answer has, in the order they are said."""
    words = [word.rstrip("s") if word.rstrip("s") in _KINDS else word for word in words_of(declared.description)]
    return tuple(dict.fromkeys(word for word in words if word in _KINDS))[:8]


def generic_answer(declared: Declaration, arguments: dict[str, Any], hints: dict[str, Any] | None = None) -> Any:
    """Return an answer that fits the declared response schema, else one with the fields that the description names.

    Values of `hints`, then of the arguments, are used where a field has their name and they fit it.
    """
    known = {**_flat(arguments), **_flat(hints or {})}
    dice = Dice("generic", declared.name, arguments)
    if declared.response is not None:
        return _Shape(dice, known).value(declared.response, "result", 0)
    fields = known_fields(declared)
    row = {field: _plain(field, dice, known) for field in fields}
    if {"list", "search", "find", "all"} & set(words_of(declared.name)):
        rows = [
            {field: _plain(field, Dice("row", declared.name, arguments, i), {}) for field in fields} for i in range(3)
        ]
        return {"status": "ok", "count": len(rows), "results": rows}
    return {"status": "ok", **arguments, **row}


def is_told_by(shape: Any, hints: dict[str, Any]) -> bool:
    """Return whether every top field of a shaped answer stands in `hints` under its own name."""
    known = _flat(hints)
    return isinstance(shape, dict) and bool(shape) and all(_plain_name(name) in known for name in shape)


def _plain_name(name: str) -> str:
    return "_".join(words_of(name))


def _flat(value: Any, depth: int = 0) -> dict[str, Any]:
    """Return every named value inside `value`, the outermost of a name winning."""
    made: dict[str, Any] = {}
    if isinstance(value, list) and value and depth < 3:
        return _flat(value[0], depth + 1)
    for name, part in value.items() if isinstance(value, dict) else ():
        made.setdefault(_plain_name(str(name)), part)
    for part in list(value.values()) if isinstance(value, dict) and depth < 3 else ():
        made = {**_flat(part, depth + 1), **made}
    return made


def _plain(field: str, dice: Dice, known: dict[str, Any]) -> Any:
    """Return a value for a field with no schema."""
    if field in known and isinstance(known[field], str | int | float | bool):
        return known[field]
    kind = kind_of(field)
    return _number(kind, dice) if kind in _NUMBERS else _text(kind, dice)


_NUMBERS = {
    "money": (4, 900),
    "share": (0, 100),
    "score": (3, 5),
    "count": (1, 900),
    "degrees": (5, 32),
    "latitude": (-60, 65),
    "longitude": (-120, 140),
}


def _number(kind: str | None, dice: Dice) -> float:
    low, high = _NUMBERS.get(kind or "", (1, 100))
    return dice.whole(low, high) if kind == "count" else dice.number(low, high)


def _text(kind: str | None, dice: Dice) -> str:
    makers = {
        "day": lambda: dice.day(-30, 60).isoformat(),
        "moment": lambda: f"{dice.day(-3, 10).isoformat()}T{dice.clock()}:00Z",
        "who": lambda: person("generic", dice.code(6)),
        "label": lambda: work_title("generic", dice.code(6)),
        "where": lambda: dice.pick(CITIES).name,
        "street": lambda: street("generic", dice.code(6)),
        "country": lambda: dice.pick(CITIES).country,
        "link": lambda: f"https://data.example/{dice.code(8).lower()}",
        "mail": lambda: f"{person('generic', dice.code(6)).lower().replace(' ', '.')}@example.com",
        "phone": lambda: f"+1-555-01{dice.whole(10, 99)}",
        "code": lambda: dice.code(10),
        "state": lambda: dice.pick(("active", "completed", "pending", "ok")),
        "currency": lambda: "USD",
        "source": lambda: dice.pick(OUTLETS),
        "prose": lambda: dice.pick(
            ("Completed as asked.", "All values are up to date.", "See the fields above for details.")
        ),
    }
    return makers.get(kind or "", lambda: dice.pick(("standard", "primary", "general", "basic")))()


class _Shape:
    """Makes values that fit a normalised JSON Schema."""

    def __init__(self, dice: Dice, known: dict[str, Any]) -> None:
        self._dice, self._known = dice, known

    def value(self, schema: Schema, name: str, depth: int) -> Any:
        """Return a value that fits `schema`, for a field called `name`."""
        given = self._known.get(_plain_name(name))
        if depth and given is not None and schema.get("type") is not None and fits(given, schema):
            return given
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._dice.pick([one for one in schema["enum"] if fits(one, schema)] or schema["enum"])
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                return self.value(schema[key][0], name, depth)
        kind = schema.get("type")
        kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
        return self._typed({**schema, "type": kind}, name, depth)

    def _typed(self, schema: Schema, name: str, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in ("integer", "number"):
            return self._number(schema, name)
        if kind == "boolean":
            return "error" not in name.lower() and self._dice.chance(0.9)
        return None if kind == "null" else self._text(schema, name)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        needed = schema.get("required", ())
        names = [
            n for n in schema.get("properties", {}) if n in needed or (depth < MAX_DEPTH and not self._is_error(n))
        ]
        return {name: self.value(schema["properties"][name], name, depth + 1) for name in names}

    def _is_error(self, name: str) -> bool:
        return "error" in words_of(name)

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        least = int(schema.get("minItems", 0))
        most = int(schema.get("maxItems", max(least, 3)))
        count = min(max(least, 0 if depth >= MAX_DEPTH else 2), max(most, 0))
        return [self.value(schema.get("items", {}), name.rstrip("s"), depth + 1) for _ in range(count)]

    def _number(self, schema: Schema, name: str) -> float:
        low, high = _NUMBERS.get(kind_of(name) or "", (1, 100))
        low, high = (
            schema.get("minimum", min(low, schema.get("maximum", low))),
            schema.get("maximum", max(high, schema.get("minimum", high))),
        )
        if schema["type"] == "integer":
            return self._dice.whole(math.ceil(low), max(math.floor(high), math.ceil(low)))
        return max(low, min(high, self._dice.number(low, high)))

    def _text(self, schema: Schema, name: str) -> str:
        formats = {
            "date": "day",
            "date-time": "moment",
            "email": "mail",
            "uri": "link",
            "uuid": "code",
            "time": "moment",
        }
        text = _text(formats.get(str(schema.get("format"))) or kind_of(name), self._dice)
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        text = text + "x" * max(0, min(least, 10_000) - len(text))
        return text[: int(most)] if most is not None else text
