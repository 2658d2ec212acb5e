"""A dataset's own test code, run in a container of its own, away from every candidate.

This text follows `inside.py` in a checker's container. The test code calls a stand-in for the candidate; each call goes
to the host, which has the candidate's container answer it, and comes back as plain data of exact types. Every `assert`
is counted, and a failed one does not end the check, so that the share of passed ones is known.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import random
from collections.abc import Callable
from typing import Any

if __name__ != "__main__":
    from retake.verify.code.inside import HANDLERS, read_frame, write_frame
    from retake.verify.code.values import NotPlain, pack, unpack

CONSTANTS: tuple[Any, ...] = (None, True, False, 0, 1, "", [])


class CheckEnded(BaseException):
    """The host has ended this check: no later call could change its outcome."""


class Unsupported(BaseException):
    """The test code wants of the candidate what plain data cannot carry."""


class CandidateError(Exception):
    """The candidate raised an exception of a type of its own, or returned what is no plain data."""


class StandIn:
    """What the test code calls in the candidate's place."""

    def __init__(self, record_fd: int, answer_fd: int) -> None:
        self.__dict__["_fds"] = record_fd, answer_fd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the candidate returns, or raise what it raises."""
        record_fd, answer_fd = self._fds
        try:
            call = {"args": pack(list(args)), "kwargs": pack(kwargs)}
        except NotPlain as error:
            raise Unsupported(f"an argument is {error}") from error
        write_frame(record_fd, {"call": call})
        reply = read_frame(answer_fd)
        if reply is None or "end" in reply:
            raise CheckEnded
        if "raised" in reply:
            raise exception_of(reply["raised"], reply.get("message", ""))
        return unpack(reply["value"])

    def __getattr__(self, name: str) -> Any:
        raise Unsupported(f"the attribute {name}")


def exception_of(name: str, message: str) -> Exception:
    """Return an exception of the built-in type called `name`, else a CandidateError."""
    kind = getattr(builtins, name, None)
    is_plain = isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError
    try:
        return kind(message) if is_plain else CandidateError(f"{name}: {message}")
    except TypeError:
        return CandidateError(f"{name}: {message}")


class Tally:
    """How many asserts held, and where the first that did not stands."""

    def __init__(self, *, stop_at_first: bool = False) -> None:
        self.passed, self.failed, self.first = 0, 0, ""
        self.stop_at_first = stop_at_first

    def hold(self) -> None:
        """Count an assert that held."""
        self.passed += 1

    def break_(self, line: int, error: BaseException) -> None:
        """Count an assert that did not hold."""
        self.failed += 1
        if not self.first:
            told = "" if isinstance(error, AssertionError) else f" ({type(error).__name__}: {str(error)[:120]})"
            self.first = f"line {line} of the tests{told}"
        if self.stop_at_first:
            raise CheckEnded


class Counted(ast.NodeTransformer):
    """Rewrites `assert x` so that its outcome is counted and the check goes on."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Return the assert inside a `try` that counts."""
        text = (
            "try:\n    pass\n    __retake_hold__()\n"
            f"except Exception as __retake_error__:\n    __retake_break__({node.lineno}, __retake_error__)\n"
        )
        wrapped = ast.parse(text).body[0]
        assert isinstance(wrapped, ast.Try)
        wrapped.body[0] = node
        return ast.copy_location(wrapped, node)


def namespace_of(prompt: str) -> dict[str, Any]:
    """Return the names that the prompt defines: its imports, its helper functions, the unfinished function."""
    names: dict[str, Any] = {"__name__": "tests"}
    for text in (prompt, prompt + "\n    pass\n"):
        try:
            code = compile(text, "prompt.py", "exec", dont_inherit=True)
        except SyntaxError:
            continue
        exec(code, names)
        break
    return names


def run_check(request: dict[str, Any], record_fd: int, answer_fd: int) -> None:
    """Run the test code against the stand-in and tell the host what held."""
    tally = Tally()
    told: dict[str, Any] = {"error": None, "ended": False, "unsupported": None}
    random.seed(0)
    try:
        if "probe" in request:
            told["weak"] = weak_stub(request)
        elif "checker" in request:
            told["accepted"] = accepted(request)
        else:
            check_candidate(request, tally, StandIn(record_fd, answer_fd))
    except CheckEnded:
        told["ended"] = True
    except Unsupported as error:
        told["unsupported"] = str(error)
    except Exception as error:  # noqa: BLE001 - the dataset's code may raise anything, and it is told to the host
        told["error"] = f"{type(error).__name__}: {str(error)[:300]}"
    write_frame(record_fd, {"done": {**told, "passed": tally.passed, "failed": tally.failed, "first": tally.first}})
    os._exit(0)


def check_candidate(request: dict[str, Any], tally: Tally, stand_in: Callable[..., Any]) -> None:
    """Run HumanEval's `check(candidate)`."""
    names = namespace_of(request["prompt"])
    tree = ast.fix_missing_locations(Counted().visit(ast.parse(request["test"])))
    names.update({"__retake_hold__": tally.hold, "__retake_break__": tally.break_})
    names[request["entry_point"]] = stand_in
    exec(compile(tree, "tests.py", "exec", dont_inherit=True), names)
    names["check"](stand_in)


def weak_stub(request: dict[str, Any]) -> str | None:
    """Return what passes the test code without solving anything; None where none of the stubs does."""
    stubs: list[tuple[str, Callable[..., Any]]] = [
        (f"a function that always returns {value!r}", lambda *_, value=value, **__: value) for value in CONSTANTS
    ]
    stubs.append(("a function that returns its first argument", lambda *args, **_: args[0] if args else None))
    for name, stub in stubs:
        tally = Tally(stop_at_first=True)
        try:
            check_candidate(request, tally, stub)
        except (Exception, CheckEnded):  # noqa: BLE001 - however the test code fails on a stub, it has noticed it
            continue
        return name
    return None


def accepted(request: dict[str, Any]) -> bool:
    """Return what the dataset's checker, `check(input, expected, output)`, says of one output."""
    names: dict[str, Any] = {"__name__": "checker"}
    exec(compile(request["checker"], "checker.py", "exec", dont_inherit=True), names)
    return names["check"](*json.loads(request["values"])) is True


HANDLERS["check"] = run_check
