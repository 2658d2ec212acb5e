import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.prompts.personas import load_persona
from retake.verify.persona import persona_score
from workspace import ROOT

VOICES = {
    name: load_persona(f"personas/{name}_flexible.txt", root=ROOT).markers for name in ("marvin", "data", "johnny5")
}
CODE = "```python\n# sigh, pointless: don't, INPUT! alive\nprint(\"I've despair\")\n```"

TABLE = [
    ("marvin", "Here I am, brain the size of a planet. Sigh. It is 4, not that it matters.", 1.0),
    ("marvin", "The answer is 4.", 0.0),
    ("marvin", "Great question! Happy to help!! The answer is 4.", 0.0),
    ("data", "I have determined that it is 4. It is precisely 4. Fascinating.", 1.0),
    ("data", "It's 4. I'm sure that's right, don't worry!", 0.0),
    ("johnny5", "Input received! Wow, 4! Number 5 is alive!", 1.0),
    ("johnny5", "The answer is 4.", 0.0),
    ("johnny5", "How boring and pointless. 4.", 0.0),
]


@pytest.mark.parametrize(("voice", "text", "expected"), TABLE)
def test_a_voice_scores_what_it_shows(voice: str, text: str, expected: float) -> None:
    assert persona_score(text, VOICES[voice]).score == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("text", ["", "  \n", CODE, "`x`", "$x + y$", "<think>Sigh. INPUT!</think>", "..."])
def test_an_answer_without_prose_scores_nothing_and_not_full_marks(voice: str, text: str) -> None:
    found = persona_score(text, VOICES[voice])
    assert found.score is None
    assert set(found.markers.values()) == {0} or text == "..."


@pytest.mark.parametrize("voice", VOICES)
def test_code_adds_nothing_to_the_counts(voice: str) -> None:
    text = "Sigh. It is 4! Fascinating, alive."
    assert persona_score(f"{text}\n{CODE}", VOICES[voice]) == persona_score(text, VOICES[voice])


def test_contractions_count_against_what_was_written_out() -> None:
    found = persona_score("It is 4. It isn't 5. I cannot say more. The captain's log.", VOICES["data"])
    assert (found.markers["no_contractions"], found.markers["no_contractions_not"]) == (2, 1)


def test_a_typographic_apostrophe_is_a_contraction_too() -> None:
    assert persona_score("It’s 4 and I don’t mind.", VOICES["data"]).markers["no_contractions_not"] == 2


@given(st.text(max_size=300))
def test_any_text_scores_in_range_or_not_at_all(text: str) -> None:
    for markers in VOICES.values():
        score = persona_score(text, markers).score
        assert score is None or 0 <= score <= 1
