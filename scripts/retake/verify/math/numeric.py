"""Whether two expressions have the same value: exactly where both are rational, else at seeded points by relative error."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from retake.verify.math.evaluate import Evaluator, Undefined, exact, seeded
from retake.verify.math.limits import Unparseable
from retake.verify.math.nodes import Node, replace_op, symbols

_DIGITS = (50, 110)  # the second precision tells a difference that is zero from one that is only small
_RANGES = (
    (Fraction(1, 2), Fraction(3)),
    (Fraction(1, 10), Fraction(9, 10)),
    (Fraction(-3), Fraction(-1, 2)),
    (Fraction(3), Fraction(12)),
    (Fraction(-9, 10), Fraction(9, 10)),
    (Fraction(-4), Fraction(4)),
    (Fraction(12), Fraction(60)),
)
_MOST_DIGITS = 5_000
_ENOUGH = 6  # points at which both sides have a value and agree
_DECIMALS = 6  # a decimal stands for an exact value where it is right to six decimals and six digits


@dataclass(frozen=True)
class Outcome:
    """What a comparison found: `equal` is None where it could not say."""

    equal: bool | None
    confidence: float
    method: str
    detail: str = ""


def same_value(gold: Node, answer: Node) -> Outcome:
    """Return whether two expressions are equal; raises OverLimit where evaluating one would cost too much."""
    try:
        first, second = exact(gold), exact(answer)
    except Undefined as error:
        return Outcome(None, 0.0, "exact", str(error))
    if first is not None and second is not None:
        equal = first == second
        return (
            Outcome(equal, 0.99 if equal else 0.98, "exact", f"{_short(first)} against {_short(second)}")
            if equal
            else _by_rounding(gold, answer)
            or Outcome(False, 0.98, "exact", f"{_short(first)} against {_short(second)}")
        )
    names = symbols(gold) | symbols(answer)
    is_complex = "i" in names and not _is_index(gold, answer)
    found = _compare_points(gold, answer, sorted(names - ({"i"} if is_complex else set())), is_real=not is_complex)
    if found.equal is None and not names:  # a constant that is not real: sqrt(-4)
        found = _compare_points(gold, answer, [], is_real=False)
    if found.equal is False and not names:
        return _by_rounding(gold, answer) or found
    return found


def _short(value: Fraction) -> str:
    text = str(value) if value.numerator.bit_length() < 400 else "a long number"
    return text if len(text) < 60 else text[:57] + "..."


def _is_index(gold: Node, answer: Node) -> bool:
    """Return whether `i` is an index: it bounds a sum, or stands in a subscript with others."""
    return any(node.op in ("sum", "prod") and node.value == "i" for tree in (gold, answer) for node in tree.walk())


def _by_rounding(gold: Node, answer: Node) -> Outcome | None:
    """A decimal against an exact value that it rounds; None where no rule of rounding makes them equal."""
    for rounded, full in ((gold, answer), (answer, gold)):
        decimals = _written_decimals(rounded)
        if decimals is None or any(node.decimals is not None for node in full.walk()):
            continue
        evaluator = Evaluator()
        try:
            value, target = evaluator.value(rounded, {}), evaluator.value(full, {})
        except (Undefined, Unparseable):
            continue
        unit = evaluator.context.mpf(10) ** -decimals
        digits = len(str(int(abs(evaluator.context.nint(value / unit)))))
        if (decimals < _DECIMALS or digits < _DECIMALS) and digits < 9:
            continue
        if abs(value - target) <= unit * evaluator.context.mpf("0.501"):
            return Outcome(True, 0.75, "rounding", f"equal when rounded to {decimals} decimals")
    return None


def _written_decimals(node: Node) -> int | None:
    """How many decimals a plain or scientific number is written to; None where it is exact or no such number."""
    if node.op == "neg":
        return _written_decimals(node.args[0])
    if node.op == "number":
        return node.decimals
    if (
        node.op == "mul"
        and node.args[1].op == "pow"
        and node.args[0].op == "number"
        and node.args[0].decimals is not None
    ):
        base, exponent = node.args[1].args
        power = exact(exponent)
        if (
            base.op == "number"
            and base.value == 10
            and power is not None
            and power.denominator == 1
            and abs(power) < 400
        ):
            return node.args[0].decimals - int(power)
    return None


def _compare_points(gold: Node, answer: Node, names: list[str], *, is_real: bool) -> Outcome:
    coarse, fine = (Evaluator(digits, is_real) for digits in _DIGITS)
    agreed = one_sided = 0
    why = ""
    for point in _points(names):
        try:
            values = _both(coarse, gold, answer, point)
            if values is None:
                one_sided += 1
                continue
            if not _agree(values, coarse) and not _vanishes(fine, gold, answer, point, values):
                shown = ", ".join(f"{name} = {float(value):.6g}" for name, value in point.items())
                return Outcome(
                    False,
                    0.95,
                    "numeric",
                    f"differ at {shown}" if shown else f"{_number(values[0])} against {_number(values[1])}",
                )
        except Undefined as error:
            why = str(error)
            continue
        agreed += 1
        if agreed == _ENOUGH or not names:
            break
    if agreed == 0:
        return Outcome(None, 0.0, "numeric", why or "no point at which both sides have a value")
    if not names:
        return _constants_agree(gold, answer, coarse)
    weak = agreed < 3 or one_sided > agreed
    return Outcome(True, 0.6 if weak else 0.95, "numeric", f"equal at {agreed} points to 50 digits")


def _constants_agree(gold: Node, answer: Node, coarse: Evaluator) -> Outcome:
    """The verdict on two constants that agree to 50 digits: large ones must agree to the last digit before the point."""
    context = coarse.context
    size = context.mpf(max(abs(coarse.value(tree, {})) for tree in (gold, answer)))
    if not context.isfinite(size):
        same = both_signs(gold) == both_signs(answer)
        return Outcome(same, 0.95 if same else 0.6, "numeric", "infinite")
    if size < 10**25:
        return Outcome(True, 0.97, "numeric", "equal to 50 digits")
    digits = int(context.log10(size)) + 40
    if digits > _MOST_DIGITS:
        return Outcome(None, 0.0, "numeric", "too large to compare to the last digit")
    finest = Evaluator(digits, coarse.is_real)
    left, right = (finest.value(tree, {}) for tree in (gold, answer))
    equal = bool(abs(left - right) < finest.context.mpf(10) ** -10)
    return Outcome(equal, 0.9, "numeric", f"compared to {digits} digits")


def _both(evaluator: Evaluator, gold: Node, answer: Node, point: dict[str, Any]) -> tuple[Any, Any] | None:
    """Return both values; None where exactly one side has no value there; raises Undefined where neither has."""
    values = []
    for tree in (gold, answer):
        try:
            values.append(
                evaluator.value(
                    tree, {name: evaluator.context.mpf(v.numerator) / v.denominator for name, v in point.items()}
                )
            )
        except Undefined:
            values.append(None)
    if values[0] is None and values[1] is None:
        raise Undefined("neither side has a value")
    return None if None in values else (values[0], values[1])


def _agree(values: tuple[Any, Any], evaluator: Evaluator) -> bool:
    left, right = values
    if left == right:
        return True
    ctx = evaluator.context
    if ctx.isinf(left) or ctx.isinf(right):
        return False
    return abs(left - right) <= ctx.mpf(10) ** (-evaluator.digits + 10) * max(abs(left), abs(right))


def _vanishes(fine: Evaluator, gold: Node, answer: Node, point: dict[str, Any], values: tuple[Any, Any]) -> bool:
    """Return whether a difference shrinks with the precision: then it is a zero in disguise (sin^2 + cos^2 - 1)."""
    gap = abs(values[0] - values[1])
    if gap > 1e-20:
        return False
    finer = _both(fine, gold, answer, point)
    return finer is not None and abs(finer[0] - finer[1]) <= gap * fine.context.mpf(10) ** -40


def _points(names: list[str]) -> list[dict[str, Fraction]]:
    """Return the fixed points of comparison for these symbols: several ranges of reals, then small integers."""
    if not names:
        return [{}]
    points = []
    for turn in range(3):
        for index, (low, high) in enumerate(_RANGES):
            draw = {name: seeded(name, 24)[turn * len(_RANGES) + index] for name in names}
            points.append({name: low + (high - low) * value for name, value in draw.items()})
    integers = [
        {name: Fraction(2 + int(seeded(name, 24)[21 + turn] * (6 + 3 * turn))) for name in names} for turn in range(3)
    ]
    return points[:2] + points[2:3] + integers[:1] + points[3:] + integers[1:]


def _number(value: Any) -> str:
    import mpmath

    return str(mpmath.nstr(value, 8))


def same_up_to_constant(gold: Node, answer: Node) -> bool:
    """Return whether two expressions differ by a constant: their difference is the same at every point."""
    return _steady(gold, answer, is_factor=False)


def same_up_to_factor(gold: Node, answer: Node) -> bool:
    """Return whether two expressions are multiples of each other by a constant that is not zero."""
    return _steady(gold, answer, is_factor=True)


def _steady(gold: Node, answer: Node, *, is_factor: bool) -> bool:
    names = symbols(gold) | symbols(answer)
    evaluator = Evaluator(60, "i" not in names)
    limit = evaluator.context.mpf(10) ** -35
    first, agreed = None, 0
    for point in _points(sorted(names - {"i"})):
        try:
            values = _both(evaluator, gold, answer, point)
        except Undefined:
            continue
        if values is None:
            continue
        left, right = values
        if is_factor and (left == 0 or right == 0):
            if left != right:
                return False
            continue
        found = left / right if is_factor else left - right
        first = found if first is None else first
        if abs(found - first) > limit * max(abs(found), abs(first), 0 if is_factor else abs(left)):
            return False
        agreed += 1
        if agreed == _ENOUGH:
            break
    return agreed >= 3


def same_solution(gold: Node, answer: Node) -> bool:
    """Return whether two gaps that are linear in a shared unknown vanish at the same value of it: `y = 1/x` and `xy = 1`."""
    shared = sorted((symbols(gold) & symbols(answer)) - {"i"})
    evaluator = Evaluator(60)
    limit = evaluator.context.mpf(10) ** -35
    for name in shared:
        others = sorted((symbols(gold) | symbols(answer)) - {name})
        agreed = 0
        for point in _points(others)[:12]:
            roots = [_linear_root(evaluator, tree, name, point) for tree in (gold, answer)]
            if None in roots or abs(roots[0] - roots[1]) > limit * max(abs(roots[0]), abs(roots[1])):
                break
            agreed += 1
        if agreed >= (3 if others else 1) and agreed == len(_points(others)[:12]):
            return True
    return False


def _linear_root(evaluator: Evaluator, tree: Node, name: str, point: dict[str, Any]) -> Any:
    """Return where an expression that is linear in `name` is zero; None where it is not linear, or has no zero."""
    context = evaluator.context
    fixed = {other: context.mpf(value.numerator) / value.denominator for other, value in point.items()}
    try:
        heights = [evaluator.value(tree, {**fixed, name: context.mpf(at)}) for at in (0, 1, 2, 5)]
    except Undefined:
        return None
    slope = heights[1] - heights[0]
    scale = max(abs(height) for height in heights) * context.mpf(10) ** -40
    if abs(slope) <= scale or any(abs(heights[k] - heights[0] - slope * at) > scale for k, at in ((2, 2), (3, 5))):
        return None
    return -heights[0] / slope


def both_signs(node: Node) -> list[Node]:
    """Return the one or two trees that a plus-minus stands for."""
    if not node.has("pm", "mp"):
        return [node]
    upper = _signed(node, "pm", "mp")
    lower = _signed(node, "mp", "pm")
    return [upper, lower]


def _signed(node: Node, plus: str, minus: str) -> Node:
    if node.op == plus:
        return _signed(node.args[0], plus, minus)
    return replace_op(
        Node(node.op, tuple(_signed(arg, plus, minus) for arg in node.args), node.value, node.decimals), minus, "neg"
    )
