"""A guard around a server: it ends the server, and all that the server started, when the process that wanted it is gone.

Run as `python -m retake.answer.guard PARENT COMMAND...` in a session of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

POLL_S = 0.5
TERM_S = 15.0


def guard(parent: int, command: list[str]) -> int:
    """Run `command` until it ends, `parent` ends, or this process is told to end; then nothing of it is left."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    try:
        child = subprocess.Popen(command)
    except OSError as error:
        print(f"cannot start {command[0]}: {error}", file=sys.stderr, flush=True)
        return 127
    while child.poll() is None and not told.is_set() and os.getppid() == parent:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(POLL_S)
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(TERM_S)
    print(f"the server ended with code {child.poll()}", file=sys.stderr, flush=True)
    os.killpg(os.getpgid(0), signal.SIGKILL)
    return 0


if __name__ == "__main__":
    sys.exit(guard(int(sys.argv[1]), sys.argv[2:]))
