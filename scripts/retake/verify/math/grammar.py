r"""The grammar of answers: from tokens to a tree. It knows what answers hold, and refuses the rest; it never runs anything."""

from __future__ import annotations

import re
from fractions import Fraction

from .limits import OverLimit, Unparseable, check_text
from .nodes import Node, number
from .tokens import Token, tokens

_STARTS = frozenset(
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
_CALLED = frozenset("f g h F G".split())
_MATRICES = frozenset("matrix pmatrix bmatrix Bmatrix smallmatrix array".split())


def parse(source: str) -> Node:
    """Return the tree of a cleaned answer; raises OverLimit or Unparseable."""
    check_text(source)
    reader = _Reader(tokens(source))
    node = reader.listing()
    if reader.kind != "end":
        raise Unparseable(f"unexpected {reader.token.text!r}")
    return node


class _Reader:
    """A recursive-descent reader over the tokens; its depth is bounded by the nesting limit."""

    def __init__(self, found: list[Token]) -> None:
        self.found = [*found, Token("end")]
        self.at = 0
        self.in_bars = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.found[self.at]

    @property
    def kind(self) -> str:
        return self.found[self.at].kind

    def ahead(self, step: int = 1) -> Token:
        return self.found[min(self.at + step, len(self.found) - 1)]

    def take(self, *kinds: str) -> Token | None:
        if self.kind in kinds:
            self.at += 1
            return self.found[self.at - 1]
        return None

    def need(self, *kinds: str) -> Token:
        token = self.take(*kinds)
        if token is None:
            raise Unparseable(f"expected {' or '.join(kinds)}, found {self.token.text!r}")
        return token

    def listing(self) -> Node:
        """Items between commas, semicolons, `and`, `or`; braces that only group are looked through."""
        self.depth += 1
        if self.depth > 60:
            raise OverLimit("nesting over the limit")
        items, separators = [self.relation()], []
        while self.kind in (",", ";", "and", "or"):
            separator = self.need(",", ";", "and", "or").kind
            if self.kind in ("and", "or"):
                separator = self.need("and", "or").kind
            if self.kind in ("end", ")", "]", "}"):
                break
            separators.append(separator)
            items.append(self.relation())
        self.depth -= 1
        if len(items) == 1:
            return items[0]
        if ";" in separators and "," in separators:
            return _grouped(items, separators)
        word = next((separator for separator in separators if separator in ("or", "and")), ",")
        return Node("list", tuple(items), word if set(separators) <= {word, ",", ";"} else "mixed")

    def relation(self) -> Node:
        members, signs = [self.union()], []
        while self.kind in ("rel", ":"):
            signs.append(self.token.text)
            self.at += 1
            members.append(self.union())
        if not signs:
            return members[0]
        return Node("rel", tuple(members), tuple(signs))

    def union(self) -> Node:
        left = self.sum()
        while token := self.take("cup", "cap", "setminus"):
            name = {"cup": "union", "cap": "intersection", "setminus": "difference"}[token.kind]
            left = Node(name, (left, self.sum()))
        return left

    def sum(self) -> Node:
        terms = [self.signed_term()]
        while self.kind in ("+", "-", "pm", "mp"):
            terms.append(self.signed_term())
        return terms[0] if len(terms) == 1 else Node("add", tuple(terms))

    def signed_term(self) -> Node:
        sign = self.take("+", "-", "pm", "mp")
        if sign is None:
            return self.term()
        inner = self.signed_term() if self.kind in ("+", "-") else self.term()
        return {"+": inner, "-": Node("neg", (inner,)), "pm": Node("pm", (inner,)), "mp": Node("mp", (inner,))}[
            sign.kind
        ]

    def term(self) -> Node:
        left = self.power()
        while True:
            if token := self.take("*", "/"):
                right = self.signed_factor()
                left = Node("mul", (left, right)) if token.kind == "*" else Node("div", (left, right))
            elif self.starts_factor(left):
                left = Node("mul", (left, self.power()))
            else:
                return left

    def starts_factor(self, left: Node) -> bool:
        if self.kind == "|":
            return not self.in_bars and self.ahead().kind not in ("end", ",", ")")
        if self.kind == "number" and (left.op in ("number", "percent") or not self.token.spaced):
            return left.op not in ("number", "percent", "symbol", "constant") and not self.token.spaced
        return self.kind in _STARTS

    def signed_factor(self) -> Node:
        if self.take("-"):
            return Node("neg", (self.signed_factor(),))
        self.take("+")
        return self.power()

    def power(self) -> Node:
        base = self.postfix(self.primary())
        if self.take("^"):
            if self.kind in ("*", "'"):
                raise Unparseable("a decorated symbol")
            exponent = self.group_or_token()
            base = self.postfix(Node("pow", (base, exponent)))
        return base

    def postfix(self, base: Node) -> Node:
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

    def after_degrees(self, base: Node) -> Node:
        """Degrees, with minutes of arc where they follow: `30^\\circ 15'`."""
        if self.kind == "number" and self.ahead().kind == "'":
            base = Node("add", (base, number(Fraction(self.token.text) / 60)))
            self.at += 2
        return Node("degree", (base,))

    def subscript(self) -> str:
        if self.take("{"):
            inside = []
            while self.kind not in ("}", "end"):
                inside.append(self.token.text)
                self.at += 1
            self.need("}")
            return "".join(inside)
        token = self.token
        self.at += 1
        return token.text

    def group_or_token(self) -> Node:
        """The argument of ^, \\frac, \\sqrt: a braced group, or one digit or symbol."""
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
        """One argument of \\frac: of `\\frac12` each takes one digit, and leaves the rest."""
        if self.kind == "number" and len(self.token.text) > 1 and "." not in self.token.text:
            text = self.token.text
            self.found[self.at] = Token("number", text[1:])
            return number(text[0])
        return self.group_or_token()

    def primary(self) -> Node:
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
        if name in _CALLED and self.kind == "(" and not self.token.spaced:
            argument = self.bracketed()
            return Node("call", argument.args if argument.op == "bracket" else (argument,), name)
        return Node("symbol", (), name)

    def number_node(self) -> Node:
        text = self.need("number").text
        decimals = len(text.partition(".")[2]) if "." in text else None
        node = number(Fraction(text if text[0] != "." else "0" + text), decimals)
        if self.kind in ("id", "const") and self.token.text in ("e", "E") and not self.token.spaced:
            return self.scientific(node)
        return node

    def scientific(self, mantissa: Node) -> Node:
        """`3.2e5`, `3.2E-5`; an `e` that no digit follows is Euler's number."""
        signed = (
            self.ahead().kind in ("+", "-")
            and self.ahead(2).kind == "number"
            and not self.ahead(2).spaced
            and mantissa.decimals is not None
        )
        digits = self.ahead(2) if signed else self.ahead()
        if digits.kind != "number" or not digits.text.isdigit() or self.ahead().spaced:
            return mantissa
        exponent = int(("-" if signed and self.ahead().kind == "-" else "") + digits.text[:6])
        self.at += 3 if signed else 2
        if abs(exponent) > 5000:
            raise OverLimit("an exponent over the limit")
        return Node(
            "number",
            (),
            mantissa.value * Fraction(10) ** exponent,
            None if mantissa.decimals is None else max(0, mantissa.decimals - exponent),
        )

    def mixed(self) -> Node:
        """A number, or a mixed fraction: `3\\frac{1}{2}`, `3 1/2` (a proper fraction of digits only)."""
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
        self.need("frac")
        top = self.fraction_part()
        return Node("div", (top, self.fraction_part()))

    def binomial(self) -> Node:
        self.need("binom")
        top = self.fraction_part()
        return Node("binomial", (top, self.fraction_part()))

    def root(self) -> Node:
        self.need("sqrt")
        degree = number(2)
        if self.take("["):
            degree = self.sum()
            self.need("]")
        if self.kind == "(" or self.kind == "{":
            return Node("root", (self.primary(), degree))
        return Node("root", (self.group_or_token(), degree))

    def function(self) -> Node:
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
        """`\\sin 2x \\cos y`: the argument is the product up to the next function or sign."""
        sign = self.take("-")
        node = self.power()
        while self.kind in _STARTS and self.kind not in ("func", "sum", "prod", "(") and self.starts_factor(node):
            node = Node("mul", (node, self.power()))
        if self.kind == "/" and self.ahead().kind == "number":
            self.at += 1
            node = Node("div", (node, self.power()))
        return Node("neg", (node,)) if sign else node

    def series(self) -> Node:
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
        self.need("|")
        self.in_bars += 1
        inner = self.sum()
        self.in_bars -= 1
        self.need("|")
        return Node("abs", (inner,))

    def group(self) -> Node:
        self.need("{")
        bars, self.in_bars = self.in_bars, 0
        inner = self.listing()
        self.need("}")
        self.in_bars = bars
        return inner

    def bracketed(self) -> Node:
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
        self.need("\\{")
        if self.take("\\}"):
            return Node("set", ())
        inner = self.listing()
        if self.kind in ("mid", "|", ":"):
            self.at += 1
            inner = self.listing()
        self.need("\\}")
        if inner.op == "rel":
            return inner
        return Node("set", inner.args if inner.op == "list" else (inner,))

    def matrix(self) -> Node:
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


def _grouped(items: list[Node], separators: list[str]) -> Node:
    """`p = 5, q = 2; p = 7, q = 2`: a semicolon parts groups, a comma their members."""
    groups = [[items[0]]]
    for separator, item in zip(separators, items[1:], strict=True):
        if separator == ";":
            groups.append([item])
        else:
            groups[-1].append(item)
    return Node(
        "list", tuple(group[0] if len(group) == 1 else Node("bracket", tuple(group), "()") for group in groups), ","
    )


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
