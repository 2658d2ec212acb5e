"""A change of one family's code is seen to affect the traces that used it, and no other."""

from __future__ import annotations

import pytest
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


@pytest.mark.parametrize(
    ("changed", "is_current"),
    [("weather", False), ("lodging", True), ("machinery", False), ("llm", False), (None, True)],
)
def test_a_changed_family_makes_only_its_own_traces_stale(
    changed: str | None, is_current: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded, matches = digests.used_digests(USED), digests.matches_of(TOOLS)
    then = {**digests.current_family_digests(), **({changed: "0" * 16} if changed else {})}
    monkeypatch.setattr(digests, "current_family_digests", lambda: then)
    assert digests.is_current(recorded, matches, TOOLS) is is_current


def test_a_tool_that_is_now_answered_by_another_mock_makes_its_traces_stale() -> None:
    recorded, matches = digests.used_digests(USED), digests.matches_of(TOOLS)
    assert matches == {
        "get_current_weather": "weather/current_weather",
        "frobnicate_widget": "llm",
        "hotel_search": "lodging/hotel_search",
    }
    assert not digests.is_current(recorded, {**matches, "frobnicate_widget": "widgets/frobnicate"}, TOOLS)
