"""Forgetting: drop the calls behind candidate files, so that they are drawn afresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from retake import paths
from retake.calls.store import CallStore
from retake.errors import DataError
from retake.files import read_sealed


def forget(places: Iterable[Path], *, root: Path) -> int:
    """Drop the calls that the files in `places` came from, and the files; return how many calls there were.

    A raw generation stands for its first answer, a trace for the calls that followed, a verification for its judge calls.

    Raises:
        DataError: for a path that holds no candidate file, or lies elsewhere; nothing is dropped then.
        DamagedFile: for a file whose calls cannot be told; nothing is dropped then.
    """
    store = CallStore(root / paths.STORE)
    files = [file for place in places for file in _files(place, results=(root / "results").resolve())]
    calls = {file: call_digests(read_sealed(file)) for file in files}
    forgotten = 0
    for file, digests in calls.items():
        forgotten += sum(store.forget(digest) for digest in digests)
        file.unlink()
    return forgotten


def _files(place: Path, *, results: Path) -> Iterator[Path]:
    if place.exists() and not place.resolve().is_relative_to(results):
        raise DataError(f"{place}: lies outside results/; give files or folders under results/<experiment>")
    found = [place] if place.is_file() else sorted(place.rglob("*.json"))
    kept = [file for file in found if set(file.resolve().parts) & set(paths.STAGES)]
    if not kept:
        raise DataError(
            f"{place}: no candidate file; give files or folders under results/<experiment>/raw, trace or verification"
        )
    yield from kept


def call_digests(body: dict[str, Any]) -> list[str]:
    """Return the digests of the calls that a candidate file came from."""
    if "request_digest" in body:
        return [body["request_digest"]]
    if "turns" in body:
        return [*body["calls"][1:], *body["mock_calls"]]
    return list(body["judge_calls"])
