"""The final answer of a candidate's text, and whole verdicts on real GSM8K rows."""

from __future__ import annotations

import json
import re

import pytest
from retake.samples.sample import Sample
from retake.verify.math import MathVerifier
from retake.verify.math.extract import extract, strict_and_flexible
from workspace import shared_data

TEXTS = {
    "the last box": ("\\boxed{1} and later \\boxed{2}", "2", "boxed"),
    "a box with braces": ("so \\boxed{\\frac{1}{2}} holds", "\\frac{1}{2}", "boxed"),
    "a box within a box": ("\\boxed{\\boxed{7}}", "\\boxed{7}", "boxed"),
    "a box without braces": ("so \\boxed 5", "5", "boxed"),
    "a box that is not closed": ("so $\\boxed{5 + x$", "5 + x", "boxed"),
    "a box escaped twice": ("so \\\\boxed{5}", "5", "boxed"),
    "a box in thoughts does not count": ("<think>\\boxed{1}</think>\\boxed{2}", "2", "boxed"),
    "thoughts that never end hold no answer": ("<think>\\boxed{1}", None, ""),
    "an end of thoughts without a beginning": ("\\boxed{1}</think> It is \\boxed{2}", "2", "boxed"),
    "an empty box does not count": ("\\boxed{3} then \\boxed{}", "3", "boxed"),
    "the mark of GSM8K": ("He has 3 * 4 = 12\n#### 12", "12", "hashes"),
    "the last mark of GSM8K": ("#### 5\n#### 6", "6", "hashes"),
    "a heading is no mark": ("#### Solution steps of it\nAnswer: 9", "9", "stated"),
    "a stated answer": ("Some steps.\nAnswer: 42", "42", "stated"),
    "a stated answer in bold": ("**Answer:** **42**", "42", "stated"),
    "a stated final answer": ("The final answer is $\\frac{3}{4}$.", "\\frac{3}{4}", "stated"),
    "the last stated answer": ("The answer is 4. No wait, the answer is 5.", "5", "stated"),
    "a denied answer is none": ("The answer is not 5.", None, ""),
    "a denied answer and its correction": ("The answer is not 5 but 6.", "6", "stated"),
    "a bare answer": ("x = 3", "x = 3", "whole"),
    "the last formula": (
        "We get $a = 1$ and after long work we then find $b = 2$ as wanted here",
        "b = 2",
        "last expression",
    ),
    "the last number": (
        "We add them and so there are 12 birds and then we count 15 in the tree now",
        "15",
        "last number",
    ),
    "no answer": ("I cannot help with this question, sorry about that, really so sorry.", None, ""),
    "nothing": ("", None, ""),
}


@pytest.mark.parametrize(("text", "answer", "method"), TEXTS.values(), ids=TEXTS)
def test_the_final_answer_is(text: str, answer: str | None, method: str) -> None:
    found = extract(text)
    assert (found.answer if found else None) == answer
    assert found is None or found.method == method


def test_extraction_is_surer_of_a_box_than_of_a_last_number() -> None:
    found = [
        extract(text)
        for text in ("\\boxed{5}", "#### 5", "Answer: 5", "we count and then there are 5 of them in all the rooms")
    ]
    sure = [one.confidence for one in found if one is not None]
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 4


@pytest.mark.parametrize(
    ("text", "strict", "flexible"),
    [
        ("#### 1,234", "1234", "1234"),
        ("It costs $5.50 in all.", None, "5.50"),
        ("none", None, None),
        ("#### 5\nThat is 6.", "5", "6"),
        ("-3", None, "-3"),
    ],
)
def test_gsm8k_keeps_the_strict_and_the_flexible_answer(text: str, strict: str | None, flexible: str | None) -> None:
    assert strict_and_flexible(text) == {"strict": strict, "flexible": flexible}


def test_every_gsm8k_solution_passes_and_a_changed_one_fails() -> None:
    rows = [json.loads(line) for line in (shared_data("gsm8k") / "test.jsonl").read_text(encoding="utf-8").splitlines()]
    verifier = MathVerifier()
    for number, row in enumerate(rows, 1):
        sample = Sample("gsm8k", number, "q", row["question"], ground_truth=row["answer"].split("####")[1].strip())
        right = verifier.verify(row["answer"], sample)
        assert right.is_verified is True, row["answer"]
        assert right.confidence > 0.9
        assert right.extras["strict"] == sample.ground_truth.replace(",", "")
        wrong = re.sub(r"#### (-?)([\d,]+)", lambda m: f"#### {m[1]}{int(m[2].replace(',', '')) + 1}", row["answer"])
        assert verifier.verify(wrong, sample).is_verified is False, wrong
    assert not verifier._pool.is_started


def test_a_verdict_carries_its_evidence() -> None:
    verdict = MathVerifier().verify("I think \\boxed{0.5}", Sample("math", 1, "q", "?", ground_truth="\\frac{1}{2}"))
    assert verdict.is_verified is True
    assert verdict.score == 1.0
    assert verdict.verifier_name == "math"
    assert verdict.extracted_answer == "0.5"
    assert [check.method for check in verdict.checks] == ["extract: boxed", "compare: exact"]
    assert verdict.explanation.endswith(".")
    json.dumps(verdict.as_dict())


@pytest.mark.parametrize("gold", [None, "", "  "])
def test_a_sample_without_a_reference_is_ungraded(gold: str | None) -> None:
    verdict = MathVerifier().verify("\\boxed{5}", Sample("math", 1, "q", "?", ground_truth=gold))
    assert verdict.is_verified is None
    assert verdict.confidence == 0.0


@pytest.mark.parametrize("text", ["", "   ", "...", "I do not know.", "qwerty uiop asdf", "😀", "?", "\\boxed{}"])
def test_garbage_is_ungraded(text: str) -> None:
    verdict = MathVerifier().verify(text, Sample("math", 1, "q", "?", ground_truth="42"))
    assert verdict.is_verified is None
    assert verdict.confidence < 0.4
