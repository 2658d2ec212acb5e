"""The rules by which outputs and values are compared, as tables; and that plain values survive their packing."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.verify.code.compare import same_output, same_value
from retake.verify.code.suites import arguments_of, expectations_of
from retake.verify.code.values import NotPlain, pack, unpack

OUTPUTS = [
    ("equal", b"6\n", "6", True),
    ("CRLF and trailing spaces", b"6  \r\n7\r\n\n", "6\n7", True),
    ("an extra line", b"6\ndone", "6", False),
    ("a blank line between", b"6\n\n7", "6\n7", False),
    ("numbers apart by more space", b"1   2", "1 2", True),
    ("words apart by more space", b"a   b", "a b", False),
    ("a fraction after a word", b"Case 1: 0.3333333", "Case 1: 0.33333334", True),
    ("an exact decimal", b"6.0", "6", True),
    ("within 1e-6 of a fraction", b"0.3333333", "0.33333333333", True),
    ("1e-6 beside an integer", b"6.0000001", "6", False),
    ("a large integer off by one", b"50000000000000001", "50000000000000000", False),
    ("1e-3 off a fraction", b"0.334", "0.333", False),
    ("another case", b"yes", "YES", False),
    ("no UTF-8", b"\xff6", "6", False),
    ("NUL bytes", b"\x006", "6", False),
    ("nan for a fraction", b"nan", "0.5", False),
    ("infinity for a fraction", b"inf", "0.5", False),
    ("digits of another script", "٦".encode(), "6", False),
    ("underscores", b"1_0", "10", False),
    ("a vast exponent", b"1e9999", "1.0", False),
    ("empty for empty", b"\n", "", True),
    ("empty for something", b"", "0", False),
    ("unicode", "naïve ☃".encode(), "naïve ☃", True),
]


@pytest.mark.parametrize(("got", "expected", "same"), [each[1:] for each in OUTPUTS], ids=[each[0] for each in OUTPUTS])
def test_stdout_is_compared_by_line_and_exact_decimal(got: bytes, expected: str, same: bool) -> None:
    assert same_output(got, expected) is same


VALUES = [
    ("equal", [1, "a", None], [1, "a", None], True),
    ("a tuple for a list", (1, (2,)), [1, [2]], True),
    ("a set for a list", {1}, [1], False),
    ("a bool for an int", True, 1, False),
    ("an int for a bool", 1, True, False),
    ("6.0 for 6", 6.0, 6, False),
    ("6 for 6.0", 6, 6.0, True),
    ("a bool for a float", True, 1.0, False),
    ("within 1e-6", 0.1 + 0.2, 0.3, True),
    ("nan for a float", math.nan, 0.5, False),
    ("an int key for its text", {1: "a"}, {"1": "a"}, True),
    ("two keys of one text", {1: "a", "1": "a"}, {"1": "a"}, False),
    ("text for a number", "6", 6, False),
    ("None for an empty list", None, [], False),
    ("a vast int for a float", 10**400, 1.0, False),
    ("a longer list", [1, 2, 3], [1, 2], False),
]


@pytest.mark.parametrize(("got", "expected", "same"), [each[1:] for each in VALUES], ids=[each[0] for each in VALUES])
def test_values_are_compared_by_exact_type(got: object, expected: object, same: bool) -> None:
    assert same_value(got, expected) is same


def test_arguments_are_a_list_or_one_json_value_a_line() -> None:
    assert arguments_of([[1, 2], 3]) == [[1, 2], 3]
    assert arguments_of('[1, 2]\n"a"\n') == [[1, 2], "a"]
    assert expectations_of("[1]") == [[1]]
    assert expectations_of([5]) == [[5], 5]


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=12,
)


def typed(value: object) -> object:
    """Return `value` with the type of each part, so that 1, 1.0 and True differ."""
    if isinstance(value, (list, tuple)):
        return type(value), [typed(each) for each in value]
    if isinstance(value, dict):
        return dict, [(typed(key), typed(each)) for key, each in value.items()]
    return type(value), value


@given(PLAIN)
def test_a_plain_value_survives_its_packing_with_its_types(value: object) -> None:
    assert typed(unpack(json.loads(json.dumps(pack(value))))) == typed(value)


class Sly(int):
    """An int that equals everything."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True


@pytest.mark.parametrize(
    "value",
    [Sly(1), object(), iter([]), [Sly(1)], {1: {Sly(2)}}],
    ids=["subclass", "object", "iterator", "in_list", "in_set"],
)
def test_what_is_not_plain_is_not_packed(value: object) -> None:
    with pytest.raises(NotPlain):
        pack(value)


@pytest.mark.parametrize(
    "data",
    [{"x": 1}, {"l": 1}, {"i": "zz"}, {"d": [[1]]}, {"s": [{"l": []}]}, {"f": None}, [1], {"l": [], "t": []}, 1.5],
    ids=json.dumps,
)
def test_what_pack_never_makes_is_not_unpacked(data: object) -> None:
    with pytest.raises(NotPlain):
        unpack(data)


def test_a_value_nested_too_deeply_is_refused() -> None:
    deep: object = []
    for _ in range(5000):
        deep = {"l": [deep]}
    with pytest.raises(NotPlain):
        unpack(deep)
