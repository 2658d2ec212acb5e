"""Values of trees: exact rationals where all is rational, else numbers of 50 and more digits, in bounded steps."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from retake.verify.math.limits import MAX_EXPONENT_BITS, MAX_FACTORIAL, MAX_STEPS, OverLimit, Unparseable
from retake.verify.math.nodes import Node

_HUGE = 10**7  # an argument of a periodic function, an exponent: beyond it a value would cost unbounded digits


class Undefined(ArithmeticError):
    """A value that does not exist at this point: a division by zero, a root of a negative number in the reals."""


def exact(node: Node) -> Fraction | None:
    """Return the exact rational value, or None where the tree is not rational; raises OverLimit or Undefined."""
    if node.op == "number":
        return node.value
    if node.op not in _EXACT:
        return None
    values = [exact(arg) for arg in node.args]
    if any(value is None for value in values):
        return None
    return _EXACT[node.op](*values)


def _sum(*terms: Fraction) -> Fraction:
    return sum(terms, Fraction(0))


def _quotient(top: Fraction, bottom: Fraction) -> Fraction:
    if bottom == 0:
        raise Undefined("a division by zero")
    return top / bottom


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        return None
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > MAX_EXPONENT_BITS and base not in (0, 1, -1):
        return None if abs(exponent) < _HUGE else _over("an exponent")
    if base == 0 and exponent <= 0:
        raise Undefined("0 to a power that is not positive")
    if abs(exponent) > _HUGE:
        exponent = Fraction(int(exponent) % 2 + 2) if exponent > 0 else Fraction(-(int(exponent) % 2) - 2)
    return base ** int(exponent)


def _over(what: str) -> Any:
    raise OverLimit(f"{what} over the limit")


def _factorial(value: Fraction) -> Fraction | None:
    if value.denominator != 1 or value < 0:
        return None
    if value > MAX_FACTORIAL:
        _over("a factorial")
    import math

    return Fraction(math.factorial(int(value)))


def _binomial(top: Fraction, bottom: Fraction) -> Fraction | None:
    import math

    if top.denominator != 1 or bottom.denominator != 1 or top < 0 or bottom < 0:
        return None
    return Fraction(math.comb(int(top), int(bottom))) if top <= MAX_FACTORIAL else _over("a binomial")


_EXACT: dict[str, Callable[..., Fraction | None]] = {
    "add": _sum,
    "mul": lambda a, b: a * b,
    "div": _quotient,
    "neg": lambda a: -a,
    "pow": _power,
    "abs": abs,
    "factorial": _factorial,
    "binomial": _binomial,
    "percent": lambda a: a / 100,
}


def _context() -> Any:
    from mpmath.ctx_mp import MPContext

    return MPContext()  # its own precision: threads share nothing


@dataclass
class Evaluator:
    """Evaluates trees at points, at `digits` digits; `is_real` refuses values that leave the real numbers."""

    digits: int = 50
    is_real: bool = True
    steps: int = 0
    context: Any = field(default_factory=_context)

    def __post_init__(self) -> None:
        self.context.dps = self.digits

    def value(self, node: Node, point: Mapping[str, Any]) -> Any:
        """Return the value of `node` where its symbols have the values of `point`; raises Undefined, OverLimit or Unparseable."""
        try:
            result = self._value(node, point)
        except (ZeroDivisionError, ValueError, OverflowError, TypeError) as error:
            if isinstance(error, OverLimit | Unparseable):
                raise
            raise Undefined(str(error)) from error
        if self.context.isnan(result):
            raise Undefined("not a number")
        return result

    def _value(self, node: Node, point: Mapping[str, Any]) -> Any:
        self.steps += 1
        if self.steps > MAX_STEPS:
            _over("the work of one comparison")
        ctx = self.context
        if node.op == "number":
            return ctx.mpf(node.value.numerator) / node.value.denominator
        if node.op == "symbol":
            return ctx.mpc(0, 1) if node.value == "i" and "i" not in point else point[node.value]
        if node.op == "constant":
            return {"pi": +ctx.pi, "e": +ctx.e, "infty": ctx.inf}[node.value]
        if node.op in ("sum", "prod"):
            return self._series(node, point)
        values = [self._value(arg, point) for arg in node.args]
        if node.op == "func":
            return self._function(node.value, values)
        if node.op == "call":
            return self._call(node.value, values)
        operation = getattr(self, f"_do_{node.op}", None)
        if operation is None:
            raise Unparseable(f"{node.op} has no numeric value")
        return operation(*values)

    def _do_add(self, *terms: Any) -> Any:
        return self.context.fsum(terms)

    def _do_mul(self, left: Any, right: Any) -> Any:
        return left * right

    def _do_div(self, top: Any, bottom: Any) -> Any:
        if abs(bottom) == 0:
            raise Undefined("a division by zero")
        return top / bottom

    def _do_neg(self, value: Any) -> Any:
        return -value

    def _do_percent(self, value: Any) -> Any:
        return value / 100

    def _do_degree(self, value: Any) -> Any:
        return value * self.context.pi / 180

    def _do_abs(self, value: Any) -> Any:
        return abs(value)

    def _do_pow(self, base: Any, exponent: Any) -> Any:
        if abs(exponent) > _HUGE:
            _over("an exponent")
        if base == 0 and self._real_part(exponent) <= 0:
            raise Undefined("0 to a power that is not positive")
        if self.is_real and base < 0 and exponent != int(exponent):
            return self._negative_power(base, exponent)
        return base**exponent

    def _real_part(self, value: Any) -> Any:
        return self.context.re(value)

    def _negative_power(self, base: Any, exponent: Any) -> Any:
        """A real power of a negative number: defined where the exponent is a fraction with a small odd denominator."""
        for denominator in (3, 5, 7, 9, 11):
            top = exponent * denominator
            nearest = self.context.nint(top)
            if abs(top - nearest) < self.context.mpf(10) ** (-self.digits + 8):
                return (-1) ** (int(nearest) % 2) * (-base) ** exponent
        raise Undefined("a power of a negative number")

    def _do_root(self, value: Any, degree: Any) -> Any:
        if degree == 0:
            raise Undefined("a root of degree 0")
        if self.is_real and value < 0:
            if degree == int(degree) and int(degree) % 2 == 1:
                return -self.context.root(-value, int(degree)) if abs(degree) < 1000 else _over("a root's degree")
            raise Undefined("a root of a negative number")
        if degree == 2:
            return self.context.sqrt(value)
        return value ** (1 / degree)

    def _do_factorial(self, value: Any) -> Any:
        if abs(value) > MAX_FACTORIAL:
            _over("a factorial")
        return self.context.factorial(value)

    def _do_binomial(self, top: Any, bottom: Any) -> Any:
        if max(abs(top), abs(bottom)) > MAX_FACTORIAL:
            _over("a binomial")
        return self.context.binomial(top, bottom)

    def _series(self, node: Node, point: Mapping[str, Any]) -> Any:
        low, high = (self._value(node.args[index], point) for index in (0, 1))
        if not self.context.isfinite(high) or not self.context.isfinite(low):
            raise Unparseable("an infinite series has no value here")
        if low != int(low) or high != int(high):
            raise Undefined("a sum between bounds that are not integers")
        if high - low > 500:
            _over("the terms of a sum")
        values = [
            self._value(node.args[2], {**point, node.value: self.context.mpf(k)})
            for k in range(int(low), int(high) + 1)
        ]
        return self.context.fsum(values) if node.op == "sum" else self.context.fprod(values)

    def _call(self, name: str, values: list[Any]) -> Any:
        """An unknown function: a fixed smooth one, so that equal arguments, and only they, give equal values."""
        first, second = seeded(f"call {name}", 2)
        shifted = sum((value * (index + 1) for index, value in enumerate(values)), self.context.mpf(0))
        return self.context.exp(
            self.context.sin(shifted * first.numerator / first.denominator)
        ) + second.numerator / self.context.mpf(second.denominator)

    def _function(self, name: str, values: list[Any]) -> Any:
        ctx = self.context
        if name in ("max", "min"):
            return max(values) if name == "max" else min(values)
        if name in ("gcd", "lcm"):
            return self._integers(name, values)
        if name == "log_base":
            argument, base = values
            return self._log(argument) / self._log(base)
        (value,) = values
        if name in ("sin", "cos", "tan", "cot", "sec", "csc", "exp", "sinh", "cosh", "tanh") and abs(value) > _HUGE:
            _over("an argument")
        if name in ("log", "ln"):
            return self._log(value)
        if name == "lg":
            return self._log(value) / ctx.log(10)
        if name in ("arcsin", "arccos") and self.is_real and abs(value) > 1:
            raise Undefined(f"{name} of a number over 1")
        if name in ("floor", "ceil"):
            return (ctx.floor if name == "floor" else ctx.ceil)(value)
        names = {
            "arcsin": "asin",
            "arccos": "acos",
            "arctan": "atan",
            "arccot": "acot",
            "arcsec": "asec",
            "arccsc": "acsc",
            "arcsinh": "asinh",
            "arccosh": "acosh",
            "arctanh": "atanh",
            "Re": "re",
            "Im": "im",
            "sgn": "sign",
        }
        method = getattr(ctx, names.get(name, name), None)
        if method is None:
            raise Unparseable(f"function {name} has no value here")
        result = method(value)
        if self.is_real and isinstance(result, ctx.mpc):
            raise Undefined(f"{name} leaves the real numbers")
        return result

    def _log(self, value: Any) -> Any:
        if value == 0 or (self.is_real and value < 0):
            raise Undefined("a logarithm of a number that is not positive")
        return self.context.log(value)

    def _integers(self, name: str, values: list[Any]) -> Any:
        import math

        if any(value != int(value) for value in values):
            raise Undefined(f"{name} of numbers that are not integers")
        return self.context.mpf((math.gcd if name == "gcd" else math.lcm)(*(int(value) for value in values)))


@lru_cache(maxsize=4096)
def seeded(name: str, count: int) -> tuple[Fraction, ...]:
    """Return `count` fixed fractions in (0, 1) that depend on `name` alone: points that no input, clock or run changes."""
    out = []
    for index in range(count):
        digest = hashlib.sha256(f"{name} {index}".encode()).digest()
        out.append(Fraction(int.from_bytes(digest[:6], "big") * 2 + 1, 2**49))
    return tuple(out)
