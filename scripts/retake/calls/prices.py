"""What a call costs, from an offline dated table (genai-prices), with config/models.yaml's price where that lacks one."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from retake.calls.request import Usage

PRICE_TABLE = "genai-prices 0.2.3"
PRICE_DATE = "2026-11"
"""Month in which PRICE_TABLE was published."""

PROVIDERS = {"openai": "openai", "claude": "anthropic"}
BATCH_SHARE = 0.5
"""Both providers bill batches at half price, cached tokens included."""

MILLION = 1_000_000


class KnownPrice(Protocol):
    """Dollars per million tokens, as config/models.yaml gives them."""

    input: float
    output: float
    cached: float


@dataclass(frozen=True)
class Price:
    """Dollars of one call, and what the prompt cache saved of them (negative where writing it cost more); None is unknown."""

    cost_usd: float | None = None
    savings_usd: float | None = None


@dataclass(frozen=True)
class Rates:
    """Dollars per million tokens once the input exceeds `above` tokens."""

    above: int
    input: float
    cached: float
    written: float
    output: float

    def cost(self, usage: Usage) -> float:
        """Return the dollars of `usage`."""
        plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        parts = (
            plain * self.input,
            usage.cached_input_tokens * self.cached,
            usage.cache_write_tokens * self.written,
            usage.output_tokens * self.output,
        )
        return sum(parts) / MILLION


def price_of(
    model: str,
    provider: str,
    usage: Usage,
    *,
    is_batch: bool = False,
    asked_at: str = "",
    known: KnownPrice | None = None,
) -> Price:
    """Return what a call cost at the prices of its day (`asked_at`, ISO 8601); `known` wins over the table.

    Both are None for a model that neither knows: servers of one's own have no price in the table.
    """
    steps = _known(known.input, known.cached, known.output) if known else rates_of(model, provider, asked_at[:10])
    if not steps:
        return Price()
    rates = next(step for step in reversed(steps) if step.above < max(1, usage.input_tokens))
    share = BATCH_SHARE if is_batch else 1.0
    cost = rates.cost(usage)
    uncached = rates.cost(Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens))
    return Price(round(share * cost, 10), round(share * (uncached - cost), 10))


@lru_cache(maxsize=64)
def _known(input_: float, cached: float, output: float) -> tuple[Rates, ...]:
    return (Rates(0, input_, cached, input_, output),)


@lru_cache(maxsize=1024)
def rates_of(model: str, provider: str, day: str) -> tuple[Rates, ...]:
    """Return the rates of `model` on `day` (YYYY-MM-DD; empty: the newest), by size of the prompt; empty where unknown."""
    if provider not in PROVIDERS:
        return ()
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, found = get_snapshot().find_provider_model(model, None, PROVIDERS[provider], None)
    except LookupError:
        return ()
    moment = datetime.datetime.fromisoformat(day or "9999-01-01").replace(tzinfo=datetime.UTC)
    prices = found.get_prices(moment)
    if _at(getattr(prices, "input_mtok", None), 0) is None or _at(getattr(prices, "output_mtok", None), 0) is None:
        return ()
    return tuple(_rates(prices, above) for above in _thresholds(prices))


def _thresholds(prices: Any) -> list[int]:
    named = (getattr(prices, f"{key}_mtok", None) for key in ("input", "output", "cache_read", "cache_write"))
    return sorted({0, *(tier.start for price in named for tier in getattr(price, "tiers", ()))})


def _rates(prices: Any, above: int) -> Rates:
    plain, output = (_at(getattr(prices, f"{key}_mtok"), above) or 0.0 for key in ("input", "output"))
    cached, written = (_at(getattr(prices, f"cache_{key}_mtok", None), above) for key in ("read", "write"))
    return Rates(above, plain, plain if cached is None else cached, plain if written is None else written, output)


def _at(price: Any, above: int) -> float | None:
    """Return a price where the input exceeds `above` tokens: crossing a tier reprices all tokens."""
    if price is None:
        return None
    if not hasattr(price, "tiers"):
        return float(price)
    reached = [tier.price for tier in price.tiers if tier.start <= above]
    return float(reached[-1] if reached else price.base)
