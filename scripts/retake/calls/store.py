"""The call store: every call that was paid for, one sealed file each, under the digest of its request."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from retake.calls.request import Call
from retake.errors import DamagedFile
from retake.files import read_sealed, write_sealed

LOG = logging.getLogger(__name__)


class CallStore:
    """A folder of calls. Safe for many threads, processes and machines: a file is whole or absent, and never changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, digest: str) -> Path:
        """Return where the call with this digest lies, or would lie."""
        return self.folder / digest[:2] / f"{digest}.json"

    def has(self, digest: str) -> bool:
        """Return whether a file for this digest is there (whole or not)."""
        return self.path_of(digest).exists()

    def get(self, digest: str) -> Call | None:
        """Return the stored call, or None; a damaged file is set aside, reported, and counts as absent."""
        path = self.path_of(digest)
        try:
            call = Call.from_dict(read_sealed(path))
        except FileNotFoundError:
            return None
        except (DamagedFile, KeyError, TypeError) as error:
            self._set_aside(path, f"{error}")
            return None
        if call.digest != digest:
            self._set_aside(path, "it holds another request's answer")
            return None
        return call

    def put(self, call: Call) -> None:
        """Keep `call` for ever: on disk (synced) when this returns.

        Raises:
            NotWritten: where the disk is full or not writable.
        """
        write_sealed(self.path_of(call.digest), call.as_dict(), is_new=True)

    def forget(self, digest: str) -> bool:
        """Drop a call, to draw it afresh; return whether there was one."""
        path = self.path_of(digest)
        found = path.exists()
        path.unlink(missing_ok=True)
        return found

    def digests(self) -> Iterator[str]:
        """Yield the digest of every stored call, sorted."""
        for path in sorted(self.folder.glob("??/*.json")):
            yield path.stem

    def _set_aside(self, path: Path, why: str) -> None:
        target = self.folder.parent / "damaged" / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.replace(path, target)
        except FileNotFoundError:
            return
        LOG.warning("%s: damaged (%s); set aside as %s, and asked for again", path, why, target)
