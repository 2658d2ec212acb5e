"""How much of an answer there is, whether right or wrong."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from retake.verify.prose import without_thinking

SUBSTANTIVE_ABOVE = 50
_BOXED = re.compile(r"\\boxed\s*\{\s*[^\s}]")


@dataclass(frozen=True)
class Quality:
    """Characters of the answer (thinking left out), whether it is empty, and whether it has over 50 or a boxed result."""

    answer_length: int
    is_empty: bool
    is_substantive: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain data, as the verification file holds them."""
        return asdict(self)


def quality_of(text: str) -> Quality:
    """Return the figures of `text`, a final answer."""
    shown = without_thinking(text)
    is_substantive = len(shown) > SUBSTANTIVE_ABOVE or _BOXED.search(shown) is not None
    return Quality(len(shown), not shown, is_substantive)
