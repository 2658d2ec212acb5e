"""Honest programs, plain ones and ones that look odd, and the task of all programs here, hostile ones included.

The task: `solve(n)` returns 2n, or a program reads n and prints 2n (list: `solve(xs)` returns its elements doubled). Tests: 3, 0, 7, -2.
An entry of CONTROLS: id, form, program.
"""

from __future__ import annotations

CALL = {"kind": "io", "fn_name": "solve", "inputs": ["3", "0", "7", "-2"], "outputs": ["6", "0", "14", "-4"]}
STDIN = {"kind": "io", "inputs": ["3\n", "0\n", "7\n", "-2\n"], "outputs": ["6\n", "0\n", "14\n", "-4\n"]}
LIST = {"kind": "io", "fn_name": "solve", "inputs": [[[1, 2]], [[]], [[5]]], "outputs": [[[2, 4]], [[]], [[10]]]}
ASSERTS = {
    "kind": "humaneval",
    "prompt": 'def solve(n: int) -> int:\n    """Return twice n."""\n',
    "test": "def check(candidate):\n    assert candidate(3) == 6\n    assert candidate(0) == 0\n"
    "    assert candidate(7) == 14\n    assert candidate(-2) == -4\n",
    "entry_point": "solve",
}
TESTS = {"call": CALL, "stdin": STDIN, "list": LIST, "asserts": ASSERTS}
HONEST = {
    "call": "def solve(n):\n    return 2 * n",
    "stdin": "print(2 * int(input()))",
    "list": "def solve(xs):\n    return [2 * x for x in xs]",
    "asserts": "def solve(n):\n    return 2 * n",
}

CONTROLS = [
    ("debug_on_stderr", "stdin", "import sys\nn = int(input())\nprint('debug', n, file=sys.stderr)\nprint(2 * n)"),
    ("debug_on_stdout_of_a_call", "call", "def solve(n):\n    print('debug', n)\n    return 2 * n"),
    (
        "processes",
        "stdin",
        "import multiprocessing as m\ndef f(n): return 2 * n\nif __name__ == '__main__':\n    with m.Pool(2) as p: print(p.map(f, [int(input())])[0])",
    ),
    (
        "threads",
        "asserts",
        "from concurrent.futures import ThreadPoolExecutor\ndef solve(n):\n    with ThreadPoolExecutor(8) as p: return sum(p.map(lambda x: x, [n, n]))",
    ),
    ("stdin_buffer", "stdin", "import sys\nprint(2 * int(sys.stdin.buffer.read()))"),
    ("stdin_readline", "stdin", "import sys\ninput = sys.stdin.readline\nprint(2 * int(input()))"),
    ("open_0", "stdin", "print(2 * int(open(0).read()))"),
    ("dev_stdin", "stdin", "print(2 * int(open('/dev/stdin').read()))"),
    ("fileinput", "stdin", "import fileinput\nfor line in fileinput.input(): print(2 * int(line))"),
    ("os_read", "stdin", "import os\nos.write(1, str(2 * int(os.read(0, 100))).encode())"),
    ("main_guard", "stdin", "def main():\n    print(2 * int(input()))\nif __name__ == '__main__':\n    main()"),
    ("sys_exit_after_output", "stdin", "import sys\nprint(2 * int(input()))\nsys.exit(0)"),
    ("class_solution", "call", "class Solution:\n    def solve(self, n: int) -> Optional[int]:\n        return n * 2"),
    (
        "deep_recursion",
        "stdin",
        "import sys\nsys.setrecursionlimit(20000)\ndef f(k): return 0 if k == 0 else f(k - 1) + 2\nn = int(input())\nf(10**4)\nprint(2 * n)",
    ),
    (
        "deep_recursion_in_a_call",
        "call",
        "def f(k): return 0 if k == 0 else f(k - 1) + 1\ndef solve(n): return 2 * n + f(10**4) - 10**4",
    ),
    ("numpy_scalar", "call", "import numpy as np\ndef solve(n): return np.int64(n) * 2"),
    ("numpy_array", "list", "import numpy as np\ndef solve(xs): return (np.array(xs, dtype=int) * 2).tolist()"),
    (
        "most_of_its_time",
        "stdin",
        "import time\nn = int(input())\nwhile n == 3 and time.process_time() < 1.2: pass\nprint(2 * n)",
    ),
    ("short_sleep", "stdin", "import time\nn = int(input())\ntime.sleep(1.2 if n == 3 else 0)\nprint(2 * n)"),
    (
        "random_with_seed",
        "asserts",
        "import random\nrandom.seed(1)\ndef solve(n):\n    random.random()\n    return 2 * n",
    ),
    ("tuple_for_list", "list", "def solve(xs): return tuple(2 * x for x in xs)"),
    (
        "typing_names",
        "asserts",
        "from __future__ import annotations\nfrom typing import List\ndef solve(n: int) -> int: return n + n",
    ),
    ("completion", "asserts", "    m = n\n    return m + n"),
    ("writes_a_file", "stdin", "with open('x.txt', 'w') as f: f.write(input())\nprint(2 * int(open('x.txt').read()))"),
]
