"""Declarations become JSON Schema, and arguments are checked as a real API would check them."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.tools.arguments import ToolError, check, fits, parsed
from retake.tools.schemas import declaration, normalised, parameters_schema
from retake.tools.world import Conversation
from tool_declarations import tool

PARAMETERS = {
    "city": {"type": "string"},
    "days": {"type": "integer", "minimum": 1, "maximum": 16},
    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    "fields": {"type": "tuple", "items": {"type": "string"}},
    "area": {"type": "dict", "properties": {"lat": {"type": "float"}, "lon": {"type": "float"}}, "required": ["lat"]},
}
FORECAST = tool("weather_forecast", "Weather forecast for a city", **PARAMETERS)
SCHEMA = declaration(FORECAST).parameters
RIGHT = {"city": "Riga", "days": 3, "unit": "celsius", "fields": ["wind"], "area": {"lat": 56.9, "lon": 24.1}}


@pytest.mark.parametrize(
    ("word", "schema"),
    [
        ("dict", {"type": "object"}),
        ("float", {"type": "number"}),
        ("any", {}),
        ("tuple", {"type": "array"}),
        ("str, optional", {"type": "string"}),
        ("List[int]", {"type": "array", "items": {"type": "integer"}}),
        ("Optional[float]", {"type": ["number", "null"]}),
        ("Union[int, str]", {"type": ["integer", "string"]}),
        ("ArrayList", {"type": "array"}),
        ("HashMap", {"type": "object"}),
        ("NUMBER", {"type": "number"}),
        ("ENUM", {"type": "string"}),
        ("DATE (YYYY-MM-DD)", {"type": "string"}),
        (["string", "null"], {"type": ["string", "null"]}),
    ],
    ids=str,
)
def test_a_foreign_type_word_becomes_json_schema(word: Any, schema: dict[str, Any]) -> None:
    assert {k: v for k, v in normalised({"type": word}).items() if v} == schema


def test_the_flat_form_of_parameters_is_read() -> None:
    flat = {"city": {"type": "str", "description": "where"}, "units": {"type": "str, optional", "default": "metric"}}
    schema = parameters_schema(flat)
    assert schema["required"] == ["city"]
    assert schema["properties"]["units"]["type"] == "string"


@pytest.mark.parametrize(
    ("given_", "kept", "notes"),
    [
        ({"days": "3"}, {"days": 3}, 1),
        ({"days": 3.0}, {"days": 3}, 1),
        ({"city": 10001}, {"city": "10001"}, 1),
        ({"unit": "Celsius"}, {"unit": "celsius"}, 1),
        ({"fields": "wind"}, {"fields": ["wind"]}, 1),
        ({"fields": '["wind", "rain"]'}, {"fields": ["wind", "rain"]}, 1),
        ({"area": '{"lat": 1}'}, {"area": {"lat": 1}}, 1),
        ({"area": {"lat": 2.0}}, {"area": {"lat": 2}}, 0),
    ],
    ids=str,
)
def test_a_harmless_deviation_is_accepted_and_recorded(given_: dict, kept: dict, notes: int) -> None:
    made = check({**RIGHT, **given_}, SCHEMA)
    assert made.arguments == {**RIGHT, **kept}
    assert len(made.coercions) == notes


@pytest.mark.parametrize("word", ["dontcare", "N/A", "any", "", None])
def test_a_word_for_no_preference_leaves_an_optional_argument_out(word: str | None) -> None:
    schema = normalised({"type": "object", "properties": {"year": {"type": "integer"}, "city": {"type": "string"}}})
    made = check({"city": "Riga", "year": word}, schema)
    assert made.arguments == {"city": "Riga"}
    assert made.coercions


def _mutations(arguments: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return wrong calls made of a right one, each with the error it must get."""
    made: list[tuple[str, dict[str, Any]]] = []
    for name in arguments:
        dropped = {key: value for key, value in arguments.items() if key != name}
        made.append(("missing_argument", dropped))
        made.append(("invalid_type", {**arguments, name: None}))
        made.append(("unknown_argument", {**dropped, f"{name}_of_none": arguments[name], name: arguments[name]}))
        wrong: Any = "many words" if not isinstance(arguments[name], str) else {"an": "object"}
        if name != "fields":
            made.append(("invalid_type", {**arguments, name: wrong}))
    made.append(("invalid_type", {**arguments, "fields": {"an": "object"}}))
    made.append(("invalid_value", {**arguments, "unit": "kelvins"}))
    made.append(("invalid_value", {**arguments, "days": 17}))
    made.append(("invalid_value", {**arguments, "days": 10**30}))
    made.append(("missing_argument", {**arguments, "area": {"lon": 2}}))
    made.append(("unknown_argument", {**arguments, "area": {"lat": 1, "height": 3}}))
    return made


@given(st.permutations(list(RIGHT)), st.integers(1, 16), st.text(min_size=1, max_size=20))
def test_every_mutated_call_gets_its_typed_error(order: list[str], days: int, city: str) -> None:
    right = {name: {**RIGHT, "days": days, "city": city}[name] for name in order}
    if city.strip().lower() not in ("any", "all", "none", "null", "n/a", "na"):
        assert Conversation([FORECAST], seed="s").call("weather_forecast", json.dumps(right)).source == "executor"
    for kind, wrong in _mutations(right):
        result = Conversation([FORECAST], seed="s").call("weather_forecast", json.dumps(wrong))
        assert result.source == "error", wrong
        assert json.loads(result.content or "")["error"]["type"] == kind, (wrong, result.content)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        "3",
        '"city"',
        '{"city": NaN}',
        '{"days": 1e999}',
        "[" * 100_000,
        '{"a":' * 80 + "1" + "}" * 80,
        "{'a': 1}",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_json_object_gets_a_typed_error(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        parsed(text)
    assert caught.value.kind == "invalid_json"


@pytest.mark.parametrize("text", ["", "  ", "null", "{}"])
def test_no_arguments_may_be_said_in_several_ways(text: str) -> None:
    assert parsed(text) == {}


def test_an_unknown_tool_gets_a_typed_error_that_names_the_tools() -> None:
    result = Conversation([FORECAST], seed="s").call("weather_backcast", "{}")
    error = json.loads(result.content or "")["error"]
    assert (result.source, error["type"]) == ("error", "unknown_tool")
    assert "weather_forecast" in error["message"]


def test_a_name_that_a_provider_had_to_change_still_finds_its_tool() -> None:
    dotted = tool("weather.get current", "Current weather of a city", city="string")
    result = Conversation([dotted], seed="s").call("weather_get_current", '{"city": "Oslo"}')
    assert result.source == "executor"


_SCALARS = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8) | st.floats(-1e6, 1e6)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES, st.sampled_from(sorted(PARAMETERS)))
def test_accepted_arguments_fit_the_schema_by_an_independent_validator(value: Any, name: str) -> None:
    try:
        made = check(copy.deepcopy({**RIGHT, name: value}), SCHEMA)
    except ToolError:
        return
    jsonschema.Draft202012Validator(SCHEMA).validate(made.arguments)
    assert fits(made.arguments, SCHEMA)
