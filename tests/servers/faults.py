"""Faults on plan: which request goes wrong, and how; decided by ordinal, share, or what the request says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from servers.brain import chance

STATUSES = {
    "rate_limit": 429,
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "overloaded": 529,
    "bad_request": 400,
    "wrong_key": 401,
    "no_money": 402,
    "forbidden": 403,
    "unknown_model": 404,
    "too_large": 413,
}
"""Faults that are an HTTP status with the provider's error body."""

SHAPES = ("drop", "half_body", "html", "not_json", "hang", "empty", "no_choices", "refusal", "content_filter", "length")
"""Faults that are something else than a status."""

BATCH = ("item_error", "item_expired", "item_bad_request", "batch_failed", "batch_expired")
"""Faults of the batch APIs: of one item, or of a whole batch (its `ordinals` then count batches)."""


@dataclass
class Fault:
    """One line of the plan.

    `kind` is a key of STATUSES, or one of SHAPES or BATCH. It strikes a request for which all that is given holds:
    `ordinals` (the n-th requests, from 1), `share` (seeded by the request and its try), `tries` (the first n tries of each
    request), `contains` (text in it), `path` (its end), `predicate` (thread mode only); at most `times` altogether.
    `retry_after_s` goes into the header of a status; `message` replaces the error's text.
    """

    kind: str
    ordinals: list[int] | None = None
    share: float | None = None
    tries: int | None = None
    contains: str | None = None
    path: str | None = None
    times: int | None = None
    retry_after_s: float | None = None
    message: str | None = None
    seed: int = 0
    predicate: Callable[[dict[str, Any]], bool] | None = None
    struck: int = field(default=0)

    def __post_init__(self) -> None:
        if self.kind not in STATUSES and self.kind not in SHAPES + BATCH:
            raise ValueError(f"unknown fault {self.kind!r}")

    def as_dict(self) -> dict[str, Any]:
        if self.predicate is not None:
            raise ValueError("a predicate cannot travel: give it to a server in this process, before it starts")
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("predicate", "struck")}

    def strikes(self, seen: dict[str, Any]) -> bool:
        """Return whether this fault befalls the request `seen` (ordinal, try, digest, path, text, body)."""
        if self.times is not None and self.struck >= self.times:
            return False
        hit = (
            (self.ordinals is None or seen["ordinal"] in self.ordinals)
            and (self.tries is None or seen["try"] <= self.tries)
            and (self.contains is None or self.contains in seen["text"])
            and (self.path is None or seen["path"].endswith(self.path))
            and (self.share is None or chance(self.kind, self.seed, seen["digest"], seen["try"]) < self.share)
            and (self.predicate is None or self.predicate(seen))
        )
        self.struck += hit
        return hit
