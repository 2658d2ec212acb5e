"""Snakemake's console for retake: what is planned and why, how far it is, what went wrong; and nothing else.

Snakemake's own console lists every input of every job, 16,000 of them for one merge.
"""

import json
import re
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from logging import WARNING, LogRecord
from pathlib import Path
from typing import Any, Optional

from retake.calls.progress import PROGRESS
from retake.files import remedy_of
from retake.workflow.executors import missing_executor
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

LINE_EVERY_S = 10.0
FAILURES_SHOWN = 5
_NOISE = ("Using workflow specific profile", "Assuming unrestricted", "Provided cores", "Rules claiming", "Select jobs", "Execute ", "host:", "Building DAG", "Complete log", "Using shell", "Job stats", "Would remove", "This was a dry-run", "Shutting down", "Exiting because", "Config file", "Trying to restart", "No validator", "Removing output files", "[", "Conda environments", "Reasons:")  # fmt: skip
_DISK = re.compile(r"^(?:OSError: )?\[Errno (5|28|30|122)\] (.*)$", re.MULTILINE)
CLOCKS_APART_S = 60.0
_ERROR = re.compile(r"^[A-Z]\w+: (.*)$", re.DOTALL)
_RESTARTED = re.compile(r"^Trying to restart job (\d+)")
_FRAME = re.compile(r'^\s*(File ".*", line \d+|Traceback:?$|RuleException:$|WorkflowError in file ".*", line \d+:$)')
_CANDIDATES = re.compile(r"^generate_x(\d+)$")

# Snakemake imports its plugins before it reads its command line: the one moment to say this better than it does.
_LACK = missing_executor(sys.argv[1:]) if "snakemake" in sys.argv[0] else None
if _LACK:
    sys.exit(_LACK)


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """What can be said on Snakemake's command line."""

    plan: Optional[Path] = field(  # noqa: UP045  (Snakemake reads the type, and knows no other spelling)
        default=None, metadata={"help": "Write every planned job there, one JSON object a line.", "required": False}
    )


class LogHandler(LogHandlerBase):
    """Writes to stderr: a line that is rewritten where that is a terminal, else a new line every few seconds."""

    def __post_init__(self) -> None:
        self._why: Counter[tuple[str, str]] = Counter()
        self._is_terminal = sys.stderr.isatty()
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None
        self._status: Any = None
        self._said: set[str] = set()
        self._failures = 0
        self._began = time.time()
        self._names: dict[Any, str] = {}
        self._starts: Counter[Any] = Counter()

    @property
    def writes_to_stream(self) -> bool:
        """It is the console."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake keeps its own log file."""
        return False

    @property
    def has_filter(self) -> bool:
        """It chooses what it shows."""
        return True

    @property
    def has_formatter(self) -> bool:
        """It writes its own lines."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """It draws no graph."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Show one record, or keep it for the summary of the plan."""
        event, fields = getattr(record, "event", None), record.__dict__
        if event == LogEvent.RUN_INFO:
            self._plan(fields)
        elif event == LogEvent.JOB_INFO:
            self._why[(fields.get("rule_name", ""), _kinds(fields.get("reason") or ""))] += 1
            self._names[fields.get("jobid")] = _job(fields)
            self._note(fields)
        elif event == LogEvent.JOB_ERROR:
            self._failed(fields)
        elif event == LogEvent.PROGRESS:
            self._progress(fields)
        elif event in (None, LogEvent.ERROR):
            self._message(record)

    def _failed(self, fields: dict[str, Any]) -> None:
        """Tell of a failed job with its own words, which for a job elsewhere are in its log alone."""
        is_worker = fields.get("rule_name") == "answer"
        self._failures += not is_worker
        if is_worker or self._failures <= FAILURES_SHOWN:
            logs = [str(log) for log in fields.get("log") or []]
            self._say(self._own_words(logs) or str(fields.get("rule_msg") or ""))
            self._say(
                f"failed: {self._names.get(fields.get('jobid')) or _job(fields)}"
                + "".join(f" (log: {log})" for log in logs)
            )
        elif self._failures == FAILURES_SHOWN + 1:
            self._say("failed: more jobs, for the same reason or with a log of their own")

    def _own_words(self, logs: list[str]) -> str:
        """Return the error that a job wrote into its log in this run; empty where it ended without a word."""
        for log in logs:
            with suppress(OSError):
                if Path(log).stat().st_mtime >= self._began - CLOCKS_APART_S:
                    error = _ERROR.match(Path(log).read_text(encoding="utf-8", errors="replace"))
                    if error:
                        return error[1].strip()
        return ""

    def _again(self, job: int) -> None:
        self._starts[job] += 1
        self._say(
            f"again: {self._names.get(job, job)}, attempt {self._starts[job] + 1}; it asks only for what has no answer"
        )

    def _plan(self, fields: dict[str, Any]) -> None:
        self._say(str(fields.get("msg") or "").strip())
        stats = fields.get("stats") or fields.get("per_rule_job_counts") or {}
        for rule, count in stats.items():
            found = _CANDIDATES.match(str(rule))
            if found:
                PROGRESS.wanted += int(found[1]) * int(count)
        if not getattr(self.common_settings, "dryrun", False) and PROGRESS.wanted:
            self._start()

    def _note(self, fields: dict[str, Any]) -> None:
        """Write a planned job down for a program that asked for the plan."""
        if getattr(self.settings, "plan", None) is None:
            return
        job = {
            "rule": fields.get("rule_name"),
            "wildcards": dict(fields.get("wildcards") or {}),
            "output": [str(file) for file in fields.get("output") or ()],
            "reason": fields.get("reason") or "",
        }
        with self.settings.plan.open("a", encoding="utf-8") as file:
            file.write(json.dumps(job) + "\n")

    def _message(self, record: LogRecord) -> None:
        text = str(record.getMessage() if record.args else record.msg or "").strip()
        if not text:
            return
        if text.startswith("This was a dry-run"):
            self._reasons()
        restarted = _RESTARTED.match(text)
        if record.levelno >= WARNING:
            self._say(_told(text))
        elif restarted:
            self._again(int(restarted[1]))
        elif not text.startswith(_NOISE) and not self._is_quiet():
            self._say(text)

    def _is_quiet(self) -> bool:
        return bool(getattr(self.common_settings, "quiet", None))

    def _reasons(self) -> None:
        for (rule, reason), count in sorted(self._why.items()):
            self._say(f"  {rule} x {count}: {reason}")
        self._why.clear()

    def _progress(self, fields: dict[str, Any]) -> None:
        if fields.get("done") == fields.get("total"):
            self._stop()
            self._say(PROGRESS.line() if PROGRESS.done else f"{fields.get('done')} of {fields.get('total')} steps done")

    def _start(self) -> None:
        if self._ticker is not None:
            return
        if self._is_terminal:
            from rich.console import Console
            from rich.status import Status

            self._status = Status("starting", console=Console(stderr=True))
            self._status.start()
        self._ticker = threading.Thread(target=self._tick, name="retake-console", daemon=True)
        self._ticker.start()

    def _tick(self) -> None:
        while not self._ended.wait(0.5 if self._status is not None else LINE_EVERY_S):
            if self._status is not None:
                self._status.update(PROGRESS.line())
            else:
                self._say(PROGRESS.line())

    def _stop(self) -> None:
        self._ended.set()
        if self._status is not None:
            self._status.stop()
            self._status = None

    def close(self) -> None:
        """End the progress display."""
        self._stop()
        super().close()

    def _say(self, text: str) -> None:
        """Write a text once: Snakemake tells an error of a job several times."""
        if not text or text in self._said:
            return
        self._said.add(text)
        if self._status is not None:
            self._status.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)


def _job(fields: dict[str, Any]) -> str:
    wildcards = fields.get("wildcards") or {}
    named = ", ".join(f"{value}" for value in dict(wildcards).values())
    return f"{fields.get('rule_name')} {named}".strip()


def _kinds(reason: str) -> str:
    """Return a reason without the files that it lists: `Missing output files; Params have changed since last execution`."""
    kinds = [clause.split(":")[0].strip() for clause in reason.split("; ")]
    return "; ".join(dict.fromkeys(kind for kind in kinds if kind))


def _told(text: str) -> str:
    """Return an error without Snakemake's frame around a message that was written for the user.

    Where Snakemake itself falls over a disk that refuses, its traceback says no more than the file and the reason.
    """
    disk = _DISK.findall(text)
    if disk:
        number, what = disk[-1]
        return f"{what}. {remedy_of(OSError(int(number), what))}"
    lines = [line for line in text.splitlines() if not _FRAME.match(line)]
    return "\n".join(line for line in lines if line.strip())
