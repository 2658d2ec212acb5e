"""The atoms of the grammar: what stands between two operators, with its marks (powers, factorials, degrees, units)."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from retake.verify.math.cursor import Cursor
from retake.verify.math.limits import Unparseable
from retake.verify.math.nodes import Node, names, number
from retake.verify.math.tokens import Token

STARTS = frozenset(
    {
        "number",
        "id",
        "const",
        "func",
        "frac",
        "sqrt",
        "binom",
        "(",
        "{",
        "sum",
        "prod",
        "infty",
        "begin",
        "lfloor",
        "lceil",
        "<(",
    }
)
_CALLED = names("f g h F G")
_MATRICES = names("matrix pmatrix bmatrix Bmatrix smallmatrix array")


class Atoms(Cursor):
    """Reads atoms; the operators around and inside them are the grammar's, which provides these four."""

    listing: Callable[[], Node]
    relation: Callable[[], Node]
    sum: Callable[[], Node]
    signed_term: Callable[[], Node]
    term: Callable[[], Node]
    power: Callable[[], Node]
    starts_factor: Callable[[Node], bool]

    def postfix(self, base: Node) -> Node:
        """Marks after an atom: `!`, `%`, degrees, a unit in words, a subscript, a prime."""
        while True:
            if self.kind == "!" and self.ahead().text != "=":
                self.at += 1
                base = Node("factorial", (base,))
            elif self.take("%"):
                base = Node("percent", (base,))
            elif self.kind == "text" and base.op != "quantity":
                words = self.need("text").text
                if self.take("^"):
                    words += f"^{self.need('number').text}" if self.kind == "number" else ""
                base = Node("quantity", (base,), words)
            elif self.take("degree"):
                base = self.after_degrees(base)
            elif self.kind == "_" and base.op in ("symbol", "constant", "call"):
                self.at += 1
                base = Node("symbol", (), f"{base.value}_{self.subscript()}")
            elif self.kind == "'" and base.op == "symbol":
                self.at += 1
                base = Node("symbol", (), f"{base.value}'")
            else:
                return base

    def group_or_token(self) -> Node:
        r"""The argument of ^, \frac, \sqrt: a braced group, or one digit or symbol."""
        if self.take("{"):
            node = self.listing()
            self.need("}")
            return node
        if self.take("-"):
            return Node("neg", (self.group_or_token(),))
        if self.kind == "number":
            return self.postfix(self.number_node())
        if self.kind in ("id", "const", "(", "frac", "sqrt", "infty", "pm"):
            return self.postfix(self.primary()) if self.kind != "pm" else self.signed_term()
        raise Unparseable(f"no argument at {self.token.text!r}")

    def fraction_part(self) -> Node:
        r"""One argument of \frac: of `\frac12` each takes one digit, and leaves the rest."""
        if self.kind == "number" and len(self.token.text) > 1 and "." not in self.token.text:
            text = self.token.text
            self.found[self.at] = Token("number", text[1:])
            return number(text[0])
        if self.kind == "number":  # `\\frac{1}2^3`: what follows belongs to the fraction
            return self.number_node()
        return self.group_or_token()

    def primary(self) -> Node:
        """One atom."""
        kind, text = self.kind, self.token.text
        simple = {
            "(": self.bracketed,
            "[": self.bracketed,
            "<(": self.bracketed,
            "\\{": self.braced_set,
            "{": self.group,
            "|": self.bars,
        }
        if kind in simple:
            return simple[kind]()
        if kind == "number":
            return self.mixed()
        named = {
            "frac": self.fraction,
            "sqrt": self.root,
            "binom": self.binomial,
            "func": self.function,
            "begin": self.matrix,
            "sum": self.series,
            "prod": self.series,
        }
        if kind in named:
            return named[kind]()
        self.at += 1
        if kind == "const":
            return Node("constant", (), text)
        if kind == "id":
            return self.symbol(text)
        if kind == "infty":
            return Node("constant", (), "infty")
        if kind == "emptyset":
            return Node("set", ())
        if kind in ("lfloor", "lceil"):
            inner = self.listing()
            self.need("r" + kind[1:])
            return Node("func", (inner,), "floor" if kind == "lfloor" else "ceil")
        raise Unparseable(f"unexpected {text or kind!r}")

    def symbol(self, name: str) -> Node:
        """A symbol, or the call of a function that is known by its letter: `f(x)`."""
        if name in _CALLED and self.kind == "(" and not self.token.spaced:
            argument = self.bracketed()
            return Node("call", argument.args if argument.op == "bracket" else (argument,), name)
        return Node("symbol", (), name)

    def mixed(self) -> Node:
        r"""A number, or a mixed fraction: `3\frac{1}{2}`, `3 1/2` (a proper fraction of digits only)."""
        whole = self.number_node()
        if whole.decimals is not None or whole.value.denominator != 1:
            return whole
        if self.kind == "frac":
            start = self.at
            part = self.fraction()
            if _is_proper(part):
                return Node("number", (), whole.value + part.args[0].value / part.args[1].value)
            self.at = start
        elif (
            self.kind == "number" and self.token.spaced and self.ahead().kind == "/" and self.ahead(2).kind == "number"
        ):
            top, bottom = self.token.text, self.ahead(2).text
            if top.isdigit() and bottom.isdigit() and int(top) < int(bottom):
                self.at += 3
                return Node("number", (), whole.value + Fraction(int(top), int(bottom)))
        return whole

    def fraction(self) -> Node:
        r"""`\frac{a}{b}`, `\frac12`."""
        self.need("frac")
        top = self.fraction_part()
        return Node("div", (top, self.fraction_part()))

    def binomial(self) -> Node:
        r"""`\binom{n}{k}`."""
        self.need("binom")
        top = self.fraction_part()
        return Node("binomial", (top, self.fraction_part()))

    def root(self) -> Node:
        r"""`\sqrt{a}`, `\sqrt[3]{a}`."""
        self.need("sqrt")
        degree = number(2)
        if self.take("["):
            degree = self.sum()
            self.need("]")
        if self.kind == "(" or self.kind == "{":
            return Node("root", (self.primary(), degree))
        return Node("root", (self.group_or_token(), degree))

    def function(self) -> Node:
        r"""`\sin^2 x`, `\log_2 8`, `max(a, b)`."""
        name = self.need("func").text
        base: Node | None = None
        exponent: Node | None = None
        while self.kind in ("_", "^"):
            if self.need("_", "^").kind == "_":
                base = self.group_or_token()
            else:
                exponent = self.group_or_token()
        if self.kind in ("(", "{", "["):
            argument = self.postfix(self.primary())
            if exponent is None and self.kind == "^" and argument.op != "bracket":
                self.at += 1
                exponent = self.group_or_token() if base is None else None
        else:
            argument = self.function_argument()
        return _called(name, argument, base, exponent)

    def function_argument(self) -> Node:
        r"""`\sin 2x \cos y`: the argument is the product up to the next function or sign."""
        sign = self.take("-")
        node = self.power()
        while self.kind in STARTS and self.kind not in ("func", "sum", "prod", "(") and self.starts_factor(node):
            node = Node("mul", (node, self.power()))
        if self.kind == "/" and self.ahead().kind == "number":
            self.at += 1
            node = Node("div", (node, self.power()))
        return Node("neg", (node,)) if sign else node

    def series(self) -> Node:
        r"""`\sum_{k=1}^{n} a_k`, `\prod`."""
        kind = self.need("sum", "prod").kind
        self.need("_")
        self.need("{")
        index = self.need("id").text
        if self.need("rel").text != "=":
            raise Unparseable("a sum over a set")
        low = self.sum()
        self.need("}")
        self.need("^")
        high = self.group_or_token()
        body = self.term() if kind == "sum" else self.power()
        return Node(kind, (low, high, body), index)

    def bars(self) -> Node:
        """`|a|`."""
        self.need("|")
        self.in_bars += 1
        inner = self.sum()
        self.in_bars -= 1
        self.need("|")
        return Node("abs", (inner,))

    def group(self) -> Node:
        """`{a}`: braces that only group."""
        self.need("{")
        bars, self.in_bars = self.in_bars, 0
        inner = self.listing()
        self.need("}")
        self.in_bars = bars
        return inner

    def bracketed(self) -> Node:
        """`(a)`, `(a, b)`, `[a, b)`: a group, a tuple or an interval."""
        opened = self.need("(", "[", "<(").kind
        bars, self.in_bars = self.in_bars, 0
        inner = self.listing()
        closed = self.need(")", "]", ")>").kind
        self.in_bars = bars
        sides = {"<(": "(", "(": "(", "[": "["}[opened] + {")>": ")", ")": ")", "]": "]"}[closed]
        if inner.op == "list":
            return Node("bracket", inner.args, sides)
        if inner.op == "matrix" and opened in "([":
            return inner
        return inner if sides in ("()", "[]") else Node("bracket", (inner,), sides)

    def braced_set(self) -> Node:
        r"""`\{a, b\}`, `\{x \mid x > 1\}`."""
        self.need("\\{")
        if self.take("\\}"):
            return Node("set", ())
        if self.kind == "id" and self.ahead().kind in ("mid", "|", ":"):
            self.at += 2
        inner = self.listing()
        if self.kind in ("mid", "|", ":"):
            self.at += 1
            inner = self.listing()
        self.need("\\}")
        if inner.op == "rel":
            return inner
        return Node("set", inner.args if inner.op == "list" else (inner,))

    def matrix(self) -> Node:
        """An environment of rows and cells."""
        name = self.need("begin").text
        if name not in _MATRICES:
            raise Unparseable(f"environment {name}")
        rows, row = [], []
        while True:
            if self.kind not in ("&", "newline", "end"):
                row.append(self.relation())
            if self.take("&"):
                continue
            if row:
                rows.append(Node("row", tuple(row)))
                row = []
            if self.take("newline"):
                continue
            if self.need("end").text != name:
                raise Unparseable("an environment is not closed")
            return Node("matrix", tuple(rows))


def _is_proper(part: Node) -> bool:
    top, bottom = part.args
    plain = all(arg.op == "number" and arg.value.denominator == 1 for arg in (top, bottom))
    return plain and 0 < top.value < bottom.value


def _called(name: str, argument: Node, base: Node | None, exponent: Node | None) -> Node:
    name = re.sub(r"^a(?=sin|cos|tan)", "arc", name)
    if (
        exponent is not None
        and exponent == Node("neg", (number(1),))
        and name in ("sin", "cos", "tan", "cot", "sec", "csc")
    ):
        name, exponent = "arc" + name, None
    arguments = argument.args if argument.op in ("bracket", "list", "set") else (argument,)
    node = Node("func", (*arguments, base) if base is not None else arguments, "log_base" if base is not None else name)
    if base is not None and name != "log":
        raise Unparseable(f"{name} with a subscript")
    return node if exponent is None else Node("pow", (node, exponent))
