"""What a trace records of the mocks that it used, by which a change of one family affects those traces alone."""

from __future__ import annotations

from retake.tools import digests
from retake.tools.families import all_families
from tool_declarations import UNKNOWN, WEATHER, tool

TOOLS = [WEATHER, UNKNOWN, tool("hotel_search", "Search hotels in a city", city="string")]
USED = [{"source": "executor", "category": "weather"}, {"source": "llm", "category": "other"}]


def test_every_family_has_a_digest_beside_the_shared_machinery() -> None:
    now = digests.current_family_digests()
    assert set(now) == {*all_families(), "machinery", "llm"}
    assert len(set(now.values())) == len(now)


def test_a_trace_records_the_families_it_used_alone() -> None:
    assert set(digests.used_digests(USED)) == {"weather", "llm", "machinery"}
    assert set(digests.used_digests([])) == {"machinery"}


def test_each_tool_is_matched_with_the_mock_that_answers_it() -> None:
    assert digests.matches_of(TOOLS) == {
        "get_current_weather": "weather/current_weather",
        "frobnicate_widget": "llm",
        "hotel_search": "lodging/hotel_search",
    }
