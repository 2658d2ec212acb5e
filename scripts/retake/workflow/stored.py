"""Stored answers: `generate` and `trace` of an experiment that workers or batches answered read the call store."""

from __future__ import annotations

from retake.answer.manifest import Manifest, manifest_path, read_manifest
from retake.calls.progress import PROGRESS
from retake.calls.request import Ask, Call, Request
from retake.calls.store import CallStore
from retake.errors import CallError
from retake.workflow.bulk import placed, starts_servers, unpack
from retake.workflow.project import Project


class NotAnswered(CallError):
    """A request that bulk answering left without an answer; the message says why."""

    kind = "unanswered"


class StoredAnswers:
    """How a bulk-answered experiment asks: what is stored; then, where there is an endpoint, what no worker has tried."""

    def __init__(self, project: Project, experiment: str, store: CallStore, live: Ask) -> None:
        self.project, self.experiment, self.store = project, experiment, store
        self._live = None if starts_servers(project, experiment) else live
        self._manifests: dict[int, Manifest] = {}
        self._reasons: dict[str, str] = {}

    async def ask(self, request: Request) -> Call:
        """Return the call for a request.

        Raises:
            NotAnswered: where the workers got no answer to it, with their reason.
            CallError: where it was asked now, and no answer came.
        """
        stored = self.store.get(request.digest)
        if stored is not None:
            PROGRESS.add(found=1)
            return stored
        self._look()
        if self.store.has(request.digest):
            return await self.ask(request)
        reason = self._reasons.get(request.digest) or next(
            (m.partial for m in self._manifests.values() if m.partial), None
        )
        if reason is not None or self._live is None:
            raise NotAnswered(reason or "no worker has answered this request; run the same command again")
        return await self._live(request)

    def _look(self) -> None:
        """Read the manifests that have come since the last look; one that is there never changes in a run."""
        for worker in set(placed(self.project, self.experiment).values()) - self._manifests.keys():
            manifest = read_manifest(self.project.root / manifest_path(self.experiment, worker))
            if manifest is not None:
                self._manifests[worker] = manifest
                unpack(self.store, [manifest])
                self._reasons |= {one.digest: f"{one.type}: {one.message}" for one in manifest.unanswered}
