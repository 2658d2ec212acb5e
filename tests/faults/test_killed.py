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


def survive(
    place: Workshop, server: FakeProvider, tmp_path: Path, *, kills: int, total: int, seed: int, least: int = 1
) -> None:
    """Kill runs `kills` times, finish with one command, and compare all that came out with an undisturbed run.

    The kills are spread over `total`, the progress that a whole run makes at least: each one is at a random moment of what its
    share is of what remains. At least `least` of them must come before the run ends.
    """
    print(f"seed {seed}")
    chance = random.Random(seed)
    outstanding = []
    server.set(latency_s=0.1)
    for number in range(kills):
        so_far = progress(place, server)
        moment = so_far + chance.randint(1, max(1, 2 * (total - so_far) // (kills - number + 1)))
        run = place.start(*TARGETS)
        if not killed_at(place, server, run, moment=moment, then_s=chance.uniform(0, 0.2)):
            assert run.wait() == 0, run.said
            print(f"it ended before kill {number + 1}, at {progress(place, server)}")
            break
        unique = len({record["digest"] for record in server.requests()})
        outstanding.append(unique - place.stored())
        print(f"kill {number + 1} at {moment}: {place.stored()} answers kept, {outstanding[-1]} under way")
    server.set(latency_s=0.0)
    place.build(*TARGETS)
    again = len(server.requests()) - place.stored()
    print(f"whole: {progress(place, server)}; under way at the kills: {outstanding}; asked again: {again}")
    assert len(outstanding) >= least
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
    survive(place, server, tmp_path, kills=3, total=150, seed=8)
    assert len(place.rows(NAME)) == 24


@pytest.mark.long
def test_forty_kills_lose_nothing(place: Workshop, server: FakeProvider, tmp_path: Path) -> None:
    mixed(place, samples=10, candidates=8)
    seed = int(os.environ.get("RETAKE_SEED", time.time_ns() % 10**6))
    survive(place, server, tmp_path, kills=40, total=1000, seed=seed, least=40)
    assert len(place.rows(NAME)) == 240
