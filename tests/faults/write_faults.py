"""The n-th write-like call of a run fails: opening for writing, writing, syncing, renaming, making a folder.

The processes of a run count together, in a file: that of Snakemake, and the one beside it, which `beside/sitecustomize.py` readies.

It replaces the functions of `os` and `io` through which Python code writes, Snakemake's and retake's alike; files opened for
writing get a raw stream whose every write(2) counts. What C++ writes by itself (a parquet file's pages) does not count:
a really full disk is for that.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import io
import os
from collections.abc import Callable
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class _Plan:
    def __init__(self, nth: int | None, code: int, *, for_good: bool, tally: str | None, counted_in: str) -> None:
        self.within = os.getcwd() + os.sep
        self.nth, self.code, self.for_good, self.tally = nth, code, for_good, tally
        self.pid, self.counted_in = os.getpid(), counted_in

    def tick(self, what: str, name: Any) -> None:
        """Count a call, and raise where it is the one that fails."""
        name = _path_of(name)
        if os.getpid() != self.pid or not name.startswith(self.within):
            return
        handle = _REAL["open"](self.counted_in, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _REAL["write"](handle, b".")
            calls = os.fstat(handle).st_size
            fails = self.nth is not None and (calls == self.nth or (self.for_good and calls > self.nth))
            if self.tally is not None:
                _note(self.tally, f"{calls} {what} {name}{' FAILS' if fails else ''}\n")
        finally:
            _REAL["close"](handle)
        if fails:
            raise OSError(self.code, os.strerror(self.code), name)


def _path_of(name: Any) -> str:
    """Return the absolute path of a path or an open handle."""
    if isinstance(name, int):
        return os.readlink(f"/proc/self/fd/{name}")
    return os.path.abspath(os.fsdecode(name))


_REAL = {name: getattr(os, name) for name in ("open", "write", "close")}


def _note(path: str, text: str) -> None:
    handle = _REAL["open"](path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    _REAL["write"](handle, text.encode())
    _REAL["close"](handle)


def install(
    *,
    counted_in: str,
    nth: int | None = None,
    error: str = "ENOSPC",
    for_good: bool = False,
    tally: str | None = None,
) -> None:
    """Have the `nth` write-like call from now fail with `error`, and all later ones too with `for_good`.

    The file `counted_in` is as long as there were calls. With `tally`, every call is noted in that file, one a line: number, kind, path or handle.
    """
    plan = _Plan(nth, getattr(errno, error), for_good=for_good, tally=tally, counted_in=counted_in)
    real_open = os.open

    def checked_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & WRITING:
            plan.tick("open", _name(path))
        return real_open(path, flags, *args, **kwargs)

    os.open = checked_open
    for name in ("write", "pwrite", "fsync", "fdatasync", "ftruncate", "sendfile"):
        setattr(os, name, _counted(plan, name, getattr(os, name), handle=True))
    for name in ("replace", "rename", "mkdir", "link", "symlink"):
        setattr(os, name, _counted(plan, name, getattr(os, name), handle=False))
    opened = _opening(plan, io.open)
    io.open = builtins.open = opened


def _name(path: Any) -> Any:
    return os.fspath(path) if isinstance(path, os.PathLike) else path


def _counted(plan: _Plan, what: str, real: Callable[..., Any], *, handle: bool) -> Callable[..., Any]:
    def counted(first: Any, *args: Any, **kwargs: Any) -> Any:
        plan.tick(what, first if handle else _name(first))
        return real(first, *args, **kwargs)

    return counted


def _opening(plan: _Plan, real: Callable[..., Any]) -> Callable[..., Any]:
    class CountedFile(io.FileIO):
        """A raw stream whose writes count."""

        def write(self, data: Any) -> int:
            plan.tick("write", self.name)
            return super().write(data) or 0

    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if not set(mode) & set("wax+"):
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if not isinstance(file, int):
            plan.tick("open", _name(file))
        if buffering == 0 or "+" in mode:
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = CountedFile(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        buffered = io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        text = io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)
        text.mode = mode
        return text

    return opened
