"""Generate: ask for the candidates of one (sample, variant), and write each first answer down."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from retake.calls.progress import PROGRESS
from retake.calls.request import Answer, Ask, Call, Request, Usage
from retake.errors import CallError, RetakeError


class TooManyFailures(RetakeError):
    """So many candidates of an experiment failed that going on makes no sense."""


@dataclass
class Failures:
    """The failed candidates of an experiment in this run, against the share that it allows (`max_failures`)."""

    experiment: str
    total: int
    share: float
    answered: int = 0
    failed: int = 0
    fatal: CallError | None = field(default=None)

    def answer(self) -> None:
        """Count an answer."""
        self.answered += 1

    def failure(self, error: CallError) -> None:
        """Count a failure.

        Raises:
            CallError: the failure itself, where no later request can fare better.
            TooManyFailures: where more candidates failed than `share` of the experiment allows.
        """
        if error.is_fatal or (error.kind == "bad_request" and not self.answered):
            self.fatal = error
            raise error
        self.failed += 1
        if self.failed > max(1.0, self.share * self.total):
            raise TooManyFailures(
                f"{self.experiment}: {self.failed} of {self.total} candidates failed, more than max_failures={self.share} allows; "
                f"the last: {error}. What was answered is kept. Mend the cause and run the same command, or raise max_failures."
            )


async def generate_candidates(requests: list[Request], *, ask: Ask, failures: Failures) -> list[Call | CallError]:
    """Return the call of each request, or the error of one that failed for good.

    Raises:
        CallError: where a failure means that no later request can succeed.
        TooManyFailures: see Failures.
    """

    async def one(request: Request) -> Call | CallError:
        if failures.fatal is not None:
            raise failures.fatal
        try:
            call = await ask(request)
        except CallError as error:
            failures.failure(error)
            PROGRESS.add(done=1, failed=1)
            return error
        failures.answer()
        PROGRESS.add(done=1)
        return call

    results = await asyncio.gather(*(one(request) for request in requests), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, CallError):
            raise result
    if failures.fatal is not None:
        raise failures.fatal
    return [result for result in results if isinstance(result, Call | CallError)]


def raw_body(
    result: Call | CallError, *, request: Request, sample_id: str, variant: str, candidate: int
) -> dict[str, Any]:
    """Return the raw generation file's body: the call, or the request with the error in place of an answer."""
    where = {"sample_id": sample_id, "variant": variant, "candidate_idx": candidate, "request_digest": request.digest}
    if isinstance(result, Call):
        return {**where, **result.as_dict(), "error": None}
    error = {"type": result.kind, "message": str(result)}
    answer = Answer(finish_reason="error", usage=Usage()).as_dict()
    empty = {"asked_at": None, "latency_s": None, "worker": None, "cost_usd": None, "is_batch": False, "tries": []}
    return {**where, **empty, "request": request.as_dict(), "answer": answer, "error": error}


def call_of(raw: dict[str, Any]) -> Call:
    """Return the call that a raw generation file without an error holds."""
    names = ("asked_at", "latency_s", "worker", "cost_usd", "is_batch", "tries", "request", "answer")
    return Call.from_dict({name: raw[name] for name in names})
