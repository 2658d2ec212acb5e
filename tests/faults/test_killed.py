"""kill -9 of everything at random moments: one command goes on, nothing is lost, and the end is the same to the byte."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from servers.provider import FakeProvider
from workshop import Workshop, differing
from zygote import Run

NAME = "test/mixed"
TARGETS = (f"results/{NAME}.parquet", f"results/{NAME}/trajectories/index.json", f"results/{NAME}/report.html")
CONCURRENCY = 4


def progress(place: Workshop, server: FakeProvider) -> int:
    """Return how far a run is: requests sent, and candidate files and pages written."""
    files = [*place.path(f"results/{NAME}").rglob("*"), *place.path("results/test").glob("*.parquet")]
    return server.counts()["asked"] + len(files)


def killed_at(place: Workshop, server: FakeProvider, run: Run, *, moment: int, then_s: float) -> bool:
    """Kill the whole process group once the progress has reached `moment`; False where the run ended before."""
    while progress(place, server) < moment:
        if run.poll() is not None:
            return False
        time.sleep(0.02)
    time.sleep(then_s)
    if run.poll() is not None:
        return False
    run.kill()
    return True


def survive(place: Workshop, server: FakeProvider, tmp_path: Path, *, kills: int, steps: int, seed: int) -> None:
    """Kill runs `kills` times, finish with one command, and compare all that came out with an undisturbed run."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    outstanding = []
    server.set(latency_s=0.1)
    for number in range(kills):
        moment = progress(place, server) + chance.randint(1, steps)
        run = place.start(*TARGETS)
        if not killed_at(place, server, run, moment=moment, then_s=chance.uniform(0, 0.3)):
            assert run.wait() == 0, run.said
            break
        unique = len({record["digest"] for record in server.requests()})
        outstanding.append(unique - place.stored())
        print(f"kill {number + 1} at {moment}: {place.stored()} answers kept, {outstanding[-1]} under way")
    server.set(latency_s=0.0)
    place.build(*TARGETS)
    assert outstanding, "it was never killed"
    assert place.plan(*TARGETS) == {}
    asked = [record["digest"] for record in server.requests()]
    assert len(asked) - len(set(asked)) <= sum(outstanding)
    assert max(outstanding) <= 10 * CONCURRENCY
    assert place.stored() == len(set(asked))
    assert differing(place.outputs(), place.undisturbed(tmp_path / "fresh", *TARGETS)) == []


def mixed(place: Workshop, *, samples: int, candidates: int) -> None:
    place.experiment(
        NAME,
        dataset="embedded:basics",
        splits=["math", "code", "tool_calling"],
        max_queries=samples,
        num_candidates=candidates,
        concurrency=CONCURRENCY,
        persona="personas/marvin_flexible.txt",
        llm_judge_fallback=True,
        max_failures=1.0,
    )


def test_three_kills_lose_nothing(place: Workshop, server: FakeProvider, tmp_path: Path) -> None:
    mixed(place, samples=2, candidates=4)
    survive(place, server, tmp_path, kills=3, steps=60, seed=8)
    assert len(place.rows(NAME)) == 24


@pytest.mark.long
def test_forty_kills_lose_nothing(place: Workshop, server: FakeProvider, tmp_path: Path) -> None:
    mixed(place, samples=10, candidates=8)
    survive(
        place, server, tmp_path, kills=40, steps=60, seed=int(os.environ.get("RETAKE_SEED", time.time_ns() % 10**6))
    )
    assert len(place.rows(NAME)) == 240
