"""The code verifier: does a candidate's program pass the sample's tests?

What keeps cheats out:

- A candidate's program runs in a container of its own, made for it and thrown away, each test in a fresh process. The
  container has no network, no capability, nothing writable but a small /tmp, and holds no expected value and no test code.
- What comes out is bytes: stdout, or a returned value as JSON of plain types. It is compared on the host, by exact type.
  An exit code passes nothing; every test needs its own result, a call's bound to a random nonce.
- HumanEval's tests are asserts inside `check(candidate)`. That code runs in a second container with a stand-in for the
  candidate: each call goes through the host to the candidate's container, and plain data comes back. The candidate never
  shares a process, a container or a file with the asserts.
- Time is CPU time; sleep counts apart; so a busy machine changes no verdict.

What remains possible: a program can know a public dataset's answers by heart; a program can tell that it is being tested;
a test that executes what a candidate returns (`eval`) would run it beside the asserts (such suites get a low confidence);
asserts compare with Python's `==`, so that True passes for 1 there; a test that relies on an argument being changed in place,
or on state kept between two calls, sees neither; a fault in the kernel or the engine would open the container (`runtime:
runsc` puts gVisor in between).
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from retake.errors import VerifierFailed
from retake.files import digest_of_bytes, encoded
from retake.samples.sample import Sample
from retake.verify.code import runs, suites
from retake.verify.code.extract import Program, find_program
from retake.verify.code.pool import Pool
from retake.verify.code.settings import SandboxSettings
from retake.verify.code.statement import tests_from_statement
from retake.verify.code.values import NotPlain
from retake.verify.verdict import Check, Verdict, ungraded

NAME = "code"
SURE, FEW_TESTS, UNSURE = 0.95, 0.75, 0.3
NO_PROGRAM = 0.8
LIKELY = 0.6
VACUOUS = 0.2
ENOUGH_TESTS = 3
_ANY_ANSWER = re.compile(
    r"\bany (?:of them|one of them|valid|correct|such|possible|suitable|order)\b|"
    r"\b(?:print|output|return|find) any\b|\b(?:multiple|several|more than one)\b[^.]{0,60}\b(?:answers?|solutions?|ways?)\b",
    re.IGNORECASE,
)


class CodeVerifier:
    """Judges candidates by running their programs in Docker containers; safe for threads.

    The engine is looked for when the first program is to run; without one a candidate is ungraded, never wrong.
    """

    def __init__(self, *, settings: SandboxSettings | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self._pool = Pool(self.settings)
        self._weak: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def verify(self, text: str, sample: Sample) -> Verdict:
        """Return the verdict on the answer `text`; `score` is the share of tests passed.

        Ungraded with confidence 0: a sample without tests, tests that cannot be run, a program in another language, no engine.
        """
        tests, source = sample.tests, "dataset"
        if not tests:
            tests, source = tests_from_statement(sample.question), "statement"
        if not tests:
            return ungraded(NAME, "The sample has no tests, so no program can be verified by running it.")
        if tests.get("from_statement"):
            source = "statement"
        program = find_program(text, name=tests.get("entry_point") or tests.get("fn_name"))
        if program.code is None:
            return _without_program(program, source)
        try:
            with self._pool.slot():
                result = suites.run_suite(self._pool, tests, program.code)
                weak = self._weakness(tests) if result.total and result.passed == result.total else None
        except (VerifierFailed, NotPlain) as error:
            return ungraded(
                NAME, "The program could not be run against its tests.", error=error, extracted_answer=program.code
            )
        return _judged(result, weak, program.code, source, is_open=_is_open(sample, tests))

    def _weakness(self, tests: dict[str, Any]) -> str | None:
        key = digest_of_bytes(encoded(json.dumps(tests, sort_keys=True, default=str)))
        with self._lock:
            if key in self._weak:
                return self._weak[key]
        found = suites.weakness(self._pool, tests)
        with self._lock:
            self._weak[key] = found
        return found

    def close(self) -> None:
        """Throw all containers away."""
        self._pool.close()


def _is_open(sample: Sample, tests: dict[str, Any]) -> bool:
    """Return whether the statement allows several answers and no checker knows them."""
    return tests.get("kind") == "io" and not tests.get("checker") and _ANY_ANSWER.search(sample.question) is not None


def _without_program(program: Program, source: str) -> Verdict:
    if program.language:
        return ungraded(NAME, f"The program is written in {program.language}; only Python can be run.")
    told = "The answer holds no program."
    check = Check("extraction", False, NO_PROGRAM, told)
    return Verdict(False, NO_PROGRAM, NAME, told, score=0.0, checks=(check,), extras={"tests_source": source})


def _judged(result: suites.Result, weak: str | None, code: str, source: str, *, is_open: bool) -> Verdict:
    is_right = result.total > 0 and result.passed == result.total
    confidence, reason = _confidence(result, weak, source, is_right=is_right, is_open=is_open)
    told = f"{result.passed} of {result.total} tests passed"
    told += "." if is_right else f"; {result.first}." if result.first else "; no test gave a result."
    checks = [Check("tests", is_right, confidence, told)]
    if is_right:
        checks.append(Check("suite", weak is None, 1.0, weak or "no constant passes these tests"))
    counts = {status: result.statuses.count(status) for status in sorted(set(result.statuses))}
    return Verdict(
        is_right,
        confidence,
        NAME,
        told + (f" Low confidence: {reason}." if reason else ""),
        score=result.passed / result.total if result.total else 0.0,
        extracted_answer=code,
        checks=tuple(checks),
        extras={
            "tests_source": source,
            "tests_passed": result.passed,
            "tests_total": result.total,
            "statuses": counts,
        },
    )


def _confidence(
    result: suites.Result, weak: str | None, source: str, *, is_right: bool, is_open: bool
) -> tuple[float, str]:
    """Return how sure the verdict is, and the reason where that is below what asks the judge."""
    if weak:
        return VACUOUS, weak
    if source == "statement":
        return UNSURE, "the tests are the examples of the statement"
    failures = {status for status in result.statuses if status != runs.PASSED}
    if runs.MISSING_MODULE in failures:
        return UNSURE, "the sandbox lacks a module that the program imports"
    if runs.CONTAINER_ENDED in failures:
        return LIKELY, ""
    if is_open and failures and failures <= {runs.WRONG_ANSWER}:
        return UNSURE, "the statement allows several answers and the dataset has no checker for them"
    return (SURE if result.total >= ENOUGH_TESTS or not is_right else FEW_TESTS), ""
