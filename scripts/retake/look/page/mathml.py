"""TeX to MathML, as a tree of plain data that a page can build without ever parsing HTML.

A node is a string or `[tag, {attributes}, *children]`; the attributes may be left out.
"""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any

Node = Any

MAX_TEX = 2_000
MAX_DEPTH = 60
MAX_NODES = 4_000
_TAGS = (
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle mover munder munderover msub msup msubsup "
    "mmultiscripts mprescripts mtable mtr mtd mpadded mphantom"
)
_ATTRIBUTES = (
    "display mathvariant stretchy fence separator linethickness accent accentunder movablelimits lspace rspace "
    "minsize maxsize symmetric largeop width height depth displaystyle scriptlevel columnalign"
)
TAGS, ATTRIBUTES = frozenset(_TAGS.split()), frozenset(_ATTRIBUTES.split())


@lru_cache(maxsize=20_000)
def _math(tex: str, is_display: bool) -> Node:
    if len(tex) > MAX_TEX or _depth(tex) > MAX_DEPTH:
        return None
    from latex2mathml.converter import convert_to_element

    try:
        element = convert_to_element(tex, display="block" if is_display else "inline")
    except _failures():
        return None
    budget = [MAX_NODES]
    node = _tree(element, budget)
    if budget[0] < 0:
        return None
    return [node[0], {**node[1], "alttext": tex}, *node[2:]]


def math(tex: str, *, is_display: bool) -> Node:
    """Return the node of a formula; TeX that cannot be converted, or is over a limit, is shown as it is written."""
    node = _math(tex.strip(), is_display)
    return node if node is not None else ["code", {"class": "tex"}, tex.strip()]


def _depth(tex: str) -> int:
    deepest = depth = 0
    for sign in tex:
        depth += (sign == "{") - (sign == "}")
        deepest = max(deepest, depth)
    return max(deepest, tex.count("\\left"))


@lru_cache(maxsize=1)
def _failures() -> tuple[type[Exception], ...]:
    from latex2mathml import exceptions

    own = [e for e in vars(exceptions).values() if isinstance(e, type) and issubclass(e, Exception)]
    # A parser of model text: malformed TeX also surfaces as these.
    return (*own, StopIteration, LookupError, ValueError, AttributeError, TypeError, RecursionError)


def _tree(element: Any, budget: list[int]) -> Node:
    budget[0] -= 1
    children = [_tree(child, budget) for child in element] if budget[0] > 0 else []
    text = [html.unescape(element.text)] if element.text else []
    if element.tag == "menclose":
        return ["mrow", {"class": "boxed"}, *text, *children]
    tag = element.tag if element.tag in TAGS else "mrow"
    return [tag, {k: v for k, v in element.attrib.items() if k in ATTRIBUTES}, *text, *children]
