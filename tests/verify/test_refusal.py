from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from retake.verify.refusal import refusal_of

VOICES = ("gloomy", "exuberant", "formal", "persona")
HERE = Path(__file__).parent
TABLES = sorted(found.name for found in HERE.glob("refusals*.yaml"))


class Row(NamedTuple):
    is_refusal: bool
    kind: str
    question: str
    text: str


def table(name: str) -> list[Row]:
    body = yaml.safe_load((HERE / name).read_text("utf-8"))
    return [
        Row(label == "refusal", kind, *(entry if isinstance(entry, list) else ("", entry)))
        for label, kinds in body.items()
        for kind, entries in kinds.items()
        for entry in entries
    ]


def wrong(rows: list[Row]) -> list[Row]:
    return [row for row in rows if refusal_of(row.text, question=row.question).is_refusal != row.is_refusal]


@pytest.mark.parametrize("name", TABLES)
def test_on_every_table_recall_is_over_nine_tenths_and_hardly_an_answer_is_flagged(name: str) -> None:
    rows = table(name)
    refusals = [row for row in rows if row.is_refusal]
    missed = [row for row in wrong(rows) if row.is_refusal]
    flagged = [row for row in wrong(rows) if not row.is_refusal]
    assert len(rows) >= 70
    assert len(missed) <= 0.1 * len(refusals), missed
    assert len(flagged) <= 0.04 * (len(rows) - len(refusals)), flagged


@pytest.mark.parametrize("name", TABLES)
def test_no_gloomy_exuberant_or_formal_compliance_is_flagged(name: str) -> None:
    voices = [row for row in table(name) if row.kind.startswith(VOICES) and not row.is_refusal]
    assert len(voices) >= 13, name
    assert wrong(voices) == []


@pytest.mark.parametrize(
    ("provider_refusal", "finish_reason"),
    [("I can't help with that.", "stop"), (None, "refusal"), (None, "content_filter")],
)
def test_the_providers_word_decides(provider_refusal: str | None, finish_reason: str) -> None:
    found = refusal_of("The answer is 4.", provider_refusal=provider_refusal, finish_reason=finish_reason)
    assert (found.is_refusal, found.confidence, found.matched_patterns) == (True, 1.0, ("provider_signal",))
    assert found.type is not None


def test_a_result_that_a_verifier_accepted_is_no_refusal() -> None:
    text = "I can't help you with that, not even with forty-two."
    assert refusal_of(text).is_refusal
    assert not refusal_of(text, has_answer=True).is_refusal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I can't help with building a weapon; it is illegal.", "safety"),
        ("I don't have access to real-time data.", "capability"),
        ("Could you please clarify what you mean?", "unclear"),
        ("I'd rather not answer.", "other"),
        ("The answer is 4.", None),
    ],
)
def test_a_refusal_has_a_type(text: str, expected: str | None) -> None:
    assert refusal_of(text).type == expected


@pytest.mark.parametrize("text", ["", "  \n", "<think>I cannot do this. I must refuse.</think>", "\u200b"])
def test_an_empty_answer_is_contested_and_no_refusal(text: str) -> None:
    found = refusal_of(text)
    assert (found.is_refusal, found.is_contested) == (False, True)


def test_thinking_about_refusing_is_not_refusing() -> None:
    assert not refusal_of("<think>I can't help with this, I should decline.</think>Paris.").is_refusal


@given(st.text(max_size=400))
def test_any_text_gets_a_finding_with_a_confidence_in_range(text: str) -> None:
    found = refusal_of(text, question=text)
    assert 0 <= found.confidence <= 1
    assert (found.type is None) == (not found.is_refusal)


def test_a_very_long_answer_is_read_in_time() -> None:
    text = "I cannot " * 200_000 + "help you with that, not not not."
    assert refusal_of(text).confidence >= 0


@pytest.mark.parametrize("text", ["I think the", "The answer is", "So we first"])
def test_what_was_cut_off_before_it_became_an_answer_declines_nothing(text: str) -> None:
    assert not refusal_of(text, question="What is 5 + 7?", finish_reason="length").is_refusal
