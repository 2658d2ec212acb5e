"""Whether two answers mean the same: literal first, then by type, each part by its value."""

from __future__ import annotations

import re
from fractions import Fraction

from retake.verify.math.limits import MAX_MEMBERS, OverLimit, Unparseable
from retake.verify.math.matrices import folded
from retake.verify.math.nodes import Node, names, number, symbols
from retake.verify.math.numeric import Outcome, both_signs, same_solution, same_up_to_factor, same_value
from retake.verify.math.reading import Reading, read
from retake.verify.math.regions import flipped, is_region, same_region
from retake.verify.math.units import Unit, named
from retake.verify.math.values import values_equal

_ONLY_SYMBOLS = names("symbol call abs mul div add neg bracket func text")


def compare(gold: Reading, answer: Reading) -> Outcome:
    """Return whether two answers are equivalent; `equal` is None where no method here can say."""
    if gold.literal and gold.literal == answer.literal:
        return Outcome(True, 0.98, "literal", "spelt the same")
    if gold.is_empty or answer.is_empty:
        both = gold.is_empty and answer.is_empty
        return Outcome(
            both, 0.95, "empty set", "both say that there is nothing" if both else "only one says that there is nothing"
        )
    if gold.modulus and answer.modulus and gold.modulus != answer.modulus:
        return Outcome(False, 0.85, "modulus", f"modulo {gold.modulus} against modulo {answer.modulus}")
    found = _letters(gold, answer) or _bases(gold, answer)
    if found is not None:
        return found
    if (
        gold.text == answer.text
        and gold.text
        and (gold.is_words or answer.is_words or gold.tree is answer.tree is None)
    ):
        return Outcome(True, 0.9, "text", "the same words")
    if gold.tree is not None and answer.tree is not None:
        return _quantities(gold, answer)
    return _texts(gold, answer)


def _texts(gold: Reading, answer: Reading) -> Outcome:
    if gold.is_words and (answer.is_words or answer.tree is not None):
        return Outcome(False, 0.6, "text", "different words")
    unread = answer if answer.tree is None else gold
    return Outcome(None, 0.0, "structure", f"cannot be read as mathematics: {unread.problem or 'no expression'}")


def _letters(gold: Reading, answer: Reading) -> Outcome | None:
    """Option letters: `C` against `(C)`, `C.`, `(C) 12`."""
    if gold.letter is None and answer.letter is not None and answer.letter[1] and gold.tree is not None:
        return compare(gold, read(answer.letter[1]))
    if gold.letter is None:
        return None
    letter, rest = gold.letter
    if answer.letter is not None:
        return Outcome(letter == answer.letter[0], 0.95, "option", f"option {letter} against option {answer.letter[0]}")
    if re.fullmatch(r"[a-z]", answer.literal) and not re.fullmatch(r"[A-Z]", gold.literal):
        return Outcome(letter == answer.literal.upper(), 0.85, "option", f"option {letter} against {answer.literal}")
    return compare(read(rest), answer) if rest else None


def _bases(gold: Reading, answer: Reading) -> Outcome | None:
    """Numbers in a base: the value counts; a base that only one side names is not let pass."""
    if gold.base is None and answer.base is None:
        return None
    values = [reading.base[0] if reading.base else _whole(reading) for reading in (gold, answer)]
    if None in values:
        return (
            Outcome(False, 0.6, "base", "only one is a number in a base")
            if gold.base and answer.tree is not None
            else None
        )
    equal = values[0] == values[1]
    sure = 0.95 if gold.base and answer.base else 0.6
    return Outcome(equal, sure, "base", f"{values[0]} against {values[1]} in base 10")


def _whole(reading: Reading) -> Fraction | None:
    return reading.tree.value if reading.tree is not None and reading.tree.op == "number" else None


def _quantities(gold: Reading, answer: Reading) -> Outcome:
    assert gold.tree is not None
    assert answer.tree is not None
    try:
        return _with_units(gold.tree, gold.unit, answer.tree, answer.unit)
    except Unparseable as error:
        return Outcome(None, 0.0, "structure", str(error))


def _with_units(gold: Node, gold_unit: Unit | None, answer: Node, answer_unit: Unit | None) -> Outcome:
    if gold_unit is None and answer_unit is None:
        return typed(gold, answer)
    if gold_unit is None or answer_unit is None:
        return _one_unit(gold, gold_unit, answer, answer_unit)
    if {gold_unit.words, answer_unit.words} in ({"GBP", "pounds"}, {"GBP", "pound"}):
        return typed(gold, answer)  # money, not mass
    if gold_unit.is_known and answer_unit.is_known:
        if gold_unit.dimension != answer_unit.dimension:
            return Outcome(False, 0.9, "unit", f"{gold_unit.words} against {answer_unit.words}")
        return (
            typed(_scaled(gold, gold_unit), _scaled(answer, answer_unit))
            if gold_unit.scale != answer_unit.scale or gold_unit.offset != answer_unit.offset
            else typed(gold, answer)
        )
    found = typed(gold, answer)
    if (
        gold_unit.words == answer_unit.words
        or set(gold_unit.words.split()) & set(answer_unit.words.split())
        or not found.equal
    ):
        return found
    return Outcome(None, 0.3, "unit", f"the numbers agree, but {gold_unit.words!r} may not be {answer_unit.words!r}")


def _one_unit(gold: Node, gold_unit: Unit | None, answer: Node, answer_unit: Unit | None) -> Outcome:
    unit, other = (gold_unit, answer) if gold_unit else (answer_unit, gold)
    if unit is not None and unit.dimension == (("angle", 1),) and other.has("degree"):
        return same_value(gold, answer)
    found = typed(gold, answer)
    return Outcome(
        found.equal,
        min(found.confidence, 0.85),
        found.method,
        f"{found.detail}; only one has the unit {unit.words if unit else ''}",
    )


def _scaled(node: Node, unit: Unit) -> Node:
    if node.op == "rel":
        return Node("rel", (*node.args[:-1], _scaled(node.args[-1], unit)), node.value)
    if node.op in ("list", "bracket", "set"):
        return Node(node.op, tuple(_scaled(arg, unit) for arg in node.args), node.value)
    scaled = Node("mul", (node, number(unit.scale)))
    return Node("add", (scaled, number(unit.offset))) if unit.offset else scaled


def typed(gold: Node, answer: Node) -> Outcome:
    """Return whether two trees are equal, each by its type: order in tuples, ends of intervals, factors of equations."""
    if gold.has("pm", "mp") or answer.has("pm", "mp"):
        gold, answer = _spread(gold), _spread(answer)
    gold, answer = _unequated(gold, answer)
    if gold.op == "quantity" or answer.op == "quantity":
        return _with_units(*_quantity(gold), *_quantity(answer))
    if (is_region(gold) or is_region(answer)) and not gold.op == answer.op == "bracket":
        return _regions(gold, answer)
    if gold.op == "rel" or answer.op == "rel":
        return _equations(gold, answer)
    if gold.has("matrix") or answer.has("matrix"):
        gold, answer = folded(gold), folded(answer)
        return _matrices(gold, answer)
    kinds = {gold.op, answer.op}
    if kinds & {"list", "set", "bracket", "ratio"}:
        return _collections(gold, answer)
    return values_equal(gold, answer)


def _quantity(node: Node) -> tuple[Node, Unit | None]:
    return (node.args[0], named(node.value)) if node.op == "quantity" else (node, None)


def _spread(node: Node) -> Node:
    """Return a tree in which each plus-minus has become two items."""
    if not node.has("pm", "mp"):
        return node
    if node.op in ("list", "set"):
        return Node(node.op, tuple(part for arg in node.args for part in both_signs(arg)), node.value)
    return Node("list", tuple(both_signs(node)), ",")


def _unequated(gold: Node, answer: Node) -> tuple[Node, Node]:
    """Drop `x =` where the other side has none, or names the same; keep what differs."""
    if gold.op == "list" and answer.op != "list" and all(_is_assignment(arg) for arg in gold.args):
        return Node(
            "bracket", tuple(arg.args[-1] for arg in gold.args), "()"
        ) if answer.op == "bracket" else gold, answer
    if _is_assignment(gold) and _is_assignment(answer):
        same = gold.args[0] == answer.args[0] or {gold.args[0].op, answer.args[0].op} == {"call", "symbol"}
        return (gold.args[-1], answer.args[-1]) if same else (gold, answer)
    if _is_assignment(gold) and answer.op != "rel":
        return gold.args[-1], answer
    if (
        gold.op != "rel"
        and answer.op == "rel"
        and set(answer.value) == {"="}
        and (_is_assignment(answer) or not symbols(answer.args[0]))
    ):
        return gold, answer.args[-1]
    return gold, answer


def _is_assignment(node: Node) -> bool:
    if node.op == "rel" and node.value == ("in",) and node.args[0].op == "symbol":
        return not is_region(node.args[1]) and node.args[1].op in ("set", "bracket")
    return (
        node.op == "rel"
        and node.value == ("=",)
        and all(part.op in _ONLY_SYMBOLS for part in node.args[0].walk())
        and bool(symbols(node.args[0]))
    )


def _regions(gold: Node, answer: Node) -> Outcome:
    try:
        return same_region(gold, answer)
    except Unparseable as error:
        why = str(error)
    if (
        gold.op == answer.op
        and gold.op in ("union", "intersection", "difference", "bracket")
        and gold.value == answer.value
    ):
        return _ordered(gold.args, answer.args, "region")
    if gold.op == "rel" and answer.op == "rel" and len(gold.args) == len(answer.args):
        for turned in (answer, flipped(answer)):
            if turned.value == gold.value and _ordered(gold.args, turned.args, "inequality").equal:
                return Outcome(True, 0.9, "inequality", "the same members")
        return _inequalities(gold, answer)
    if gold.op in ("list",) and answer.op == "list":
        return _unordered(gold.args, answer.args)
    return Outcome(None, 0.0, "region", why)


def _inequalities(gold: Node, answer: Node) -> Outcome:
    """Two inequalities of two members: the same up to a factor whose sign agrees with the direction."""
    if len(gold.args) != 2 or not (set(gold.value) | set(answer.value)) <= {"<", ">", "<=", ">=", "!="}:
        return Outcome(None, 0.0, "inequality", "inequalities of this form are not compared")
    first, second = (_gap(node if node.value[0] in ("<", "<=", "!=") else flipped(node)) for node in (gold, answer))
    strict = [node.value[0] in ("<", ">") for node in (gold, answer)]
    if strict[0] != strict[1] or ("!=" in gold.value) != ("!=" in answer.value):
        return Outcome(False, 0.85, "inequality", "one includes its edge, the other does not")
    equal = same_up_to_factor(first, second)
    if (
        equal
        and "!=" not in gold.value
        and same_value(Node("abs", (first,)), Node("mul", (Node("div", (Node("abs", (first,)), first)), first))).equal
    ):
        positive = same_value(Node("div", (first, second)), Node("abs", (Node("div", (first, second)),))).equal
        return Outcome(bool(positive), 0.85, "inequality", "the same up to a factor" if positive else "turned around")
    return Outcome(equal, 0.8, "inequality", "the same up to a factor" if equal else "not the same up to a factor")


def _gap(node: Node) -> Node:
    return Node("add", (node.args[0], Node("neg", (node.args[-1],))))


def _equations(gold: Node, answer: Node) -> Outcome:
    if gold.op == "rel" and answer.op == "rel" and gold.value == answer.value == ("=",):
        if any(arg.op in ("bracket", "list", "set", "matrix") for node in (gold, answer) for arg in node.args):
            return _ordered(gold.args, answer.args, "equation")
        if _ordered(gold.args, answer.args, "equation").equal:
            return Outcome(True, 0.95, "equation", "the same on both sides")
        if same_up_to_factor(_gap(gold), _gap(answer)):
            return Outcome(True, 0.9, "equation", "the same up to a factor")
        if same_solution(_gap(gold), _gap(answer)):
            return Outcome(True, 0.8, "equation", "the same where solved for an unknown")
        return Outcome(False, 0.7, "equation", "not the same up to a factor")
    if gold.op == "list" or answer.op == "list":
        return _collections(gold, answer)
    return Outcome(False, 0.6, "equation", "an equation against something else")


def _matrices(gold: Node, answer: Node) -> Outcome:
    if gold.op == answer.op == "matrix":
        shapes = [[len(row.args) for row in node.args] for node in (gold, answer)]
        if shapes[0] != shapes[1]:
            return Outcome(False, 0.9, "matrix", "matrices of different shapes")
        return _ordered(_cells(gold), _cells(answer), "matrix")
    matrix, other = (gold, answer) if gold.op == "matrix" else (answer, gold)
    is_vector = len(matrix.args) == 1 or all(len(row.args) == 1 for row in matrix.args)
    if is_vector and other.op in ("bracket", "list"):
        found = _ordered(_cells(matrix), other.args, "vector")
        return Outcome(found.equal, min(found.confidence, 0.7), "vector", found.detail)
    if (gold.op != "matrix" and answer.op != "matrix") or other.op in ("add", "mul", "neg", "div", "pow", "func"):
        return Outcome(None, 0.0, "matrix", "matrix arithmetic is left to the algebra system")
    return Outcome(False, 0.8, "matrix", "a matrix against something else")


def _cells(matrix: Node) -> tuple[Node, ...]:
    return tuple(cell for row in matrix.args for cell in row.args)


def _collections(gold: Node, answer: Node) -> Outcome:
    kinds = (gold.op, answer.op)
    if kinds == ("bracket", "bracket"):
        if gold.value != answer.value and (len(gold.args) < 3 or {gold.value, answer.value} != {"()", "[]"}):
            return Outcome(False, 0.9, "interval", f"{gold.value} against {answer.value}")
        return _ordered(gold.args, answer.args, "tuple")
    if "bracket" in kinds and "list" in kinds:
        bracket = gold if gold.op == "bracket" else answer
        if bracket.value != "()" and len(bracket.args) < 3:
            return Outcome(False, 0.7, "interval", "an interval against a list")
        return _ordered(tuple(_bare(arg) for arg in gold.args), tuple(_bare(arg) for arg in answer.args), "tuple")
    if kinds == ("ratio", "ratio"):
        parts = [
            Node("bracket", tuple(Node("div", (arg, node.args[0])) for arg in node.args), "()")
            for node in (gold, answer)
        ]
        return _ordered(parts[0].args, parts[1].args, "ratio")
    if set(kinds) <= {"list", "set"}:
        return _lists(gold, answer)
    if set(kinds) & {"set", "list"} and not set(kinds) & {"bracket", "ratio"}:
        group, single = (gold, answer) if gold.op in ("set", "list") else (answer, gold)
        if len(group.args) == 1 or all(typed(arg, single).equal for arg in group.args):
            found = typed(*((group.args[0], single) if group is gold else (single, group.args[0])))
            return Outcome(found.equal, min(found.confidence, 0.8), "set", found.detail)
    return Outcome(False, 0.85, "structure", f"{gold.op} against {answer.op}")


def _bare(node: Node) -> Node:
    return node.args[-1] if _is_assignment(node) else node


def _lists(gold: Node, answer: Node) -> Outcome:
    """Lists and sets: in any order; where only one side names its members (`x = 1, y = 2`), in the order given."""
    assigned = [{arg.args[0] for arg in node.args if _is_assignment(arg)} for node in (gold, answer)]
    if (
        max(len(names) for names in assigned) > 1
        and min(len(names) for names in assigned) == 0
        and "set" not in (gold.op, answer.op)
    ):
        return _ordered(tuple(_bare(arg) for arg in gold.args), tuple(_bare(arg) for arg in answer.args), "list")
    if all(assigned) and assigned[0] != assigned[1] and not _same_function(*assigned):
        return _unordered(gold.args, answer.args)
    if min(len(names) for names in assigned) == 0 or max(len(names) for names in assigned) == 1:
        return _unordered(tuple(_bare(arg) for arg in gold.args), tuple(_bare(arg) for arg in answer.args))
    return _unordered(gold.args, answer.args)


def _same_function(gold: set[Node], answer: set[Node]) -> bool:
    """Return whether each side names one value, of one function at another letter: `W(n)` and `W(x)`."""
    if len(gold) != 1 or len(answer) != 1:
        return False
    names = [next(iter(side)) for side in (gold, answer)]
    if not all(name.op in ("mul", "call") and all(arg.op == "symbol" for arg in name.args) for name in names):
        return False
    heads = {name.value if name.op == "call" else name.args[0].value for name in names}
    return len(heads) == 1


def _ordered(gold: tuple[Node, ...], answer: tuple[Node, ...], method: str) -> Outcome:
    if len(gold) != len(answer):
        return Outcome(False, 0.9, method, f"{len(gold)} members against {len(answer)}")
    sure, unknown = 0.97, None
    for index, (left, right) in enumerate(zip(gold, answer, strict=True), 1):
        found = typed(left, right)
        if found.equal is False:
            return Outcome(False, found.confidence, method, f"member {index}: {found.detail}")
        unknown = found if found.equal is None else unknown
        sure = min(sure, found.confidence)
    return Outcome(None, 0.0, method, unknown.detail) if unknown else Outcome(True, sure, method, "all members agree")


def _unordered(gold: tuple[Node, ...], answer: tuple[Node, ...]) -> Outcome:
    if max(len(gold), len(answer)) > MAX_MEMBERS:
        raise OverLimit(f"a list of over {MAX_MEMBERS} members")
    sure, is_unsure = 0.95, False
    for side, other in ((gold, answer), (answer, gold)):
        for member in side:
            found = [typed(*((member, candidate) if side is gold else (candidate, member))) for candidate in other]
            if any(outcome.equal for outcome in found):
                sure = min(sure, max(outcome.confidence for outcome in found if outcome.equal))
            elif any(outcome.equal is None for outcome in found):
                is_unsure = True
            else:
                return Outcome(False, 0.9, "set", "a member of one is not in the other")
    return (
        Outcome(None, 0.0, "set", "a member could not be compared")
        if is_unsure
        else Outcome(True, sure, "set", "the same members")
    )
