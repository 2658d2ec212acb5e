"""Canonical JSON, digests, and files that are either whole or absent."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import secrets
from pathlib import Path
from typing import Any

from retake.errors import DamagedFile, RetakeError

CHECKSUM = "checksum"


class NotWritten(RetakeError, OSError):
    """The disk would not take a file; what stood at its path, if anything, is untouched."""

    def __init__(self, path: Path, error: OSError) -> None:
        why = error.strerror or str(error)
        super().__init__(f"{path}: cannot be written ({why}). {remedy_of(error)}")
        self.errno, self.strerror, self.filename = error.errno, why, str(path)

    def __str__(self) -> str:
        return str(self.args[0])


def remedy_of(error: OSError) -> str:
    """Return what to do about a disk that refuses, as one or two sentences."""
    what = {errno.ENOSPC: "Free some space", errno.EDQUOT: "Free some of your quota", errno.EIO: "Check the disk"}
    start = what.get(error.errno or 0, "See to the path and its rights")
    return f"{start}, and run the same command again: what was answered and kept is not asked for again."


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`: sorted keys, no spaces, no NaN.

    Raises:
        ValueError: for NaN or an infinity, which JSON cannot say.
        TypeError: for a value that JSON has no form for.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def encoded(text: str) -> bytes:
    """Return UTF-8 bytes; a lone surrogate (a model can emit half a pair) becomes its JSON escape."""
    return text.encode("utf-8", "backslashreplace")


def digest(value: Any) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical JSON of `value`."""
    return hashlib.sha256(encoded(canonical_json(value))).hexdigest()


def digest_of_bytes(data: bytes) -> str:
    """Return the SHA-256 (64 hex digits) of `data`."""
    return hashlib.sha256(data).hexdigest()


def write_bytes(path: Path, data: bytes, *, synced: bool = True, is_new: bool = False) -> None:
    """Put `data` at `path` whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.

    Without `synced` there is no fsync: a process that is killed does no harm, but a machine that loses power can leave the
    file empty. That is for files that carry a checksum and can be made again from what is synced: measured, two fsyncs a
    candidate file cost more than all else about it.

    `is_new` is for a path at which nothing stands: the file is there before it is synced, so that it survives a kill -9 that
    comes while the disk is slow (measured, 11 ms an fsync). Where the sync fails it is taken away again.

    Raises:
        NotWritten: where the disk is full or not writable; the old file, if any, is then untouched.
    """
    try:
        _write_whole(os.fspath(path), data, synced=synced, is_new=is_new)
    except OSError as error:
        raise NotWritten(path, error) from error


_TOKEN, _serial = secrets.token_hex(4), itertools.count()


def _write_whole(path: str, data: bytes, *, synced: bool, is_new: bool) -> None:
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:80]}.{_TOKEN}{os.getpid()}_{next(_serial)}.tmp")
    handle = _created(temporary, folder)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            if is_new:
                os.replace(temporary, path)
                temporary = path
            if synced:
                os.fsync(handle)
        finally:
            os.close(handle)
        if not is_new:
            os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if synced:
        _sync_folder(folder or ".")


def _created(path: str, folder: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Put `text` at `path` as UTF-8, whole or not at all (see `write_bytes`)."""
    write_bytes(path, encoded(text))


def write_json(path: Path, value: Any) -> None:
    """Put `value` at `path` as indented JSON with sorted keys, for people to read."""
    write_text(path, json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n")


def sealed(body: dict[str, Any]) -> bytes:
    """Return the bytes of `body` with its checksum: canonical JSON and a newline."""
    before = _members({key: value for key, value in body.items() if key < CHECKSUM})
    after = _members({key: value for key, value in body.items() if key > CHECKSUM})
    whole = b"{" + b",".join(part for part in (before, after) if part) + b"}"
    seal = f'"{CHECKSUM}":"{digest_of_bytes(whole)}"'.encode()
    return b"{" + b",".join(part for part in (before, seal, after) if part) + b"}\n"


def _members(body: dict[str, Any]) -> bytes:
    return encoded(canonical_json(body))[1:-1]


def write_sealed(path: Path, body: dict[str, Any], *, synced: bool = True, is_new: bool = False) -> None:
    """Put `body` at `path` with its checksum, whole or not at all; for `synced` and `is_new` see `write_bytes`."""
    write_bytes(path, sealed(body), synced=synced, is_new=is_new)


def read_sealed(path: Path) -> dict[str, Any]:
    """Return the body of a sealed file.

    Raises:
        FileNotFoundError: where there is none.
        DamagedFile: where it is empty, cut short, not JSON, or not what its checksum says.
    """
    return unsealed(path.read_bytes(), name=str(path))


def unsealed(data: bytes, *, name: str) -> dict[str, Any]:
    """Return the body in the bytes of a sealed file called `name`; see `read_sealed`."""
    try:
        body = json.loads(data)
    except ValueError as error:
        raise DamagedFile(f"{name}: not whole JSON ({error})") from error
    if not isinstance(body, dict) or CHECKSUM not in body:
        raise DamagedFile(f"{name}: carries no checksum")
    checksum = body.pop(CHECKSUM)
    if not _is_as_sealed(data, checksum) and digest(body) != checksum:
        raise DamagedFile(f"{name}: its checksum does not fit its content")
    return body


def _is_as_sealed(data: bytes, checksum: Any) -> bool:
    """Return whether the bytes without the seal are those that the seal was made of: no need to write them out again."""
    before, seal, after = data.rstrip(b"\n").partition(f'"{CHECKSUM}":"{checksum}"'.encode())
    if not seal:
        return False
    whole = before[:-1] + after if before.endswith(b",") else before + after.removeprefix(b",")
    return digest_of_bytes(whole) == checksum
