"""retake beside its peers on one server, each in an environment of its own with its best settings. Writes README.md.

Run: .venv/bin/python benchmarks/peers.py [racer ...] [--workloads wide,long,storm] [--rounds 3] [--resume]
wide is 200 samples x 8 candidates at 0.5 s and 256 in flight, long 1,000 x 8 at 64 in flight, storm 200 x 8 with 5 % HTTP 500 and
429 above 128 in flight. The peers' environments are made under .retake/peers when first needed (2.8 GB in all).

A round goes step by step, and in each step from racer to racer: the whole workload; the same command again; and, in the first
round only, one sample more; 8 to 10 candidates; an edited persona; an edited verifier; and, in a new folder, kill -9 at half
and the same command again. Every step is a JSON line in --kept: with --resume what is there already is not done again, and
the page is written from all of them. A racer that takes longer than --limit for a step has lost it, and the race goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.metadata
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from race.course import MEASURES, WORKLOADS, Course, Workload
from race.kept import Kept
from race.measure import Server, machine
from race.page import VERSIONS, shown, write_section
from race.racers import NAMES, Order, Racer, commit, racer
from race.retake import ROOT
from race.tables import section, title


def ready(names: list[str], limit_s: float, folder: Path) -> list[Racer]:
    """Return the racers that can race: each has answered one small workload, and compiled its modules by that."""
    fit = []
    for name in names:
        one = racer(name, limit_s=limit_s)
        why = one.prepare()
        if why is None:
            with Server() as server:
                done = one.go(Order(server.url, folder / f"warm-{name}", samples=2, in_flight=8, candidates=2))
            why = None if done.status == 0 else f"exit {done.status}: {done.output.strip()[-500:]}"
        if why is None:
            fit.append(one)
        else:
            print(f"{name} is left out: {why}", flush=True)
    return fit


class Race:
    """One invocation's part of the whole."""

    def __init__(self, kept: Kept, racers: list[Racer], measures: list[str]) -> None:
        self.kept, self.racers, self.measures = kept, racers, measures
        said, _, rest = machine().partition(", load ")
        load, _, python = rest.partition(" when it began, ")
        packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
        batch = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.about = {"batch": batch, "commit": commit(), "machine": said, "load_began": float(load)}
        self.about["packages"] = f"{python}, {packages}"

    def round(self, workload: Workload, turn: int, folder: Path) -> None:
        """Do what is missing of a round: step by step, and in each step from racer to racer; who begins, changes."""
        asked = [m for m in workload.measures if m in self.measures]
        steps = {}
        for one in self.racers:
            able = [m for m in asked if one.scores or m != "verifier"]
            steps[one.name] = self.kept.lacks(workload, one.name, turn, able)
        if any("first" in wanted for wanted in steps.values()) and "first" not in steps.get("floor", ["first"]):
            steps["floor"] = ["first", *steps["floor"]]  # a ratio needs the floor of the same hour
        first = turn % len(self.racers)
        order = [one for one in [*self.racers[first:], *self.racers[:first]] if steps[one.name]]
        with contextlib.ExitStack() as open_servers:
            courses = {}
            for one in order:
                server = open_servers.enter_context(workload.server())
                courses[one.name] = Course(one, workload, server, folder / one.name)
            for measure in MEASURES:
                for one in order:
                    if measure in steps[one.name]:
                        self._step(courses[one.name], measure, turn)
        shutil.rmtree(folder, ignore_errors=True)

    def _step(self, course: Course, measure: str, turn: int) -> None:
        record = course.step(measure)
        if record is None:
            return
        about = {
            "workload": course.workload.name,
            "key": course.workload.key,
            "racer": course.racer.name,
            "round": turn,
        }
        about |= {"version": course.racer.version, "limit_s": course.racer.limit_s, **self.about}
        self.kept.add(about | record)
        said = {
            name: shown(record[name])
            for name in ("wall_s", "cpu_s", "asked", "most_in_flight", "rows", "stale", "judged", "judged_right")
        }
        words = " ".join(f"{name}={value}" for name, value in said.items())
        twice = f" asked_twice={record['asked_twice']} old={record['old_twice']}" if "asked_twice" in record else ""
        ended = "over its time" if record["is_over"] else f"exit {record['status']}"
        print(
            f"{course.workload.name} {turn + 1} {measure}: {title(course.racer.name)} {words}{twice} {ended}",
            flush=True,
        )


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("racers", nargs="*", default=list(NAMES), help=f"of {', '.join(NAMES)}")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="of wide, long, storm")
    parser.add_argument("--measures", default=",".join(MEASURES), help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900, help="seconds that a racer may take for one step")
    parser.add_argument("--samples", type=int, help="another size for all workloads")
    parser.add_argument("--candidates", type=int, help="another number of candidates")
    parser.add_argument("--in-flight", type=int, help="another number in flight")
    parser.add_argument(
        "--kept", type=Path, default=ROOT / ".retake" / "races.jsonl", help="where the records are kept"
    )
    parser.add_argument("--resume", action="store_true", help="add to what is kept, and do only what is missing")
    parser.add_argument("--page", action="store_true", help="race nobody: write the page from what is kept")
    parser.add_argument("--dry", action="store_true", help="print the section, and leave README.md as it is")
    given = parser.parse_args()
    _check(parser, "racer", given.racers, NAMES)
    _check(parser, "workload", given.workloads.split(","), WORKLOADS)
    _check(parser, "measure", given.measures.split(","), MEASURES)
    return given


def _check(parser: argparse.ArgumentParser, what: str, given: list[str], known: object) -> None:
    for name in given:
        if name not in known:  # type: ignore[operator]
            parser.error(f"no {what} is named {name!r}; there are {', '.join(known)}")  # type: ignore[arg-type]


def sized(workload: Workload, given: argparse.Namespace) -> Workload:
    sizes = {name: getattr(given, name) for name in ("samples", "candidates", "in_flight")}
    return replace(workload, **{name: size for name, size in sizes.items() if size is not None})


def main() -> None:
    given = parsed()
    kept = Kept(given.kept, resume=given.resume or given.page)
    everything = [sized(workload, given) for workload in WORKLOADS.values()]
    wanted = [] if given.page else [w for w in everything if w.name in given.workloads.split(",")]
    with tempfile.TemporaryDirectory(prefix="retake-peers-") as folder:
        race = Race(kept, ready(given.racers, given.limit, Path(folder)), given.measures.split(",")) if wanted else None
        for workload in wanted:
            for turn in range(given.rounds):
                race.round(workload, turn, Path(folder) / f"{workload.name}-{turn}")
    text = section(kept, everything, given.rounds)
    print(text)
    if not given.dry:
        write_section("peers", text)


if __name__ == "__main__":
    main()
