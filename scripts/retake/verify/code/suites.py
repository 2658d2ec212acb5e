"""The tests of a sample: what they ask of a candidate, how it did, and whether they can tell anything at all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from retake.errors import VerifierFailed
from retake.verify.code import runs
from retake.verify.code.compare import same_output, same_value
from retake.verify.code.extract import defines
from retake.verify.code.pool import Pool
from retake.verify.code.runs import Candidate, Outcome
from retake.verify.code.values import unpack

LAX_RULES = ("unordered_lines", "unordered_tokens", "case_insensitive")


class UnusableTests(VerifierFailed):
    """The sample's tests cannot be run: not in a known form, or broken in themselves."""


@dataclass
class Result:
    """How a candidate did: counts of tests, the first failure, and the statuses in order."""

    passed: int = 0
    total: int = 0
    first: str = ""
    statuses: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome, *, where: str) -> None:
        """Count one test."""
        self.total += 1
        self.statuses.append(outcome.status)
        if outcome.status == runs.PASSED:
            self.passed += 1
        elif not self.first:
            self.first = f"{where}: {outcome.status.replace('_', ' ')}" + (
                f", {outcome.detail}" if outcome.detail else ""
            )


def run_suite(pool: Pool, tests: dict[str, Any], code: str) -> Result:
    """Run the program `code` against `tests`.

    Raises:
        UnusableTests: where the tests are of no known form, or fail by themselves.
        VerifierFailed: where the engine fails.
    """
    if tests.get("kind") == "humaneval":
        return run_humaneval(pool, tests, code)
    if tests.get("kind") == "io":
        return run_pairs(pool, tests, code)
    raise UnusableTests(f"tests of kind {tests.get('kind')!r}; known: humaneval, io")


# --- input and output pairs -------------------------------------------------------------------------------------------


def run_pairs(pool: Pool, tests: dict[str, Any], code: str) -> Result:
    """Run a program on each input and compare what it gives; a timeout or a limit ends the run, and the rest has failed."""
    pairs = pairs_of(tests)
    result = Result()
    with Candidate(pool, [code], name=tests.get("fn_name")) as candidate:
        for index, (given, wanted) in enumerate(pairs, start=1):
            outcome = _pair_outcome(pool, candidate, tests, given, wanted)
            result.add(outcome, where=f"test {index}")
            if outcome.status in runs.ENDING:
                break
    result.statuses += [runs.NOT_RUN] * (len(pairs) - result.total)
    result.total = len(pairs)
    return result


def pairs_of(tests: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return the (input, output) pairs of io tests.

    Raises:
        UnusableTests: where there is none, or their numbers differ.
    """
    inputs, outputs = tests.get("inputs"), tests.get("outputs")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs or len(inputs) != len(outputs):
        raise UnusableTests("the tests hold no pairs of inputs and outputs")
    return list(zip(inputs, outputs, strict=True))


def _pair_outcome(pool: Pool, candidate: Candidate, tests: dict[str, Any], given: Any, wanted: Any) -> Outcome:
    if tests.get("fn_name"):
        outcome = candidate.call(arguments_of(given), {})
        got = outcome.value
    else:
        outcome = candidate.run(joined(given))
        got = outcome.stdout
    if outcome.status != runs.PASSED or _is_accepted(pool, tests, given, wanted, got):
        return outcome
    return Outcome(runs.WRONG_ANSWER)


def _is_accepted(pool: Pool, tests: dict[str, Any], given: Any, wanted: Any, got: Any) -> bool:
    rule = tests.get("checker")
    if isinstance(rule, str) and "def check" in rule:
        return _says_checker(pool, rule, given, wanted, got)
    if tests.get("fn_name"):
        return any(same_value(got, each) for each in expectations_of(wanted))
    return same_output(got, joined(wanted), checker=rule if rule in LAX_RULES else None)


def _says_checker(pool: Pool, rule: str, given: Any, wanted: Any, got: Any) -> bool:
    """Ask the dataset's own `check(input, expected, output)`, in a container of its own."""
    shown = got.decode("utf-8", "replace") if isinstance(got, bytes) else got
    try:
        values = json.dumps([given, wanted, shown])
    except (TypeError, ValueError):
        return False
    with pool.checker() as checker:
        told = runs.run_check(checker, {"checker": rule, "values": values}, lambda _: {"end": True})
    if told["error"]:
        raise UnusableTests(f"the checker failed: {told['error']}")
    return told.get("accepted") is True


def joined(value: Any) -> str:
    """Return an input or output as text: a list is one of lines."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def arguments_of(given: Any) -> list[Any]:
    """Return a call's arguments: the list itself, or one JSON value a line.

    Raises:
        UnusableTests: where the text is neither.
    """
    if isinstance(given, list):
        return given
    try:
        return [json.loads(line) for line in str(given).split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise UnusableTests(f"an input is not one JSON value a line: {error}") from error


def expectations_of(wanted: Any) -> list[Any]:
    """Return the values that a call may return: JSON text's, or the value; APPS wraps it in a list of one."""
    if isinstance(wanted, str):
        try:
            return [json.loads(wanted)]
        except (ValueError, RecursionError):
            return [wanted]
    return [wanted, *(wanted if isinstance(wanted, list) and len(wanted) == 1 else [])]


# --- asserts inside test code -----------------------------------------------------------------------------------------


def run_humaneval(pool: Pool, tests: dict[str, Any], code: str) -> Result:
    """Run the dataset's `check` in a container of its own; every call it makes is answered by the candidate's."""
    ending: list[Outcome] = []
    calls = 0

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        outcome = candidate.call(unpack(call["args"]), unpack(call["kwargs"]))
        if outcome.status == runs.PASSED:
            return {"value": outcome.packed}
        ending.append(outcome)
        if outcome.status in runs.ENDING or outcome.raised is None:
            return {"end": True}
        ending.pop()
        troubles.append(outcome)
        return {"raised": outcome.raised, "message": str(outcome.value)}

    request = _check_request(tests)
    troubles: list[Outcome] = []
    with (
        pool.checker() as checker,
        Candidate(pool, sources_of(request, code), name=request["entry_point"], is_bare=True) as candidate,
    ):
        told = runs.run_check(checker, request, answer)
    if told["error"] and not calls:
        raise UnusableTests(f"the test code is broken: {told['error']}")
    return _humaneval_result(told, ending, troubles)


def _check_request(tests: dict[str, Any], **more: Any) -> dict[str, Any]:
    try:
        return {**{key: str(tests[key]) for key in ("prompt", "test", "entry_point")}, **more}
    except KeyError as error:
        raise UnusableTests(f"the tests lack {error}") from error


def _humaneval_result(told: dict[str, Any], ending: list[Outcome], troubles: list[Outcome]) -> Result:
    if told["unsupported"]:
        raise UnusableTests(f"the tests cannot be kept apart from the candidate: {told['unsupported']}")
    result = Result(passed=told["passed"], total=told["passed"] + told["failed"])
    result.statuses = [runs.PASSED] * told["passed"] + [runs.WRONG_ANSWER] * told["failed"]
    for outcome in ending[:1]:
        result.add(outcome, where=f"test {result.total + 1}")
    if told["failed"]:
        cause = f"{troubles[0].status.replace('_', ' ')}, {troubles[0].detail}" if troubles else "wrong answer"
        result.first = f"{told['first'] or 'a test'}: {cause}"
        result.statuses += [troubles[0].status] if troubles else []
    if told["error"]:
        result.add(Outcome(runs.WRONG_ANSWER, told["error"]), where="the test code")
    return result


def sources_of(tests: dict[str, Any], code: str) -> list[str]:
    """Return what is run as the candidate: the prompt's imports and helpers, then its program; or the completed prompt."""
    prompt, name = tests["prompt"], tests["entry_point"]
    if not defines(code, name):
        return [prompt + ("" if prompt.endswith("\n") else "\n") + code]
    head = prompt.partition(f"def {name}")[0].removesuffix("async ")
    return [head, code]


# --- the tests, tested ------------------------------------------------------------------------------------------------


def weakness(pool: Pool, tests: dict[str, Any]) -> str | None:
    """Return why passing these tests says little, or None: a constant passes them, or their own reference fails.

    Raises:
        VerifierFailed: where the engine or the test code fails.
    """
    reference = tests.get("reference")
    if reference:
        result = run_suite(pool, tests, reference)
        if result.passed < result.total:
            return f"the dataset's own reference fails them ({result.first})"
    if tests.get("kind") == "humaneval":
        return _weak_check(pool, tests)
    pairs = pairs_of(tests)
    if len({json.dumps(wanted, sort_keys=True) for _, wanted in pairs}) == 1:
        return "a program that always gives the same answer passes them"
    if not tests.get("fn_name") and all(same_output(joined(given).encode(), joined(wanted)) for given, wanted in pairs):
        return "a program that repeats its input passes them"
    return None


def _weak_check(pool: Pool, tests: dict[str, Any]) -> str | None:
    """Run the test code with stubs in the candidate's place: one that a stub passes can tell nothing."""
    test = str(tests.get("test"))
    if "eval(" in test or "exec(" in test:
        return "the test code executes what a candidate returns"
    with pool.checker() as checker:
        told = runs.run_check(checker, _check_request(tests, probe=True), lambda _: {"end": True})
    return f"{told['weak']} passes them" if told["weak"] else None
