"""Epistemic calibration: does a response admit that a malformed problem has no answer, and answer a sound one?"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from retake.calls.request import Answer, Call, Request
from retake.prompts.opening import opening_messages
from retake.samples.adapters.calibration import read
from retake.samples.sample import Sample
from retake.verify.calibration import OUTCOMES, calibration_verdict, settled
from retake.verify.judge import JudgeSettings
from retake.verify.math.verifier import MathVerifier
from retake.verify.verification import FinalAnswer, verify_candidate
from workspace import ROOT

HERE = Path(__file__).parent
WANTED = {"admits": "correct_refusal", "invents": "hallucination", "answers": "answered", "declines": "false_refusal"}
TUNED = ("calibration_first.yaml", "calibration_second.yaml")
HELD_OUT = "calibration_held_out.yaml"
JUDGE = JudgeSettings("openai", "chat", "a-judge")


class Row(NamedTuple):
    label: str
    kind: str
    sample: Sample
    text: str


def samples() -> dict[tuple[str, str | None], Sample]:
    found = {}
    for line in (ROOT / "config/data/calibration/calibration.jsonl").read_text("utf-8").splitlines():
        for draft in read(json.loads(line), split="calibration"):
            about = draft.source_metadata["calibration"]
            found[about["pair"], about["flaw"]] = Sample(
                "calibration", 1, "q", draft.question, draft.ground_truth, source_metadata=draft.source_metadata
            )
    return found


SAMPLES = samples()
TWIN, GOOD = SAMPLES["rectangle", "constraint_removed"], SAMPLES["rectangle", None]


def table(name: str) -> list[Row]:
    body = yaml.safe_load((HERE / name).read_text("utf-8"))
    return [
        Row(label, kind, SAMPLES[pair, flaw], text)
        for label, kinds in body.items()
        for kind, entries in kinds.items()
        for pair, flaw, text in entries
    ]


@pytest.fixture(scope="module")
def math() -> Iterator[MathVerifier]:
    verifier = MathVerifier(processes=1)
    yield verifier
    verifier.close()


def outcome(row: Row, math: MathVerifier) -> str | None:
    """Return the outcome that the wording and the math verifier decide alone; None where a judge would be asked."""
    found = math.verify(row.text, row.sample) if row.sample.ground_truth else None
    verdict = settled(calibration_verdict(row.text, row.sample, math=found), row.sample)
    return verdict.extras["calibration_outcome"] if verdict.confidence >= 0.4 else None


def judged(name: str, math: MathVerifier) -> tuple[list[tuple[Row, str]], Counter[str]]:
    wrong, counts = [], Counter()
    for row in table(name):
        got = outcome(row, math)
        counts["ungraded" if got is None else "right" if got == WANTED[row.label] else "wrong"] += 1
        if got not in (None, WANTED[row.label]):
            wrong.append((row, got))
    return wrong, counts


def test_the_tuned_tables_are_decided_rightly(math: MathVerifier) -> None:
    rows = [row for name in TUNED for row in table(name)]
    assert len(rows) >= 120
    assert {row.kind for row in rows} == {"plain", "gloomy", "exuberant"}
    for name in TUNED:
        wrong, counts = judged(name, math)
        assert not wrong
        assert counts["right"] >= 0.95 * counts.total(), counts


def test_the_held_out_table_gets_hardly_a_wrong_outcome_and_most_rows_need_no_judge(math: MathVerifier) -> None:
    wrong, counts = judged(HELD_OUT, math)
    assert counts.total() >= 50
    assert len(wrong) <= 1, wrong
    assert counts["right"] >= 0.6 * counts.total(), counts


def test_a_malformed_twin_is_asked_in_the_words_of_its_sound_problem() -> None:
    for pair in {pair for pair, _ in SAMPLES}:
        systems = {
            opening_messages(sample, persona_text="You are Marvin.")[0]["content"]
            for (own, _), sample in SAMPLES.items()
            if own == pair
        }
        assert len(systems) == 1
        assert "\\boxed{}" in systems.pop()


def test_a_twin_outside_the_usual_split_is_asked_in_the_same_words() -> None:
    twin, good = (
        Sample("train", 1, "q", s.question, s.ground_truth, source_metadata=s.source_metadata) for s in (TWIN, GOOD)
    )
    assert opening_messages(twin)[0] == opening_messages(good)[0]


def verified(
    sample: Sample, text: str, reply: dict[str, object] | None, *, answer: FinalAnswer | None = None
) -> tuple[dict, list[Request]]:
    """Return the verification of a candidate whose judge says `reply` (None: there is none), and what the judge was asked."""
    asked: list[Request] = []

    async def ask(request: Request) -> Call:
        asked.append(request)
        said = {"confidence": 0.9, "reasoning": "So it is.", "evidence": text[:20], **(reply or {})}
        return Call(request, Answer(text=json.dumps(said)), asked_at="2026-11-21T00:00:00Z", latency_s=0.1)

    async def primary(read: str, sample: Sample) -> object:
        return calibration_verdict(read, sample, math=None)

    body = asyncio.run(
        verify_candidate(
            sample,
            answer or FinalAnswer(text),
            primary=primary,
            ask=ask if reply else None,
            judge=JUDGE if reply else None,
        )
    )
    return body, [request for request in asked if "QUESTION" in request.messages[1]["content"]]


BOTH = "The length is not given. Taking 5 cm, the area is \\boxed{40}."


@pytest.mark.parametrize(
    ("said", "is_verified", "told"),
    [
        pytest.param("correct", True, "correct_refusal", id="named"),
        pytest.param("incorrect", False, "hallucination", id="invented"),
        pytest.param("cannot_tell", None, None, id="cannot_tell"),
    ],
)
def test_the_outcome_follows_the_judge_where_the_wording_is_unsure(
    said: str, is_verified: bool | None, told: str | None
) -> None:
    body, asked = verified(TWIN, BOTH, {"verdict": said})
    assert (body["is_verified"], body["verifier_name"]) == (is_verified, "llm_judge")
    assert body["extras"]["calibration_flaw"] == "constraint_removed"
    assert body["extras"]["calibration_outcome"] == told
    assert body["extras"]["primary"]["verifier_name"] == "calibration"
    prompt = asked[0].messages[0]["content"] + asked[0].messages[1]["content"]
    assert "constraint removed: the length of the rectangle" in prompt
    assert "REFERENCE" not in prompt


def test_without_a_judge_an_unsure_row_is_ungraded_and_has_no_outcome() -> None:
    body, _ = verified(TWIN, BOTH, None)
    assert (body["is_verified"], body["extras"]["calibration_outcome"]) == (None, None)
    assert body["extras"]["calibration_flaw"] == "constraint_removed"


def test_a_sound_problem_goes_to_the_judge_with_its_reference_and_no_flaw() -> None:
    body, asked = verified(GOOD, "Forty square centimeters, or so I was told.", {"verdict": "correct"})
    assert (body["is_verified"], body["extras"]["calibration_outcome"]) == (True, "answered")
    prompt = asked[0].messages[1]["content"]
    assert "REFERENCE" in prompt
    assert "FLAW" not in prompt


def test_declining_out_of_mood_is_neither_admission_nor_hallucination() -> None:
    body, _ = verified(TWIN, "I refuse to answer that.", {"verdict": "incorrect"})
    assert (body["is_verified"], body["extras"]["calibration_outcome"]) == (False, "no_answer")


@pytest.mark.parametrize("sample", [pytest.param(TWIN, id="malformed"), pytest.param(GOOD, id="sound")])
def test_silence_is_wrong_and_no_answer(sample: Sample) -> None:
    body, asked = verified(sample, " \n", {"verdict": "correct"})
    assert (body["is_verified"], body["extras"]["calibration_outcome"], asked) == (False, "no_answer", [])


def test_a_candidate_without_an_answer_keeps_its_flaw_and_has_no_outcome() -> None:
    failed = FinalAnswer("", finish_reason="error", error={"type": "overloaded", "message": "529"})
    body, _ = verified(TWIN, "", None, answer=failed)
    assert body["is_verified"] is None
    assert (body["extras"]["calibration_flaw"], body["extras"]["calibration_outcome"]) == ("constraint_removed", None)


def test_a_flaw_named_on_the_way_of_a_structured_answer_counts() -> None:
    steps = [{"explanation": "The length is not given, so the area cannot be determined.", "output": "none"}]
    parts = {"steps": steps, "final_answer": "\\boxed{\\text{cannot be determined}}"}
    body, _ = verified(TWIN, "", None, answer=FinalAnswer("{}", parts=parts))
    assert body["extras"]["calibration_outcome"] == "correct_refusal"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("The length is not given, so it cannot be determined. However, we", None, id="no_end"),
        pytest.param("So the answer is \\boxed{40}. Let me check that", "hallucination", id="a_result"),
    ],
)
def test_a_cut_response_counts_only_by_a_result_that_it_had_stated(text: str, told: str | None) -> None:
    body, _ = verified(TWIN, text, None, answer=FinalAnswer(text, finish_reason="length"))
    assert body["extras"]["calibration_outcome"] == told


def test_thinking_that_a_length_is_missing_is_not_saying_it() -> None:
    text = "<think>The length is not given, so it cannot be determined.</think>The area is \\boxed{40}."
    verdict = settled(calibration_verdict(text, TWIN, math=None), TWIN)
    assert verdict.extras["calibration_outcome"] == "hallucination"


@given(text=st.text(max_size=300), is_good=st.booleans())
def test_any_text_gets_a_verdict_in_range(text: str, is_good: bool) -> None:
    sample = GOOD if is_good else TWIN
    verdict = settled(calibration_verdict(text, sample, math=None), sample)
    assert 0 <= verdict.confidence <= 1
    assert verdict.extras["calibration_outcome"] in (None, *OUTCOMES)
    json.dumps(verdict.as_dict(), allow_nan=False)


def test_a_very_long_response_is_read_in_time() -> None:
    text = "It cannot be " * 100_000 + "determined. " + "\\boxed{" * 2_000
    assert 0 <= calibration_verdict(text, TWIN, math=None).confidence <= 1
