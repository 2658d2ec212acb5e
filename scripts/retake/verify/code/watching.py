"""The first process of a sandbox container: it runs one test at a time, each in a fresh process, and reports bytes.

This text runs inside the container as the end of `python3 -c`, after `values.py` and `inside.py`; nothing on the host
imports it. Requests come on its stdin, reports go to its stdout. Between two tests it kills every other process and
empties the writable folders. When its stdin ends, the container ends.
"""

from __future__ import annotations

import base64
import contextlib
import os
import resource
import select
import shutil
import signal
import time
from typing import Any

if __name__ != "__main__":
    from retake.verify.code.inside import BEGUN, PARTS, WORK, child, read_frame, set_dumpable, write_frame

POLL_S = 0.1


class Watch:
    """One running test: its streams as they come in, its processes' CPU and idle time."""

    def __init__(self, pid: int, fds: dict[int, str], limits: dict[str, Any]) -> None:
        self.pid, self.fds, self.limits = pid, fds, limits
        self.parts = {name: bytearray() for name in PARTS}
        self.status: int | None = None
        self.stopped: str | None = None
        self.started = self.last = time.monotonic()
        self.idle = 0.0
        self.ticks = -1.0
        self.was_idle = False
        self.spent_before = reaped_cpu()

    def reap(self) -> None:
        """Collect every process that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.status = status

    def drain(self, fd: int) -> None:
        """Take what has come on one stream, and stop the test where it is more than allowed."""
        part = os.read(fd, 1 << 16)
        name = self.fds[fd]
        if not part:
            os.close(fd)
            del self.fds[fd]
            return
        room = self.limits["output_bytes"] - len(self.parts[name])
        self.parts[name] += part[:room]
        if len(part) > room:
            self.stopped = self.stopped or "output_limit"

    def measure(self) -> None:
        """Stop the test where its processes have used, or slept through, their time."""
        now = time.monotonic()
        ticks, is_idle = live_cpu()
        spent = ticks + reaped_cpu() - self.spent_before
        if is_idle and self.was_idle and spent == self.ticks:
            self.idle += now - self.last
        self.ticks, self.was_idle, self.last = spent, is_idle, now
        if spent > self.limits["cpu_s"]:
            self.stopped = "cpu_limit"
        elif self.idle > self.limits["idle_s"]:
            self.stopped = "idle_limit"
        elif now - self.started > self.limits["wall_s"]:
            self.stopped = "wall_limit"


def reaped_cpu() -> float:
    """Return the CPU seconds of all ended and collected processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def live_cpu() -> tuple[float, bool]:
    """Return the CPU seconds of the living processes but this one, and whether all their threads sleep."""
    ticks, is_idle = 0, True
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or pid == "1":
            continue
        try:
            with open(f"/proc/{pid}/stat") as file:
                ticks += sum(int(part) for part in file.read().rpartition(")")[2].split()[11:15])
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/stat") as file:
                    is_idle = is_idle and file.read().rpartition(")")[2].split()[0] in "STtZ"
        except (OSError, ValueError, IndexError):
            is_idle = False
    return ticks / os.sysconf("SC_CLK_TCK"), is_idle


def kill_all(watch: Watch) -> None:
    """Kill and collect every process but this one."""
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return
        if pid == watch.pid:
            watch.status = status


def empty_folders() -> None:
    """Leave /tmp and /dev/shm as they were at the start."""
    for folder in ("/tmp", "/dev/shm"):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                unlock(path)
                shutil.rmtree(path)
            else:
                os.unlink(path)
    os.makedirs(WORK, exist_ok=True)


def unlock(folder: str) -> None:
    """Make a tree removable that a program has locked against its own user."""
    os.chmod(folder, 0o700)
    for root, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)


def oom_kills() -> int:
    """Return how many processes of this container the kernel has killed for memory; 0 where it does not say."""
    for path in ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"):
        try:
            with open(path) as file:
                counts = dict(line.split()[:2] for line in file)
        except OSError:
            continue
        return int(counts.get("oom_kill", 0))
    return 0


def watch_child(watch: Watch, wakeup: int, answer_fd: int | None) -> None:
    """Wait until the test has ended or was stopped; pass a checker's calls to the host and the answers back."""
    due = time.monotonic() + POLL_S
    while watch.status is None and watch.stopped is None:
        ready, _, _ = select.select([*watch.fds, wakeup, 0], [], [], max(0.0, due - time.monotonic()))
        if wakeup in ready:
            os.read(wakeup, 4096)
        if 0 in ready:
            pass_answer(answer_fd)
        for fd in [fd for fd in ready if fd in watch.fds]:
            if answer_fd is not None and watch.fds[fd] == "record":
                pass_record(watch, fd)
            else:
                watch.drain(fd)
        watch.reap()
        if time.monotonic() >= due:
            watch.measure()
            due = time.monotonic() + POLL_S


def pass_answer(answer_fd: int | None) -> None:
    """Pass an answer of the host to a checker; where the host is gone, end the container."""
    frame = read_frame(0)
    if frame is None or answer_fd is None:
        os._exit(0)
    with contextlib.suppress(BrokenPipeError):
        write_frame(answer_fd, frame)


def pass_record(watch: Watch, fd: int) -> None:
    """Pass a call, or the outcome, of a checker to the host."""
    frame = read_frame(fd)
    if frame is None:
        os.close(fd)
        del watch.fds[fd]
    else:
        write_frame(1, {"frame": frame})
        watch.last = time.monotonic()


def report(watch: Watch, kills_before: int) -> dict[str, Any]:
    """Return what is to be told of a test that has ended: how it ended, and its bytes."""
    cpu_s = reaped_cpu() - watch.spent_before
    if watch.stopped is None and cpu_s > watch.limits["cpu_s"]:
        watch.stopped = "cpu_limit"
    status = watch.status or 0
    return {
        "stopped": watch.stopped,
        "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "oom": oom_kills() > kills_before,
        "cpu_s": round(cpu_s, 3),
        "idle_s": round(watch.idle, 3),
        "begun": watch.parts["record"][:1] == BEGUN,
        "spent": False,
        **{name: base64.b64encode(watch.parts[name]).decode() for name in PARTS},
    }


def run_test(request: dict[str, Any], wakeup: int) -> None:
    """Run one test in a fresh process and report how it ended."""
    limits = request["limits"]
    kills_before = oom_kills()
    is_checker = request["op"] == "check"
    pipes = {name: os.pipe() for name in (*PARTS, *(["answer"] if is_checker else []))}
    pid = os.fork()
    if pid == 0:
        child(request, pipes)
    for name in PARTS:
        os.close(pipes[name][1])
    answer_fd = pipes["answer"][1] if is_checker else None
    if is_checker:
        os.close(pipes["answer"][0])
    watch = Watch(pid, {pipes[name][0]: name for name in PARTS}, limits)
    watch_child(watch, wakeup, answer_fd)
    kill_all(watch)
    drain_rest(watch, is_checker=is_checker)
    if answer_fd is not None:
        os.close(answer_fd)
    told = report(watch, kills_before)
    try:
        empty_folders()
    except (OSError, RecursionError):
        told["spent"] = True
    write_frame(1, {"report": told})


def drain_rest(watch: Watch, *, is_checker: bool) -> None:
    """Take what is left in the streams; every process that could write to them has ended."""
    for fd in list(watch.fds):
        while fd in watch.fds:
            if is_checker and watch.fds[fd] == "record":
                pass_record(watch, fd)
            else:
                watch.drain(fd)


def main() -> None:
    """Serve requests until stdin ends."""
    set_dumpable(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    empty_folders()
    write_frame(1, {"ready": True})
    while (request := read_frame(0)) is not None:
        if request["op"] == "ping":
            write_frame(1, {"ready": True})
        else:
            run_test(request, reader)
