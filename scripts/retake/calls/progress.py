"""What a run is doing right now, for whoever shows it: counts that jobs and clients keep up to date."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

COUNTED = ("done", "failed", "asked", "found", "in_flight", "tokens", "cost_usd")


@dataclass
class Progress:
    """Counts since the process began. `wanted` is set once the plan is known; the others only grow, but `in_flight`."""

    wanted: int = 0
    done: int = 0
    failed: int = 0
    asked: int = 0
    found: int = 0
    in_flight: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    began: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **counts: float) -> None:
        """Add to counts by name."""
        with self._lock:
            for name, value in counts.items():
                setattr(self, name, getattr(self, name) + value)

    def counts(self) -> dict[str, float]:
        """Return what is counted here, by name: all but `wanted`."""
        with self._lock:
            return {name: getattr(self, name) for name in COUNTED}

    def take(self, counts: dict[str, float]) -> None:
        """Show these counts, of the process that does the work, from now on."""
        with self._lock:
            vars(self).update(counts)

    def line(self) -> str:
        """Return one line for people: candidates, calls in flight, rate, tokens, dollars, time left, failures."""
        elapsed_s = max(time.monotonic() - self.began, 1e-9)
        parts = [f"{self.done}/{self.wanted} candidates" if self.wanted else f"{self.done} candidates"]
        if self.asked or self.in_flight:
            parts += [
                f"{self.in_flight} in flight",
                f"{self.asked / elapsed_s:.1f} answers/s",
                f"{self.tokens:,} tokens",
            ]
            parts.append(f"${self.cost_usd:.4f}" if self.cost_usd < 1 else f"${self.cost_usd:.2f}")
        if self.done and self.wanted > self.done:
            parts.append(f"{_clock(elapsed_s * (self.wanted - self.done) / self.done)} left")
        if self.found:
            parts.append(f"{self.found} from the store")
        if self.failed:
            parts.append(f"{self.failed} FAILED")
        return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


PROGRESS = Progress()
"""The one process's counts."""
