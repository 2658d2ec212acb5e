"""The tree that an answer is parsed into: plain data, never code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Node:
    """One part of an answer.

    `op` is one of: number (value: Fraction), symbol, constant (value: name); add, mul, div, pow, neg, pm, mp; func, call
    (value: name), root, factorial, abs, binomial, sum, prod; percent, degree; list (value: separators), bracket
    (value: its two delimiters), set, matrix (args: rows), row, rel (value: operators), union, intersection, difference,
    text. `decimals` is how many decimals a number was written with, None where it is exact as written.
    """

    op: str
    args: tuple[Node, ...] = ()
    value: Any = None
    decimals: int | None = None

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it."""
        yield self
        for arg in self.args:
            yield from arg.walk()

    def has(self, *ops: str) -> bool:
        """Return whether a node of one of these kinds is here or below."""
        return any(node.op in ops for node in self.walk())


def number(value: int | str | Fraction, decimals: int | None = None) -> Node:
    """Return the node of an exact number."""
    return Node("number", (), Fraction(value), decimals)


def symbols(node: Node) -> frozenset[str]:
    """Return the names of the free symbols (an index of a sum is bound, not free)."""
    if node.op == "symbol":
        return frozenset({node.value})
    found: frozenset[str] = frozenset().union(*(symbols(arg) for arg in node.args)) if node.args else frozenset()
    if node.op in ("sum", "prod"):
        found -= {node.value}
    return found


def mapped(node: Node, **replaced: Any) -> Node:
    """Return `node` with fields replaced."""
    fields = {"op": node.op, "args": node.args, "value": node.value, "decimals": node.decimals}
    return Node(**{**fields, **replaced})


def replace_op(node: Node, old: str, new: str) -> Node:
    """Return the tree with every `old` operation named `new`."""
    op = new if node.op == old else node.op
    return Node(op, tuple(replace_op(arg, old, new) for arg in node.args), node.value, node.decimals)


def names(text: str) -> frozenset[str]:
    """Return the words of `text` as a set."""
    return frozenset(text.split())
