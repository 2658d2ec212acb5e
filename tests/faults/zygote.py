"""Snakemake runs that start quickly: a process that has imported what every run needs, and forks one for each.

A run is a real process with a process group of its own: it can be killed, and its exit status and output are those of
`python -m snakemake`. It imports retake itself, so that it sees the package's files as they are by then.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HEAVY = ("snakemake.cli", "snakemake.persistence.file", "pandas", "pyarrow.parquet", "pydantic", "yaml", "openai", "anthropic", "aiohttp", "httpx")  # fmt: skip
LIMIT_S = 600
BESIDE = str(Path(__file__).resolve().parent / "beside")


class Run:
    """One run that was started: its process, and what it has said so far."""

    def __init__(self, zygote: Zygote, pid: int, said: Path) -> None:
        self.zygote, self.pid, self._said = zygote, pid, said
        self.status: int | None = None

    @property
    def said(self) -> str:
        """Standard output and standard error so far, as they came."""
        return self._said.read_text(errors="replace")

    def poll(self) -> int | None:
        """Return the exit status (negative: the signal), or None while it runs."""
        if self.status is None:
            self.status = self.zygote.ask({"poll": self.pid})
        return self.status

    def wait(self, *, limit_s: float = LIMIT_S) -> int:
        """Return the exit status once it has ended; it is killed where that takes too long."""
        deadline = time.monotonic() + limit_s
        while self.poll() is None:
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"it did not end within {limit_s} s; it said:\n{self.said[-4000:]}")
            time.sleep(0.02)
        return self.status or 0

    def kill(self, number: int = 9) -> None:
        """Send a signal to the whole process group, and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)
        while self.poll() is None:
            time.sleep(0.01)


class Zygote:
    """The process that forks runs; close it with `stop`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="retake_runs_")
        self._runs = 0
        self._child = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def ask(self, question: dict[str, Any]) -> Any:
        """Ask the process, and return what it replies."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(question) + "\n")
        self._child.stdin.flush()
        return json.loads(self._child.stdout.readline())

    def start(self, *arguments: str, folder: Path, env: dict[str, str], writes: dict[str, Any] | None = None) -> Run:
        """Start snakemake with `arguments` in `folder`; `writes` are the settings of `write_faults.install`."""
        self._runs += 1
        said = Path(self._folder.name) / f"{self._runs}.txt"
        order = {"arguments": arguments, "folder": str(folder), "env": env, "said": str(said), "writes": writes}
        return Run(self, self.ask({"start": order}), said)

    def stop(self) -> None:
        """End the process."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._folder.cleanup()


def _serve() -> dict[str, Any] | None:
    """Fork and reap as asked; return the order in the forked process, and None at the end."""
    for name in HEAVY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        question = json.loads(line)
        if "start" in question:
            pid = os.fork()
            if pid == 0:
                return question["start"]
            reply: Any = pid
        else:
            ended, status = os.waitpid(question["poll"], os.WNOHANG)
            reply = os.waitstatus_to_exitcode(status) if ended else None
        print(json.dumps(reply), flush=True)
    return None


def _become(order: dict[str, Any]) -> None:
    os.setsid()
    os.chdir(order["folder"])
    handle = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    empty = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((empty, 0), (handle, 1), (handle, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.path[:0] = [order["folder"], *filter(None, order["env"].get("PYTHONPATH", "").split(os.pathsep))]
    sys.dont_write_bytecode = True
    if order["writes"] is not None:
        import write_faults

        writes = {**order["writes"], "counted_in": f"{order['said']}.count"}
        os.environ["WRITE_FAULTS"] = json.dumps(writes)
        os.environ["PYTHONPATH"] = os.pathsep.join([BESIDE, os.environ.get("PYTHONPATH", "")])
        write_faults.install(**writes)
    sys.argv = ["snakemake", *order["arguments"]]
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    ORDER = _serve()
    if ORDER is not None:
        _become(ORDER)
