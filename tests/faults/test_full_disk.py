"""A real small disk that fills up while a run asks, and has room again later."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.provider import FakeProvider
from workshop import Workshop, differing
from zygote import Zygote

NAME = "test/full"
TABLE = f"results/{NAME}.parquet"
ROOM_KB = 2600
"""Room for about a hundred calls: 1.5 MB go to the markers of Snakemake's jobs under way."""


def mounted(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *options], capture_output=True, text=True, check=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A memory disk, which only root can mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = mounted("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder))
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here (needs root): {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_fills_up_loses_nothing_that_was_kept(
    small_disk: Path, tmp_path: Path, zygote: Zygote, server: FakeProvider
) -> None:
    place = Workshop(small_disk / "project", zygote, url=server.url)
    place.experiment(
        NAME,
        max_queries=24,
        num_candidates=8,
        concurrency=4,
        persona="personas/marvin_flexible.txt",
        variants=["control", "pressure"],
    )
    used = subprocess.run(["du", "-sk", str(small_disk)], capture_output=True, text=True, check=True)
    size_kb = int(used.stdout.split()[0]) + ROOM_KB
    assert mounted("-o", f"remount,size={size_kb}k", str(small_disk)).returncode == 0
    done = place.snakemake(TABLE, check=False)
    assert done.returncode == 1, done.stdout
    assert "No space left" in done.stdout
    assert "run the same command again" in done.stdout
    assert "Traceback" not in done.stdout
    kept, asked = place.stored(), server.counts()["asked"]
    assert 0 < kept < 24 * 8 * 2
    assert mounted("-o", "remount,size=64m", str(small_disk)).returncode == 0
    place.build(TABLE)
    assert len(place.rows(NAME)) == place.stored() == 24 * 8 * 2
    assert server.counts()["asked"] == place.stored() + (asked - kept)
    assert differing(place.outputs(), place.undisturbed(tmp_path / "fresh", TABLE)) == []
