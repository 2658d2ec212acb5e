"""Numbers: a calculator, statistics, number theory and geometry; all results are true."""

from __future__ import annotations

import ast
import math
import operator
import statistics
from collections.abc import Callable
from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World
from retake.tools.seeded import Dice

family = Family(
    "numbers",
    "calculate calculator math mathematical number numbers sum average mean median standard deviation statistics prime factorial gcd lcm equation quadratic area volume circle triangle geometry percentage square root power fibonacci random sequence series root expression",
)

_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS = {
    name: getattr(math, name) for name in ("sqrt", "sin", "cos", "tan", "log", "log10", "exp", "floor", "ceil", "fabs")
} | {"abs": abs, "round": round}
MAX_NUMBER = 10**12


def _power(base: float, exponent: float) -> float:
    if abs(base) > 10**6 or abs(exponent) > 64:
        raise ToolError("invalid_value", "the power is too large")
    return base**exponent


def _node(node: ast.AST) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _power(_node(node.left), _node(node.right))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_node(node.left), _node(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_node(node.operand))
    if isinstance(node, ast.Name) and node.id in ("pi", "e"):
        return getattr(math, node.id)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and len(node.args) == 1
    ):
        return _FUNCTIONS[node.func.id](_node(node.args[0]))
    raise ToolError("invalid_value", "only numbers, + - * / % ** ( ), and common functions are understood")


def evaluated(text: str) -> float:
    """Return the value of an arithmetic expression, read without running it.

    Raises:
        ToolError: (invalid_value) for what is no arithmetic, too long, or has no finite real value.
    """
    plain = text.replace("^", "**").replace("×", "*").replace("÷", "/").replace("math.", "").strip().rstrip("=")
    if len(plain) > 300:
        raise ToolError("invalid_value", "the expression is too long")
    try:
        value = _node(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ArithmeticError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise ToolError("invalid_value", f"cannot evaluate {text[:80]!r}: {error}") from None
    return _real(value)


def _real(value: Any) -> float:
    if isinstance(value, complex) or abs(value) > 1e300:
        raise ToolError("invalid_value", "the result is not a finite real number")
    return round(value, 10) if isinstance(value, float) else value


@family.tool(
    "calculator calculate evaluate_expression math_expression compute evaluate solve_expression calculate_expression math_calculator arithmetic evaluate_math",
    needs="expression",
)
def calculator(query: Query, world: World) -> Result:
    text = query.text("expression", "0")
    return {"expression": text, "result": evaluated(text)}


def _list(query: Query) -> list[float]:
    found = query.get("numbers")
    found = (
        found if isinstance(found, list) else next((v for v in query.arguments.values() if isinstance(v, list)), None)
    )
    values = [v for v in found if isinstance(v, int | float) and not isinstance(v, bool)] if found else []
    values = values or [v for v in query.arguments.values() if isinstance(v, int | float) and not isinstance(v, bool)]
    if not values:
        raise ToolError("invalid_value", "a list of numbers is needed")
    if max(map(abs, values)) > 1e100:
        raise ToolError("invalid_value", "a number is out of range")
    return values[:10_000]


@family.tool(
    "statistics descriptive_statistics calculate_statistics summary_statistics data_statistics describe_data",
    needs="numbers",
)
def describe(query: Query, world: World) -> Result:
    values = _list(query)
    return {
        "count": len(values),
        "mean": statistics.fmean(values),
        "median": statistics.median(values),
        "stdev": statistics.stdev(values) if len(values) > 1 else 0.0,
        "min": min(values),
        "max": max(values),
        "sum": math.fsum(values),
    }


@family.tool("mean calculate_mean average calculate_average average_number find_average compute_mean", needs="numbers")
def mean(query: Query, world: World) -> Result:
    return {"result": statistics.fmean(_list(query))}


@family.tool("median calculate_median find_median compute_median", needs="numbers")
def median(query: Query, world: World) -> Result:
    return {"result": statistics.median(_list(query))}


@family.tool(
    "standard_deviation calculate_standard_deviation stdev std_dev std compute_standard_deviation calculate_stdev",
    needs="numbers",
)
def standard_deviation(query: Query, world: World) -> Result:
    values = _list(query)
    return {"population": statistics.pstdev(values), "sample": statistics.stdev(values) if len(values) > 1 else 0.0}


@family.tool("sum add_numbers sum_numbers add sum_values sum_list math_sum")
def total(query: Query, world: World) -> Result:
    return {"result": _real(math.fsum(_list(query)))}


def _pair(query: Query) -> tuple[float, float]:
    values = _list(query)
    if len(values) < 2:
        raise ToolError("invalid_value", "two numbers are needed")
    return values[0], values[1]


@family.tool("multiply multiplication multiply_numbers product_of_numbers")
def multiply(query: Query, world: World) -> Result:
    return {"result": _real(math.prod(_list(query)[:100]))}


@family.tool("divide division divide_numbers")
def divide(query: Query, world: World) -> Result:
    one, two = _pair(query)
    if two == 0:
        raise ToolError("invalid_value", "division by zero")
    return {"result": _real(one / two)}


@family.tool("subtract subtraction subtract_numbers")
def subtract(query: Query, world: World) -> Result:
    one, two = _pair(query)
    return {"result": _real(one - two)}


@family.tool("percentage calculate_percentage percent percent_of percentage_calculator math_percentage")
def percentage(query: Query, world: World) -> Result:
    one, two = _pair(query)
    return {
        "part": one,
        "whole": two,
        "percent": _real(100 * one / two) if two else None,
        "percent_of": _real(one * two / 100),
    }


def _whole(query: Query, most: int = MAX_NUMBER) -> int:
    value = _list(query)[0]
    if value != int(value) or abs(value) > most:
        raise ToolError("invalid_value", f"a whole number up to {most} is needed")
    return int(value)


def _factors(number: int) -> list[int]:
    left, found, factor = abs(number), [], 2
    while factor * factor <= left:
        while left % factor == 0:
            found.append(factor)
            left //= factor
        factor += 1 if factor == 2 else 2
    return [*found, left] if left > 1 else found


@family.tool("is_prime check_prime prime_check prime_number check_prime_number math_is_prime", needs="")
def is_prime(query: Query, world: World) -> Result:
    number = _whole(query)
    return {"number": number, "is_prime": number > 1 and _factors(number) == [number]}


@family.tool("primes_in_range prime_numbers_in_range find_prime_numbers search_prime_numbers list_primes primes")
def primes_in_range(query: Query, world: World) -> Result:
    low, high = sorted(int(value) for value in _pair(query))
    if high - low > 10_000 or high > 10**9:
        raise ToolError("invalid_value", "the range is over 10000 numbers or ends over 10**9")
    found = [number for number in range(max(low, 2), high + 1) if _factors(number) == [number]]
    return {"start": low, "end": high, "count": len(found), "primes": found}


@family.tool(
    "prime_factors prime_factorization factorize factors get_prime_factors find_prime_factors integer_factorization"
)
def prime_factors(query: Query, world: World) -> Result:
    number = _whole(query)
    return {"number": number, "prime_factors": _factors(number)}


@family.tool("factorial calculate_factorial math_factorial compute_factorial")
def factorial(query: Query, world: World) -> Result:
    number = _whole(query, 170)
    if number < 0:
        raise ToolError("invalid_value", "a factorial needs a number of 0 or more")
    return {"number": number, "factorial": math.factorial(number) if number <= 20 else float(math.factorial(number))}


@family.tool("fibonacci fibonacci_sequence fibonacci_number calculate_fibonacci generate_fibonacci")
def fibonacci(query: Query, world: World) -> Result:
    number = _whole(query, 300)
    row = [0, 1]
    while len(row) < max(number, 2):
        row.append(row[-1] + row[-2])
    return {"n": number, "sequence": row[: max(number, 0)]}


@family.tool("gcd greatest_common_divisor calculate_gcd hcf math_gcd number_gcd")
def gcd(query: Query, world: World) -> Result:
    return {"result": math.gcd(*(int(v) for v in _list(query)))}


@family.tool("lcm least_common_multiple calculate_lcm math_lcm")
def lcm(query: Query, world: World) -> Result:
    return {"result": _real(math.lcm(*(int(v) for v in _list(query)[:20])))}


@family.tool("square_root sqrt calculate_square_root")
def square_root(query: Query, world: World) -> Result:
    value = _list(query)[0]
    if value < 0:
        raise ToolError("invalid_value", "the root of a negative number is not real")
    return {"number": value, "result": _real(math.sqrt(value))}


@family.tool("power exponent calculate_power power_of")
def power(query: Query, world: World) -> Result:
    one, two = _pair(query)
    try:
        return {"result": _real(_power(one, two))}
    except ZeroDivisionError:
        raise ToolError("invalid_value", "zero has no negative power") from None


@family.tool(
    "quadratic_equation solve_quadratic solve_quadratic_equation quadratic_formula quadratic_roots algebra_quadratic_roots"
)
def quadratic_equation(query: Query, world: World) -> Result:
    a, b, c = (query.arguments.get(name) for name in "abc")
    if not all(isinstance(v, int | float) for v in (a, b, c)) or a == 0 or max(abs(a), abs(b), abs(c)) > 1e100:
        raise ToolError("invalid_value", "numbers a, b and c are needed, and a other than 0")
    inside = b * b - 4 * a * c
    root = math.sqrt(abs(inside))
    if inside < 0:
        return {
            "discriminant": inside,
            "real_roots": [],
            "complex_roots": [f"{-b / (2 * a):g} ± {abs(root / (2 * a)):g}i"],
        }
    return {"discriminant": inside, "real_roots": sorted({(-b - root) / (2 * a), (-b + root) / (2 * a)})}


def _length(query: Query, *names: str) -> float | None:
    values = [v for n, v in query.arguments.items() if any(name in n.lower() for name in names)]
    return float(values[0]) if values and isinstance(values[0], int | float) and abs(values[0]) < 1e100 else None


@family.tool(
    "circle_area calculate_circle_area area_of_circle circle_properties geometry_area_circle circle_circumference calculate_circumference geometry_circumference"
)
def circle_area(query: Query, world: World) -> Result:
    radius = _length(query, "radius", "r")
    if radius is None:
        raise ToolError("invalid_value", "a radius is needed")
    return {
        "radius": radius,
        "area": _real(math.pi * radius**2),
        "circumference": _real(2 * math.pi * radius),
        "diameter": 2 * radius,
    }


@family.tool("triangle_area calculate_triangle_area area_of_triangle calc_area_triangle geometry_area_triangle")
def triangle_area(query: Query, world: World) -> Result:
    base, height = _length(query, "base"), _length(query, "height")
    if base is not None and height is not None:
        return {"base": base, "height": height, "area": _real(base * height / 2)}
    sides = [v for v in _list(query) if v > 0][:3]
    half = sum(sides) / 2
    if len(sides) < 3 or half <= max(sides):
        raise ToolError("invalid_value", "a base and a height, or three sides of a triangle, are needed")
    return {
        "sides": sides,
        "area": _real(math.sqrt(half * math.prod(half - side for side in sides))),
        "perimeter": 2 * half,
    }


@family.tool("rectangle_area calculate_rectangle_area area_of_rectangle rectangle_properties")
def rectangle_area(query: Query, world: World) -> Result:
    one, two = _length(query, "length", "height", "side"), _length(query, "width", "breadth")
    if one is None or two is None:
        raise ToolError("invalid_value", "a length and a width are needed")
    return {"length": one, "width": two, "area": _real(one * two), "perimeter": _real(2 * (one + two))}


@family.tool(
    "random_number generate_random_number random_integer roll_dice dice_roll roll random_numbers flip_coin coin_flip"
)
def random_number(query: Query, world: World) -> Result:
    low = _length(query, "min", "low", "start") or 1
    high = _length(query, "max", "high", "end", "sides") or (
        2 if "coin" in query.tool.lower() else 6 if "dice" in query.tool.lower() else 100
    )
    if high < low:
        raise ToolError("invalid_value", "the highest number is below the lowest")
    value = Dice(world.seed(), "random", world.new_id("random")).whole(int(low), int(high))
    return {
        "min": int(low),
        "max": int(high),
        "number": value,
        **({"side": ("heads", "tails")[value % 2]} if "coin" in query.tool.lower() else {}),
    }


@family.tool("sort_numbers sort_list sort sort_array", needs="numbers")
def sort_numbers(query: Query, world: World) -> Result:
    values = next((v for v in query.arguments.values() if isinstance(v, list)), [])
    is_down = any(word in str(query.arguments).lower() for word in ("desc", "'reverse': true"))
    return {
        "result": sorted(
            values,
            key=lambda v: (isinstance(v, str), v if isinstance(v, str | int | float) else str(v)),
            reverse=is_down,
        )
    }
