"""The LLM judge: a request with fenced data, and a verdict that nothing but a well-formed reply can give."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from retake.calls.request import Answer, Request
from retake.verify.judge_prompts import judge_messages
from retake.verify.prose import without_thinking
from retake.verify.verdict import Check, Verdict, ungraded

NAME = "llm_judge"
VERDICTS = {"correct": True, "incorrect": False, "cannot_tell": None}
VERDICT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": list(VERDICTS)},
        "confidence": {"type": "number"},
        "reasoning": {"type": "string"},
        "evidence": {"type": "string"},
    },
    "required": ["verdict", "confidence", "reasoning", "evidence"],
    "additionalProperties": False,
}
VERDICT_FORMAT: dict[str, Any] = {"name": "verdict", "schema": VERDICT_SCHEMA}

_SHOWN_AT_MOST = 40_000
_OPENERS = re.compile(
    r"(?:thought process|thinking process|reasoning|analysis|explanation|let'?s (?:think|solve|work|begin|start|break)[\w\s,']{0,60}|let me (?:think|solve|work|begin|start|see)[\w\s,']{0,60}|(?:first|okay|ok|sure|certainly|of course|alright|well|hmm|so|now|great)"
    r"|(?:here (?:is|are|'s)|below is) (?:the|my|a|an) [\w\s]{0,40}|(?:the )?(?:final )?(?:solution|answer|result|response|output|code)(?: is)?|step(?: 1| one)?|step by step|to solve this[\w\s,']{0,60}|we (?:need|have) to [\w\s]{0,40}"
    r"|soluci[oó]n|respuesta|r[eé]ponse|l[oö]sung|antwort|soluzione|risposta|resposta|solução|решение|ответ|解|解答|答|答案|かいせつ|解説|回答|풀이|정답|답|الحل|الإجابة|उत्तर|हल)",
    re.IGNORECASE,
)
_EMPTY_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{\s*\}")
_NOT_CONTENT = frozenset("`$^=+|<>~")


class UnusableVerdict(ValueError):
    """A judge's reply that gives no verdict: not the JSON that was asked for, or evidence that the answer does not hold."""


@dataclass(frozen=True)
class JudgeSettings:
    """Where a judge is asked and with what: `params` go on the wire beside max_tokens and temperature (None: not sent)."""

    provider: str
    api: str
    model: str
    max_tokens: int = 1024
    temperature: float | None = None
    params: dict[str, Any] = field(default_factory=dict)

    def request(self, messages: list[dict[str, Any]], response_format: dict[str, Any]) -> Request:
        """Return the request that asks this judge for a reply of that form."""
        params: dict[str, Any] = {"max_tokens": self.max_tokens, **self.params}
        if self.temperature is not None:
            params["temperature"] = self.temperature
        return Request(self.provider, self.api, self.model, messages, params=params, response_format=response_format)


def judge_request(task: str, *, question: str, answer: str, reference: str | None, settings: JudgeSettings) -> Request:
    """Return the request that asks whether `answer` is right; without a `reference` the judge works it out."""
    parts = {"QUESTION": question}
    if reference is not None:
        parts["REFERENCE"] = reference
    messages = judge_messages(task, {**parts, "ANSWER": _cut(answer)}, has_reference=reference is not None)
    return settings.request(messages, VERDICT_FORMAT)


def tool_judge_request(*, question: str, transcript: str, answer: str, settings: JudgeSettings) -> Request:
    """Return the request that asks whether calls and answer are appropriate; it has no place for a ground truth."""
    parts = {"REQUEST": question, "CALLS AND RESULTS": _cut(transcript), "ANSWER": _cut(answer)}
    return settings.request(judge_messages("tool_calling", parts, has_reference=False), VERDICT_FORMAT)


def calibration_judge_request(
    *, question: str, answer: str, flaw: str | None, reference: str | None, settings: JudgeSettings
) -> Request:
    """Return the request that asks whether `answer` points out the `flaw` of a question, or gives a sound one's `reference`."""
    known = {"FLAW": flaw} if flaw is not None else {"REFERENCE": reference or ""}
    parts = {"QUESTION": question, **known, "ANSWER": _cut(answer)}
    return settings.request(judge_messages("calibration", parts, has_reference=flaw is None), VERDICT_FORMAT)


def decided_without_asking(answer: str, *, reference: str | None = None) -> Verdict | None:
    """Return "not verified" for an answer that says nothing: empty, punctuation, or an opening phrase; else None.

    Such answers fool judges; a short answer that is the reference itself is left to be judged.
    """
    text = _EMPTY_BOX.sub(" ", without_thinking(answer)).strip()
    if reference is not None and text == reference.strip() and text:
        return None
    kind = _nothing_said(text)
    if kind is None:
        return None
    detail = f"The answer is {kind}: it gives no result."
    return Verdict(False, 0.99, NAME, detail, score=0.0, checks=(Check("no_content", False, 0.99, detail),))


def verdict_of(reply: Answer, *, answer: str, request: Request) -> Verdict:
    """Return the verdict in a judge's reply on `answer`.

    Raises:
        UnusableVerdict: where the reply was cut or refused, is not exactly the JSON object asked for, or cites evidence
            that is not in the answer.
    """
    body = parsed_verdict(reply, answer=answer)
    outcome = VERDICTS[body["verdict"]]
    said = body["reasoning"].strip() or f"The judge says {body['verdict']}."
    judge = {**body, "model": reply.served_model or request.model, "request_digest": request.digest}
    check = Check(NAME, outcome, body["confidence"], said)
    if outcome is None:
        return ungraded(NAME, f"The judge cannot tell: {said}", checks=(check,), judge=judge)
    return Verdict(outcome, body["confidence"], NAME, said, score=float(outcome), checks=(check,), judge=judge)


def parsed_verdict(reply: Answer, *, answer: str) -> dict[str, Any]:
    """Return {verdict, confidence, reasoning, evidence} of a judge's reply; see `verdict_of` for what is refused."""
    body = one_object(reply, keys=VERDICT_SCHEMA["required"])
    problem = _shape_problem(body) or _evidence_problem(body, answer=answer)
    if problem:
        raise UnusableVerdict(problem)
    return {key: body[key] for key in VERDICT_SCHEMA["required"]}


def one_object(reply: Answer, *, keys: list[str]) -> dict[str, Any]:
    """Return the JSON object that a judge's reply is, with exactly these keys, `confidence` a number from 0 to 1.

    Raises:
        UnusableVerdict: where it is anything else, or the reply was cut or refused.
    """
    if reply.refusal is not None or reply.finish_reason != "stop":
        raise UnusableVerdict(f"the judge's reply ended with {reply.finish_reason}")
    body = reply.parts if reply.parts is not None else _only_object(reply.text)
    if not isinstance(body, dict) or set(body) != set(keys):
        raise UnusableVerdict(f"the judge's reply has not exactly the keys {', '.join(keys)}")
    confidence = body["confidence"]
    is_number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    if not is_number or not 0 <= confidence <= 1:
        raise UnusableVerdict("the judge's confidence is not a number from 0 to 1")
    return {**body, "confidence": float(confidence)}


def _nothing_said(text: str) -> str | None:
    if not text:
        return "empty"
    if all(unicodedata.category(char)[0] in "PZC" or char in _NOT_CONTENT for char in text):
        return "punctuation alone"
    if any(unicodedata.category(char)[0] == "S" and char not in _NOT_CONTENT for char in text):
        return None
    pieces = [piece for piece in re.split(r"[^\w\s']+|\n", text.replace("’", "'")) if piece.strip()]
    openers = all(_OPENERS.fullmatch(" ".join(piece.split())) for piece in pieces)
    return "an opening phrase alone" if openers and len(pieces) <= 4 else None


def _cut(text: str) -> str:
    """Return `text`, or its first and last parts where it is very long; a final result stands at the end."""
    if len(text) <= _SHOWN_AT_MOST:
        return text
    head, tail = _SHOWN_AT_MOST // 4, 3 * _SHOWN_AT_MOST // 4
    return f"{text[:head]}\n[... {len(text) - head - tail} characters left out ...]\n{text[-tail:]}"


def _only_object(text: str) -> Any:
    """Return the JSON value that `text` is, alone or in one code fence; a verdict beside other text is no verdict."""
    bare = without_thinking(text)
    fenced = re.fullmatch(r"```(?:json)?\s*\n(.*?)\n?```", bare, re.DOTALL)
    try:
        return json.loads(fenced.group(1) if fenced else bare, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise UnusableVerdict(f"the judge's reply is not one JSON object ({error})") from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) < len(pairs):
        raise ValueError("a key stands twice")
    return body


def _shape_problem(body: dict[str, Any]) -> str | None:
    if not isinstance(body["verdict"], str) or body["verdict"] not in VERDICTS:
        return "the judge's verdict is none of " + ", ".join(VERDICTS)
    if not isinstance(body["reasoning"], str) or not isinstance(body["evidence"], str):
        return "the judge's reasoning and evidence are not texts"
    return None


def _evidence_problem(body: dict[str, Any], *, answer: str) -> str | None:
    evidence = body["evidence"]
    if not evidence.strip():
        return "the judge says correct and cites nothing" if body["verdict"] == "correct" else None
    held = _flat(answer)
    if any(_flat(reading) in held for reading in (evidence, _latex_kept(evidence))):
        return None
    return "the judge cites evidence that is not in the answer"


def _latex_kept(text: str) -> str:
    r"""Return `text` with control characters read as the LaTeX that a sloppy JSON string meant: "\boxed" holds a \b."""
    for control, letter in {"\b": "b", "\f": "f", "\t": "t", "\n": "n", "\r": "r"}.items():
        text = re.sub(control + r"(?=[A-Za-z])", rf"\\{letter}", text)
    return text


def _flat(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
