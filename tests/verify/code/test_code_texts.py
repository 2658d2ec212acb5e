"""Programs found in answers, and sample tests found in statements."""

from __future__ import annotations

import pytest
from retake.verify.code import statement
from retake.verify.code.extract import find_program

PY = "```python\n{}\n```\n"
SOLVE = "def solve(n):\n    return 2 * n"

ANSWERS = [
    ("one fence", "Sure.\n" + PY.format(SOLVE) + "\nDone.", "solve", SOLVE),
    (
        "the last that defines it",
        PY.format("def solve(n): pass") + PY.format(SOLVE) + PY.format("print(solve(3))"),
        "solve",
        SOLVE,
    ),
    ("no tag", "```\n" + SOLVE + "\n```", "solve", SOLVE),
    ("capital tag", "```Python3\n" + SOLVE + "\n```", "solve", SOLVE),
    ("tildes", "~~~py\n" + SOLVE + "\n~~~", "solve", SOLVE),
    ("a fence that never closes", "```python\n" + SOLVE, "solve", SOLVE),
    (
        "longer fence with backticks inside",
        "````python\ns = '''\n```\n'''\n" + SOLVE + "\n````",
        "solve",
        "s = '''\n```\n'''\n" + SOLVE,
    ),
    ("inside a list", "1. Code:\n   ```python\n   def solve(n):\n       return 2 * n\n   ```", "solve", SOLVE),
    ("a thought before", "<think>" + PY.format("def solve(n): bad") + "</think>" + PY.format(SOLVE), "solve", SOLVE),
    ("only a thought", "<think>" + PY.format(SOLVE), "solve", None),
    ("no fence, prose before", "Here you go:\n\n" + SOLVE, "solve", SOLVE),
    ("a bare body", "    return 2 * n", "solve", "    return 2 * n"),
    ("prose", "I would multiply by two.", "solve", None),
    ("empty", "", "solve", None),
    ("another language", "```cpp\nint main() {}\n```", None, None),
    (
        "program before its output",
        PY.format("print(int(input()) * 2)") + "\nOutput:\n```\n6\n```",
        None,
        "print(int(input()) * 2)",
    ),
    (
        "program before an example",
        PY.format("import sys\nprint(sys.stdin.read())") + PY.format("print(1)"),
        None,
        "import sys\nprint(sys.stdin.read())",
    ),
    (
        "a class",
        PY.format("class Solution:\n    def solve(self, n): return n"),
        "solve",
        "class Solution:\n    def solve(self, n): return n",
    ),
    ("an assignment", PY.format("solve = lambda n: 2 * n"), "solve", "solve = lambda n: 2 * n"),
    ("windows line ends", "```python\r\n" + SOLVE.replace("\n", "\r\n") + "\r\n```", "solve", SOLVE),
]


@pytest.mark.parametrize(("text", "name", "code"), [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS])
def test_the_program_is_found(text: str, name: str | None, code: str | None) -> None:
    assert find_program(text, name=name).code == code


def test_another_language_is_named() -> None:
    assert find_program("```cpp\nint main() {}\n```").language == "cpp"


CODEFORCES = """Find the double.

Input

The first line contains n.

Output

Print 2n.

Examples

Input

3


Output

6


Input

0
1


Output

0

Note

In the first example the answer is six.
"""
APPS = "Task.\n\n-----Input-----\nOne n.\n\n-----Output-----\nIts double.\n\n-----Examples-----\nInput\n3\n\nOutput\n6\n\nInput\n7\n\nOutput\n14\n"
ATCODER = "Double it.\n\n### Sample Input 1\n\n```\n3\n4\n```\n\n### Sample Output 1\n\n```\n6\n\n8\n```\n\nBecause.\n\n### Sample Input 2\n\n```\n0\n```\n\n### Sample Output 2\n\n```\n0\n```\n"
COLONS = "Double.\n\nExample:\nInput: 3\nOutput: 6\n"
BOLD = "Double.\n\n**Sample Input:**\n3\n\n**Sample Output:**\n6\n\n**Explanation:**\nTwice.\n"

STATEMENTS = [
    ("codeforces", CODEFORCES, ["3\n", "0\n1\n"], ["6\n", "0\n"]),
    ("apps", APPS, ["3\n", "7\n"], ["6\n", "14\n"]),
    ("atcoder", ATCODER, ["3\n4\n", "0\n"], ["6\n\n8\n", "0\n"]),
    ("colons", COLONS, ["3\n"], ["6\n"]),
    ("bold", BOLD, ["3\n"], ["6\n"]),
]


@pytest.mark.parametrize(
    ("text", "inputs", "outputs"), [each[1:] for each in STATEMENTS], ids=[each[0] for each in STATEMENTS]
)
def test_the_examples_of_a_statement_are_found(text: str, inputs: list[str], outputs: list[str]) -> None:
    found = statement.tests_from_statement(text)
    assert found == {"kind": "io", "inputs": inputs, "outputs": outputs, "fn_name": None, "from_statement": True}


@pytest.mark.parametrize(
    "text",
    [
        "Write a function that doubles a number.",
        "Input\n\nThe first line contains n.\n\nOutput\n\nPrint 2n.",
        "Example 1:\nInput: nums = [2, 7], target = 9\nOutput: [0, 1]",
        "",
    ],
    ids=["prose", "formats only", "a function's arguments", "empty"],
)
def test_a_statement_without_examples_has_no_tests(text: str) -> None:
    assert statement.tests_from_statement(text) is None
