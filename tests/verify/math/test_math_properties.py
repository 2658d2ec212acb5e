"""Truths that hold for every answer: wrapping, spacing and order of the two sides change nothing; a is never a + 1."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from retake.verify.math.grade import grade
from retake.verify.math.limits import OverLimit
from retake.verify.math.reading import read

numbers = st.one_of(
    st.integers(-999, 9999).map(str),
    st.tuples(st.integers(-99, 99), st.integers(2, 99)).map(lambda p: f"\\frac{{{p[0]}}}{{{p[1]}}}"),
    st.tuples(st.integers(0, 99), st.integers(0, 999)).map(lambda p: f"{p[0]}.{p[1]:03d}"),
    st.integers(2, 50).map(lambda n: f"\\sqrt{{{n}}}"),
    st.sampled_from(["\\pi", "e", "2^{10}", "3!", "\\ln 2", "5 \\cdot 10^{-7}"]),
)
unknowns = st.sampled_from(["x", "y", "n", "a", "\\theta", "x_1", "x^2", "\\sin x", "2xy"])
expressions = st.recursive(
    st.one_of(numbers, unknowns),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) + ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) \\cdot ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) - ({p[1]})"),
        inner.map(lambda part: f"\\frac{{{part}}}{{3}}"),
    ),
    max_leaves=4,
)
answers = st.one_of(
    expressions,
    st.lists(numbers, min_size=2, max_size=4).map(lambda p: "(" + ", ".join(p) + ")"),
    st.lists(numbers, min_size=1, max_size=4, unique=True).map(lambda p: "\\{" + ", ".join(p) + "\\}"),
    st.tuples(st.integers(-9, 0), st.integers(1, 9)).map(lambda p: f"[{p[0]}, {p[1]})"),
    st.tuples(unknowns, numbers).map(lambda p: f"{p[0]} = {p[1]}"),
)


def equal(gold: str, answer: str) -> bool | None:
    return grade(f"\\boxed{{{gold}}}", f"\\boxed{{{answer}}}").outcome.equal


@given(answers, answers)
def test_the_two_sides_can_be_swapped(left: str, right: str) -> None:
    assert equal(left, right) == equal(right, left)


@given(answers)
def test_wrapping_and_spacing_change_nothing(answer: str) -> None:
    spaced = (
        answer.replace("+", " + ")
        .replace(",", " , ")
        .replace("(", "\\left( ")
        .replace(")", " \\right)")
        .replace("[", "\\left[")
    )
    for same in (
        answer,
        f"${answer}$",
        f" {answer} ",
        f"\\[ {answer} \\]",
        f"\\boxed{{{answer}}}",
        f"\\displaystyle {answer}",
        spaced,
        f"{answer}.",
    ):
        assert equal(answer, same) is True, same


@given(expressions)
def test_multiplying_by_one_changes_nothing(answer: str) -> None:
    assert equal(answer, f"({answer}) \\cdot \\frac{{1}}{{1}}") is True
    assert equal(answer, f"0 + ({answer})") is True


@given(expressions)
def test_an_answer_is_never_itself_plus_one(answer: str) -> None:
    assert equal(answer, f"({answer}) + 1") is False
    assert equal(f"1 + {answer}", answer) is False


@given(expressions)
def test_an_answer_is_never_twice_itself_unless_it_is_zero(answer: str) -> None:
    assert equal(answer, f"2({answer})") is bool(equal(answer, "0"))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    try:
        read(text)
    except OverLimit:
        return
    assert grade("12345678", text).outcome.equal is not True or "12345678" in text.replace(",", "")


@given(st.text(alphabet="\\{}()[]$^_+-*/=<>.,:;|!%&0123456789xyie frcsqtbode\n", max_size=80))
def test_any_mathematical_noise_is_read_or_refused(text: str) -> None:
    for gold, answer in ((text, "7"), ("7", text), (text, text)):
        assert grade(gold, answer).outcome.equal in (True, False, None)
