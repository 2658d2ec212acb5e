"""The section of the page that tells of the races: one table a workload, written from the records alone."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

from race.course import Workload
from race.kept import Kept
from race.page import shown, table
from race.racers import NAMES

TITLES = {"floor": "floor", "retake": "retake", "inspect": "Inspect", "curator": "Curator", "lm_eval": "lm-eval"}
NOTES = (
    "CPU is user and system of the whole process tree, Python's start and imports included; every racer's bytecode was compiled before. Wall, CPU and the rerun are the best of the rounds, memory the most; × floor is the median of the rounds' ratios to the floor's wall in the same round. Steps that count requests were done once.",
    "In flight is the most that the server saw at once, in answers: distilabel asks for 8 candidates in one request, all others for one.",
    "retake, Inspect and lm-eval score the answers; Curator, datatrove, distilabel and the floor do not. Inspect writes a transcript of every event besides.",
    "Asked twice after kill -9: answers that were delivered before everything was killed at half of them, and that the same command then had delivered again; what was still to be answered is not counted. Old ones had been there for half a second or longer: the others may have been on their way into the racer. Before a calm kill the server holds back the other half until the racer has worked through what it has: what is then asked twice was lost with all its time.",
    "A stale answer carries the mark of the persona before the edit, and is given out as the result of the new one. A stale verdict is the old verifier's, though the new one says the opposite. Inspect's persona is an argument of its task here; where it stands in the dataset or the code, `eval_set` takes the old log for done. An edited scorer too leaves the old scores with `eval_set`: what is measured is `inspect score --overwrite`.",
)  # fmt: skip
STORM_NOTE = "datatrove's client for local addresses does not try again; its rollout function here does. Tries an answer is requests over answers, failures included. All racers that can be told so try up to {tries} times."


def title(racer: str) -> str:
    """Return a racer's name as its makers write it."""
    return TITLES.get(racer, racer)


def work(workload: Workload) -> str:
    """Return what a workload is, in words."""
    said = f"{workload.samples:,} x {workload.candidates}, {workload.latency_s:g} s a request, {workload.in_flight} in flight"
    if workload.error_share:
        said += f", {workload.error_share:.0%} of the requests HTTP 500"
    return said + (f", HTTP 429 above {workload.capacity} in flight" if workload.capacity else "")


def section(kept: Kept, workloads: list[Workload], rounds: int) -> str:
    """Return the section; `rounds` is what was asked for, and a racer with fewer says so."""
    parts = ["## Beside others", *_circumstances(kept, workloads)]
    for workload in workloads:
        raced = [name for name in NAMES if kept.of(workload, name, "first")]
        if raced:
            parts += [f"### {work(workload)}", _about(kept, workload, rounds), _table(kept, workload, raced)]
    notes = [*NOTES, *(STORM_NOTE.format(tries=w.tries) for w in workloads if w.error_share)]
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes)])


def _circumstances(kept: Kept, workloads: list[Workload]) -> list[str]:
    used = [r for r in kept.records if r["key"] in {w.key for w in workloads}]
    if not used:
        return []
    days = sorted({r["at"][:10] for r in used})
    loads = [r["load_began"] for r in used]
    commits = ", ".join(dict.fromkeys(r["commit"] for r in used if r["racer"] == "retake"))
    versions = {title(r["racer"]): r["version"] for r in used if r["racer"] not in ("floor", "retake")}
    peers = ", ".join(f"{name} {version}" for name, version in versions.items())
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    load = f"load {min(loads):.1f} to {max(loads):.1f} when its parts began"
    ours = f"retake at {commits} ({used[-1]['packages']})"
    return [f"Measured on {when}: {used[-1]['machine']}, {load}; {ours}; {peers}."]


def _about(kept: Kept, workload: Workload, rounds: int) -> str:
    ideal = math.ceil(workload.samples * workload.candidates / workload.in_flight) * workload.latency_s
    if workload.capacity:
        ideal = (
            math.ceil(workload.samples * workload.candidates / min(workload.in_flight, workload.capacity))
            * workload.latency_s
        )
    done = {name: len({(r["batch"], r["round"]) for r in kept.of(workload, name, "first")}) for name in NAMES}
    fewer = [f"{title(name)}: {count}" for name, count in done.items() if 0 < count < rounds]
    said = f"Ideal: {ideal:g} s of wall. Best of {rounds}" if rounds > 1 else f"Ideal: {ideal:g} s of wall. One round"
    return f"{said}{f' ({chr(44).join(fewer)})' if fewer else ''}."


def _table(kept: Kept, workload: Workload, racers: list[str]) -> str:
    columns: dict[str, Callable[[str], object]] = {
        "racer": title,
        "wall s": lambda name: _best(kept.of(workload, name, "first"), "wall_s"),
        "× floor": lambda name: _median(kept.ratios(workload, name)) if name != "floor" else None,
        "CPU s": lambda name: _best(kept.of(workload, name, "first"), "cpu_s"),
        "peak MiB": lambda name: max(r["peak_mib"] for r in kept.of(workload, name, "first")),
        "in flight": lambda name: max(r["most_in_flight"] for r in kept.of(workload, name, "first")),
        "requests": lambda name: kept.of(workload, name, "first")[-1]["asked"],
        **(_storm(kept, workload) if workload.error_share else {}),
        "again: s (requests)": lambda name: _again(kept.of(workload, name, "again")),
        "asked twice after kill -9 (of them old)": lambda name: _killed(kept.of(workload, name, "kill")),
        "after a calm one": lambda name: _killed(kept.of(workload, name, "calm")),
        "+1 sample: requests": lambda name: _requests(kept.of(workload, name, "samples")),
        f"{workload.candidates} to {workload.candidates + 2}: requests": lambda name: _requests(kept.of(workload, name, "candidates")),
        "edited persona: requests (stale answers)": lambda name: _persona(kept.of(workload, name, "persona")),
        "edited verifier: requests (stale verdicts)": lambda name: _verifier(kept.of(workload, name, "verifier")),
    }  # fmt: skip
    cells = {head: [cell(name) for name in racers] for head, cell in columns.items()}
    heads = [head for head, column in cells.items() if any(value is not None for value in column)]
    return table(heads, [[cells[head][n] for head in heads] for n in range(len(racers))])


def _storm(kept: Kept, workload: Workload) -> dict[str, Callable[[str], object]]:
    def last(name: str) -> dict[str, Any]:
        return kept.of(workload, name, "first")[-1]

    def missing(name: str) -> str:
        again = kept.of(workload, name, "again")
        after = f"; {_missing(again[-1])} after a rerun" if again and _missing(last(name)) else ""
        return f"{_missing(last(name)):,} of {last(name)['rows_wanted']:,}{after}"

    return {
        "of them 429": lambda name: last(name)["refused"],
        "of them 500": lambda name: last(name)["failed"] - last(name)["refused"],
        "tries an answer": lambda name: last(name)["asked"] / max(1, last(name)["asked"] - last(name)["failed"]),
        "rows missing": missing,
    }


def _missing(record: dict[str, Any]) -> int:
    return record["rows_wanted"] - record["rows"]


def _trouble(record: dict[str, Any]) -> str | None:
    if record["is_over"]:
        return f"over {record['limit_s']:g} s"
    return f"gave up (exit {record['status']})" if record["status"] else None


def _best(records: list[dict[str, Any]], what: str) -> object:
    good = [r[what] for r in records if not r["status"]]
    if good:
        return min(good)
    return _trouble(records[-1]) if what == "wall_s" else None


def _median(ratios: list[float]) -> float | None:
    return statistics.median(ratios) if ratios else None


def _again(records: list[dict[str, Any]]) -> str | None:
    if not records:
        return None
    good = [r for r in records if not r["status"]]
    if not good:
        return _trouble(records[-1])
    return f"{shown(min(r['wall_s'] for r in good))} ({max(r['asked'] for r in good):,})"


def _requests(records: list[dict[str, Any]]) -> str | None:
    if not records:
        return None
    trouble = _trouble(records[-1])
    few = _missing(records[-1]) if not trouble else 0
    after = f", then {trouble}" if trouble else f"; {few:,} rows missing" if few else ""
    return f"{records[-1]['asked']:,}{after}"


def _persona(records: list[dict[str, Any]]) -> str | None:
    if not records or records[-1]["status"]:
        return _requests(records)
    return f"{records[-1]['asked']:,} ({records[-1]['stale']:,} of {records[-1]['rows']:,})"


def _verifier(records: list[dict[str, Any]]) -> str | None:
    if not records or records[-1]["status"]:
        return _requests(records)
    last = records[-1]
    return f"{last['asked']:,} ({last['judged_right']:,} of {last['judged']:,})"


def _killed(records: list[dict[str, Any]]) -> str | None:
    if not records:
        return None
    last = records[-1]
    if not last["was_killed"]:
        return "was not killed"
    trouble = _trouble(last)
    old = f" ({last['old_twice']:,})" if last["measure"] == "kill" else ""
    return f"{last['asked_twice']:,}{old} of {last['delivered_at_kill']:,}{f', then {trouble}' if trouble else ''}"
