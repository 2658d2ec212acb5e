"""Finds the program in a model's answer."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_OPEN = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*([^\s`{]*)")
_PYTHON = {"python", "py", "python3", "py3", "python2", "pypy", "pypy3", "ipython", "sage"}
_UNTAGGED = {"", "text", "txt", "plaintext", "code"}
_READS = re.compile(r"\binput\s*\(|\bstdin\b|\bopen\(\s*0|\bfileinput\b|\bos\.read\b")
_CODE_LINE = re.compile(r"^(?:@|def |class |import \w|from [\w.]+ import |async def |if __name__)", re.MULTILINE)
_STATEMENT = re.compile(
    r"^\s*(?:print\s*\(|for .+ in .+:|while .+:|if .+:|return\b|[A-Za-z_][\w, ]*\s*=[^=])", re.MULTILINE
)


@dataclass(frozen=True)
class Program:
    """A program found in an answer: `code` is None where there is none, or none in Python (`language` names it then)."""

    code: str | None
    language: str | None = None


@dataclass(frozen=True)
class _Fence:
    tag: str
    code: str


def without_thinking(text: str) -> str:
    """Return `text` without its `<think>` part; a thought that never ends leaves nothing."""
    if "</think>" in text:
        return text.rpartition("</think>")[2]
    return text.partition("<think>")[0]


def defines(code: str, name: str) -> bool:
    """Return whether `code` defines or assigns `name`, at any depth."""
    name = re.escape(name)
    return (
        re.search(rf"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+{name}\b|^{name}[ \t]*(?::[^=\n]*)?=", code, re.M)
        is not None
    )


def fences(text: str) -> list[_Fence]:
    """Return the fenced blocks in order; one that is never closed reaches to the end."""
    found: list[_Fence] = []
    mark, tag, lines = "", "", []
    for line in text.splitlines():
        if mark:
            stripped = line.strip(" \t>")
            if len(stripped) >= len(mark) and set(stripped) == {mark[0]}:
                found.append(_Fence(tag, textwrap.dedent("\n".join(lines)) if _is_shifted(lines) else "\n".join(lines)))
                mark = ""
            else:
                lines.append(line)
        elif opened := _OPEN.match(line):
            mark, tag, lines = opened.group(1), opened.group(2).lower(), []
    if mark:
        found.append(_Fence(tag, "\n".join(lines)))
    return found


def _is_shifted(lines: list[str]) -> bool:
    """Return whether a whole program is indented (a fence in a list), and not merely a function's body."""
    return re.search(r"^[ \t]+(?:def|class|import|from|async def)\b", "\n".join(lines)) is not None and not any(
        re.match(r"\S", line) for line in lines
    )


def find_program(text: str, *, name: str | None = None) -> Program:
    """Return the program in `text`: the last Python block that defines `name`, or that reads input where no name is asked.

    Without such a block it is the last Python block; without blocks the text itself, if it looks like code.
    """
    text = without_thinking(text).replace("\r\n", "\n")
    blocks = [block for block in fences(text) if block.code.strip()]
    python = [block.code for block in blocks if block.tag in _PYTHON]
    untagged = [block.code for block in blocks if block.tag in _UNTAGGED]
    for group in (python, untagged):
        fitting = [code for code in group if (defines(code, name) if name else _READS.search(code))]
        if fitting:
            return Program(fitting[-1], "python")
    if python or (untagged and any(_looks_like_code(code) for code in untagged)):
        return Program(python[-1] if python else [code for code in untagged if _looks_like_code(code)][-1], "python")
    if blocks:
        others = [block.tag for block in blocks if block.tag not in _UNTAGGED]
        return Program(None, others[-1] if others else None)
    return Program(_unfenced(text, name=name), None)


def _looks_like_code(text: str) -> bool:
    return _CODE_LINE.search(text) is not None or _STATEMENT.search(text) is not None


def _unfenced(text: str, *, name: str | None) -> str | None:
    """Return the code of an answer without fences: from its first line of code on, or all of a function's body."""
    text = text.strip("\n")
    if name and not defines(text, name):
        return text if re.match(r"[ \t]+\S", text) else None
    start = _CODE_LINE.search(text)
    if start:
        return text[start.start() :]
    return text if _STATEMENT.match(text) and (_READS.search(text) or "print" in text) else None
