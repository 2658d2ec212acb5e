"""The child inside a sandbox container: one test of a candidate, in a process of its own.

This text runs inside the container, after the text of `values.py` and before that of `watching.py`; nothing on the host
imports it. It knows no expected value. Frames are 4 bytes of length, then JSON.
"""

from __future__ import annotations

import bisect
import builtins
import collections
import ctypes
import functools
import heapq
import itertools
import json
import math
import os
import re
import resource
import signal
import string
import sys
import typing
from collections.abc import Callable
from types import ModuleType
from typing import Any

if __name__ != "__main__":
    from retake.verify.code.values import MAX_DEPTH, NotPlain, pack, unpack

WORK = "/tmp/work"
PR_SET_DUMPABLE = 4
BEGUN = b"+"
PARTS = ("stdout", "stderr", "record")


def set_dumpable(flag: int) -> None:
    """Say whether this process may be looked into by others of its user (/proc/1/fd, /proc/1/mem, ptrace)."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, flag, 0, 0, 0)


# --- frames -----------------------------------------------------------------------------------------------------------


def read_exactly(fd: int, size: int) -> bytes:
    """Return `size` bytes; fewer only where the stream ended."""
    parts = bytearray()
    while len(parts) < size:
        part = os.read(fd, min(size - len(parts), 1 << 20))
        if not part:
            break
        parts += part
    return bytes(parts)


def read_frame(fd: int) -> Any:
    """Return the next frame's JSON, or None where the stream ended."""
    head = read_exactly(fd, 4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    body = read_exactly(fd, size)
    return json.loads(body) if len(body) == size else None


def write_frame(fd: int, value: Any) -> None:
    """Write one frame whole."""
    body = json.dumps(value).encode()
    data = memoryview(len(body).to_bytes(4, "big") + body)
    while data:
        data = data[os.write(fd, data) :]


# --- the child: one test ----------------------------------------------------------------------------------------------


def become_child(limits: dict[str, Any], fds: dict[str, int], stdin: bytes) -> None:
    """Turn a forked process into one that may run a candidate: its own streams, limits and signal handling."""
    source = os.memfd_create("stdin")
    os.write(source, stdin)
    os.lseek(source, 0, os.SEEK_SET)
    os.dup2(source, 0)
    os.dup2(fds["stdout"], 1)
    os.dup2(fds["stderr"], 2)
    for number in signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE:
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hard = limits["cpu_hard_s"]
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["open_files"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    set_dumpable(1)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    os.setsid()
    os.chdir(WORK)


def run_script(request: dict[str, Any], *_: int) -> None:
    """Replace this process by a fresh interpreter that runs the source as its main program."""
    source = request["source"]
    with open("main.py", "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(source)
    start = (
        "import sys; sys.setrecursionlimit(50000); sys.argv = ['main.py']; __file__ = 'main.py'; "
        "exec(compile(open('main.py', encoding='utf-8', errors='surrogatepass').read(), 'main.py', 'exec'))"
    )
    os.closerange(3, 256)
    os.execv(sys.executable, [sys.executable, "-s", "-P", "-B", "-c", start])


def call_names() -> dict[str, Any]:
    """Return the names that call-based tasks (LeetCode's) take for granted."""
    names: dict[str, Any] = {}
    for module in (collections, itertools, functools, heapq, bisect, typing):
        public = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
        names.update({name: getattr(module, name) for name in public if hasattr(module, name)})
    modules = (collections, itertools, functools, heapq, bisect, math, string, re, sys, os, json, typing)
    names.update({module.__name__: module for module in modules})
    return {name: value for name, value in names.items() if not hasattr(builtins, name)}


def load(sources: list[str], *, is_bare: bool) -> dict[str, Any]:
    """Return the names that `sources` define, run one after the other as the module `solution`."""
    module = ModuleType("solution")
    module.__file__ = "solution.py"
    sys.modules["solution"] = module
    sys.modules["__main__"] = module
    if not is_bare:
        module.__dict__.update(call_names())
    sys.setrecursionlimit(50_000)
    for source in sources:
        exec(compile(source, "solution.py", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def plain(value: Any, depth: int = 0) -> Any:
    """Return numpy's scalars and arrays, and the dicts of `collections`, as the plain values they stand for.

    Raises:
        NotPlain: where the value is nested too deeply.
    """
    if depth > MAX_DEPTH:
        raise NotPlain(f"a value nested more than {MAX_DEPTH} deep")
    kind = type(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if kind in (list, tuple, set, frozenset):
        return kind(plain(each, depth + 1) for each in value)
    if kind in (dict, collections.OrderedDict, collections.defaultdict, collections.Counter):
        return {plain(key, depth + 1): plain(each, depth + 1) for key, each in value.items()}
    return value


def run_call(request: dict[str, Any], record_fd: int, _: int = -1) -> None:
    """Call the candidate's function once and write what it returned or raised to `record_fd`."""
    try:
        names = load(request["sources"], is_bare=request["bare"])
        function = names.get(request["name"])
        if function is None and isinstance(names.get("Solution"), type):
            function = getattr(names["Solution"](), request["name"], None)
        if function is None:
            raise NameError(f"name {request['name']!r} is not defined")
        got = function(*unpack(request["args"]), **unpack(request["kwargs"]))
        sys.stdout.flush()
        told: dict[str, Any] = {"value": pack(plain(got))}
    except NotPlain as error:
        told = {"not_plain": str(error)}
    except RecursionError:
        told = {"raised": "RecursionError", "message": "maximum recursion depth exceeded"}
    except Exception as error:  # noqa: BLE001 - a candidate may raise anything, and it is told to the host
        told = {"raised": type(error).__name__, "message": str(error)[:300]}
        if isinstance(error, ModuleNotFoundError):
            told["module"] = str(error.name)
    body = json.dumps({"nonce": request["nonce"], **told}).encode()
    data = memoryview(body)
    while data:
        data = data[os.write(record_fd, data) :]
    os._exit(0)


HANDLERS: dict[str, Callable[[dict[str, Any], int, int], None]] = {"script": run_script, "call": run_call}


def child(request: dict[str, Any], pipes: dict[str, tuple[int, int]]) -> None:
    """Run the request in this forked process; never return."""
    try:
        record = os.dup2(pipes["record"][1], 250)
        answer = os.dup2(pipes["answer"][0], 251) if "answer" in pipes else -1
        become_child(
            request["limits"],
            {name: pipes[name][1] for name in PARTS},
            request.get("stdin", "").encode("utf-8", "surrogateescape"),
        )
        os.closerange(3, 250)
        if request["op"] != "check":
            os.write(record, BEGUN)
        HANDLERS[request["op"]](request, record, answer)
    except BaseException as error:  # noqa: BLE001 - a candidate may raise anything, and it must end here
        os.write(2, f"{type(error).__name__}: {str(error)[:300]}".encode("utf-8", "replace"))
        os._exit(1)
    os._exit(1)
