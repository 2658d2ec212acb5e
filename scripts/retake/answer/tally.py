"""How a worker's work went: answers, tokens, seconds, for its manifest and its log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from retake.calls.request import Call


@dataclass
class Tally:
    """Counts of one worker's run; times are seconds since it began."""

    found: int = 0
    asked: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    began: float = field(default_factory=time.monotonic)
    last_answer_s: float | None = None

    def add(self, call: Call) -> None:
        """Count an answer that was asked for now."""
        now = round(time.monotonic() - self.began, 3)
        self.asked += 1
        self.input_tokens += call.answer.usage.input_tokens
        self.output_tokens += call.answer.usage.output_tokens
        self.last_answer_s = now

    def record(self) -> dict[str, Any]:
        """Return the counts as plain data; tokens a second are output tokens over the time in which answers came."""
        wall_s = round(time.monotonic() - self.began, 3)
        rate = None if not self.last_answer_s else round(self.output_tokens / self.last_answer_s, 1)
        counts = {name: getattr(self, name) for name in ("found", "asked", "input_tokens", "output_tokens")}
        return {**counts, "wall_s": wall_s, "last_answer_s": self.last_answer_s, "output_tokens_per_s": rate}
