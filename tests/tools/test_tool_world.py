"""The mocked world is frozen, consistent within a conversation, and shared by nobody."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.tools.families import all_families
from retake.tools.generic import generic_answer
from retake.tools.roles import ROLES
from retake.tools.schemas import declaration
from retake.tools.world import Conversation, ToolResult
from tool_declarations import UNKNOWN, WEATHER, tool


def say(world: Conversation, name: str, **arguments: Any) -> Any:
    """Return what a tool answers, as data; fail where it is no executor's or generic answer."""
    result = world.call(name, json.dumps(arguments))
    assert result.source in ("executor", "generic"), result.content
    return json.loads(result.content or "")


def declared_all() -> list[dict[str, Any]]:
    """Return a declaration for every executor, with the arguments that it needs and some that it may read."""
    made = []
    for family in all_families().values():
        for one in family.tools:
            roles = (*one.needs, "limit", "text", "place", "date", "amount", "numbers")
            parts = {ROLES[role][0]: {} for role in roles}
            made.append(tool(one.name, family.words, **parts))
    return made


EVERY = declared_all()
_VALUES = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.lists(st.one_of(st.integers(-1000, 1000), st.text(max_size=5)), max_size=5),
    st.sampled_from(["Paris", "AAPL", "2026-07-01", "2026-02-30", "USD", "9**9**9", "../..", "", "1/0"]),
)


@pytest.mark.parametrize("declared", EVERY, ids=[one["function"]["name"] for one in EVERY])
def test_every_executor_answers_plain_arguments(declared: dict[str, Any]) -> None:
    function = declared["function"]
    plain = {"place": "Paris", "date": "2026-07-01", "amount": 12, "numbers": [3, 5], "limit": 3, "query": "tea"}
    by_name = {ROLES[role][0]: plain.get(role, "blue 12") for role in ROLES}
    arguments = {name: by_name[name] for name in function["parameters"]["properties"]}
    result = Conversation([declared], seed="s").call(function["name"], json.dumps(arguments))
    assert result.source in ("executor", "error")
    assert "internal_error" not in (result.content or "")


@given(st.sampled_from(EVERY), st.data())
def test_the_same_call_is_the_same_bytes_whatever_it_says_and_in_whatever_order(declared: dict, data: Any) -> None:
    function = declared["function"]
    arguments = {name: data.draw(_VALUES) for name in function["parameters"]["properties"]}
    turned = dict(data.draw(st.permutations(list(arguments.items()))))
    one = Conversation([declared], seed="s").call(function["name"], json.dumps(arguments))
    two = Conversation([declared], seed="s").call(function["name"], json.dumps(turned))
    assert one == two
    assert one.content == two.content
    assert "internal_error" not in (one.content or "")


def test_a_whole_number_and_its_float_are_one_call() -> None:
    declared = [tool("weather_forecast", "Weather forecast", city="string", days="number")]
    one = Conversation(declared, seed="s").call("weather_forecast", '{"city": "Oslo", "days": 3}')
    two = Conversation(declared, seed="s").call("weather_forecast", '{"days": 3.0, "city": "Oslo"}')
    assert one.content == two.content


def test_tools_of_one_family_tell_one_story() -> None:
    world = Conversation(
        [
            tool("get_stock_price", "Stock price of a ticker", symbol="string"),
            tool("stock_history", "Historical stock prices", symbol="string", start_date="string", end_date="string"),
        ],
        seed="s",
    )
    quote = say(world, "get_stock_price", symbol="Apple")
    history = say(world, "stock_history", symbol="AAPL", start_date="2026-06-10", end_date="2026-06-15")
    assert history["prices"][-1]["close"] == quote["price"]


def test_an_unknown_tool_waits_for_the_model_with_canonical_arguments() -> None:
    result = Conversation([UNKNOWN], seed="s").call("frobnicate_widget", '{"widget": "e\\u0301"}')
    assert (result.source, result.content, result.arguments) == ("llm", None, {"widget": "\u00e9"})


def test_a_forced_conversation_leaves_every_good_call_to_the_model() -> None:
    world = Conversation([WEATHER], seed="s", is_forced=True)
    assert world.call("get_current_weather", '{"city": "Oslo"}').source == "llm"
    assert world.call("get_current_weather", "{}").source == "error"


# search tool, its arguments, its list, the id's field, the tool that takes the id, the argument's name
SEARCHES = [
    ("product_search", {"query": "lamp"}, "products", "product_id", "product_details", "product_id"),
    ("hotel_search", {"city": "Rome"}, "hotels", "hotel_id", "hotel_details", "hotel_id"),
    ("restaurant_search", {"city": "Rome"}, "restaurants", "restaurant_id", "restaurant_details", "restaurant_id"),
    ("flight_search", {"origin": "Rome", "destination": "Oslo"}, "flights", "flight_id", "flight_status", "flight_id"),
    ("movie_search", {"title": "harbour"}, "movies", "movie_id", "movie_details", "movie_id"),
    ("event_search", {"city": "Rome"}, "events", "event_id", "show_event_details", "event_id"),
    ("recipe_search", {"query": "soup"}, "recipes", "recipe_id", "recipe_details", "recipe_id"),
    ("job_search", {"query": "nurse"}, "jobs", "job_id", "job_details", "job_id"),
    ("video_search", {"query": "chess"}, "videos", "video_id", "video_details", "video_id"),
    ("news_search", {"query": "trade"}, "articles", "article_id", "article_details", "article_id"),
    ("doctor_search", {"city": "Rome"}, "providers", "provider_id", "doctor_details", "provider_id"),
    ("search_posts", {"query": "chess"}, "posts", "post_id", "post_details", "post_id"),
    ("fixtures", {"league": "NBA"}, "fixtures", "match_id", "match_details", "match_id"),
    ("nearby_places", {"city": "Rome"}, "places", "place_id", "place_details", "place_id"),
]


@pytest.mark.parametrize("row", SEARCHES, ids=[row[0] for row in SEARCHES])
def test_an_id_that_a_search_returned_is_accepted_and_means_the_same(row: tuple) -> None:
    search, arguments, listed, key, get, name = row
    words = {one.name: all_families()[one.family].words for f in all_families().values() for one in f.tools}
    asked = tool(search, words[search], **dict.fromkeys(arguments, "string"))
    world = Conversation([asked, tool(get, words[get], **{name: "string"})], seed="s")
    shown = say(world, search, **arguments)[listed]
    assert len({one[key] for one in shown}) == len(shown) > 1
    for one in shown:
        again = say(world, get, **{name: one[key]})
        same = {field: value for field, value in again.items() if field in one}
        assert {field: one[field] for field in same} | {"status": 0, "in_stock": 0} == same | {
            "status": 0,
            "in_stock": 0,
        }


KINDS = ("event", "reminder", "note", "task", "contact", "ticket", "alarm")


def _organiser(kind: str) -> list[dict[str, Any]]:
    about, key = f"{kind} of the user's calendar and notes", f"{kind}_id"
    return [
        tool(f"create_{kind}", f"Create a {about}", title="string"),
        tool(f"list_{kind}s", f"List each {about}"),
        tool(f"get_{kind}_details", f"Read one {about}", **{key: "string"}),
        tool(f"update_{kind}", f"Update one {about}", **{key: "string", "title": "string"}),
        tool(f"delete_{kind}", f"Delete one {about}", **{key: "string"}),
    ]


@pytest.mark.parametrize("kind", KINDS)
@given(title=st.text(min_size=1, max_size=30), other=st.text(min_size=1, max_size=30))
def test_what_was_written_is_read_back_and_deleting_twice_is_harmless(kind: str, title: str, other: str) -> None:
    world, key = Conversation(_organiser(kind), seed="s"), f"{kind}_id"
    made = say(world, f"create_{kind}", title=title)
    assert say(world, f"get_{kind}_details", **{key: made[key]})["title"] == title
    say(world, f"update_{kind}", **{key: made[key], "title": other})
    assert say(world, f"get_{kind}_details", **{key: made[key]})["title"] == other
    assert made[key] in [row[key] for row in say(world, f"list_{kind}s")[f"{kind}s"]]
    assert say(world, f"delete_{kind}", **{key: made[key]})["existed"] is True
    again = say(world, f"delete_{kind}", **{key: made[key]})
    assert (again["deleted"], again["existed"]) == (True, False)
    gone = world.call(f"get_{kind}_details", json.dumps({key: made[key]}))
    assert json.loads(gone.content or "")["error"]["type"] == "not_found"
    assert made[key] not in [row[key] for row in say(world, f"list_{kind}s")[f"{kind}s"]]


FILES = [
    tool("write_file", "Write a file to disk", file_name="string", content="string"),
    tool("cat", "Display the contents of a file", file_name="string"),
    tool("rm", "Remove a file or directory", file_name="string"),
    tool("mv", "Move a file", source="string", destination="string"),
    tool("mkdir", "Create a directory", dir_name="string"),
    tool("cd", "Change the current working directory", folder="string"),
    tool("ls", "List the contents of a directory"),
]


@given(st.from_regex(r"[a-z]{1,8}\.txt", fullmatch=True), st.text(max_size=60))
def test_a_file_holds_what_was_written_and_moves_with_it(name: str, text: str) -> None:
    world = Conversation(FILES, seed="s")
    say(world, "mkdir", dir_name="work")
    say(world, "cd", folder="work")
    say(world, "write_file", file_name=name, content=text)
    assert say(world, "cat", file_name=name)["file_content"] == text
    say(world, "mv", source=name, destination="other.md")
    assert say(world, "cat", file_name="other.md")["file_content"] == text
    assert say(world, "ls")["current_directory_content"] == ["other.md"]
    assert [say(world, "rm", file_name="other.md")["existed"] for _ in range(2)] == [True, False]


def test_a_conversation_reads_nothing_of_another() -> None:
    one, two = (Conversation([*FILES, *_organiser("note")], seed="s") for _ in range(2))
    before = say(two, "list_notes")
    say(one, "create_note", title="a secret")
    say(one, "write_file", file_name="secret.txt", content="a secret")
    assert say(two, "list_notes") == before
    assert json.loads(two.call("cat", '{"file_name": "secret.txt"}').content or "")["error"]["type"] == "not_found"


def test_two_samples_have_each_their_own_calendar_and_one_weather() -> None:
    tools = [*_organiser("event"), WEATHER]
    one, two = (Conversation(tools, seed=seed) for seed in ("math_0001", "math_0002"))
    assert say(one, "list_events") != say(two, "list_events")
    assert say(one, "get_current_weather", city="Oslo") == say(two, "get_current_weather", city="Oslo")


_LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "date"},
        {"type": "string", "minLength": 30, "maxLength": 40},
        {"type": "string", "enum": ["on", "off"]},
        {"type": "integer", "minimum": 5, "maximum": 7},
        {"type": "float"},
        {"type": "number", "minimum": 1000},
        {"type": "number", "maximum": -3},
        {"type": "boolean"},
        {"type": "any"},
        {"type": ["string", "null"]},
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    ]
)
_NAMES = st.sampled_from(
    ["price", "city", "name", "id", "created_at", "error", "rating", "items", "temperature", "zzz"]
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.dictionaries(_NAMES, inner, min_size=1, max_size=4)
    whole = parts.map(lambda made: {"type": "dict", "properties": made, "required": sorted(made)})
    return whole | inner.map(lambda one: {"type": "array", "items": one, "minItems": 1, "maxItems": 4})


_SCHEMAS = st.dictionaries(_NAMES, st.recursive(_LEAVES, _grown, max_leaves=6), min_size=1, max_size=5)


@given(_SCHEMAS, st.sampled_from(["get_current_weather", "frobnicate_widget", "hotel_search"]), st.text(max_size=12))
def test_a_result_fits_the_response_schema_that_its_tool_declares(parts: dict, name: str, city: str) -> None:
    response = {"type": "dict", "properties": parts, "required": sorted(parts)}
    declared = tool(name, "Weather and hotels of a city", response=response, city="string")
    result = Conversation([declared], seed="s").call(name, json.dumps({"city": city or "Riga"}))
    assert result.source in ("executor", "generic")
    schema = declaration(declared).response
    assert schema is not None
    jsonschema.Draft202012Validator(schema).validate(json.loads(result.content or ""))


def test_an_executors_values_are_kept_where_the_response_schema_has_their_fields() -> None:
    response = {"type": "dict", "properties": {"current_working_directory": {"type": "string"}}}
    world = Conversation([tool("pwd", "Return the current working directory", response=response)], seed="s")
    result: ToolResult = world.call("pwd", "{}")
    assert (result.source, json.loads(result.content or "")) == (
        "executor",
        {"current_working_directory": "/home/user"},
    )


def test_a_generic_answer_says_again_what_it_was_asked() -> None:
    declared = declaration(tool("fee", "Returns the fee, the currency and the status of a company.", company="string"))
    body = generic_answer(declared, {"company": "Acme"})
    assert body["company"] == "Acme"
    assert {"fee", "currency", "status"} <= set(body)
