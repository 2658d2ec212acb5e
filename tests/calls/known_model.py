"""What config/models.yaml may know of a model, for tests that know it themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Known:
    cache_min_tokens: int | None = 1024
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    price: Any = None
