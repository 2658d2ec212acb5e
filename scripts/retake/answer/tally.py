"""How a worker's work went: answers, tokens, seconds, for its manifest and its log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from retake.calls.request import Call


@dataclass
class Tally:
    """Counts of one worker's run; times are seconds since it began. What precedes the first request is a server's start."""

    found: int = 0
    asked: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    began: float = field(default_factory=time.monotonic)
    first_request_s: float | None = None
    last_answer_s: float | None = None

    def begin(self) -> None:
        """Note that a request goes out now."""
        if self.first_request_s is None:
            self.first_request_s = round(time.monotonic() - self.began, 3)

    def add(self, call: Call) -> None:
        """Count an answer that was asked for now."""
        now = round(time.monotonic() - self.began, 3)
        self.asked += 1
        self.input_tokens += call.answer.usage.input_tokens
        self.output_tokens += call.answer.usage.output_tokens
        self.last_answer_s = now

    def record(self) -> dict[str, Any]:
        """Return the counts as plain data; tokens a second are output tokens from the first request to the last answer."""
        names = ("found", "asked", "input_tokens", "output_tokens", "first_request_s", "last_answer_s")
        wall_s = round(time.monotonic() - self.began, 3)
        asking_s = (self.last_answer_s or 0.0) - (self.first_request_s or 0.0)
        rate = round(self.output_tokens / asking_s, 1) if asking_s > 0 else None
        return {**{name: getattr(self, name) for name in names}, "wall_s": wall_s, "output_tokens_per_s": rate}
