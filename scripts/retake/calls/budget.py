"""The hard cap on a run's spending, counted as answers arrive."""

from __future__ import annotations

import threading

from retake.errors import BudgetReached


class Budget:
    """What an experiment may spend in this run; `limit_usd` None is no cap. What is in flight when it is reached is kept.

    `unpriced` counts answers whose cost is unknown: they spend nothing here.
    """

    def __init__(self, limit_usd: float | None) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = 0.0
        self.answers = self.unpriced = 0
        self._lock = threading.Lock()

    @property
    def is_reached(self) -> bool:
        """Whether no new call may start."""
        return self.limit_usd is not None and self.spent_usd >= self.limit_usd

    def check(self, experiment: str) -> None:
        """Let a new call start.

        Raises:
            BudgetReached: where the run has spent its budget.
        """
        if self.is_reached:
            raise BudgetReached(
                f"{experiment}: the run has spent {self.spent_usd:.4f} of budget_usd={self.limit_usd:g} dollars on "
                f"{self.answers} new answers; no new call starts, and every answer so far is kept. Raise budget_usd (or "
                f"--config budget_usd={_next(self.limit_usd)}) and run the same command: it asks only for what is missing."
            )

    def spend(self, cost_usd: float | None) -> None:
        """Count an answer and its dollars; None is unknown."""
        with self._lock:
            self.answers += 1
            self.unpriced += cost_usd is None
            self.spent_usd += cost_usd or 0.0


def _next(limit: float | None) -> str:
    return f"{2 * (limit or 0) or 1:g}"
