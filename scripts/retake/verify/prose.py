"""What of an answer is prose: thinking text, code, formulas and quotations told apart from it."""

from __future__ import annotations

import re

_THINK = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THINK_END = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`[^`\n]+`")
_MATH = re.compile(r"\$\$.*?\$\$|\\\[.*?\\\]|\\\(.*?\\\)|\$[^$\n]{1,200}\$", re.DOTALL)


def without_thinking(text: str) -> str:
    """Return `text` without its <think> parts: closed, never closed, or closed without having been opened."""
    return _THINK_END.sub("", _THINK.sub(" ", text)).strip()


def code_blocks(text: str) -> list[str]:
    """Return what stands in the fenced code blocks of `text`, an unclosed last one included."""
    return [match.group(2) for match in _FENCE.finditer(text)]


def without_code(text: str) -> str:
    """Return `text` without fenced blocks, inline code and formulas; each leaves a space behind."""
    for pattern in (_FENCE, _INLINE, _MATH):
        text = pattern.sub(" ", text)
    return text
