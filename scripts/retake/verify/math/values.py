"""Single values: numbers and expressions, with the conventions of antiderivatives, percents and degrees."""

from __future__ import annotations

import re

from retake.verify.math.nodes import Node, number, symbols
from retake.verify.math.numeric import Outcome, same_up_to_constant, same_value

_CONSTANTS = re.compile(r"(?:[CcKk]|C_\w+|c_\w+)")


def values_equal(gold: Node, answer: Node) -> Outcome:
    """Return whether two single values are equal."""
    constants = [{name for name in symbols(node) if _CONSTANTS.fullmatch(name)} for node in (gold, answer)]
    found = same_value(gold, answer)
    if found.equal:
        return found
    if constants[0] and constants[1]:
        return _antiderivatives(gold, answer, constants) or found
    if gold.op == "percent" or answer.op == "percent":
        return _percents(gold, answer) or found
    if gold.has("degree") != answer.has("degree"):
        return _degrees(gold, answer) or found
    return found


def _antiderivatives(gold: Node, answer: Node, constants: list[set[str]]) -> Outcome | None:
    """Two antiderivatives, each with `+ C`: equal where the rest differs by a constant."""
    bare = []
    for node, names in zip((gold, answer), constants, strict=True):
        terms = node.args if node.op == "add" else (node,)
        kept = tuple(term for term in terms if not (term.op == "symbol" and term.value in names))
        if len(kept) != len(terms) - 1:
            return None
        bare.append(Node("add", (*kept, number(0))))
    names = symbols(bare[0]) | symbols(bare[1])
    if not names:
        return None
    equal = same_up_to_constant(bare[0], bare[1])
    return Outcome(
        equal, 0.9, "antiderivative", "the same up to the constant" if equal else "not the same up to a constant"
    )


def _percents(gold: Node, answer: Node) -> Outcome | None:
    """The percent policy: 28% is 0.28; the sign may be left out of a number over 1 (28% and 28), never moved (0.28 and 28)."""
    bare = [node.args[0] if node.op == "percent" else node for node in (gold, answer)]
    if any(node.op != "number" or abs(node.value) <= 1 for node in bare):
        return None
    return (
        Outcome(True, 0.7, "percent", "equal without the percent sign") if same_value(bare[0], bare[1]).equal else None
    )


def _degrees(gold: Node, answer: Node) -> Outcome | None:
    """Degrees against a number without a unit: the sign may be left out of a plain number."""
    bare = [node.args[0] if node.op == "degree" else node for node in (gold, answer)]
    if any(node.op not in ("number", "div", "add") or symbols(node) or node.has("constant") for node in bare):
        return None
    return (
        Outcome(True, 0.8, "degrees", "equal without the degree sign") if same_value(bare[0], bare[1]).equal else None
    )
