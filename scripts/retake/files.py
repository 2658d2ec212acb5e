"""Canonical JSON, digests, and files that are either whole or absent."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
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


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path` whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.

    Raises:
        NotWritten: where the disk is full or not writable; the old file, if any, is then untouched.
    """
    try:
        _write_whole(path, data)
    except OSError as error:
        raise NotWritten(path, error) from error


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:80]}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
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
    return encoded(canonical_json({**body, CHECKSUM: digest(body)}) + "\n")


def write_sealed(path: Path, body: dict[str, Any]) -> None:
    """Put `body` at `path` with its checksum, whole or not at all."""
    write_bytes(path, sealed(body))


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
    if digest(body) != checksum:
        raise DamagedFile(f"{name}: its checksum does not fit its content")
    return body
