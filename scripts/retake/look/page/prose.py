"""A message's markdown, formulas and code as a tree of plain data; HTML in it stays text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from retake.look.page.mathml import Node, math

MAX_CODE = 20_000
_PLAIN = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li", "blockquote": "blockquote",
    "strong": "strong", "em": "em", "s": "s", "table": "table", "thead": "thead", "tbody": "tbody", "tr": "tr",
    "th": "th", "td": "td",
}  # fmt: skip
_INLINE = (("$$", "$$", True), ("\\[", "\\]", True), ("\\(", "\\)", False), ("$", "$", False))
_BLOCK = re.compile(r"^(?:\$\$|\\\[|\\begin\{(align\*?|aligned|equation\*?|gather\*?|cases)\})")
_NUMBERED = ("align", "equation", "gather")
_KINDS = (
    ("Comment", "c"), ("Keyword", "k"), ("Literal.String", "s"), ("Literal.Number", "m"), ("Name.Function", "f"),
    ("Name.Class", "f"), ("Name.Builtin", "b"), ("Name.Decorator", "f"), ("Operator.Word", "k"),
)  # fmt: skip


def prose(text: str, *, limit: int) -> list[Node]:
    """Return the nodes of `text` read as markdown with formulas; past `limit` characters it is cut, and says so."""
    from markdown_it.tree import SyntaxTreeNode

    cut = text[:limit]
    tree = SyntaxTreeNode(_parser().parse(cut))
    nodes = [_node(child) for child in tree.children]
    if len(text) > limit:
        nodes.append(["p", {"class": "cut"}, f"… {len(text) - limit:,} more characters are not shown here."])
    return nodes


def code(text: str, language: str) -> Node:
    """Return a highlighted block of code; an unknown language or very long code is shown plain."""
    spans = _highlighted(text, language) if len(text) <= MAX_CODE else [text]
    return ["pre", {"class": "code", "tabindex": "0"}, ["code", {}, *spans]]


@lru_cache(maxsize=4_000)
def _highlighted(text: str, language: str) -> tuple[Node, ...]:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        lexer = None
    if lexer is None:
        return (text,)
    runs: list[tuple[str, str]] = []
    for kind, value in lexer.get_tokens(text):
        name = next((short for long, short in _KINDS if f"Token.{long}" in str(kind)), "")
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + value)
        else:
            runs.append((name, value))
    return tuple(["span", {"class": f"t{name}"}, value] if name else value for name, value in runs)


@lru_cache(maxsize=1)
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    # An indented paragraph of an answer is prose far more often than code.
    parser.disable("code")
    parser.inline.ruler.before("escape", "math", _inline_rule)
    parser.block.ruler.before("fence", "math_block", _block_rule, {"alt": ["paragraph", "list", "blockquote"]})
    return parser


def _inline_rule(state: Any, silent: bool) -> bool:
    found = _formula(state.src, state.pos, state.posMax)
    if found is None:
        return False
    tex, end, is_display = found
    if not silent:
        token = state.push("math", "", 0)
        token.content, token.meta = tex, {"display": is_display}
    state.pos = end
    return True


def _formula(text: str, start: int, end: int) -> tuple[str, int, bool] | None:
    if text[start] not in "$\\":
        return None
    if text.startswith("\\boxed{", start):
        close = _closing_brace(text, start + 6, end)
        return (text[start:close], close, False) if close else None
    for opening, closing, is_display in _INLINE:
        if text.startswith(opening, start):
            stop = text.find(closing, start + len(opening), end)
            tex = text[start + len(opening) : stop]
            if stop < 0 or not tex.strip() or (opening == "$" and not _is_dollar_math(text, tex, stop)):
                return None
            return tex, stop + len(closing), is_display
    return None


def _is_dollar_math(text: str, tex: str, stop: int) -> bool:
    after = text[stop + 1 : stop + 2]
    return not (tex[0].isspace() or tex[-1].isspace() or after.isdigit() or "\n\n" in tex)


def _closing_brace(text: str, start: int, end: int) -> int | None:
    depth = 0
    for at in range(start, min(end, start + 500)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at + 1
    return None


def _block_rule(state: Any, start: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[start] + state.tShift[start]
    match = _BLOCK.match(state.src[begin : state.eMarks[start]])
    if match is None:
        return False
    opening = match.group(0)
    closing = {"$$": "$$", "\\[": "\\]"}.get(opening, f"\\end{{{match.group(1)}}}")
    for line in range(start, min(end, start + 200)):
        stop = state.src.find(
            closing, begin + len(opening) if line == start else state.bMarks[line], state.eMarks[line]
        )
        if stop >= 0:
            # Text after the closing mark belongs to a paragraph: the inline rule reads it.
            if state.src[stop + len(closing) : state.eMarks[line]].strip(" .,;"):
                return False
            if not silent:
                token = state.push("math", "", 0)
                inner = state.src[begin + len(opening) : stop]
                name = (match.group(1) or "").rstrip("*")
                starred = (
                    f"\\begin{{{name}*}}{inner}\\end{{{name}*}}" if name in _NUMBERED else f"{opening}{inner}{closing}"
                )
                token.content = starred if name else inner
                token.meta, token.map, token.block = {"display": True}, [start, line + 1], True
                state.line = line + 1
            return True
    return False


def _node(part: Any) -> Node:
    kind = part.type
    if kind in ("text", "html_inline", "html_block"):
        return part.content
    if kind == "math":
        formula = math(part.content, is_display=part.meta["display"])
        return ["p", {}, formula] if part.block else formula
    if kind == "softbreak":
        return "\n"
    if kind == "hardbreak":
        return ["br"]
    if kind == "hr":
        return ["hr"]
    if kind == "code_inline":
        return ["code", {}, part.content]
    if kind in ("fence", "code_block"):
        words = part.info.split() if kind == "fence" else []
        return code(part.content, words[0] if words else "")
    if kind == "image":
        return f"[image: {part.content}] ({part.attrs.get('src', '')})"
    children = _children(part)
    if kind == "link":
        # A link of a model leads nowhere by a click: its address is shown beside its text.
        return ["span", {"class": "link"}, *children, f" ({part.attrs.get('href', '')})"]
    if kind == "heading":
        return ["p", {"class": "heading"}, *children]
    return [_PLAIN.get(kind, "span"), {}, *children]


def _children(part: Any) -> list[Node]:
    inner = [p for child in part.children for p in (child.children if child.type == "inline" else [child])]
    return [_node(child) for child in inner]
