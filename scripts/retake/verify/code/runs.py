"""Runs one test of a candidate and names how it ended."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from retake.errors import VerifierFailed
from retake.verify.code.container import GRACE_S, Container, ContainerEnded
from retake.verify.code.pool import Pool
from retake.verify.code.values import NotPlain, pack, unpack

PASSED, WRONG_ANSWER, WRONG_TYPE = "passed", "wrong_answer", "wrong_type"
RUNTIME_ERROR, NO_RESULT, MISSING_MODULE = "runtime_error", "no_result", "missing_module"
TIMEOUT, MEMORY_LIMIT, OUTPUT_LIMIT, NOT_RUN = "timeout", "memory_limit", "output_limit", "not_run"
CONTAINER_ENDED = "container_ended"
ENDING = {TIMEOUT, MEMORY_LIMIT, OUTPUT_LIMIT, CONTAINER_ENDED}
_STOPS = {"cpu_limit": TIMEOUT, "idle_limit": TIMEOUT, "wall_limit": TIMEOUT, "output_limit": OUTPUT_LIMIT}
_TOLD = {
    "cpu_limit": "it used up its CPU time",
    "idle_limit": "it slept or waited too long",
    "wall_limit": "it did not end",
    "output_limit": "it wrote more than is allowed",
}


_REPORTED = {"stopped", "exit", "signal", "oom", "cpu_s", "idle_s", "begun", "spent", "stdout", "stderr", "record"}


@dataclass(frozen=True)
class Outcome:
    """How one test ended: `status` is a name of this module, `detail` one clause for people.

    `stdout` is what a script wrote; `value` is what a function returned, where `status` is passed, and `packed`
    the same as it came.
    """

    status: str
    detail: str = ""
    stdout: bytes = b""
    value: Any = None
    packed: Any = None
    raised: str | None = None


def tidy(text: str, *, width: int = 200) -> str:
    """Return the last line of `text`, short, without what differs from run to run (memory addresses)."""
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", lines[-1].strip())[:width]


def _said(report: dict[str, Any]) -> str:
    """Return the last line of what a test wrote to stderr."""
    return tidy(base64.b64decode(report["stderr"]).decode("utf-8", "replace"))


class Candidate:
    """A candidate's container and the programs in it; a container that has ended is replaced once."""

    def __init__(self, pool: Pool, sources: list[str], *, name: str | None = None, is_bare: bool = False) -> None:
        self._pool, self._sources, self._name, self._is_bare = pool, sources, name, is_bare
        self._stack = ExitStack()
        self._container: Container | None = None
        self._left_s = pool.settings.total_s

    def __enter__(self) -> Candidate:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, stdin: str) -> Outcome:
        """Run the program with `stdin` as its input; `passed` means that it ended by itself with exit code 0."""
        report = self._ask({"op": "script", "source": self._sources[0], "stdin": stdin})
        stdout = base64.b64decode(report["stdout"])
        ended = _ending(report)
        if ended:
            return ended
        if report["exit"] == 0:
            return Outcome(PASSED, stdout=stdout)
        told = _said(report)
        missing = re.match(r"ModuleNotFoundError: No module named '([\w.]+)'", told)
        return Outcome(
            MISSING_MODULE if missing else RUNTIME_ERROR, told or f"exit code {report['exit']}", stdout=stdout
        )

    def call(self, args: list[Any], kwargs: dict[str, Any]) -> Outcome:
        """Call the program's function; `passed` means that it returned plain data, which is in `value`."""
        nonce = secrets.token_hex(16)
        request = {"op": "call", "sources": self._sources, "name": self._name, "bare": self._is_bare, "nonce": nonce}
        report = self._ask({**request, "args": pack(args), "kwargs": pack(kwargs)})
        record = _record(report["record"], nonce)
        if record is not None and report["stopped"] is None:
            return _returned(record)
        return _ending(report) or Outcome(NO_RESULT, f"it ended without returning ({_said(report) or 'no message'})")

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the report of one test."""
        if self._left_s <= 0:
            return _made_report("cpu_limit")
        settings = self._pool.settings
        for _ in range(2):
            try:
                container = self._ready_container()
                container.send({**request, "limits": settings.test_limits()})
                report = _report_in(container.receive(settings.wall_s + GRACE_S))
                self._left_s -= report["cpu_s"] + report["idle_s"]
                container.is_usable = not report["spent"]
            except ContainerEnded:
                self._drop()
                continue
            if not report["begun"]:
                raise VerifierFailed(f"the sandbox could not start the test: {_said(report)}")
            return report
        self._pool.check()
        return _made_report("ended")

    def _ready_container(self) -> Container:
        if self._container is None or not self._container.is_usable:
            self._drop()
            self._container = self._stack.enter_context(self._pool.candidate())
        return self._container

    def _drop(self) -> None:
        self._stack.close()
        self._container = None


def _report_in(frame: Any) -> dict[str, Any]:
    """Return the report that a frame holds.

    Raises:
        ContainerEnded: where it holds none, so that the container can no longer be believed.
    """
    report = frame.get("report") if isinstance(frame, dict) else None
    if not isinstance(report, dict) or not report.keys() >= _REPORTED:
        raise ContainerEnded("the container sent no report")
    return report


def _made_report(stopped: str) -> dict[str, Any]:
    return {"stopped": stopped, "exit": None, "signal": None, "oom": False, "stdout": "", "stderr": "", "record": ""}


def _ending(report: dict[str, Any]) -> Outcome | None:
    """Return how a test was ended by a limit or a signal; None where it ended by itself."""
    stopped = report["stopped"]
    if stopped in _STOPS:
        return Outcome(_STOPS[stopped], _TOLD[stopped])
    if stopped == "ended":
        return Outcome(CONTAINER_ENDED, "it ended its container twice, most likely out of memory")
    if report["oom"] and report["exit"] != 0:
        return Outcome(MEMORY_LIMIT, "it used up its memory")
    if report["signal"] is not None:
        return Outcome(RUNTIME_ERROR, f"it was ended by signal {report['signal']}")
    return None


def _record(text: str, nonce: str) -> dict[str, Any] | None:
    """Return the record that a call left, if it is whole and carries the call's nonce."""
    try:
        record = json.loads(base64.b64decode(text)[1:])
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.get("nonce") == nonce else None


def _returned(record: dict[str, Any]) -> Outcome:
    if "value" in record:
        try:
            return Outcome(PASSED, value=unpack(record["value"]), packed=record["value"])
        except (NotPlain, RecursionError) as error:
            return Outcome(WRONG_TYPE, tidy(f"it returned {error}"))
    if "not_plain" in record:
        return Outcome(WRONG_TYPE, tidy(f"it returned {record['not_plain']}"))
    name, message = str(record.get("raised"))[:100], tidy(str(record.get("message", "")))
    status = MISSING_MODULE if "module" in record else RUNTIME_ERROR
    return Outcome(status, f"{name}: {message}", value=message, raised=name)


def run_check(checker: Container, request: dict[str, Any], answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Run a dataset's test code in `checker` and return what it tells; `answer` makes a reply of each call.

    Raises:
        VerifierFailed: where the test code came to no end of its own.
    """
    cpu_s = max(60.0, checker.settings.cpu_s)
    limits = {
        **checker.settings.test_limits(),
        "cpu_s": cpu_s,
        "cpu_hard_s": int(cpu_s) + 1,
        "idle_s": 1e9,
        "wall_s": 1e9,
    }
    checker.send({"op": "check", "limits": limits, **request})
    done = None
    while True:
        frame = checker.receive(checker.settings.wall_s + GRACE_S)
        if "report" in frame:
            break
        told = frame["frame"]
        if "call" in told:
            checker.send(answer(told["call"]))
        else:
            done = told["done"]
    if done is None:
        report = frame["report"]
        raise VerifierFailed(f"the tests came to no end ({report['stopped'] or _said(report) or report['signal']})")
    return done
