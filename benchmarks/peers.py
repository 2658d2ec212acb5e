"""retake beside its peers on one server, each in an environment of its own with its best settings. Writes README.md.

Run: .venv/bin/python benchmarks/peers.py [--samples 200] [--in-flight 256] [--latency 0.5] [--rounds 3] [racer ...]
The peers' environments are made under .retake/peers when first needed (2.8 GB in all). Each racer does the same things in turn: the
whole workload; the same command again; one sample more; 8 to 10 candidates; an edited persona, and the answers that it then
gives are looked through for the old persona's mark; an edited verifier (retake alone is told of one); and, in a new
folder, the workload with kill -9 of everything when half of the answers were delivered, then the same command again.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from race.measure import Measured, Server, machine, run
from race.page import circumstances, table, write_section
from race.retake import ROOT, TABLE, Retake
from race.server import persona_mark
from race.workload import EDITED_PERSONA, PERSONA

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = ROOT / ".retake" / "peers"
NEEDS = {
    "inspect": ("inspect-ai==0.3.285", "openai"),
    "curator": ("bespokelabs-curator==0.1.31",),
    "datatrove": ("datatrove==0.10.1", "aiosqlite", "xxhash<4", "aiofiles", "orjson", "httpx"),
    "distilabel": ("distilabel[openai]==1.5.3", "requests"),
    "lm_eval": ("lm-eval[api]==0.4.13",),
}
HEAD = ("racer", "wall s", "CPU s", "peak MiB", "requests", "again: s (requests)", "+1 sample: requests", "8 to 10: requests", "edited persona: requests", "stale answers", "edited verifier: requests", "asked again after kill -9")  # fmt: skip
LIMIT_S = 1800


@dataclass(frozen=True)
class Order:
    """What a racer is to do."""

    url: str
    folder: Path
    samples: int
    in_flight: int
    candidates: int = 8
    persona: str = PERSONA


class Peer:
    """A racer in an environment of its own: race/peers/<name>_racer.py."""

    can_edit_verifier = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.python = ENVIRONMENTS / name / "bin" / "python"

    def prepare(self) -> str | None:
        """Make the environment where it is missing; return why it cannot be, or None."""
        if (ENVIRONMENTS / self.name / "ok").exists():
            return None
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENTS / self.name], check=True)
        command = [self.python, "-m", "pip", "install", "--quiet", *NEEDS[self.name]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return done.stderr.strip().splitlines()[-1]
        (ENVIRONMENTS / self.name / "ok").touch()
        return None

    def go(self, order: Order, **measuring: object) -> Measured:
        """Do what `order` says."""
        order.folder.mkdir(parents=True, exist_ok=True)
        told = {name: getattr(order, name) for name in ("url", "samples", "candidates", "in_flight", "persona")}
        told |= {"folder": str(order.folder / "work"), "out": str(self._texts(order))}
        racer = HERE / "race" / "peers" / f"{self.name}_racer.py"
        self._texts(order).unlink(missing_ok=True)
        return run([str(self.python), str(racer), json.dumps(told)], cwd=order.folder, limit_s=LIMIT_S, **measuring)

    def texts(self, order: Order) -> list[str]:
        """Return the answers that the last run gave out."""
        return json.loads(self._texts(order).read_text(encoding="utf-8"))

    @staticmethod
    def _texts(order: Order) -> Path:
        return order.folder / "texts.json"


class Floor(Peer):
    """The bare client: it knows nothing of what it wrote but that it is there."""

    def prepare(self) -> None:
        """Nothing to make."""

    def go(self, order: Order, **measuring: object) -> Measured:
        """Ask for all files that are not there."""
        order.folder.mkdir(parents=True, exist_ok=True)
        numbers = [str(n) for n in (order.samples, order.candidates, order.in_flight)]
        command = [sys.executable, str(HERE / "race" / "floor.py"), order.url, str(order.folder / "work"), *numbers]
        return run([*command, order.persona], cwd=order.folder, **measuring)

    def texts(self, order: Order) -> list[str]:
        """Return what stands in the files."""
        return [file.read_text() for file in sorted((order.folder / "work").glob("*/*.json"))]


class Ours(Peer):
    """retake, with a package of its own, so that a verifier can be edited."""

    can_edit_verifier = True

    def prepare(self) -> None:
        """Nothing to make."""

    def go(self, order: Order, **measuring: object) -> Measured:
        """Build the table."""
        racer = self._racer(order)
        racer.persona(order.persona)
        racer.experiment(num_candidates=order.candidates, max_queries=order.samples)
        return racer.run(**measuring)

    def _racer(self, order: Order) -> Retake:
        if not order.folder.exists():
            self._made = Retake(order.folder, order.url, samples=order.samples, concurrency=order.in_flight)
            hidden = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / "scripts", order.folder / "scripts", ignore=hidden)
            self._made.package = order.folder / "scripts"
        return self._made

    def edit_verifier(self, order: Order) -> None:
        """Change the code of the verifier of mathematics."""
        file = order.folder / "scripts" / "retake" / "verify" / "math" / "verifier.py"
        file.write_text(file.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")

    def texts(self, order: Order) -> list[str]:
        """Return the table's answers."""
        import pyarrow.parquet as pq

        return pq.read_table(order.folder / TABLE, columns=["answer"])["answer"].to_pylist()


def racers(names: list[str]) -> Iterator[Peer]:
    for name in names:
        yield Ours(name) if name == "retake" else Floor(name) if name == "floor" else Peer(name)


def stale(texts: list[str], persona: str) -> int:
    marks = [re.search(r"\[persona (\w+)\]", text) for text in texts]
    return sum(mark is None or mark[1] != persona_mark(persona) for mark in marks)


def told(measured: Measured, server: Server) -> str:
    asked = server.counts()["asked"]
    return f"{asked:,}" if measured.status == 0 else f"{asked:,}, then it gave up (exit {measured.status})"


def race(peer: Peer, server: Server, folder: Path, *, samples: int, in_flight: int, rounds: int) -> list[object]:
    order = Order(server.url, folder / "whole-0", samples, in_flight)
    firsts = []
    for number in range(rounds):
        server.reset()
        order = replace(order, folder=folder / f"whole-{number}")
        firsts.append(peer.go(order))
        if firsts[-1].status != 0:
            return [f"{peer.name}: {firsts[-1].output.strip().splitlines()[-1][:120]}", *[None] * (len(HEAD) - 1)]
    asked = server.counts()["asked"]
    server.reset()
    again = peer.go(order)
    row = [
        peer.name,
        min(m.wall_s for m in firsts),
        min(m.cpu_s for m in firsts),
        max(m.peak_mib for m in firsts),
        asked,
    ]
    row.append(f"{again.wall_s:.1f} ({told(again, server)})")
    for change in ({"samples": samples + 1}, {"samples": samples + 1, "candidates": 10}):
        server.reset()
        row.append(told(peer.go(replace(order, **change)), server))
    return [*row, *edited(peer, server, replace(order, samples=samples + 1, candidates=10)), killed(peer, server, replace(order, folder=folder / "killed"))]  # fmt: skip


def edited(peer: Peer, server: Server, order: Order) -> list[object]:
    """Return requests and stale answers after an edit of the persona, and requests after one of the verifier."""
    server.reset()
    order = replace(order, persona=EDITED_PERSONA)
    done = peer.go(order)
    asked = told(done, server)
    if done.status == 0:
        texts = peer.texts(order)
        old = f"{stale(texts, EDITED_PERSONA):,} of {len(texts):,}"
    else:
        old = "0 (refused)"
    if not peer.can_edit_verifier:
        return [asked, old, None]
    server.reset()
    peer.edit_verifier(order)
    return [asked, old, told(peer.go(order), server)]


def killed(peer: Peer, server: Server, order: Order) -> str:
    """Return how many delivered answers were asked for again, after everything was killed with half of them there.

    Answers then come spread over time, not in waves of which the whole last one is just arriving.
    """
    server.reset()
    server.set(jitter=0.9)
    half = order.samples * order.candidates // 2
    peer.go(order, kill_when=lambda: server.counts()["delivered"] >= half)
    delivered, before = server.counts()["delivered"], server.counts()["asked"]
    done = peer.go(order)
    if done.status != 0:
        return f"gave up (exit {done.status})"
    again = server.counts()["asked"] - before - (order.samples * order.candidates - delivered)
    return f"{max(0, again):,} of {delivered:,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("racers", nargs="*", default=["floor", "retake", *NEEDS])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--error-share", type=float, default=0.0, help="share of requests that get HTTP 500")
    parser.add_argument("--capacity", type=int, default=0, help="requests in flight above which the server says 429")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dry", action="store_true", help="print the table, and leave README.md as it is")
    given = parser.parse_args()
    said, rows, skipped = machine(), [], []
    weather = {"latency_s": given.latency, "error_share": given.error_share, "capacity": given.capacity}
    for peer in racers(given.racers):
        why = peer.prepare()
        if why is not None:
            skipped.append(f"{peer.name} is left out: {why}")
            continue
        with Server(**weather) as server, tempfile.TemporaryDirectory(prefix="retake-peers-") as folder:
            options = {"samples": given.samples, "in_flight": given.in_flight, "rounds": given.rounds}
            rows.append(race(peer, server, Path(folder), **options))
        print(table(HEAD, rows[-1:]), flush=True)
        if not given.dry:
            write_section("peers", page(said, given, rows, skipped))


def page(said: str, given: argparse.Namespace, rows: list[list[object]], skipped: list[str]) -> str:
    """Return the section."""
    work = f"{given.samples} samples x 8 candidates, {given.latency:g} s a request, {given.in_flight} in flight"
    faults = (
        f", {given.error_share:.0%} HTTP 500, 429 above {given.capacity} in flight"
        if given.error_share or given.capacity
        else ""
    )
    pins = ", ".join(need[0] for need in NEEDS.values())
    return "\n\n".join([
        "## Beside others",
        f"{circumstances(said)} Peers: {pins}. Workload: {work}{faults}. Best of {given.rounds}.",
        table(HEAD, rows),
        "\n".join([
            *(f"- {line}" for line in skipped),
            "- retake, Inspect and lm-eval score the answers; Curator, datatrove, distilabel and the floor do not. Inspect writes a transcript of every event besides.",
            "- distilabel asks for 8 candidates in one request: multiply its requests by 8.",
            "- A stale answer carries the mark of the persona before the edit, and is given out as the result of the new one. Inspect refuses the old log folder, because here the persona is an argument of its solver.",
            "- Asked again after kill -9: requests beyond those that were still to be answered; what was in flight is not counted.",
        ]),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
