"""A cursor over the tokens of an answer, and what it reads by itself: numbers and subscripts."""

from __future__ import annotations

from fractions import Fraction

from retake.verify.math.limits import OverLimit, Unparseable
from retake.verify.math.nodes import Node, number
from retake.verify.math.tokens import Token


class Cursor:
    """Where a reader stands in its tokens; `in_bars` and `depth` are how deep it is in |...| and in lists."""

    def __init__(self, found: list[Token]) -> None:
        self.found = [*found, Token("end")]
        self.at = 0
        self.in_bars = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The token ahead."""
        return self.found[min(self.at, len(self.found) - 1)]

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.token.kind

    def ahead(self, step: int = 1) -> Token:
        """The token `step` further on."""
        return self.found[min(self.at + step, len(self.found) - 1)]

    def take(self, *kinds: str) -> Token | None:
        """Step over the token ahead and return it, where it is of one of these kinds."""
        if self.kind in kinds:
            self.at += 1
            return self.found[self.at - 1]
        return None

    def need(self, *kinds: str) -> Token:
        """The same, but raise Unparseable where it is not."""
        token = self.take(*kinds)
        if token is None:
            raise Unparseable(f"expected {' or '.join(kinds)}, found {self.token.text!r}")
        return token

    def number_node(self) -> Node:
        """A number as written."""
        text = self.need("number").text
        decimals = len(text.partition(".")[2]) if "." in text else None
        node = number(Fraction(text if text[0] != "." else "0" + text), decimals)
        if self.kind in ("id", "const") and self.token.text in ("e", "E") and not self.token.spaced:
            return self.scientific(node)
        return node

    def scientific(self, mantissa: Node) -> Node:
        """`3.2e5`, `3.2E-5`, `3e-12`; an `e` that no digit follows is Euler's number, and `3e-1` is a difference."""
        signed = (
            self.ahead().kind in ("+", "-")
            and self.ahead(2).kind == "number"
            and not self.ahead(2).spaced
            and (mantissa.decimals is not None or len(self.ahead(2).text) >= 2)
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

    def after_degrees(self, base: Node) -> Node:
        r"""Degrees, with minutes of arc where they follow: `30^\circ 15'`."""
        if self.kind == "number" and self.ahead().kind == "'":
            base = Node("add", (base, number(Fraction(self.token.text) / 60)))
            self.at += 2
        return Node("degree", (base,))

    def subscript(self) -> str:
        """What stands after `_`, as text."""
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
