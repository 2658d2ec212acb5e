"""Processes measured whole: wall, CPU of the tree (reaped orphans as well), peak memory; and the server beside them."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_EVERY_S = 0.25
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Measured:
    """One run of a command: seconds of wall and of CPU (user and system), peak MiB (resident, summed over the tree)."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    status: int
    output: str
    is_over: bool = False
    """Whether it was ended at its time limit."""


def user_environment() -> dict[str, str]:
    """Return this environment without what makes Python compile every module anew, which users' machines do not set."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@functools.cache
def warm(*folders: Path) -> None:
    """Compile the modules of `folders`, once a process: a first import must not be what is measured."""
    command = [sys.executable, "-m", "compileall", "-q", *map(str, folders)]
    subprocess.run(command, env=user_environment(), stdout=subprocess.DEVNULL, check=False)


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    kill_when: Callable[[int], bool] | None = None,
    limit_s: float = 3600.0,
) -> Measured:
    """Run a command to its end and measure it; `kill_when` is polled with its pid, and ends the whole group with SIGKILL.

    What the command left running is killed and counted. Python keeps the bytecode that it compiles, as it does for users.
    """
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    log = cwd / ".measured.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            command, cwd=cwd, env={**user_environment(), **(env or {})}, stdout=out, stderr=out, start_new_session=True
        )
    peaks, ended, is_over = [0.0], threading.Event(), False
    sampler = threading.Thread(target=_sample, args=(child.pid, peaks, ended), daemon=True)
    sampler.start()
    while child.poll() is None:
        is_over = time.monotonic() - began > limit_s
        if is_over or (kill_when is not None and kill_when(child.pid)):
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        time.sleep(0.02)
    wall = time.monotonic() - began
    ended.set()
    sampler.join()
    _reap(child.pid)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(wall, cpu, peaks[0], child.returncode, log.read_text(errors="replace"), is_over)


def tree_cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and all that it started have used so far; those that ended are not counted."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
    return total


def _sample(pid: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_EVERY_S):
        total = 0
        try:
            root = psutil.Process(pid)
            for process in [root, *root.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
        except psutil.Error:
            return
        peaks[0] = max(peaks[0], total / 2**20)


def _reap(group: int) -> None:
    """End what is left of a command's process group, and wait for what it left to us."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        mine = {p.pid for p in psutil.Process().children()} - Server.pids
        if not mine:
            return
        for pid in mine:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
        time.sleep(0.01)


class Server:
    """The race's server in a process of its own; a context manager."""

    pids: set[int] = set()

    def __init__(self, **settings: Any) -> None:
        self._settings = settings

    def __enter__(self) -> Server:
        command = [sys.executable, str(HERE / "server.py"), json.dumps(self._settings)]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        Server.pids.add(self._child.pid)
        self.url = self._child.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()
        self._child.stdout.close()
        Server.pids.discard(self._child.pid)

    def set(self, **settings: Any) -> None:
        """Change settings while it runs."""
        self._control("set", settings)

    def reset(self) -> None:
        """Forget what was asked."""
        self._control("reset", {})

    def counts(self) -> dict[str, int]:
        """Return asked, delivered, failed, refused (429), in_flight, most_in_flight, bodies (different ones)."""
        return self._control("counts", None)

    def answers(self) -> dict[str, list[float]]:
        """Return when (on the machine's monotonic clock) answers were delivered since the last reset, by persona and problem."""
        return self._control("answers", None)

    def cpu_s(self) -> float:
        """Return the CPU seconds that the server itself has used."""
        times = psutil.Process(self._child.pid).cpu_times()
        return times.user + times.system

    def _control(self, what: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_{what}", data=data, timeout=60) as reply:
            return json.load(reply)


def machine() -> str:
    """Return what a table says of where it was measured: cores, memory, load, Python."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, load {load:.1f} when it began, Python {python}"
