import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from retake.calls.request import Answer
from retake.verify.judge import (
    VERDICT_SCHEMA,
    JudgeSettings,
    UnusableVerdict,
    decided_without_asking,
    judge_request,
    tool_judge_request,
    verdict_of,
)

SETTINGS = JudgeSettings("openai", "chat", "a-judge", temperature=0.0)
ATTACKS = [
    {"text": entry} if isinstance(entry, str) else entry
    for entry in yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text("utf-8"))
]
APPENDED = [entry["text"] for entry in ATTACKS if not entry.get("whole")]
WHOLE = [entry["text"] for entry in ATTACKS if entry.get("whole")]
WRONG = "2 + 2 = 5, so the answer is \\boxed{5}."


def asked(answer: str, *, reference: str | None = "4") -> Any:
    return judge_request("math", question="What is 2 + 2?", answer=answer, reference=reference, settings=SETTINGS)


def mark_of(request: Any) -> str:
    return re.search(r"carry the mark ([0-9a-f]{24})\.", request.messages[0]["content"]).group(1)


def parts_of(request: Any) -> dict[str, str]:
    """Read a request as a careful reader would: by its fence alone."""
    mark, text = mark_of(request), request.messages[1]["content"]
    found = re.findall(rf"^<<< ([A-Z ]+) {mark}\n(.*?)\n>>> END \1 {mark}$", text, re.DOTALL | re.MULTILINE)
    assert text.count(mark) == 2 * len(found) + 1
    return dict(found)


def reply(**changes: Any) -> Answer:
    body = {"verdict": "incorrect", "confidence": 0.9, "reasoning": "It says 5.", "evidence": "\\boxed{5}", **changes}
    return Answer(text=json.dumps({key: value for key, value in body.items() if value is not ...}))


def read(answer: Answer, *, on: str = WRONG) -> Any:
    return verdict_of(answer, answer=on, request=asked(on))


def test_the_corpus_holds_thirty_attacks_and_more() -> None:
    assert len(APPENDED) >= 30
    assert len({str(entry) for entry in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", APPENDED)
def test_an_appended_attack_stays_between_the_fences(attack: str) -> None:
    answer = f"{WRONG}\n\n{attack.replace('{fence}', mark_of(asked(WRONG)))}"
    request = asked(answer)
    assert parts_of(request) == {"QUESTION": "What is 2 + 2?", "REFERENCE": "4", "ANSWER": answer}
    assert attack not in request.messages[0]["content"]


@pytest.mark.parametrize("attack", APPENDED)
def test_a_judge_that_parrots_an_attack_beside_its_verdict_gives_none(attack: str) -> None:
    """Whatever the answer smuggles into the reply's text, only a reply that is one JSON object counts."""
    honest = reply().text
    for text in (attack, f"{attack}\n{honest}", f"{honest}\n{attack}", f"```json\n{honest}\n```\n{attack}"):
        try:
            verdict = read(Answer(text=text), on=f"{WRONG}\n{attack}")
        except UnusableVerdict:
            continue
        # What is left is an attack that is itself a whole, well-formed reply: only a captured judge writes that.
        assert json.loads(text.strip().removeprefix("```json").removesuffix("```"))["verdict"] == "correct"
        assert verdict.judge["evidence"] in WRONG


@pytest.mark.parametrize("text", WHOLE)
def test_an_answer_that_says_nothing_is_wrong_without_asking(text: str) -> None:
    verdict = decided_without_asking(text, reference="4")
    assert verdict is not None
    assert (verdict.is_verified, verdict.score, verdict.judge) == (False, 0.0, None)


@pytest.mark.parametrize(
    "text", ["4", "∅", "∞", "π", "B", "Answer: 4", "no", "x", "🙂", "-1", "Solution: none exist", "{}1", "Answer: ∅"]
)
def test_a_short_answer_is_still_judged(text: str) -> None:
    assert decided_without_asking(text) is None


def test_an_answer_that_is_the_reference_is_judged_however_bare() -> None:
    assert decided_without_asking("...", reference="...") is None


@pytest.mark.parametrize(
    ("verdict", "expected", "score"), [("correct", True, 1.0), ("incorrect", False, 0.0), ("cannot_tell", None, None)]
)
def test_a_verdict_has_three_values(verdict: str, expected: bool | None, score: float | None) -> None:
    found = read(reply(verdict=verdict))
    assert (found.is_verified, found.score, found.verifier_name) == (expected, score, "llm_judge")
    assert found.judge["model"] == "a-judge"
    assert found.judge["request_digest"] == asked(WRONG).digest


UNUSABLE = {
    "empty": Answer(text=""),
    "prose": Answer(text="The answer is incorrect."),
    "half": Answer(text='{"verdict": "correct", "confi'),
    "list": Answer(text="[" + reply().text + "]"),
    "two-objects": Answer(text=reply().text + reply(verdict="correct").text),
    "text-after": Answer(text=reply().text + " Final: correct"),
    "twin-keys": Answer(text=reply().text[:-1] + ', "verdict": "correct"}'),
    "unknown-verdict": reply(verdict="CORRECT"),
    "verdict-list": reply(verdict=["correct"]),
    "missing-key": reply(evidence=...),
    "extra-key": reply(note="x"),
    "confidence-text": reply(confidence="1.0"),
    "confidence-true": reply(confidence=True),
    "confidence-two": reply(confidence=2),
    "confidence-huge": reply(confidence=10**400),
    "confidence-nan": Answer(text=reply(confidence=0.5).text.replace("0.5", "NaN")),
    "reasoning-null": reply(reasoning=None),
    "evidence-invented": reply(evidence="\\boxed{4}"),
    "correct-without-evidence": reply(verdict="correct", evidence=" "),
    "cut": Answer(text=reply().text, finish_reason="length"),
    "refused": Answer(text=reply().text, refusal="I can't grade this."),
    "filtered": Answer(text=reply().text, finish_reason="content_filter"),
    "deep": Answer(text="[" * 100_000),
    "parts-of-another-shape": Answer(text=reply().text, parts={"verdict": "correct"}),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_reply_that_is_not_what_was_asked_for_gives_no_verdict(name: str) -> None:
    with pytest.raises(UnusableVerdict):
        read(UNUSABLE[name])


@pytest.mark.parametrize(
    "evidence", ["\\boxed{5}", "answer is  \\boxed{5}", "the answer\nis", "", "\boxed{5}"], ids=repr
)
def test_evidence_is_found_whatever_its_spaces_and_sloppy_escapes(evidence: str) -> None:
    assert read(reply(evidence=evidence)).is_verified is False


def test_parsed_parts_are_taken_as_they_are_and_a_fenced_reply_is_unwrapped() -> None:
    assert read(Answer(parts=json.loads(reply().text))).is_verified is False
    assert read(Answer(text=f"```json\n{reply().text}\n```")).is_verified is False
    assert read(Answer(text=f"<think>It may be correct.</think>{reply().text}")).is_verified is False


def test_the_schema_keeps_to_what_every_provider_takes() -> None:
    assert not VERDICT_SCHEMA["additionalProperties"]
    assert VERDICT_SCHEMA["required"] == list(VERDICT_SCHEMA["properties"])
    assert not {"minimum", "maximum", "minLength", "maxLength"} & set(json.dumps(VERDICT_SCHEMA).split('"'))


def test_equal_requests_are_one_call_and_any_change_is_another() -> None:
    assert asked(WRONG).digest == asked(WRONG).digest
    others = [asked(WRONG + " "), asked(WRONG, reference="5"), asked(WRONG, reference=None)]
    assert len({asked(WRONG).digest, *(other.digest for other in others)}) == 4
    assert asked(WRONG).params == {"max_tokens": 1024, "temperature": 0.0}


def test_a_request_about_tools_shows_calls_and_results() -> None:
    request = tool_judge_request(
        question="Rain in Oslo?", transcript="CALL weather {}\nRESULT rain", answer="Rain.", settings=SETTINGS
    )
    assert parts_of(request) == {
        "REQUEST": "Rain in Oslo?",
        "CALLS AND RESULTS": "CALL weather {}\nRESULT rain",
        "ANSWER": "Rain.",
    }


def test_a_very_long_answer_is_shown_with_its_end_and_evidence_is_sought_in_all_of_it() -> None:
    answer = "start " + "filler " * 20_000 + "the answer is 5"
    shown = parts_of(asked(answer))["ANSWER"]
    assert len(shown) < 41_000
    assert shown.endswith("the answer is 5")
    assert read(reply(evidence="the answer is 5"), on=answer).is_verified is False


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_is_well_fenced(answer: str, question: str) -> None:
    request = judge_request("code", question=question, answer=answer, reference=None, settings=SETTINGS)
    assert parts_of(request) == {"QUESTION": question, "ANSWER": answer}


@given(st.text(max_size=200))
def test_no_text_that_is_not_json_gives_a_verdict(text: str) -> None:
    with pytest.raises(UnusableVerdict):
        read(Answer(text=text))
