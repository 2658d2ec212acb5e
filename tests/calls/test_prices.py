"""What a call costs: against the price table itself, and by hand."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import genai_prices
import pytest
from retake.calls.prices import PRICE_TABLE, PROVIDERS, price_of
from retake.calls.request import Usage

USAGES = [
    Usage(),
    Usage(1000, 0, 0, 500, 0),
    Usage(10_000, 3_000, 1_000, 500, 200),
    Usage(100_001, 0, 0, 10, 0),
    Usage(200_000, 50_000, 0, 10, 0),
    Usage(300_000, 0, 10_000, 10, 0),
]
MODELS = [
    ("claude", "claude-haiku-5-5"),
    ("claude", "claude-sonnet-4-5-20250929"),
    ("claude", "claude-opus-5-5"),
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-2024-08-06"),
    ("openai", "gpt-5.6-sol"),
    ("openai", "gpt-6-luna"),
]


@dataclass
class Known:
    input: float = 1.0
    output: float = 10.0
    cached: float = 0.1


@pytest.mark.parametrize(("provider", "model"), MODELS)
@pytest.mark.parametrize("usage", USAGES, ids=str)
def test_the_cost_is_the_tables_own(provider: str, model: str, usage: Usage) -> None:
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_input_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            output_tokens=usage.output_tokens,
        ),
        model,
        provider_id=PROVIDERS[provider],
    )
    assert price_of(model, provider, usage).cost_usd == pytest.approx(float(theirs.total_price), abs=1e-9)


def test_a_batch_costs_half_and_saves_half() -> None:
    live = price_of("gpt-4o", "openai", USAGES[2])
    batch = price_of("gpt-4o", "openai", USAGES[2], is_batch=True)
    assert batch.cost_usd == pytest.approx(live.cost_usd / 2)
    assert batch.savings_usd == pytest.approx(live.savings_usd / 2)


def test_what_caching_saved_is_told_and_a_write_alone_costs() -> None:
    assert price_of("m", "openai", Usage(1_000_000, 900_000, 0, 0, 0), known=Known()).savings_usd == pytest.approx(0.81)
    assert price_of("claude-opus-5-5", "claude", Usage(1000, 0, 1000, 0, 0)).savings_usd < 0


@pytest.mark.parametrize(("provider", "model"), [("openai", "no-such-model"), ("local", "gpt-4o"), ("vllm", "x")])
def test_an_unknown_model_has_an_unknown_price(provider: str, model: str) -> None:
    price = price_of(model, provider, USAGES[1])
    assert (price.cost_usd, price.savings_usd) == (None, None)


def test_a_known_price_wins_over_the_table_even_where_it_is_nothing() -> None:
    assert price_of("gpt-4o", "openai", Usage(1_000_000, 0, 0, 1_000_000, 0), known=Known()).cost_usd == 11.0
    assert price_of("x", "vllm", USAGES[1], known=Known(0, 0, 0)).cost_usd == 0


def test_prices_are_those_of_the_day_on_which_it_was_asked() -> None:
    early = price_of("gpt-5.6-sol", "openai", USAGES[1], asked_at="2026-11-21T07:00:00.000Z")
    assert early.cost_usd == price_of("gpt-5.6-sol", "openai", USAGES[1], asked_at="2026-11-21").cost_usd


def test_the_tables_name_is_that_of_the_installed_one() -> None:
    assert f"genai-prices {version('genai-prices')}" == PRICE_TABLE
