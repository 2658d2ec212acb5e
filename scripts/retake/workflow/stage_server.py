"""The process beside Snakemake's that asks and verifies: it takes orders from a pipe, and does them side by side.

It ends when it is told to, and when whoever gives the orders is gone: what is on its way is then kept all the same.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

from retake.calls.progress import PROGRESS
from retake.providers.connect import load_sdk
from retake.workflow.bookkeeping import collect_seldom
from retake.workflow.project import Project
from retake.workflow.stages import Stages

TICK_S = 0.25
THREADS = 1024
"""Orders at once, at most: each one is a thread that waits. Snakemake's `cores` says how many there are."""
END_S = 15.0


class StageServer:
    """The stages of a project, done as orders come; `pipe` is read by one thread alone."""

    def __init__(self, project: Project, pipe: Connection) -> None:
        self.stages, self.pipe = Stages(project), pipe
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="retake-stage")
        self._lock = threading.Lock()
        self._told: dict[str, float] = PROGRESS.counts()

    def serve(self) -> None:
        """Do orders until the end of the pipe, or the order to stop."""
        threading.Thread(target=self._tick, name="retake-progress", daemon=True).start()
        with suppress(EOFError, OSError):
            while True:
                kind, *rest = self.pipe.recv()
                if kind == "stop":
                    break
                if kind == "wake":
                    self.stages.wake()
                else:
                    self._begin(*rest)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.stages.stop()

    def _begin(self, number: int, stage: str, arguments: tuple[Any, ...]) -> None:
        given = [SimpleNamespace(**value) if isinstance(value, dict) else value for value in arguments]
        future = self._pool.submit(getattr(self.stages, stage), *given)
        future.add_done_callback(lambda ended: self._ended(number, ended))

    def _ended(self, number: int, future: Future[None]) -> None:
        self._tell_progress()
        self._say(
            ("done", number, "stopped before this job began" if future.cancelled() else _words(future.exception()))
        )

    def _tick(self) -> None:
        while not threading.Event().wait(TICK_S):
            self._tell_progress()

    def _tell_progress(self) -> None:
        counts = PROGRESS.counts()
        if counts != self._told:
            self._told = counts
            self._say(("progress", counts))

    def _say(self, message: tuple[Any, ...]) -> None:
        with self._lock, suppress(OSError):
            self.pipe.send(message)


def _words(error: BaseException | None) -> str | None:
    """Return what the user is told: an error's own words, or for a mistake of ours all that helps to find it."""
    if error is None:
        return None
    snakemake = sys.modules.get("snakemake.exceptions")
    if snakemake is not None and isinstance(error, snakemake.WorkflowError):
        return str(error)
    return "".join(traceback.format_exception(error))


def _opened(pipe: Connection) -> Project | None:
    """Return the project that orders will concern, and load meanwhile what they will need; None where none is to come."""
    with suppress(EOFError, OSError):
        while True:
            kind, *rest = pipe.recv()
            if kind == "load":
                importlib.import_module("retake.workflow.generating")
                for provider in rest[0]:
                    load_sdk(provider)
            elif kind == "open":
                return rest[0]
            else:
                break
    return None


def main() -> None:
    """Serve the process that holds the other end of the pipe whose descriptor is the one argument."""
    signal.signal(signal.SIGINT, lambda *_: None)  # whoever gives the orders passes it on
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    collect_seldom()
    pipe = Connection(int(sys.argv[1]))
    project = _opened(pipe)
    if project is None:
        return
    project.is_main = False
    StageServer(project, pipe).serve()
    end = threading.Timer(END_S, os._exit, (0,))  # a job that heeds nothing must not outlive the run
    end.daemon = True
    end.start()


if __name__ == "__main__":
    main()
