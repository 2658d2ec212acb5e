r"""The grammar of answers: from tokens to a tree. It knows what answers hold, and refuses the rest; it never runs anything."""

from __future__ import annotations

from retake.verify.math.atoms import STARTS, Atoms
from retake.verify.math.limits import OverLimit, Unparseable, check_text
from retake.verify.math.nodes import Node
from retake.verify.math.tokens import tokens


def parse(source: str) -> Node:
    """Return the tree of a cleaned answer; raises OverLimit or Unparseable."""
    check_text(source)
    reader = _Reader(tokens(source))
    node = reader.listing()
    if reader.kind != "end":
        raise Unparseable(f"unexpected {reader.token.text!r}")
    return node


class _Reader(Atoms):
    """A recursive-descent reader over the tokens; its depth is bounded by the nesting limit."""

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
        return self.kind in STARTS

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
