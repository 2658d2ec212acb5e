"""One run at a time in a folder: a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from retake.errors import RetakeError

_held: list[int] = []


class FolderInUse(RetakeError):
    """Another run works in this folder."""


def take_lock(root: Path) -> None:
    """Hold `.retake/lock` until this process ends; taking it twice in one process is harmless.

    Raises:
        FolderInUse: where another process holds it; the message says which.
    """
    if _held:
        return
    path = root / ".retake" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 64).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise FolderInUse(
            f"another run (process {holder}) works in this folder; wait for it, or end it: nothing is lost, and the same command goes on. "
            "To run two experiments at once, ask for both in one command: snakemake results/a/x.parquet results/a/y.parquet"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    os.set_inheritable(handle, False)
    _held.append(handle)


def is_free(root: Path) -> bool:
    """Return whether no process works in this folder: a plan then may set failed candidates' files aside, else it must not."""
    if _held:
        return True
    try:
        handle = os.open(root / ".retake" / "lock", os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
