"""The n-th write fails, for every n: a clear error, no damaged file taken as good, and a rerun that ends the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from retake.files import read_sealed
from servers.provider import FakeProvider
from workshop import Workshop, differing

NAME = "test/talks"
TABLE = f"results/{NAME}.parquet"
KINDS: list[dict[str, Any]] = [{"error": "ENOSPC", "for_good": True}, {"error": "EIO", "for_good": False}]


def talks(place: Workshop) -> None:
    """Write an experiment that passes through all stages and needs no pool: 1 tool conversation x 2 candidates."""
    place.experiment(
        NAME,
        dataset="embedded:basics",
        splits=["tool_calling"],
        max_queries=1,
        max_failures=1.0,
        persona="personas/marvin_flexible.txt",
    )


def calls_of(place: Workshop, tally: Path) -> list[str]:
    """Return the write-like calls of a clean run, one line each."""
    place.snakemake(TABLE, writes={"tally": str(tally)})
    return tally.read_text().splitlines()


def fails_clearly(place: Workshop, writes: dict[str, Any]) -> str:
    """Run once with a fault; where the run failed, what it said must be clear. Return what it said."""
    done = place.snakemake(TABLE, writes=writes, check=False)
    assert done.returncode in (0, 1), done
    assert "Traceback" not in done.stdout, (writes, done.stdout)
    if done.returncode:
        assert "No space left" in done.stdout or "Input/output error" in done.stdout, (writes, done.stdout)
    else:
        assert len(place.rows(NAME)) == 2
    return done.stdout


def nothing_is_damaged(place: Workshop) -> None:
    for root in ("results", ".retake/calls"):
        for file in place.path(root).rglob("*.json"):
            if file.name != "metadata.json" and ".mocks" not in file.parts:
                read_sealed(file)


def replay(place: Workshop, server: FakeProvider, wanted: dict[str, str], writes: dict[str, Any]) -> None:
    """Fail a run that finds all its answers in the store; then one command makes what an undisturbed run made."""
    place.clear("results", ".snakemake", "logs")
    fails_clearly(place, writes)
    nothing_is_damaged(place)
    asked = server.counts()["asked"]
    place.build(TABLE)
    assert server.counts()["asked"] == asked
    assert differing(place.outputs(), wanted) == [], writes


def edited(place: Workshop, kept: Path, wanted: dict[str, str], writes: dict[str, Any]) -> None:
    """Fail a run after a persona was edited; then one command leaves nothing of what it said before."""
    place.clear("results", ".snakemake", "logs")
    for name in ("results", ".snakemake"):
        shutil.copytree(kept / name, place.path(name))
    fails_clearly(place, writes)
    place.build(TABLE)
    assert differing(place.outputs(), wanted) == [], writes


def live(place: Workshop, server: FakeProvider, writes: dict[str, Any]) -> None:
    """Fail a run that asks; then one command makes what an undisturbed run makes from the same answers."""
    place.clear()
    server.reset()
    fails_clearly(place, writes)
    nothing_is_damaged(place)
    kept, asked = place.stored(), server.counts()["asked"]
    place.build(TABLE)
    unique = len({record["digest"] for record in server.requests()})
    assert place.stored() == unique
    assert server.counts()["asked"] <= unique + (asked - kept)
    made = place.outputs()
    place.clear("results", ".snakemake", "logs")
    place.build(TABLE)
    assert differing(place.outputs(), made) == [], writes


def spread(numbers: list[int], count: int) -> list[int]:
    """Return `count` of the numbers, evenly spread, first and last among them."""
    return sorted({numbers[round(i * (len(numbers) - 1) / (count - 1))] for i in range(count)})


def chosen(numbers: list[int], count: int | None, what: str) -> list[int]:
    """Return `count` of the numbers, or every RETAKE_STEP-th of them from RETAKE_FROM (1) on, and say how many."""
    step, first = int(os.environ.get("RETAKE_STEP", "1")), int(os.environ.get("RETAKE_FROM", "1"))
    found = numbers[first - 1 :: step] if count is None else spread(numbers, count)
    print(f"{what}: {len(numbers)} write-like calls, {len(found)} of them fail")
    return found


def through_edits(place: Workshop, tmp_path: Path, *, count: int | None) -> None:
    talks(place)
    place.build(TABLE)
    kept = tmp_path / "kept"
    for name in ("results", ".snakemake"):
        shutil.copytree(place.path(name), kept / name)
    persona = place.path("personas/marvin_flexible.txt")
    persona.write_text(persona.read_text() + "You are very tired today.\n")
    calls = calls_of(place, tmp_path / "edited.txt")
    assert "very tired today" in place.rows(NAME)[0]["input_messages"]
    wanted = place.outputs()
    numbers = list(range(1, len(calls) + 1))
    for i, nth in enumerate(chosen(numbers, count, "edits")):
        edited(place, kept, wanted, {"nth": nth, **KINDS[i % 2]})


def through(place: Workshop, server: FakeProvider, tmp_path: Path, *, replays: int | None, lives: int | None) -> None:
    talks(place)
    live_calls = calls_of(place, tmp_path / "live.txt")
    wanted = place.outputs()
    place.clear("results", ".snakemake", "logs")
    replayed = calls_of(place, tmp_path / "replay.txt")
    assert differing(place.outputs(), wanted) == []
    numbers = list(range(1, len(replayed) + 1))
    for i, nth in enumerate(chosen(numbers, replays, "replays")):
        for kind in KINDS if replays is None else [KINDS[i % 2]]:
            replay(place, server, wanted, {"nth": nth, **kind})
    storing = [int(line.split()[0]) for line in live_calls if "/.retake/calls" in line]
    for i, nth in enumerate(chosen(storing, lives, "live runs")):
        for kind in KINDS if lives is None else [KINDS[i % 2]]:
            live(place, server, {"nth": nth, **kind})


def test_some_of_all_writes_fail(place: Workshop, server: FakeProvider, tmp_path: Path) -> None:
    through(place, server, tmp_path, replays=7, lives=3)


def test_no_failing_write_brings_an_old_answer_back(place: Workshop, tmp_path: Path) -> None:
    through_edits(place, tmp_path, count=5)


@pytest.mark.long
def test_no_write_at_all_brings_an_old_answer_back(place: Workshop, tmp_path: Path) -> None:
    through_edits(place, tmp_path, count=None)


@pytest.mark.long
def test_every_write_fails(place: Workshop, server: FakeProvider, tmp_path: Path) -> None:
    through(place, server, tmp_path, replays=None, lives=None)
