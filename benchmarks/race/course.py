"""The course: what each racer does in turn on one workload, and the record of every step."""

from __future__ import annotations

import datetime
import os
import re
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from race.measure import Measured, Server, tree_cpu_s
from race.racers import Order, Racer, Row
from race.server import persona_mark
from race.workload import EDITED_PERSONA

CHAIN = ("first", "again", "samples", "candidates", "persona", "verifier")
"""Steps in one folder, each after the one before it."""
KILLS = ("kill", "calm")
MEASURES = (*CHAIN, *KILLS)
TIMED = ("first", "again")
"""What is done in every round; the other steps count requests, and once is enough."""
CALM_CPU_S, CALM_OVER_S, CALM_AT_LATEST_S = 0.15, 1.0, 20.0
RECENT_S = 0.5
"""An answer that is older than this when everything is killed was in the racer's hands, not on its way."""


@dataclass(frozen=True)
class Workload:
    """What all racers do side by side."""

    name: str
    samples: int
    in_flight: int
    candidates: int = 8
    latency_s: float = 0.5
    error_share: float = 0.0
    capacity: int = 0
    tries: int = 4
    measures: tuple[str, ...] = MEASURES

    @property
    def key(self) -> str:
        """What tells its records from others'."""
        said = {name: value for name, value in asdict(self).items() if name != "measures"}
        return " ".join(str(value) for value in said.values())

    def server(self) -> Server:
        """Return its server."""
        return Server(latency_s=self.latency_s, error_share=self.error_share, capacity=self.capacity)


WORKLOADS = {
    "wide": Workload("wide", samples=200, in_flight=256),
    "long": Workload("long", samples=1000, in_flight=64, measures=("first", "again", "kill")),
    "storm": Workload(
        "storm",
        samples=200,
        in_flight=256,
        error_share=0.05,
        capacity=128,
        tries=10,
        measures=("first", "again", "kill"),
    ),
}


class Course:
    """One racer's way through one workload in one round, in a folder and beside a server of its own."""

    def __init__(self, racer: Racer, workload: Workload, server: Server, folder: Path) -> None:
        self.racer, self.workload, self.server, self.folder = racer, workload, server, folder
        numbers = {"candidates": workload.candidates, "tries": workload.tries}
        self.order = Order(server.url, folder / "whole", workload.samples, workload.in_flight, **numbers)
        self.is_out = self.is_lost = False

    def step(self, name: str) -> dict[str, Any] | None:
        """Do one step, and return its record; None where the racer is out, because of a step before it."""
        if self.is_lost or (self.is_out and name not in KILLS):
            return None
        return self._killed(name) if name in KILLS else self._done(name, self._changed(name))

    def _changed(self, name: str) -> Order:
        samples, candidates = self.workload.samples, self.workload.candidates
        changes: dict[str, dict[str, Any]] = {
            "samples": {"samples": samples + 1},
            "candidates": {"samples": samples + 1, "candidates": candidates + 2},
            "persona": {"persona": EDITED_PERSONA},
            "verifier": {"verifier": "edited"},
        }
        return replace(self.order, **changes.get(name, {}))

    def _done(self, name: str, order: Order) -> dict[str, Any]:
        self.server.reset()
        measured = self.racer.go(order)
        rows = self.racer.rows(order) if measured.status == 0 else []
        said = _record(name, measured) | self.server.counts() | _told(rows, order)
        if measured.status == 0:
            self.order = order
        self.is_out = measured.is_over or (name == "first" and measured.status != 0 and not self.workload.error_share)
        self.is_lost = self.is_lost or (name == "first" and measured.is_over)
        return said | {"is_out": self.is_out}

    def _killed(self, name: str) -> dict[str, Any]:
        """Kill everything when half of the answers are there, do the same command again, and count what was delivered twice.

        `kill` comes suddenly; answers come spread over time then, not in waves of which a whole one is just arriving. `calm` comes
        when the racer has worked through that half, while the server holds back the other: nothing at all is on its way.
        """
        order = replace(self.order, folder=self.folder / name, samples=self.workload.samples, persona=Order.persona)
        order = replace(order, candidates=self.workload.candidates, verifier="plain")
        half = order.samples * order.candidates // 2
        self.server.reset()
        self.server.set(**({"hold_at": half} if name == "calm" else {"jitter": 0.9}))
        moment = _Moment(self.server, half, waits=name == "calm")
        killed = self.racer.go(order, kill_when=moment)
        time.sleep(1)  # the server's connections notice that nobody is there
        before = self.server.counts()
        self.server.set(hold_at=0, jitter=0.0)
        measured = self.racer.go(order)
        said = _record(name, measured) | self.server.counts()
        said |= _told(self.racer.rows(order) if measured.status == 0 else [], order)
        said |= {"delivered_at_kill": before["delivered"], "asked_at_kill": before["asked"]}
        said |= {"is_out": False, "was_killed": killed.status == -9 and not killed.is_over}
        return said | _twice(self.server.answers().values(), order.candidates, moment.came or time.monotonic())


class _Moment:
    """The moment to kill: half is delivered and, if it `waits`, the racer has used nearly no CPU for a second."""

    def __init__(self, server: Server, half: int, *, waits: bool) -> None:
        self.server, self.half, self.waits = server, half, waits
        self.came: float | None = None
        self.seen: list[tuple[float, float]] = []

    def __call__(self, pid: int) -> bool:
        if not self.seen and self.server.counts()["delivered"] < self.half:
            time.sleep(0.03)
            return False
        if self.waits and not self._is_calm(pid):
            return False
        self.came = time.monotonic()
        return True

    def _is_calm(self, pid: int) -> bool:
        now = time.monotonic()
        self.seen.append((now, tree_cpu_s(pid)))
        time.sleep(0.1)
        past = [cpu for at, cpu in self.seen if at <= now - CALM_OVER_S]
        calm = bool(past) and self.seen[-1][1] - past[-1] < CALM_CPU_S
        return calm or now - self.seen[0][0] > CALM_AT_LATEST_S


def _twice(delivered: Iterable[list[float]], candidates: int, killed_at: float) -> dict[str, int]:
    """Return how many answers were delivered beyond those needed, and how many of these are sure to be old ones at the kill.

    Racers ask for all candidates of a problem in the same words, so a problem's surplus is taken for its recent answers first.
    """
    twice = old = 0
    for times in delivered:
        surplus = max(0, len(times) - candidates)
        recent = sum(killed_at - RECENT_S < at <= killed_at + 0.2 for at in times)
        twice, old = twice + surplus, old + max(0, surplus - recent)
    return {"asked_twice": twice, "old_twice": old}


def _record(name: str, measured: Measured) -> dict[str, Any]:
    said = {field: getattr(measured, field) for field in ("wall_s", "cpu_s", "peak_mib", "status", "is_over")}
    end = measured.output[-1500:] if measured.status != 0 else ""
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"measure": name, "at": at, "load": round(os.getloadavg()[0], 2), **said, "end": end}


def _told(rows: list[Row], order: Order) -> dict[str, Any]:
    """Return what is right, missing and stale of a racer's rows: each text carries its persona's mark and the result it says."""
    marks = [re.search(r"\[persona (\w+)\]", row.text) for row in rows]
    fresh = [mark is not None and mark[1] == persona_mark(order.persona) for mark in marks]
    said = [re.search(r"ANSWER: (-?\d+)", row.text) for row in rows]
    right = [match is not None and match[1] == row.reference for match, row in zip(said, rows, strict=True)]
    judged = [(row.passed, is_right) for row, is_right in zip(rows, right, strict=True) if row.passed is not None]
    return {
        "rows": sum(mark is not None for mark in marks),
        "rows_wanted": order.samples * order.candidates,
        "stale": sum(mark is not None and not is_fresh for mark, is_fresh in zip(marks, fresh, strict=True)),
        "judged": len(judged),
        "judged_right": sum(passed is is_right for passed, is_right in judged),
    }
