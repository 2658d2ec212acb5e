"""The verification of one candidate: who judges it, in what order, and the schema of the file that says so."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from retake.calls.request import Answer, Ask, Request
from retake.errors import CallError
from retake.prompts.markers import Markers
from retake.prompts.opening import Task, task_of
from retake.samples.sample import Sample
from retake.verify.calibration import of_a_cut_response, settled
from retake.verify.judge import (
    NAME,
    JudgeSettings,
    UnusableVerdict,
    calibration_judge_request,
    decided_without_asking,
    judge_request,
    tool_judge_request,
    verdict_of,
)
from retake.verify.persona import persona_score
from retake.verify.quality import quality_of
from retake.verify.refusal import Refusal, refusal_of
from retake.verify.refusal_judge import judged_refusal, refusal_judge_request
from retake.verify.verdict import Check, Verdict, ungraded

Primary = Callable[[str, Sample], Awaitable[Verdict]]
"""The verifier that is asked first: takes the final answer and the sample."""

FIELDS: dict[str, str] = {
    "is_verified": "True: right. False: wrong. Null: ungraded.",
    "score": "How right, in [0, 1]; null where ungraded.",
    "confidence": "How sure the verifier is of its verdict, in [0, 1].",
    "verifier_name": "Who gave the verdict: math, code, calibration, llm_judge, or none.",
    "explanation": "One sentence for people.",
    "extracted_answer": "What the verifier compared.",
    "error": "Null, or {type, message} of why it is ungraded.",
    "checks": "What each method said, in the order asked: {method, outcome, confidence, detail}.",
    "judge": "Null, or the judge's {verdict, confidence, reasoning, evidence, model, request_digest}.",
    "llm_judge_used": "The judge gave the verdict.",
    "llm_judge_failed": "The judge was asked and gave no usable verdict.",
    "judge_calls": "Digests of the judge's calls, for the verdict and for a contested refusal.",
    "refusal": "{is_refusal, confidence, type, matched_patterns, is_contested, judge}.",
    "persona": "Null without a persona, or {score, markers}.",
    "quality": "{answer_length, is_empty, is_substantive}.",
    "extras": "What one verifier alone records; `primary` holds the first verdict where the judge was asked after it.",
}
"""The verdict's keys in a verification file, and what each says."""

PLACE_FIELDS: dict[str, str] = {
    "sample_id": "Id of the sample.",
    "variant": "Prompt variant.",
    "candidate_idx": "Index of the candidate, from 0.",
    "answer_digest": "Digest of the raw generation or trace that was judged.",
    "judge_cost_usd": "Price of the judge's calls, dollars; null where unknown.",
    "verifier_version": "Digest of the verifier's code.",
}
"""The keys that say what was judged, by what, at what price; the verify stage adds them."""


@dataclass(frozen=True)
class FinalAnswer:
    """What a candidate finally said.

    `parts` is the structured answer {steps, final_answer} or None. `transcript` is the tool conversation, as the messages
    that followed the opening ones. `error` is None or {type, message} of a candidate that got no answer at all.
    """

    text: str
    reasoning: str | None = None
    refusal: str | None = None
    finish_reason: str = "stop"
    parts: dict[str, Any] | None = None
    transcript: tuple[dict[str, Any], ...] = ()
    error: dict[str, str] | None = None

    @property
    def result(self) -> str:
        """What a verifier compares: the final answer of a structured one, else the text."""
        return str(self.parts.get("final_answer", "")) if self.parts is not None else self.text

    @property
    def prose(self) -> str:
        """All that it says to its reader: a structured answer's explanations, outputs and final answer, else the text."""
        if self.parts is None:
            return self.text
        steps = [f"{step.get('explanation', '')}\n{step.get('output', '')}" for step in self.parts.get("steps", [])]
        return "\n\n".join([*steps, self.result])


@dataclass
class _Bench:
    """The judge of one candidate, with the digests of the calls made so far."""

    ask: Ask
    settings: JudgeSettings
    calls: list[str] = field(default_factory=list)

    async def reply(self, request: Request) -> Answer:
        self.calls.append(request.digest)
        return (await self.ask(request)).answer


async def verify_candidate(
    sample: Sample,
    answer: FinalAnswer,
    *,
    primary: Primary | None,
    ask: Ask | None,
    judge: JudgeSettings | None,
    threshold: float = 0.4,
    fallback: bool = True,
    markers: Markers | None = None,
) -> dict[str, Any]:
    """Return the body of a candidate's verification file (`FIELDS`).

    `primary` is asked first, but for tool_calling, which the judge alone decides. Where its confidence is below `threshold` the
    judge is asked: for code and tool_calling always, for the rest if `fallback`. Without `ask` or `judge` nobody is.

    Raises:
        CallError: a fatal one (wrong key, spent budget); any other leaves the candidate ungraded.
    """
    bench = _Bench(ask, judge) if ask is not None and judge is not None else None
    verdict, flags = await _verdict(sample, answer, primary, bench, threshold=threshold, fallback=fallback)
    verdict = settled(verdict, sample)
    refusal = await _refusal(sample, answer, verdict, bench, fallback=fallback)
    persona = persona_score(answer.prose, markers).as_dict() if markers is not None else None
    body = {
        **verdict.as_dict(),
        **flags,
        "refusal": refusal.as_dict(),
        "persona": persona,
        "quality": quality_of(answer.prose).as_dict(),
        "judge_calls": bench.calls if bench else [],
    }
    return json.loads(json.dumps(body, allow_nan=False))


def columns_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the parquet columns that a verification file fills."""
    refusal, persona, quality, error = body["refusal"], body["persona"] or {}, body["quality"], body["error"]
    return {
        "extracted_answer": body["extracted_answer"],
        "is_verified": body["is_verified"],
        "verification_score": body["score"],
        "verification_confidence": body["confidence"],
        "verification_explanation": body["explanation"],
        "verification_error": f"{error['type']}: {error['message']}" if error else None,
        "verifier_name": body["verifier_name"],
        "llm_judge_used": body["llm_judge_used"],
        "llm_judge_failed": body["llm_judge_failed"],
        "refusal_is_refusal": refusal["is_refusal"],
        "refusal_confidence": refusal["confidence"],
        "refusal_type": refusal["type"],
        "refusal_matched_patterns": json.dumps(refusal["matched_patterns"]),
        "persona_score": persona.get("score"),
        "persona_markers": json.dumps(persona["markers"], sort_keys=True) if persona else None,
        "quality_answer_length": quality["answer_length"],
        "quality_is_empty": quality["is_empty"],
        "quality_is_substantive": quality["is_substantive"],
    }


def transcript_of(messages: tuple[dict[str, Any], ...]) -> str:
    """Return the calls and results of a tool conversation, in order, for a judge to read."""
    lines = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            lines.append(f"CALL {call['function']['name']} {call['function']['arguments']}")
        if message["role"] == "tool":
            lines.append(f"RESULT {message['content']}")
        elif message.get("content") and message.get("tool_calls"):
            lines.append(f"SAID {message['content']}")
    return "\n".join(lines) or "No tool was called."


async def _verdict(
    sample: Sample,
    answer: FinalAnswer,
    primary: Primary | None,
    bench: _Bench | None,
    *,
    threshold: float,
    fallback: bool,
) -> tuple[Verdict, dict[str, bool]]:
    task = task_of(sample)
    if answer.error is not None:
        return replace(ungraded("none", "There is no answer to verify."), error=dict(answer.error)), _flags()
    first = None
    if primary is not None and task != "tool_calling":
        first = await primary(_read_of(sample, answer), sample)
        first = of_a_cut_response(first) if answer.finish_reason == "length" else first
        if first.confidence >= threshold:
            return first, _flags()
    is_wanted = fallback or task in ("code", "tool_calling")
    if is_wanted and bench is not None:
        return await _judged(sample, answer, task, first, bench)
    return first or ungraded(NAME, _why_ungraded(task, is_wanted=is_wanted)), _flags()


async def _judged(
    sample: Sample, answer: FinalAnswer, task: Task, first: Verdict | None, bench: _Bench
) -> tuple[Verdict, dict[str, bool]]:
    """Return the judge's verdict, after what the first verifier said."""
    reference, text = _reference(sample, task), _read_of(sample, answer)
    decided = decided_without_asking(text, reference=reference)
    if decided is not None:
        return _after(first, decided), _flags()
    request = _request(sample, answer, task, reference=reference, bench=bench)
    try:
        verdict = verdict_of(await bench.reply(request), answer=text, request=request)
    except UnusableVerdict as error:
        return _after(first, ungraded(NAME, "The judge gave no usable verdict.", error=error)), _flags(failed=True)
    except CallError as error:
        if error.is_fatal:
            raise
        return _after(first, ungraded(NAME, "The judge could not be asked.", error=error)), _flags(failed=True)
    return _after(first, verdict), _flags(used=True)


def _read_of(sample: Sample, answer: FinalAnswer) -> str:
    """Return what is judged: the result, and of a malformed problem all that is said, since flaws are named on the way."""
    return answer.prose if (sample.source_metadata.get("calibration") or {}).get("flaw") else answer.result


def _reference(sample: Sample, task: Task) -> str | None:
    """Return what a judge compares with: never for tool_calling, and of code no model's own program."""
    if task == "tool_calling" or (task == "code" and sample.ground_truth_source != "dataset"):
        return None
    return sample.ground_truth


def _request(sample: Sample, answer: FinalAnswer, task: Task, *, reference: str | None, bench: _Bench) -> Request:
    if task == "tool_calling":
        transcript = transcript_of(answer.transcript)
        return tool_judge_request(
            question=sample.question, transcript=transcript, answer=answer.result, settings=bench.settings
        )
    about = sample.source_metadata.get("calibration")
    if about is not None:
        flaw = f"{about['flaw'].replace('_', ' ')}: {about.get('missing')}" if about["flaw"] else None
        text = _read_of(sample, answer)
        return calibration_judge_request(
            question=sample.question, answer=text, flaw=flaw, reference=reference, settings=bench.settings
        )
    return judge_request(
        task, question=sample.question, answer=answer.result, reference=reference, settings=bench.settings
    )


def _after(first: Verdict | None, verdict: Verdict) -> Verdict:
    """Return `verdict` with the evidence of the verifier that was asked before it."""
    if first is None:
        return verdict
    asked = first.checks or (Check(first.verifier_name, first.is_verified, first.confidence, first.explanation),)
    kept = {
        name: getattr(first, name) for name in ("is_verified", "confidence", "verifier_name", "explanation", "error")
    }
    return replace(
        verdict,
        extracted_answer=first.extracted_answer,
        checks=(*asked, *verdict.checks),
        extras={**first.extras, "primary": kept},
    )


async def _refusal(sample: Sample, answer: FinalAnswer, verdict: Verdict, bench: _Bench, *, fallback: bool) -> Refusal:
    is_right = verdict.is_verified is True and verdict.judge is None
    found = refusal_of(
        answer.prose,
        question=sample.question,
        provider_refusal=answer.refusal,
        finish_reason=answer.finish_reason,
        has_answer=True if is_right else None,
    )
    if bench is None or not (found.is_contested and fallback and answer.prose.strip()):
        return found
    request = refusal_judge_request(question=sample.question, answer=answer.prose, settings=bench.settings)
    try:
        return judged_refusal(found, await bench.reply(request), request=request)
    except UnusableVerdict:
        return found
    except CallError as error:
        if error.is_fatal:
            raise
        return found


def _flags(*, used: bool = False, failed: bool = False) -> dict[str, bool]:
    return {"llm_judge_used": used, "llm_judge_failed": failed}


def _why_ungraded(task: Task, *, is_wanted: bool) -> str:
    if task == "tool_calling":
        return "Only a judge can say whether calls and answer are appropriate, and none is configured."
    if not is_wanted:
        return "No verifier knows this task, and llm_judge_fallback is off."
    return "No verifier knows this task, and no judge is configured."
