"""Sets of real numbers: intervals, inequalities, unions; two are equal where they agree at and between all their edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from retake.verify.math.evaluate import Evaluator, Undefined
from retake.verify.math.limits import Unparseable
from retake.verify.math.nodes import Node, symbols
from retake.verify.math.numeric import Outcome

INEQUALITIES = frozenset({"<", ">", "<=", ">=", "!=", "in", "notin"})
_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_GRID = [step / 2 for step in range(-60, 61)]
_BISECTIONS = 190


@dataclass(frozen=True)
class Region:
    """A set of real numbers: who is in, and the edges where that may change; `variable` is the name it speaks of, or None."""

    holds: Callable[[Any], bool]
    edges: tuple[Any, ...]
    variable: str | None = None
    is_solved: bool = True


def is_region(node: Node) -> bool:
    """Return whether a tree can only mean a set of numbers (an inequality, a union), not also a point or a list."""
    if node.op == "list":
        return all(item.op == "rel" and INEQUALITIES & set(item.value) for item in node.args)
    if node.op == "rel":
        return bool(INEQUALITIES & set(node.value))
    if node.op == "bracket" and len(node.args) == 2:
        return node.value in ("[)", "(]") or any(
            arg == Node("constant", (), "infty") or arg == Node("neg", (Node("constant", (), "infty"),))
            for arg in node.args
        )
    return node.op in ("union", "intersection", "difference") or (
        node.op == "symbol" and node.value.startswith("mathbb:")
    )


def same_region(gold: Node, answer: Node) -> Outcome:
    """Return whether two trees mean the same set of real numbers; raises Unparseable where one means none."""
    maker = _Maker(Evaluator())
    first, second = maker.region(gold), maker.region(answer)
    if first.variable and second.variable and first.variable != second.variable:
        return Outcome(False, 0.8, "region", f"one speaks of {first.variable}, the other of {second.variable}")
    sure = 0.95 if first.is_solved and second.is_solved else 0.6
    for point in _probes([*first.edges, *second.edges], maker.evaluator.context):
        if first.holds(point) != second.holds(point):
            return Outcome(False, sure, "region", f"differ at {float(point):.6g}")
    return Outcome(True, sure, "region", "agree at and between all their edges")


def _probes(edges: list[Any], context: Any) -> list[Any]:
    finite = sorted(edge for edge in edges if context.isfinite(edge))
    distinct: list[Any] = []
    for edge in finite:
        if not distinct or abs(edge - distinct[-1]) > context.mpf(10) ** -38 * max(abs(edge), abs(distinct[-1])):
            distinct.append(edge)
    if not distinct:
        return [context.mpf(value) for value in (-1000, -1, 0, 1, 1000)]
    middles = [(left + right) / 2 for left, right in pairwise(distinct)]
    reach = max(1, abs(distinct[0]), abs(distinct[-1]))
    return [distinct[0] - reach, *distinct, *middles, distinct[-1] + reach]


class _Maker:
    """Turns trees into regions, with one evaluator and its bounded steps."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def number(self, node: Node) -> Any:
        if symbols(node):
            raise Unparseable("an edge that is not a number")
        try:
            return self.evaluator.value(node, {})
        except Undefined as error:
            raise Unparseable(str(error)) from error

    def near(self, left: Any, right: Any) -> bool:
        gap = abs(left - right)
        if left == right or not self.evaluator.context.isfinite(gap):
            return bool(left == right)
        return bool(gap <= self.evaluator.context.mpf(10) ** -38 * max(abs(left), abs(right)))

    def region(self, node: Node) -> Region:
        if node.op in ("union", "intersection", "difference"):
            return self.combined(node.op, [self.region(arg) for arg in node.args])
        if node.op == "bracket" and len(node.args) == 2:
            return self.interval(node)
        if node.op == "set":
            return self.points([self.number(arg) for arg in node.args])
        if node.op == "symbol" and node.value == "mathbb:R":
            return Region(lambda point: True, ())
        if node.op == "list" and all(arg.op == "rel" for arg in node.args):
            parts = [self.region(arg) for arg in node.args]
            return self.combined("union" if node.value == "or" else "intersection", parts)
        if node.op == "list":
            joined = (
                [self.region(arg) for arg in node.args]
                if any(is_region(arg) for arg in node.args)
                else [self.points([self.number(arg) for arg in node.args])]
            )
            return self.combined("union", joined)
        if node.op == "rel":
            return self.relation(node)
        return self.points([self.number(node)])

    def combined(self, kind: str, parts: list[Region]) -> Region:
        rules: dict[str, Callable[[list[bool]], bool]] = {
            "union": any,
            "intersection": all,
            "difference": lambda held: held[0] and not any(held[1:]),
        }
        edges = tuple(edge for part in parts for edge in part.edges)
        names = {part.variable for part in parts} - {None}
        if len(names) > 1:
            raise Unparseable("inequalities in several variables")
        solved = all(part.is_solved for part in parts)
        return Region(
            lambda point: rules[kind]([part.holds(point) for part in parts]), edges, next(iter(names), None), solved
        )

    def interval(self, node: Node) -> Region:
        low, high = (self.number(arg) for arg in node.args)
        opened, closed = node.value

        def holds(point: Any) -> bool:
            above = (self.near(point, low) and opened == "[") or (point > low and not self.near(point, low))
            below = (self.near(point, high) and closed == "]") or (point < high and not self.near(point, high))
            return above and below

        return Region(holds, (low, high))

    def points(self, values: list[Any]) -> Region:
        return Region(lambda point: any(self.near(point, value) for value in values), tuple(values))

    def relation(self, node: Node) -> Region:
        parts = []
        for left, sign, right in zip(node.args, node.value, node.args[1:], strict=False):
            if sign in ("in", "notin"):
                parts.append(self.membership(left, sign, right))
            else:
                parts.append(self.comparison(left, sign, right))
        return self.combined("intersection", parts)

    def membership(self, left: Node, sign: str, right: Node) -> Region:
        inner = self.region(right)
        name = left.value if left.op == "symbol" else None
        return Region(
            inner.holds if sign == "in" else lambda point: not inner.holds(point), inner.edges, name, inner.is_solved
        )

    def comparison(self, left: Node, sign: str, right: Node) -> Region:
        if left.op == "call" or right.op == "call":
            inside = {"call": Node("symbol", (), "f()")}
            left, right = inside.get(left.op, left), inside.get(right.op, right)
        names = symbols(left) | symbols(right)
        if len(names) != 1:
            raise Unparseable("an inequality that is not in one variable")
        (name,) = names
        gap = Node("add", (left, Node("neg", (right,))))
        edges, solved = self.roots(gap, name)

        def holds(point: Any) -> bool:
            if any(self.near(point, edge) for edge in edges):
                return sign in ("<=", ">=", "=")
            value = self.at(gap, name, point)
            if value is None or isinstance(value, self.evaluator.context.mpc):
                return False
            return {
                "<": value < 0,
                ">": value > 0,
                "<=": value <= 0,
                ">=": value >= 0,
                "!=": value != 0,
                "=": value == 0,
            }[sign]

        return Region(holds, edges, None if name == "f()" else name, solved)

    def at(self, node: Node, name: str, point: Any) -> Any:
        try:
            return self.evaluator.value(node, {name: point})
        except Undefined:
            return None

    def roots(self, gap: Node, name: str) -> tuple[tuple[Any, ...], bool]:
        """Return where the two sides meet: exactly where they are linear, else by sign changes on a grid (not surely all)."""
        context = self.evaluator.context
        values = [self.at(gap, name, context.mpf(point)) for point in (0, 1, 2, 7, -5)]
        if None not in values:
            slope = values[1] - values[0]
            if slope != 0 and all(
                self.near(value - values[0], slope * point)
                for value, point in zip(values, (0, 1, 2, 7, -5), strict=True)
            ):
                return (-values[0] / slope,), True
        found: list[Any] = []
        grid = [context.mpf(point) for point in _GRID]
        heights = [self.at(gap, name, point) for point in grid]
        for index, height in enumerate(heights):
            after = heights[index + 1] if index + 1 < len(heights) else None
            if height == 0:
                found.append(grid[index])
            elif height is not None and after is not None and height * after < 0:
                found.append(self.bisected(gap, name, grid[index], grid[index + 1]))
        return tuple(found), False

    def bisected(self, gap: Node, name: str, low: Any, high: Any) -> Any:
        start = self.at(gap, name, low)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            value = self.at(gap, name, middle)
            if value is None or value == 0:
                return middle
            if (value < 0) == (start < 0):
                low = middle
            else:
                high = middle
        return (low + high) / 2


def flipped(node: Node) -> Node:
    """Return an inequality read from right to left."""
    return Node("rel", tuple(reversed(node.args)), tuple(_FLIP.get(sign, sign) for sign in reversed(node.value)))
