"""Finds sample inputs and outputs in the statement of a contest problem."""

from __future__ import annotations

import re
from typing import Any

_DECOR = r"[\s#*_\-=>]*"
_HEAD = re.compile(
    rf"^{_DECOR}(?P<sample>(?:sample|example)s?\s*(?:#?\d+\s*)?)?(?P<kind>input|output)s?\s*(?:#?\d+)?\s*{_DECOR}"
    rf"(?::{_DECOR}(?P<rest>.*))?$",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(
    rf"^{_DECOR}(?:(?:sample|example)s?(?:\s+tests?|\s+cases?|\s+test\s+cases?)?\s*(?:#?\d+)?)\s*:?{_DECOR}$",
    re.IGNORECASE,
)
_END = re.compile(
    rf"^{_DECOR}(?:notes?|explanations?|constraints?|hints?|scoring|subtasks?|limits?|solution|source|time limit|"
    rf"(?:sample|example)s?\s+explanations?)\b[^a-z]*(?:\d+)?\s*:?.*$",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")
_CALL = re.compile(r"\b[A-Za-z_]\w*\s*=\s*[\[\"'\d{-]")


class _Reader:
    """Reads a statement line by line and collects (input, output) pairs that stand under an example's header."""

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []
        self.kind: str | None = None
        self.parts: dict[str, list[str]] = {}
        self.is_fenced = False
        self.was_fenced = False
        self.in_examples = False
        self.is_sample = False

    def open(self, kind: str, rest: str) -> None:
        """Start the block of an input or an output."""
        if kind == "input":
            self.close()
        self.kind, self.was_fenced = kind, False
        self.parts[kind] = [rest] if rest else []

    def close(self) -> None:
        """End the running pair and keep it, if it is whole."""
        if {"input", "output"} <= self.parts.keys():
            given, wanted = (_block(self.parts[kind]) for kind in ("input", "output"))
            if wanted and (given or self.is_sample):
                self.pairs.append((given + "\n", wanted + "\n"))
        self.parts, self.kind, self.is_fenced = {}, None, False

    def take(self, line: str) -> None:
        """Read one line."""
        if self.kind and _FENCE.match(line):
            if self.is_fenced:
                self.was_fenced = True
            self.is_fenced = not self.is_fenced
            return
        if self.is_fenced:
            self.parts[self.kind or "input"].append(line)
            return
        if self._is_header(line):
            return
        if self.kind and not self.was_fenced:
            self._add(line)

    def _is_header(self, line: str) -> bool:
        head = _HEAD.match(line)
        if head:
            self.is_sample = bool(head["sample"]) or self.in_examples
            if self.is_sample:
                self.open(head["kind"].lower(), (head["rest"] or "").strip())
            else:
                self.close()
            return True
        if _EXAMPLES.match(line):
            self.close()
            self.in_examples = True
            return True
        if self.kind and _END.match(line):
            self.close()
            return True
        return False

    def _add(self, line: str) -> None:
        """Add a line to the running block; an output ends at its first blank line."""
        block = self.parts[self.kind or "input"]
        if self.kind == "output" and not line.strip() and any(each.strip() for each in block):
            self.was_fenced = True
            return
        block.append(line)


def _block(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def tests_from_statement(question: str) -> dict[str, Any] | None:
    """Return the sample pairs of a statement as tests (`from_statement` is true), or None where it has none.

    Pairs that show a function's arguments (`nums = [1, 2]`) are none: they are no program's input.
    """
    reader = _Reader()
    for line in question.replace("\r\n", "\n").split("\n"):
        reader.take(line)
    reader.close()
    pairs = [pair for pair in reader.pairs if not _CALL.search(pair[0])]
    if not pairs:
        return None
    return {
        "kind": "io",
        "inputs": [given for given, _ in pairs],
        "outputs": [wanted for _, wanted in pairs],
        "fn_name": None,
        "from_statement": True,
    }
