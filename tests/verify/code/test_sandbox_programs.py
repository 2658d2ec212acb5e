"""Every hostile program is refused, every honest one accepted, in real containers; nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from retake.samples.sample import Sample
from retake.verify.code.verifier import CodeVerifier
from retake.verify.verdict import Verdict
from verify.code.containers import LIMITS, ours
from verify.code.honest import CONTROLS, HONEST, TESTS
from verify.code.hostile import FAMILIES, MARK

pytestmark = pytest.mark.docker


def sample(form: str) -> Sample:
    return Sample("code", 1, "q", "Return twice n.", tests=TESTS[form])


def fenced(code: str) -> str:
    return f"Here it is:\n\n```python\n{code}\n```\n"


def failures_of(verdict: Verdict) -> set[str]:
    return set(verdict.extras.get("statuses", {})) - {"passed", "not_run"}


def fault(verifier: CodeVerifier, name: str, form: str, code: str, allowed: set[str]) -> str | None:
    """Return what is wrong with the verdict on a hostile program."""
    verdict = verifier.verify(fenced(code), sample(form))
    if verdict.is_verified is not (not allowed) or not failures_of(verdict) <= allowed:
        return f"{name}: {verdict.is_verified} {failures_of(verdict)} {verdict.explanation} {verdict.error}"
    return None


def fault_after(verifier: CodeVerifier, name: str, form: str, code: str, allowed: set[str]) -> str | None:
    """Return what is wrong with the verdict on a hostile program, or on the honest one that runs after it."""
    first = fault(verifier, name, form, code, allowed)
    after = verifier.verify(fenced(HONEST[form]), sample(form))
    return first or (None if after.is_verified else f"{name}, the honest program after it: {after.explanation}")


@pytest.mark.parametrize("family", FAMILIES)
def test_no_hostile_program_passes_or_harms_the_next(family: str, client: object) -> None:
    before = set(ours(client))
    verifier = CodeVerifier(settings=LIMITS)
    try:
        with ThreadPoolExecutor(3) as pool:
            faults = list(pool.map(lambda entry: fault_after(verifier, *entry), FAMILIES[family]))
    finally:
        verifier.close()
    assert [each for each in faults if each] == []
    assert set(ours(client)) <= before
    left = [
        folder
        for folder in ("/", "/tmp", "/etc", "/var/tmp", "/root", "/home", "/usr")
        if (Path(folder) / MARK).exists()
    ]
    assert left == []


def test_every_honest_program_passes(verifier: CodeVerifier) -> None:
    def fault_of(control: tuple[str, str, str]) -> str | None:
        name, form, code = control
        verdict = verifier.verify(fenced(code) if name != "completion" else code, sample(form))
        if verdict.is_verified is True or "missing_module" in failures_of(verdict):
            return None
        return f"{name}: {verdict.explanation} {verdict.error}"

    with ThreadPoolExecutor(3) as pool:
        faults = list(pool.map(fault_of, CONTROLS))
    assert [each for each in faults if each] == []


def test_a_different_valid_answer_passes_where_a_checker_exists(verifier: CodeVerifier) -> None:
    rule = "def check(given, expected, output):\n    a, b = map(int, output.split())\n    return a + b == int(given)"
    tests = {"kind": "io", "inputs": ["5", "9"], "outputs": ["1 4", "4 5"], "checker": rule}
    task = Sample("code", 1, "q", "Print any two numbers with that sum.", tests=tests)
    right = verifier.verify(fenced("n = int(input())\nprint(n - 2, 2)"), task)
    wrong = verifier.verify(fenced("n = int(input())\nprint(n - 2, 3)"), task)
    assert (right.is_verified, wrong.is_verified) == (True, False)
    lines = {"kind": "io", "inputs": ["1", "2"], "outputs": ["a\nb", "c\nd"], "checker": "unordered_lines"}
    swapped = "print({'1': 'b\\na', '2': 'd\\nc'}[input()])"
    assert verifier.verify(fenced(swapped), Sample("code", 1, "q", "q", tests=lines)).is_verified is True


def test_a_suite_that_a_constant_passes_is_not_believed(verifier: CodeVerifier) -> None:
    constant = {"kind": "io", "inputs": ["1", "2"], "outputs": ["yes", "yes"]}
    hollow = {**TESTS["asserts"], "test": "def check(candidate):\n    candidate(1)\n    assert True\n"}
    first = verifier.verify(fenced("print('yes')"), Sample("code", 1, "q", "q", tests=constant))
    second = verifier.verify(fenced(HONEST["asserts"]), Sample("code", 1, "q", "q", tests=hollow))
    assert [first.is_verified, second.is_verified] == [True, True]
    assert max(first.confidence, second.confidence) < 0.4


def test_a_reference_that_fails_its_own_tests_lowers_the_confidence(verifier: CodeVerifier) -> None:
    tests = {**TESTS["stdin"], "reference": "print(3 * int(input()))"}
    verdict = verifier.verify(fenced(HONEST["stdin"]), Sample("code", 1, "q", "q", tests=tests))
    assert verdict.confidence < 0.4
    assert "reference" in verdict.explanation


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ({"kind": "riddle"}, "kind"),
        ({"kind": "io", "inputs": [], "outputs": []}, "no pairs"),
        ({**TESTS["asserts"], "test": "def check(candidate:\n"}, "broken"),
        ({**TESTS["asserts"], "test": "def check(candidate):\n    assert candidate(object()) == 1\n"}, "kept apart"),
        ({"kind": "humaneval", "prompt": "", "test": ""}, "entry_point"),
    ],
    ids=["unknown kind", "no pairs", "a syntax error in the tests", "an object as argument", "no entry point"],
)
def test_tests_that_cannot_be_run_leave_the_program_ungraded(tests: dict, said: str, verifier: CodeVerifier) -> None:
    verdict = verifier.verify(fenced("def solve(n):\n    return 2 * n"), Sample("code", 1, "q", "q", tests=tests))
    assert verdict.is_verified is None
    assert said in verdict.error["message"]


def test_the_score_is_the_share_of_tests_passed(verifier: CodeVerifier) -> None:
    half = "def solve(n):\n    return 2 * n if n > 0 else 99"
    by_form = {form: verifier.verify(fenced(half), sample(form)) for form in ("call", "asserts")}
    assert {form: verdict.score for form, verdict in by_form.items()} == {"call": 0.5, "asserts": 0.5}


def test_busy_processors_change_no_verdict(verifier: CodeVerifier) -> None:
    spin = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(spin) for _ in range(2 * (os.cpu_count() or 1))]
    fits = "import time\nn = int(input())\nwhile n == 7 and time.process_time() < 1: pass\nprint(2 * n)"
    naps = "import time\nn = int(input())\ntime.sleep(0.5 if n == 7 else 0)\nprint(2 * n)"
    spins = "n = int(input())\nwhile n == 7: pass\nprint(2 * n)"
    try:
        with ThreadPoolExecutor(3) as pool:
            verdicts = list(pool.map(lambda code: verifier.verify(fenced(code), sample("stdin")), [fits, naps, spins]))
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert [verdict.is_verified for verdict in verdicts] == [True, True, False]
    assert failures_of(verdicts[2]) == {"timeout"}


def test_a_daemon_does_not_outlive_its_test(verifier: CodeVerifier) -> None:
    name = f"retake-daemon-{os.getpid()}"
    code = (
        f"import os, time, sys\ndef solve(n):\n    if os.fork() == 0:\n        os.setsid()\n"
        f"        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(10000)', '{name}'])\n    return 2 * n"
    )
    assert verifier.verify(fenced(code), sample("call")).is_verified is True
    running = [each for each in psutil.process_iter(["cmdline"]) if name in (each.info["cmdline"] or [])]
    assert running == []
