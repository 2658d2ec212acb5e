"""One answer, read in every way that a comparison needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from retake.verify.math.grammar import parse
from retake.verify.math.limits import Unparseable, check_text
from retake.verify.math.nodes import Node, mapped, symbols
from retake.verify.math.normalise import clean, literal
from retake.verify.math.units import Unit, split_unit
from retake.verify.math.words import is_empty_set, number_words, option_letter, plain_text, rewrite_words

_BASES = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "sixteen": 16,
}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_BASE = re.compile(
    r"\(?\s*(?:\\text\{)?([0-9][0-9A-Fa-f]*|[A-F0-9]+)\}?\s*\)?\s*(?:_\s*\{?\s*\(?\s*(?:\\text\s*\{)?\s*(?:base\s*)?(\d+|[a-z]+)\s*\}?\s*\)?\s*\}?|\s*(?:\\text\{)?\s*(?:in\s+)?base[\s-]*(\d+|[a-z]+)\s*\}?)"
)
_TIME = re.compile(
    r"\d{1,2}:(?:0\d|\d\d(?=\s*(?:\\text\{\s*)?[ap]))(?::\d\d)?\s*(?:\\text\{\s*)?(?:[ap]\.?\s?m\.?)?\s*\}?", re.I
)


@dataclass(frozen=True)
class Reading:
    """An answer: `tree` is None where no grammar reads it (`problem` says why); `base` is (value, base) of `1010_2`."""

    raw: str
    cleaned: str
    literal: str
    text: str
    tree: Node | None
    unit: Unit | None = None
    problem: str = ""
    letter: tuple[str, str] | None = None
    base: tuple[Fraction, int] | None = None
    is_empty: bool = False
    modulus: str = ""

    @property
    def is_words(self) -> bool:
        """Return whether it is text without any mathematics: a name, yes, a phrase."""
        return (
            self.tree is None and bool(re.search(r"[^\W\d_]{2,}", self.text)) and not re.search(r"[\\=^<>]", self.text)
        )


@lru_cache(maxsize=4096)
def read(raw: str) -> Reading:
    """Return `raw` read in every way; raises OverLimit where it is too large to read.

    Remembered, since all candidates of a sample are compared with one reference, and many give the same answer.
    """
    check_text(raw)
    cleaned = clean(raw)
    tree, unit, problem = None, None, ""
    base = _based(cleaned)
    if base is None and not _TIME.fullmatch(cleaned):
        try:
            tree, unit = _tree(cleaned)
        except Unparseable as error:
            problem = str(error)
            tree, unit = _last_member(cleaned)
    return Reading(
        raw,
        cleaned,
        literal(raw),
        plain_text(raw),
        tree,
        unit,
        problem,
        option_letter(raw),
        base,
        is_empty_set(raw),
        _modulus(cleaned),
    )


def _modulus(cleaned: str) -> str:
    match = re.search(r"\\p?mod\s*\{?\s*(\w+)|\(\s*(?:\\text\{)?\s*\\?mod\s*\}?\s*(\w+)\s*\)", cleaned)
    return (match[1] or match[2]) if match else ""


def _last_member(cleaned: str) -> tuple[Node | None, Unit | None]:
    """The last member of a chain whose first members cannot be read (`Area = 5`, `1 = ? = 0`); else nothing."""
    members = re.split(r"(?<![<>!\\=])=(?!=)", cleaned)
    named = re.fullmatch(r"[\sa-zA-Z_{}\\,.()]*", members[0]) and not re.search(r"\\(?!text)", members[0])
    if len(members) < 2 or (len(members) == 2 and not named) or re.search(r"[,;]|\band\b|\bor\b", cleaned):
        return None, None
    try:
        return _tree(members[-1].strip())
    except Unparseable:
        return None, None


def _tree(cleaned: str) -> tuple[Node, Unit | None]:
    words = rewrite_words(cleaned)
    words = re.sub(r"(?<=[\d})])\s*(?:\\text\s*\{\s*)?(?:percent(?:age)?s?|pct)\b\.?(?:\s*\})?", "%", words)
    words = re.sub(r"(?<=[\d})])\s*(?:\\text\s*\{\s*)?(?:degrees?)\b(?!\s*[CF])(?:\s*\})?", r"\\deg ", words)
    words = (
        re.sub(r"\s*\\(?:pmod|bmod|mod)\s*\{?.*$|\s*\(\s*\\?mod\s+\w+\s*\)\s*$", "", words)
        if "mod" in words and "equiv" not in words
        else words
    )
    words = re.sub(
        r"(?<=\d)\s*(?:\\text\s*\{\s*)?(thousand|million|billion|trillion)\b(?:\s*\})?",
        lambda m: rf" \cdot {_SCALES[m[1]]} ",
        words,
    )
    words = re.sub(r"(?<=\d)\s*[xX]\s*10\s*(?=\^|\*\*)", r" \\times 10", words)
    body, unit = split_unit(words.strip())
    in_words = number_words(body)
    tree = parse(in_words or body)
    return resolve(tree), unit


def _based(cleaned: str) -> tuple[Fraction, int] | None:
    match = _BASE.fullmatch(cleaned.strip())
    if match is None:
        return None
    name = match[2] or match[3]
    base = _BASES.get(name) or (int(name) if name.isdigit() else 0)
    digits = match[1].lower()
    if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in digits):
        return None
    return Fraction(int(digits, base)), base


def resolve(node: Node) -> Node:
    """Return a tree whose ratios are quotients and whose chains of equalities hold their first and last members only."""
    args = tuple(resolve(arg) for arg in node.args)
    node = mapped(node, args=args)
    if node.op == "list" and args[0].op == "rel" and args[0].value == ("!=",):  # `x != -7, 3`
        return mapped(
            node, args=tuple(arg if arg.op == "rel" else mapped(args[0], args=(args[0].args[0], arg)) for arg in args)
        )
    if node.op == "bracket" and len(args) == 2:
        return mapped(node, value=_open_at_infinity(node))
    if node.op != "rel":
        return node
    node = _ratios(node)
    if node.op != "rel":
        return node
    signs = list(node.value)
    if "~" in signs and set(signs) <= {"=", "~"}:
        cut = signs.index("~")
        is_value = not symbols(node.args[0])  # `sqrt(3)/3 ~ 0.577`: the exact member counts
        members = node.args[: cut + 1] if cut > 0 or is_value else (node.args[0], node.args[-1])
        if len(members) == 1:
            return members[0]
        node = Node("rel", members, ("=",) * (len(members) - 1))
    if set(node.value) == {"="} and len(node.args) > 2:
        node = Node("rel", (node.args[0], node.args[-1]), ("=",))
    return node


def _open_at_infinity(node: Node) -> str:
    """An interval's delimiters, open where the end is infinite: `[-oo, 3)` is `(-oo, 3)`."""
    infinite = [any(part == Node("constant", (), "infty") for part in arg.walk()) for arg in node.args]
    return ("(" if infinite[0] else node.value[0]) + (")" if infinite[1] else node.value[1])


def _ratios(node: Node) -> Node:
    if ":" not in node.value:
        return node
    members: list[list[Node]] = [[node.args[0]]]
    signs = []
    for sign, member in zip(node.value, node.args[1:], strict=True):
        if sign == ":":
            members[-1].append(member)
        else:
            signs.append(sign)
            members.append([member])
    sides = tuple(
        group[0] if len(group) == 1 else Node("div", tuple(group)) if len(group) == 2 else Node("ratio", tuple(group))
        for group in members
    )
    return Node("rel", sides, tuple(signs)) if signs else sides[0]
