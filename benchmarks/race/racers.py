"""The racers: what each is told, in which environment it runs, and what it gives out at the end."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from race.measure import Measured, run, user_environment, warm
from race.retake import ROOT, TABLE, Retake
from race.workload import PERSONA, problems

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = ROOT / ".retake" / "peers"
NEEDS = {
    "inspect": ("inspect-ai==0.3.285", "openai"),
    "curator": ("bespokelabs-curator==0.1.31",),
    "datatrove": ("datatrove==0.10.1", "aiosqlite", "xxhash<4", "aiofiles", "orjson", "httpx"),
    "distilabel": ("distilabel[openai]==1.5.3", "requests"),
    "lm_eval": ("lm-eval[api]==0.4.13",),
}
NAMES = ("floor", "retake", *NEEDS)
EDIT = """

import dataclasses as _dataclasses

_unedited = MathVerifier.verify


def _edited(self, text, sample):
    said = _unedited(self, text, sample)
    return said if said.is_verified is None else _dataclasses.replace(said, is_verified=not said.is_verified)


MathVerifier.verify = _edited
"""
"""What is added to retake's verifier of mathematics: right is wrong now, so that an old verdict can be told from a new one."""


@dataclass(frozen=True)
class Order:
    """What a racer is to do; `verifier` is plain, or edited: then it says the opposite."""

    url: str
    folder: Path
    samples: int
    in_flight: int
    candidates: int = 8
    tries: int = 4
    persona: str = PERSONA
    verifier: str = "plain"


@dataclass(frozen=True)
class Row:
    """A candidate as a racer gives it out: its text, the reference, and the verdict (None where it scores nothing)."""

    text: str
    reference: str
    passed: bool | None = None


class Racer:
    """A racer in an environment of its own: race/peers/<name>_racer.py."""

    def __init__(self, name: str, limit_s: float) -> None:
        self.name, self.limit_s = name, limit_s
        self.scores = name in ("retake", "inspect", "lm_eval")
        self.python = ENVIRONMENTS / name / "bin" / "python"

    def prepare(self) -> str | None:
        """Make the environment where it is missing; return why it cannot be, or None."""
        if (ENVIRONMENTS / self.name / "ok").exists():
            return None
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENTS / self.name], check=True)
        command = [self.python, "-m", "pip", "install", "--quiet", *NEEDS[self.name]]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=user_environment())
        if done.returncode != 0:
            return done.stderr.strip().splitlines()[-1]
        (ENVIRONMENTS / self.name / "ok").touch()
        return None

    @functools.cached_property
    def version(self) -> str:
        """The version that its environment holds, not the one that was asked for."""
        package = NEEDS[self.name][0].partition("==")[0].partition("[")[0]
        code = f"import importlib.metadata as m; print(m.version({package!r}))"
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    def go(self, order: Order, **measuring: Any) -> Measured:
        """Do what `order` says."""
        order.folder.mkdir(parents=True, exist_ok=True)
        names = ("url", "samples", "candidates", "in_flight", "tries", "persona", "verifier")
        told = {name: getattr(order, name) for name in names}
        told |= {"folder": str(order.folder / "work"), "out": str(self._out(order))}
        script = HERE / "peers" / f"{self.name}_racer.py"
        self._out(order).unlink(missing_ok=True)
        return run(
            [str(self.python), str(script), json.dumps(told)], cwd=order.folder, limit_s=self.limit_s, **measuring
        )

    def rows(self, order: Order) -> list[Row]:
        """Return what the last run gave out; nothing where it ended before."""
        out = self._out(order)
        return [Row(**row) for row in json.loads(out.read_text(encoding="utf-8"))] if out.exists() else []

    @staticmethod
    def _out(order: Order) -> Path:
        return order.folder / "out.json"


class Floor(Racer):
    """The bare client: it knows nothing of what it wrote but that it is there."""

    version = f"aiohttp, Python {'.'.join(map(str, sys.version_info[:3]))}"

    def prepare(self) -> None:
        """Nothing to make."""

    def go(self, order: Order, **measuring: Any) -> Measured:
        """Ask for all files that are not there."""
        order.folder.mkdir(parents=True, exist_ok=True)
        numbers = [str(n) for n in (order.samples, order.candidates, order.in_flight)]
        command = [sys.executable, str(HERE / "floor.py"), order.url, str(order.folder / "work"), *numbers]
        return run([*command, order.persona], cwd=order.folder, limit_s=self.limit_s, **measuring)

    def rows(self, order: Order) -> list[Row]:
        """Return what stands in the files."""
        told = problems(order.samples)
        files = sorted((order.folder / "work").glob("*/*.json"))
        answers = [(int(file.parent.name), json.loads(file.read_text(encoding="utf-8"))) for file in files]
        return [Row(said["choices"][0]["message"]["content"], told[n]["answer"]) for n, said in answers]


class Ours(Racer):
    """retake, with a package of its own in each folder, so that a verifier can be edited."""

    version = "of this checkout"

    def prepare(self) -> None:
        """Compile the package: its copies take the bytecode with them."""
        warm(ROOT / "scripts")

    def go(self, order: Order, **measuring: Any) -> Measured:
        """Build the table."""
        racer = self._made(order)
        racer.persona(order.persona)
        racer.experiment(num_candidates=order.candidates, max_queries=order.samples)
        if order.verifier == "edited":
            file = order.folder / "scripts" / "retake" / "verify" / "math" / "verifier.py"
            source = file.read_text(encoding="utf-8")
            file.write_text(source if source.endswith(EDIT) else source + EDIT, encoding="utf-8")
        return racer.run(limit_s=self.limit_s, **measuring)

    def _made(self, order: Order) -> Retake:
        if not order.folder.exists():
            keys = {"concurrency": order.in_flight, "max_tries": order.tries}
            self._project = Retake(order.folder, order.url, samples=order.samples, **keys)
            hidden = shutil.ignore_patterns("*.egg-info")
            shutil.copytree(ROOT / "scripts", order.folder / "scripts", ignore=hidden)
            self._project.package = order.folder / "scripts"
        assert self._project.folder == order.folder
        return self._project

    def rows(self, order: Order) -> list[Row]:
        """Return the table's candidates; nothing where there is no table."""
        import pyarrow.parquet as pq

        if not (order.folder / TABLE).exists():
            return []
        columns = ["answer", "ground_truth_answer", "is_verified"]
        rows = pq.read_table(order.folder / TABLE, columns=columns).to_pylist()
        return [Row(row["answer"] or "", row["ground_truth_answer"], row["is_verified"]) for row in rows]


def racer(name: str, *, limit_s: float) -> Racer:
    """Return the racer of that name."""
    kinds: dict[str, type[Racer]] = {"floor": Floor, "retake": Ours}
    return kinds.get(name, Racer)(name, limit_s)


def commit() -> str:
    """Return the commit of this checkout, with a + where files differ from it; ? outside of git."""
    git = ["git", "-C", str(ROOT)]
    named = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "scripts", "rules"], capture_output=True, text=True, check=False
    )
    return (
        f"{named.stdout.strip() or '?'}{'+' if changed.stdout.strip() else ''}"
        if os.path.exists(ROOT / ".git")
        else "?"
    )
