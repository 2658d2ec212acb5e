"""When a call is tried again, and after how long: ours are the only tries, classed by typed error, never by text."""

from __future__ import annotations

import random
from typing import Any

from retake.errors import CallError, Overloaded, RateLimited

BASE_S = 0.5
CAP_S = 30.0
"""Full jitter over 0.5 s, doubled each time, up to 30 s: the SDKs' own base, and room for a provider to recover."""

LONGEST_WAIT_S = 300.0
"""A provider that asks for a longer wait has no answer for this run: the call ends, and a rerun asks again."""


def wait_before(next_try: int, error: CallError, *, seed: str) -> float:
    """Return the seconds to wait before try number `next_try` (from 2) of the call whose digest is `seed`.

    Exponential with full jitter; never less than the provider's Retry-After. The jitter comes from the digest, so that
    a run can be repeated, and still differs from call to call.
    """
    highest = min(CAP_S, BASE_S * 2 ** (next_try - 1))
    jitter = random.Random(f"{seed}|{next_try}").uniform(0, highest)
    if error.retry_after_s is None:
        return jitter
    return error.retry_after_s + min(jitter, BASE_S)


def may_try_again(error: CallError) -> bool:
    """Return whether asking again can help, soon enough."""
    return error.is_transient and (error.retry_after_s or 0) <= LONGEST_WAIT_S


def is_overload(error: CallError) -> bool:
    """Return whether the provider says that it gets too much: 429, 503 or 529."""
    return isinstance(error, RateLimited) or (isinstance(error, Overloaded) and error.status in (503, 529))


def try_record(error: CallError, *, number: int, worker: str | None) -> dict[str, Any]:
    """Return what a call keeps of a try that failed."""
    return {
        "try": number,
        "kind": error.kind,
        "message": str(error),
        "status": error.status,
        "endpoint": worker,
        "retry_after_s": error.retry_after_s,
    }


def given_up(error: CallError, tries: list[dict[str, Any]]) -> CallError:
    """Return the error of a call after its last try: the same type, with the tries in `tries` and their number told."""
    message = str(error)
    if len(tries) > 1:
        message = f"no answer in {len(tries)} tries; the last: {message}"
    last = type(error)(message, status=error.status, retry_after_s=error.retry_after_s)
    last.is_fatal, last.tries = error.is_fatal, tuple(tries)  # type: ignore[attr-defined]
    return last
