"""The parts of a batch job on disk: what was planned, sent and not yet collected, so that a killed run goes on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from retake.calls.request import Request
from retake.errors import DamagedFile
from retake.files import canonical_json, digest, encoded, read_sealed, write_bytes, write_sealed

MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
"""The providers take 50,000 requests and 200 MB a batch; the frame around each request needs some room."""

REQUESTS = ".requests.jsonl"


@dataclass(frozen=True)
class Part:
    """One batch at the provider: requests of one API, model and version header, that go and come together.

    `number` is the round of these requests, from 1. `prepared` is what `create` needs (OpenAI's file id), `planned_at`
    the time before which no batch of this part can have begun, `batch_id` the batch. None: not yet. `earlier` are the batches of these requests' earlier rounds.
    """

    id: str
    digests: tuple[str, ...]
    number: int
    planned_at: str
    prepared: str | None = None
    batch_id: str | None = None
    earlier: tuple[str, ...] = ()


class Folder:
    """The parts of one job that are under way: a small sealed file each, and its requests beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open_parts(self) -> list[Part]:
        """Return the parts under way, by id. Requests without their part, left by a kill, are removed."""
        self.path.mkdir(parents=True, exist_ok=True)
        parts = [_part(file) for file in sorted(self.path.glob("*.json"))]
        kept = {part.id for part in parts}
        for file in self.path.glob(f"*{REQUESTS}"):
            if file.name.removesuffix(REQUESTS) not in kept:
                file.unlink()
        return parts

    def plan(self, requests: list[Request], *, number: int, planned_at: str, earlier: tuple[str, ...] = ()) -> Part:
        """Put a new part on disk, its requests first; one that is there already stays as it is."""
        digests = tuple(sorted(request.digest for request in requests))
        part = Part(digest([number, digests])[:32], digests, number, planned_at, earlier=earlier)
        file = self.path / f"{part.id}.json"
        if file.exists():
            return _part(file)
        lines = "".join(canonical_json(request.as_dict()) + "\n" for request in requests)
        write_bytes(self.path / f"{part.id}{REQUESTS}", encoded(lines))
        self.save(part)
        return part

    def save(self, part: Part, **changes: Any) -> Part:
        """Put `part` on disk with `changes`, and return it so."""
        changed = replace(part, **changes)
        write_sealed(self.path / f"{part.id}.json", asdict(changed))
        return changed

    def requests(self, part: Part) -> dict[str, Request]:
        """Return the requests of a part by their digest."""
        text = (self.path / f"{part.id}{REQUESTS}").read_text(encoding="utf-8")
        found = (Request(**json.loads(line)) for line in text.split("\n") if line)
        return {request.digest: request for request in found}

    def close(self, part: Part) -> None:
        """Forget a part whose results are all kept."""
        (self.path / f"{part.id}.json").unlink(missing_ok=True)
        (self.path / f"{part.id}{REQUESTS}").unlink(missing_ok=True)

    def leave(self) -> None:
        """Remove the folder where nothing is in it."""
        with contextlib.suppress(OSError):
            self.path.rmdir()


def _part(file: Path) -> Part:
    body = read_sealed(file)
    try:
        return Part(**{**body, "digests": tuple(body["digests"]), "earlier": tuple(body["earlier"])})
    except (TypeError, KeyError) as error:
        raise DamagedFile(f"{file.name}: not the state of a batch ({error})") from error


def split(
    sized: Iterable[tuple[Any, Request, int]], *, most_requests: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES
) -> list[list[Request]]:
    """Return the requests of (group, request, bytes) in lists of one group, each within both limits; order is kept."""
    full: list[list[Request]] = []
    filling: dict[Any, tuple[list[Request], int]] = {}
    for group, request, size in sized:
        requests, total = filling.get(group, ([], 0))
        if requests and (len(requests) >= most_requests or total + size > most_bytes):
            full.append(requests)
            requests, total = [], 0
        requests.append(request)
        filling[group] = (requests, total + size)
    return full + [requests for requests, _ in filling.values()]
