"""Hostile answers and lost processes: always a verdict in bounded time, never a wrong one, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from retake.errors import VerifierFailed
from retake.samples.sample import Sample
from retake.verify.math import MathVerifier
from retake.verify.math.pool import SymbolicPool

MARK = Path(os.environ.get("TMPDIR", "/tmp")) / f"retake_math_payload_{os.getpid()}"
PAYLOADS = [
    f"__import__('os').system('touch {MARK}')",
    f"eval(\"__import__('os').system('touch {MARK}')\")",
    f"(lambda: open('{MARK}', 'w'))()",
    f"\\text{{__import__('pathlib').Path('{MARK}').touch()}}",
    f"[c for c in ().__class__.__base__.__subclasses__()][0]; open('{MARK}','w')",
    f"1 + exec(\"open('{MARK}','w').close()\")",
    f'sympify(\'__import__("os").system("touch {MARK}")\')',
    f"x = 5; import os; os.system('touch {MARK}')",
]
COSTLY = {
    "a tower of powers": "9^{9^{9^{9}}}",
    "a tower without braces": "10**10**10**10",
    "a huge exponent": "2^{99999999999}",
    "a huge negative exponent": "2^{-99999999999}",
    "a factorial of a large number": "10000000000!",
    "a factorial of a power": "(10^{10})!",
    "nested factorials": "((((9!)!)!)!)!",
    "nested parentheses": "(" * 2000 + "x" + ")" * 2000,
    "15 nested parentheses": "(" * 15 + "x+1" + ")" * 15,
    "nested fractions": "\\frac{1}{" * 200 + "2" + "}" * 200,
    "nested roots": "\\sqrt{" * 100 + "2" + "}" * 100,
    "a long number": "7" * 100_000,
    "a long sum": "+".join(["x"] * 50_000),
    "a long sum of unknowns": "+".join(f"x_{{{n}}}" for n in range(390)),
    "a large matrix": "\\begin{pmatrix}" + " & ".join(["1"] * 5000) + "\\end{pmatrix}",
    "a sum of many terms": "\\sum_{k=1}^{10000000000} k^k",
    "sums within sums": "\\sum_{a=1}^{400} \\sum_{b=1}^{400} \\sum_{c=1}^{400} abc",
    "a scientific exponent": "1e999999999",
    "a long list": ",".join(str(n) for n in range(500)),
    "a sine of a large number": "\\sin(10^{1000000})",
    "many braces": "{" * 5000,
    "many boxes": "\\boxed{" * 3000,
    "many signs": "-" * 1900 + "1",
    "many backslashes": "\\" * 1999,
    "a binomial of large numbers": "\\binom{10^{12}}{10^{11}}",
    "many dollars": "$" * 1999,
    "many stars": "*" * 1999 + "5",
}


REPEATED = "$|$x|\\boxed{|\\boxed{1} |the answer is |not |<think>|<think>a</think>|#### |1,|(|\\| |final answer is: 3 |final answer is 5 I hope |So, |a|word |x is |\\(|\\[ x |**|answer:| is a|²|12 34 |1,234 |The answer is not b |=|answer to |\\text{|5 cm|m/s "


@pytest.fixture(scope="module")
def verifier() -> Iterator[MathVerifier]:
    made = MathVerifier(processes=1)
    yield made
    made.close()


def sample(gold: str) -> Sample:
    return Sample("math", 1, "q", "?", ground_truth=gold)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_code_in_an_answer_is_never_run(verifier: MathVerifier, payload: str) -> None:
    for text in (payload, f"${payload}$", f"\\boxed{{{payload}}}"):
        assert verifier.verify(text, sample("5")).is_verified is not True or "x = 5" in payload
        verifier.equivalent(payload, text)
    assert not MARK.exists()


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_a_costly_answer_ends_within_its_limits_and_is_never_right(verifier: MathVerifier, text: str) -> None:
    before = time.process_time()
    for gold, given in (("1234567", text), (text, "1234567"), (text[:-1] + "1", text)):
        assert verifier.verify(f"\\boxed{{{given}}}", sample(gold)).is_verified is not True
    assert time.process_time() - before < 60


@pytest.mark.parametrize(
    "name", ["a tower of powers", "a long number", "nested parentheses", "a factorial of a large number"]
)
def test_an_answer_over_a_limit_is_ungraded_and_says_which(verifier: MathVerifier, name: str) -> None:
    verdict = verifier.verify(f"\\boxed{{{COSTLY[name]}}}", sample("5"))
    assert verdict.is_verified is None
    assert verdict.confidence == 0.0
    assert verdict.explanation.startswith("Not judged")


def test_a_child_that_is_killed_makes_the_answer_ungraded_with_the_error_and_the_next_one_is_judged() -> None:
    made = MathVerifier(processes=1)
    try:
        assert made.equivalent("\\int_0^1 x dx", "\\frac{1}{2}").equal is True
        _kill(_workers())
        gone = [made.verify("\\int_0^1 x dx", sample("\\lim_{x \\to 0} x")) for _ in range(1)]
        assert all(verdict.is_verified is not False for verdict in gone)
        assert made.equivalent("\\int_0^1 x dx", "\\frac{1}{2}").equal is True
    finally:
        made.close()


def test_a_comparison_that_outlasts_its_cpu_time_is_an_error_not_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from retake.verify.math import pool as pools

    monkeypatch.setattr(pools.symbolic, "compare", _spin)
    pool = SymbolicPool(1)
    try:
        with pytest.raises(VerifierFailed, match="ended"):
            pool.compare("1", "2")
    finally:
        pool.close()


def test_a_closed_verifier_still_decides_what_needs_no_child_and_calls_nothing_wrong() -> None:
    made = MathVerifier()
    made.close()
    assert made.equivalent("2/4", "0.5").equal is True
    verdict = made.verify("\\int_0^1 x dx", sample("\\frac{1}{2}"))
    assert verdict.is_verified is None
    assert verdict.error is not None
    assert verdict.error["type"] == "VerifierFailed"


def test_many_threads_get_the_verdicts_of_one(verifier: MathVerifier) -> None:
    pairs = [
        ("\\frac{1}{2}", "0.5"),
        ("x^2-1", "(x-1)(x+1)"),
        ("3", "4"),
        ("\\int_0^1 x dx", "\\frac12"),
        ("(1,2)", "(2,1)"),
    ] * 8
    alone = [verifier.equivalent(*pair) for pair in pairs[:5]] * 8
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda pair: verifier.equivalent(*pair), pairs)) == alone


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        "import sys, time\n"
        "from retake.verify.math import MathVerifier\n"
        "if __name__ == '__main__':\n"
        "    verifier = MathVerifier(processes=2)\n"
        "    print(verifier.equivalent('\\\\int_0^1 x dx', '1/2').equal, flush=True)\n"
        "    time.sleep(600)\n",
        encoding="utf-8",
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    parent = subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == "True"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert children
    finally:
        parent.kill()
        parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=90)
    assert not alive, gone


def _workers() -> list[psutil.Process]:
    """The grandchildren of this test: what the fork server started."""
    servers = psutil.Process().children()
    return [worker for server in servers for worker in server.children()]


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes, timeout=60)


def _spin(gold: str, answer: str) -> bool:
    from retake.verify.math import symbolic

    symbolic._limit_cpu(1)
    while True:
        pow(3, 10**6)


def test_a_pool_that_ended_without_a_word_is_told_as_broken() -> None:
    from concurrent.futures import Future

    from retake.verify.math import pool as pools

    class Ended:
        active = False

    with pytest.raises(pools._PoolBroken, match="ended"):
        pools._result(Ended(), Future())
