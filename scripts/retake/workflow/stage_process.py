"""The process beside Snakemake's that asks and verifies, from the side of Snakemake.

Python runs one thread at a time, and Snakemake's bookkeeping fills one core: measured at 200 samples x 8 candidates, its threads and
those that ask and verify handed the lock to each other 700,000 times. So jobs hand those stages over, and wait.
"""

from __future__ import annotations

import atexit
import importlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from retake import paths
from retake.calls.progress import PROGRESS
from retake.workflow.project import Project
from retake.workflow.stages import Stages, workflow_error

STOP_S = 20.0
"""How long the process may take to keep what is on its way and to close what it opened."""
PACKAGE = Path(__file__).resolve().parent.parent.parent
FOR_THE_TABLE = ("retake.workflow.merging", "pyarrow.parquet")
"""Modules that merge takes: loaded while answers are awaited, since at a run's end there is nothing else to do meanwhile."""


class StagesBeside(Stages):
    """The stages of the process that schedules: what asks or verifies is done in a process of its own."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._beside = StageProcess(project)

    def expect_work(self, experiments: Sequence[str]) -> None:
        """Have the process get ready while the plan is made, where one of these experiments has no table or was edited since."""
        behind = [name for name in experiments if self._is_behind(name)]
        if behind:
            self._beside.begin(sorted({self.project.experiment(name).generator for name in behind}))

    def _is_behind(self, experiment: str) -> bool:
        """Return whether a table is missing, or older than what is edited most: a guess, for a start in time; the plan decides."""
        sources = [str(paths.experiment_file(experiment)), *self.project.persona_files(experiment)]
        try:
            made = (self.project.root / paths.parquet_path(experiment)).stat().st_mtime_ns
            return any((self.project.root / file).stat().st_mtime_ns > made for file in sources)
        except FileNotFoundError:
            return True

    def answer(self, manifest: str, wildcards: Any, log: str) -> None:
        """Answer the units of one worker into the call store, and write its manifest."""
        self._beside.do("answer", str(manifest), _plain(wildcards), str(log))

    def generate(self, outputs: Sequence[str], block: str, wildcards: Any, log: str) -> None:
        """Ask for the candidates of one (sample, variant), and write their first answers."""
        self._beside.do("generate", _texts(outputs), str(block), _plain(wildcards), str(log))

    def trace(self, outputs: Sequence[str], raws: Sequence[str], block: str, wildcards: Any, log: str) -> None:
        """Hold the tool conversations that follow the first answers of one (sample, variant)."""
        self._beside.do("trace", _texts(outputs), _texts(raws), str(block), _plain(wildcards), str(log))

    def verify(self, outputs: Sequence[str], block: str, wildcards: Any, log: str) -> None:
        """Judge the candidates of one (sample, variant)."""
        self._beside.do("verify", _texts(outputs), str(block), _plain(wildcards), str(log))

    def wake(self) -> None:
        """End every job that waits; safe in a signal handler."""
        self._beside.wake()


class StageProcess:
    """A process that does orders side by side, and ends with this one, however that ends; `begin` or the first order starts it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.RLock()
        self._numbers = itertools.count()
        self._orders: dict[int, Future[str | None]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection
        self._is_open = self._is_closing = False

    def begin(self, providers: Sequence[str]) -> None:
        """Start the process, and have it load what asking these providers takes."""
        with self._lock:
            self._start()
            self._send(("load", list(providers)))

    def do(self, stage: str, *arguments: Any) -> None:
        """Have a method of Stages done with plain `arguments`, and wait for its end.

        Raises:
            WorkflowError: with what the stage has to say, or where the process ended without a word.
        """
        said = self._ordered(stage, arguments).result()
        if said is not None:
            raise workflow_error(said)

    def wake(self) -> None:
        """End every order that waits; safe in a signal handler."""
        if self._is_open and not self._is_closing:
            self._send(("wake",))

    def close(self) -> None:
        """Have the process keep what is on its way and end; it is killed where that takes too long."""
        self._is_closing = True
        if self._process is None:
            return
        self._send(("stop",))
        try:
            self._process.wait(STOP_S if self._is_open else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _ordered(self, stage: str, arguments: tuple[Any, ...]) -> Future[str | None]:
        order: Future[str | None] = Future()
        with self._lock:
            if self._process is None:
                self._start()
            if not self._is_open:
                self._is_open = self._send(("open", self._project))
                threading.Thread(target=_load, args=FOR_THE_TABLE, name="retake-load", daemon=True).start()
            number = next(self._numbers)
            self._orders[number] = order
            if not self._send(("do", number, stage, arguments)):
                self._lost()
        return order

    def _start(self) -> None:
        self._pipe, theirs = Pipe()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(PACKAGE), os.environ.get("PYTHONPATH")))),
        }
        command = [sys.executable, "-P", "-m", "retake.workflow.stage_server", str(theirs.fileno())]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C reaches it through this process
        try:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        atexit.register(self.close)
        threading.Thread(target=self._listen, name="retake-replies", daemon=True).start()

    def _send(self, message: tuple[Any, ...]) -> bool:
        with self._lock, suppress(OSError):
            self._pipe.send(message)
            return True
        return False

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                kind, *rest = self._pipe.recv()
                if kind == "progress":
                    PROGRESS.take(rest[0])
                else:
                    number, said = rest
                    self._orders.pop(number).set_result(said)
        self._lost()

    def _lost(self) -> None:
        """Tell whoever waits that the process is gone."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        with self._lock:
            waiting, self._orders = self._orders, {}
        for order in waiting.values():
            order.set_result(_gone(self._process.poll()))


def _gone(status: int | None) -> str:
    how = f"was killed by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
    return (
        f"the process that asks and verifies {how}; its last words, if any, stand above. It may have been out of memory. What was "
        "answered is kept, and the same command goes on."
    )


def _load(*modules: str) -> None:
    for module in modules:
        importlib.import_module(module)


def _texts(files: Sequence[str]) -> list[str]:
    return [str(file) for file in files]


def _plain(wildcards: Any) -> dict[str, str]:
    return {name: str(value) for name, value in wildcards.items()}
