"""The examples that a contest problem's statement gives: tests, where a dataset has none."""

from __future__ import annotations

import re
from typing import Any

_FENCE = re.compile(r"^\s*```[a-z]*\s*$", re.MULTILINE)
_HEAD = re.compile(
    r"^[ \t#*]*(?:(?:sample|example)s?[ \t]*)?(?P<side>input|output)s?[ \t]*(?P<number>\d*)[ \t]*:?[ \t*]*$"
    r"|^[ \t#*]*(?P<stop>note|explanation|constraints?|hint|limits?|scoring|problem|task|subtasks?)s?[ \t]*\d*[ \t]*:?[ \t*]*$"
    r"|^[ \t#*]*(?P<examples>(?:sample|example)s?(?:[ \t]+(?:test|case|tests|cases))?)[ \t]*\d*[ \t]*:?[ \t*]*$",
    re.IGNORECASE | re.MULTILINE,
)
_MARKED = re.compile(r"sample|example", re.IGNORECASE)


def sample_tests(statement: str) -> dict[str, Any] | None:
    """Return the statement's examples as stdin and stdout pairs, or None where it has none that can be told apart.

    An Input and Output pair counts only under a heading of examples (or headed "Sample Input"): a plain Input section
    is the format's description.
    """
    pairs: list[tuple[str, str]] = []
    waiting: str | None = None
    is_example = False
    for head, body in _sections(statement):
        is_marked = bool(_MARKED.search(head.group(0)))
        if head["stop"] or head["examples"]:
            is_example, waiting = bool(head["examples"]), None
        elif head["side"].lower() == "input":
            waiting = body if is_marked or is_example else None
        elif waiting is not None:
            pairs.append((waiting, body))
            waiting = None
    pairs = [(given, wanted) for given, wanted in pairs if wanted.strip()]
    if not pairs:
        return None
    return {
        "kind": "io",
        "inputs": [given for given, _ in pairs],
        "outputs": [wanted for _, wanted in pairs],
        "fn_name": None,
        "from_statement": True,
    }


def _sections(statement: str) -> list[tuple[re.Match[str], str]]:
    heads = list(_HEAD.finditer(statement))
    ends = [head.start() for head in heads[1:]] + [len(statement)]
    return [(head, _body(statement[head.end() : end])) for head, end in zip(heads, ends, strict=True)]


def _body(text: str) -> str:
    fences = list(_FENCE.finditer(text))
    if len(fences) >= 2:
        text = text[fences[0].end() : fences[1].start()]
    return text.strip("\n") + "\n"
