"""The filter by literals changes no finding: a phrase that it leaves out could not have been found."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import yaml
from retake.verify.refusal_languages import LANGUAGES
from retake.verify.refusal_literals import Candidates, fold, literals_of
from retake.verify.refusal_patterns import ENGLISH

PHRASES = (*ENGLISH, *LANGUAGES)
TABLES = sorted(Path(__file__).parent.glob("refusals*.yaml"))


def texts_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in inner for text in texts_in(item)]


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_the_same_phrases_are_found_in_every_text_of_the_tables(table: Path) -> None:
    """Whatever its case, and turned around by words."""
    candidates, chance = Candidates(PHRASES), random.Random(table.name)
    for text in texts_in(yaml.safe_load(table.read_text(encoding="utf-8"))):
        words = text.split()
        chance.shuffle(words)
        for shown in (text[:400], text.upper()[:400], " ".join(words)[:400]):
            assert candidates.found_in(shown) == [phrase for phrase in PHRASES if phrase.regex.search(shown)]


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        (r"\bI (?:can't|will not)\b", {"can't", "will not"}),
        (r"(?:no|not any) way", {" way"}),
        (r"\w+ly", {"ly"}),
        (r"(?:very )?\w+", None),
        (r"(?:a|\d)", None),
        (r"x{0,3}", None),
        (r"(?:ab){2}", {"ab"}),
        (r"İstanbul", {"istanbul"}),
    ],
)
def test_a_match_needs_one_of_these_literals(pattern: str, needs: set[str] | None) -> None:
    """None where a match need not hold any."""
    found = literals_of(re.compile(pattern, re.IGNORECASE))
    assert found == (None if needs is None else frozenset(needs))


@pytest.mark.parametrize(("one", "other"), [("ı", "I"), ("İ", "i"), ("ſ", "S"), ("ς", "Σ"), ("K", "k"), ("ẞ", "ß")])
def test_what_a_case_blind_pattern_takes_for_equal_folds_to_the_same(one: str, other: str) -> None:
    """Also where lower case alone would tell them apart."""
    assert re.search(one, other, re.IGNORECASE)
    assert fold(one) == fold(other)


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_narrowed_to_a_text_the_same_phrases_are_found_in_its_parts(table: Path) -> None:
    candidates = Candidates(PHRASES)
    for text in texts_in(yaml.safe_load(table.read_text(encoding="utf-8"))):
        narrowed = candidates.within(text)
        for part in (*text.split("."), *(f"{part}?" for part in text.split(","))):
            assert narrowed.found_in(part) == candidates.found_in(part)
