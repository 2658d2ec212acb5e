"""The race beside peers, with the two racers that need no environment of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from workspace import ROOT

RACE = ("floor", "retake", "--samples", "4", "--candidates", "2", "--in-flight", "4", "--rounds", "1", "--dry")


def race(kept: Path, *arguments: str) -> tuple[dict[tuple[str, str], dict], str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "peers.py"), *RACE, "--kept", str(kept), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    records = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    return {(r["racer"], r["measure"]): r for r in records}, done.stdout.partition("## ")[2]


@pytest.mark.long
def test_a_race_counts_requests_stale_answers_and_verdicts_and_what_a_kill_loses(tmp_path: Path) -> None:
    kept = tmp_path / "races.jsonl"
    records, page = race(kept, "--workloads", "wide")
    asked = {
        measure: r["asked"]
        for (racer, measure), r in records.items()
        if racer == "retake" and measure not in ("kill", "calm")
    }
    assert asked == {"first": 8, "again": 0, "samples": 2, "candidates": 10, "persona": 20, "verifier": 0}
    assert records["retake", "persona"]["stale"] == 0
    assert records["floor", "persona"]["stale"] == 20
    assert records["retake", "first"]["judged_right"] == 8
    assert records["retake", "verifier"]["judged_right"] == 0
    kill = records["retake", "calm"]
    assert (kill["was_killed"], kill["delivered_at_kill"], kill["asked_twice"], kill["rows"]) == (True, 4, 0, 8)
    assert "| retake |" in page
    before = kept.read_bytes()
    _, again = race(kept, "--workloads", "wide", "--resume")
    assert kept.read_bytes() == before
    assert again == page


@pytest.mark.long
def test_a_storm_leaves_no_row_out(tmp_path: Path) -> None:
    records, page = race(tmp_path / "races.jsonl", "--workloads", "storm", "--measures", "first")
    assert records["retake", "first"]["rows"] == records["retake", "first"]["rows_wanted"] == 8
    assert "rows missing" in page
