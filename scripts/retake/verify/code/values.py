"""Plain values as JSON, with their exact types: what may pass between a candidate, the host and the tests.

The text of this module also runs inside the sandbox, in front of `inside.py`; it uses the standard library alone.
"""

from __future__ import annotations

import math
from typing import Any

MAX_DEPTH = 100
MAX_INT_BITS = 4_000_000
_SEQUENCES = {list: "l", tuple: "t", set: "s", frozenset: "z"}
_MAKERS = {"l": list, "t": tuple, "s": set, "z": frozenset}


class NotPlain(ValueError):
    """A value that is no plain data: a subclass, an object, one nested too deeply or too large."""


def pack(value: Any, depth: int = 0) -> Any:
    """Return `value` as data that JSON can carry; `unpack` gives back an equal value of the same types.

    Raises:
        NotPlain: for any type but None, bool, int, float, complex, str, bytes, list, tuple, set, frozenset and dict.
    """
    if depth > MAX_DEPTH:
        raise NotPlain(f"nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return _packed_int(value)
    if kind is float:
        return {"f": value.hex() if math.isfinite(value) else repr(value)}
    if kind is complex:
        return {"c": [pack(value.real), pack(value.imag)]}
    if kind is bytes:
        return {"b": value.hex()}
    if kind in _SEQUENCES:
        return {_SEQUENCES[kind]: [pack(each, depth + 1) for each in value]}
    if kind is dict:
        return {"d": [[pack(key, depth + 1), pack(each, depth + 1)] for key, each in value.items()]}
    raise NotPlain(f"a value of type {kind.__name__}")


def _packed_int(value: int) -> Any:
    if -(2**53) < value < 2**53:
        return value
    if value.bit_length() > MAX_INT_BITS:
        raise NotPlain(f"an integer of {value.bit_length()} bits")
    return {"i": hex(value)}


def unpack(data: Any, depth: int = 0) -> Any:
    """Return the value that `pack` made `data` from.

    Raises:
        NotPlain: where `data` is nothing that `pack` makes.
    """
    if depth > MAX_DEPTH:
        raise NotPlain("nested too deeply")
    kind = type(data)
    if data is None or kind is bool or kind is str or kind is int:
        return data
    if kind is not dict or len(data) != 1:
        raise NotPlain("no packed value")
    ((tag, body),) = data.items()
    try:
        return _unpacked(tag, body, depth + 1)
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise NotPlain(f"no packed value: {error}") from error


def _unpacked(tag: str, body: Any, depth: int) -> Any:
    if tag in _MAKERS and type(body) is list:
        return _MAKERS[tag](unpack(each, depth) for each in body)
    if tag == "d" and type(body) is list:
        return {unpack(key, depth): unpack(each, depth) for key, each in body}
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return float.fromhex(body)
    if tag == "c":
        return complex(unpack(body[0], depth), unpack(body[1], depth))
    if tag == "b":
        return bytes.fromhex(body)
    raise NotPlain(f"unknown tag {tag!r}")
