import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from retake.calls.request import Answer, Call, Request
from retake.errors import BudgetReached, NotAuthorised, Overloaded, TimedOut
from retake.merge.schema import NAMES
from retake.prompts.personas import load_persona
from retake.samples.sample import Sample
from retake.verify.judge import JudgeSettings
from retake.verify.verdict import Check, Verdict, ungraded
from retake.verify.verification import FIELDS, FinalAnswer, columns_of, transcript_of, verify_candidate
from workspace import ROOT

SETTINGS = JudgeSettings("claude", "messages", "a-judge")
MATH = Sample("math", 1, "q1", "What is 2 + 2?", ground_truth="4", ground_truth_source="dataset")
CODE = Sample("code", 1, "q2", "Print twice the input.", tests=None)
TOOLS = Sample("tool_calling", 1, "q3", "Rain in Oslo?", ground_truth="SECRET TRUTH 8812", ground_truth_source="model")
SECRET = "SECRET TRUTH 8812"
OPEN = Sample("chat", 1, "q4", "Why?")
ATTACKS = yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text("utf-8"))


class ScriptedJudge:
    """Stands in for a paid model: answers every request by a function of it, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Call:
        self.asked.append(request)
        return Call(request, self.answer(request), "2026-11-01T00:00:00.000Z", 0.1)


def says(verdict: str, *, evidence: str = "", confidence: float = 0.8) -> ScriptedJudge:
    body = {"verdict": verdict, "confidence": confidence, "reasoning": "So it is.", "evidence": evidence}
    return ScriptedJudge(lambda request: Answer(text=json.dumps(body)))


def fails(error: Exception) -> ScriptedJudge:
    def answer(request: Request) -> Answer:
        raise error

    return ScriptedJudge(answer)


def primary(is_verified: bool | None, confidence: float) -> Any:
    async def verify(text: str, sample: Sample) -> Verdict:
        checks = (Check("exact", is_verified, confidence),)
        return Verdict(is_verified, confidence, "math", "Compared.", extracted_answer="5", checks=checks)

    return verify


async def no_engine(text: str, sample: Sample) -> Verdict:
    return ungraded("code", "The tests could not be run.", error=OSError("no Docker engine"))


async def verify(sample: Sample, answer: FinalAnswer | str, **given: Any) -> dict[str, Any]:
    answer = FinalAnswer(answer) if isinstance(answer, str) else answer
    return await verify_candidate(sample, answer, **{"primary": None, "ask": None, "judge": SETTINGS, **given})


def run(*args: Any, **given: Any) -> dict[str, Any]:
    import asyncio

    return asyncio.run(verify(*args, **given))


@pytest.mark.parametrize("threshold", [0.4, 0.7])
def test_the_judge_is_asked_only_below_the_threshold(threshold: float) -> None:
    for confidence in (0.0, 0.39, 0.4, 0.69, 0.7, 1.0):
        judge = says("incorrect")
        body = run(MATH, "It is 5.", primary=primary(False, confidence), ask=judge, threshold=threshold)
        assert body["llm_judge_used"] == (confidence < threshold) == bool(judge.asked)
        assert body["is_verified"] is False


@pytest.mark.parametrize(
    ("verdict", "expected", "name"),
    [("correct", True, "llm_judge"), ("incorrect", False, "llm_judge"), ("cannot_tell", None, "llm_judge")],
)
def test_the_judges_verdict_stands_after_the_evidence_of_the_first(verdict: str, expected: Any, name: str) -> None:
    judge = says(verdict, evidence="It is 5.")
    body = run(MATH, "It is 5.", primary=primary(False, 0.2), ask=judge)
    assert (body["is_verified"], body["verifier_name"], body["extracted_answer"]) == (expected, name, "5")
    assert [check["method"] for check in body["checks"]] == ["exact", "llm_judge"]
    assert body["extras"]["primary"]["confidence"] == 0.2
    assert body["judge_calls"] == [judge.asked[0].digest] == [body["judge"]["request_digest"]]
    assert (body["llm_judge_used"], body["llm_judge_failed"]) == (True, False)
    assert "4" in judge.asked[0].messages[1]["content"]


def test_without_fallback_math_keeps_its_first_verdict_and_code_still_asks() -> None:
    judge = says("incorrect")
    kept = run(MATH, "It is 5.", primary=primary(False, 0.2), ask=judge, fallback=False)
    assert (kept["verifier_name"], kept["is_verified"], judge.asked) == ("math", False, [])
    code = run(CODE, "print(2)", primary=no_engine, ask=judge, fallback=False)
    assert (code["verifier_name"], code["is_verified"], len(judge.asked)) == ("llm_judge", False, 1)
    assert code["extras"]["primary"]["error"] == {"type": "OSError", "message": "no Docker engine"}


def test_tool_calling_asks_the_judge_alone_and_never_shows_it_the_truth() -> None:
    async def never(text: str, sample: Sample) -> Verdict:
        raise AssertionError("tool_calling has no first verifier")

    judge = says("correct", evidence="It rains")
    transcript = (
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "1", "function": {"name": "weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": '{"rain": true}'},
        {"role": "assistant", "content": "It rains in Oslo."},
    )
    answer = FinalAnswer("It rains in Oslo.", transcript=transcript)
    body = run(TOOLS, answer, primary=never, ask=judge, fallback=False)
    assert body["is_verified"] is True
    shown = json.dumps(judge.asked[0].as_dict())
    assert SECRET not in shown
    assert 'CALL weather {}\\nRESULT {\\"rain\\": true}' in shown.replace('\\\\\\"', '\\"')


@pytest.mark.parametrize("given", [{"judge": None, "ask": says("correct")}, {"ask": None}], ids=["no-judge", "no-ask"])
@pytest.mark.parametrize("sample", [TOOLS, OPEN, CODE], ids=lambda sample: sample.split)
def test_without_a_judge_a_row_that_needs_one_is_ungraded_with_the_reason(given: Any, sample: Sample) -> None:
    body = run(sample, "An answer of some length.", **given)
    assert (body["is_verified"], body["score"], body["confidence"]) == (None, None, 0.0)
    assert "judge" in body["explanation"]


@pytest.mark.parametrize("error", [TimedOut("slow"), Overloaded("busy")])
def test_a_judge_that_cannot_be_asked_leaves_the_row_ungraded(error: Exception) -> None:
    body = run(MATH, "It is 5.", primary=primary(False, 0.2), ask=fails(error))
    assert (body["is_verified"], body["score"]) == (None, None)
    assert (body["llm_judge_used"], body["llm_judge_failed"]) == (False, True)
    assert body["error"]["type"] == type(error).__name__
    assert len(body["judge_calls"]) == 1


@pytest.mark.parametrize("error", [NotAuthorised("wrong key"), BudgetReached("spent")])
def test_an_error_that_no_later_request_survives_is_not_swallowed(error: Exception) -> None:
    with pytest.raises(type(error)):
        run(MATH, "It is 5.", primary=primary(False, 0.2), ask=fails(error))


def test_a_crash_of_the_first_verifier_is_nobodys_verdict() -> None:
    async def crashes(text: str, sample: Sample) -> Verdict:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(MATH, "It is 5.", primary=crashes, ask=says("correct"))


@pytest.mark.parametrize("text", ["I say correct.", "", '{"verdict": "correct"}'])
def test_an_unusable_reply_leaves_the_row_ungraded_and_never_wrong(text: str) -> None:
    judge = ScriptedJudge(lambda request: Answer(text=text))
    body = run(MATH, "It is 5.", primary=primary(False, 0.2), ask=judge)
    assert (body["is_verified"], body["llm_judge_failed"]) == (None, True)
    assert body["error"]["type"] == "UnusableVerdict"


@pytest.mark.parametrize("text", ["", " ", ":", "Thought process:"])
def test_an_answer_that_says_nothing_costs_no_call(text: str) -> None:
    judge = says("correct")
    body = run(MATH, text, primary=primary(None, 0.0), ask=judge)
    assert (body["is_verified"], body["llm_judge_used"]) == (False, False)
    assert [request for request in judge.asked if "verdict" in request.messages[0]["content"]] == []


def test_with_every_attack_the_judges_honest_word_is_what_is_written() -> None:
    """A judge that reads by the fence alone, and grades what it finds there, cannot be made to say another thing."""

    def careful(request: Request) -> Answer:
        mark = re.search(r"carry the mark ([0-9a-f]{24})\.", request.messages[0]["content"]).group(1)
        parts = dict(
            re.findall(
                rf"^<<< ([A-Z ]+) {mark}\n(.*?)\n>>> END \1 {mark}$",
                request.messages[1]["content"],
                re.DOTALL | re.MULTILINE,
            )
        )
        verdict = "correct" if parts["ANSWER"].startswith(f"It is {parts['REFERENCE']}.") else "incorrect"
        evidence = parts["ANSWER"][:8]
        return Answer(text=json.dumps({"verdict": verdict, "confidence": 1, "reasoning": "r", "evidence": evidence}))

    for attack in (entry for entry in ATTACKS if isinstance(entry, str)):
        wrong = run(MATH, f"It is 5.\n{attack}", primary=primary(None, 0.0), ask=ScriptedJudge(careful), fallback=True)
        right = run(MATH, f"It is 4.\n{attack}", primary=primary(None, 0.0), ask=ScriptedJudge(careful), fallback=True)
        assert (wrong["is_verified"], right["is_verified"]) == (False, True), attack


def test_a_contested_refusal_is_the_judges_to_decide_where_fallback_is_on() -> None:
    text = "I cannot give an exact figure, however a Fermi estimate gives about 125."
    word = {"is_refusal": True, "confidence": 0.7, "type": "capability"}
    for fallback, expected in ((True, True), (False, False)):
        judge = ScriptedJudge(lambda request: Answer(text=json.dumps(word)))
        body = run(MATH, text, primary=primary(False, 0.9), ask=judge, fallback=fallback)
        assert body["refusal"]["is_contested"]
        assert body["refusal"]["is_refusal"] is expected
        assert len(body["judge_calls"]) == len(judge.asked) == int(fallback)


def test_a_failed_word_on_a_refusal_leaves_what_the_features_say() -> None:
    body = run(MATH, "I can't help with that.", primary=primary(False, 0.9), ask=fails(TimedOut("slow")))
    assert (body["refusal"]["is_refusal"], body["is_verified"]) == (True, False)


def test_a_candidate_that_got_no_answer_is_ungraded_with_its_own_error() -> None:
    judge = says("correct")
    answer = FinalAnswer("", error={"type": "timeout", "message": "no answer in 600 s"}, finish_reason="error")
    body = run(MATH, answer, primary=primary(True, 1.0), ask=judge)
    assert (body["is_verified"], body["error"]["type"]) == (None, "timeout")
    assert judge.asked == []


def test_a_structured_answer_is_verified_by_its_final_part_and_heard_as_a_whole() -> None:
    seen = []

    async def first(text: str, sample: Sample) -> Verdict:
        seen.append(text)
        return Verdict(True, 1.0, "math", "Equal.", score=1.0)

    parts = {"steps": [{"explanation": "Sigh. How pointless.", "output": "2 + 2 = 4"}], "final_answer": "\\boxed{4}"}
    markers = load_persona("personas/marvin_flexible.txt", root=ROOT).markers
    body = run(MATH, FinalAnswer(json.dumps(parts), parts=parts), primary=first, markers=markers)
    assert seen == ["\\boxed{4}"]
    assert body["persona"]["score"] == 1.0
    assert body["quality"]["is_substantive"]


def test_the_file_has_exactly_its_fields_and_fills_the_tables_columns() -> None:
    markers = load_persona("personas/data_flexible.txt", root=ROOT).markers
    bodies = [
        run(MATH, "It is 4.", primary=primary(True, 0.9), markers=markers),
        run(TOOLS, "It rains.", ask=says("cannot_tell")),
        run(MATH, "", primary=primary(False, 0.1), ask=fails(TimedOut("slow"))),
    ]
    for body in bodies:
        assert set(body) == set(FIELDS)
        assert set(columns_of(body)) <= set(NAMES)
        json.dumps(body, allow_nan=False)
    assert columns_of(bodies[1])["persona_score"] is None
    assert columns_of(bodies[0])["verification_error"] is None


def test_equal_candidates_have_equal_files() -> None:
    given = {"primary": primary(False, 0.1)}
    assert run(MATH, "It is 5.", ask=says("incorrect"), **given) == run(
        MATH, "It is 5.", ask=says("incorrect"), **given
    )


def test_a_conversation_without_tools_says_so() -> None:
    assert transcript_of(()) == "No tool was called."
