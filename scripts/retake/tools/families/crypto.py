"""Cryptocurrencies: prices, history and rankings, one market for every tool."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retake.tools.family import Family, Query, Result, World
from retake.tools.seeded import NOW, TODAY, Dice

family = Family(
    "crypto", "crypto cryptocurrency bitcoin ethereum coin coins token blockchain market price currency exchange"
)

# symbol: id, name, dollars, coins in circulation
_COINS = {
    "BTC": ("bitcoin", "Bitcoin", 105_400.0, 19_880_000),
    "ETH": ("ethereum", "Ethereum", 2_545.0, 120_700_000),
    "USDT": ("tether", "Tether", 1.0, 155_000_000_000),
    "BNB": ("binancecoin", "BNB", 648.0, 145_900_000),
    "SOL": ("solana", "Solana", 146.0, 522_000_000),
    "XRP": ("ripple", "XRP", 2.14, 58_800_000_000),
    "USDC": ("usd-coin", "USDC", 1.0, 61_000_000_000),
    "ADA": ("cardano", "Cardano", 0.63, 35_300_000_000),
    "DOGE": ("dogecoin", "Dogecoin", 0.176, 149_000_000_000),
    "DOT": ("polkadot", "Polkadot", 3.86, 1_580_000_000),
    "LTC": ("litecoin", "Litecoin", 85.2, 75_900_000),
}


def _coin(text: str) -> str:
    plain = text.strip().upper().replace("-USD", "").replace("/USD", "").removesuffix("USDT") or "USDT"
    return next((s for s, c in _COINS.items() if plain in (s, c[0].upper(), c[1].upper())), plain[:12])


def coin_row(symbol: str) -> dict[str, Any]:
    """Return the market row of a coin; one that nobody lists is made up, and stays so."""
    dice = Dice("coin", symbol)
    slug, name, level, supply = _COINS.get(
        symbol, (symbol.lower(), symbol.title(), dice.number(0.01, 40, 4), dice.whole(1, 900) * 1_000_000)
    )
    change = 0.0 if symbol in ("USDT", "USDC") else dice.number(-6, 6)
    price = round(level * (1 + change / 100), 6 if level < 1 else 2)
    return {
        "id": slug,
        "symbol": symbol,
        "name": name,
        "price_usd": price,
        "change_24h_percent": change,
        "volume_24h_usd": round(price * supply * 0.03),
        "market_cap_usd": round(price * supply),
        "circulating_supply": supply,
    }


@family.tool(
    "crypto_price cryptocurrency_price coin_price bitcoin_price crypto_quote token_price coin_info coin_data cryptocurrency crypto_currency_price",
    needs="coin",
)
def crypto_price(query: Query, world: World) -> Result:
    rows = [coin_row(_coin(text)) for text in query.texts("coin", "BTC")]
    return {**rows[0], "as_of": NOW.isoformat()} if len(rows) == 1 else {"coins": rows, "as_of": NOW.isoformat()}


@family.tool(
    "crypto_history coin_history crypto_historical_data cryptocurrency_history coin_market_chart crypto_price_history bitcoin_history",
    needs="coin",
)
def crypto_history(query: Query, world: World) -> Result:
    row = coin_row(_coin(query.text("coin", "BTC")))
    days = [TODAY - timedelta(days=back) for back in range(query.whole("days", 7, high=60))]
    return {
        "symbol": row["symbol"],
        "prices": [
            {
                "date": day.isoformat(),
                "price_usd": round(
                    row["price_usd"] * (1 + Dice("coin day", row["symbol"], day.isoformat()).number(-0.09, 0.09, 4)), 4
                )
                if day != TODAY
                else row["price_usd"],
            }
            for day in reversed(days)
        ],
    }


@family.tool(
    "crypto_market list_coins coins_markets crypto_list cryptocurrencies top_cryptocurrencies coins coin_list crypto_rankings coin_ranking"
)
def crypto_market(query: Query, world: World) -> Result:
    rows = sorted((coin_row(symbol) for symbol in _COINS), key=lambda row: -row["market_cap_usd"])[
        : query.whole("limit", 10)
    ]
    return {"count": len(rows), "coins": [{"rank": i + 1, **row} for i, row in enumerate(rows)]}
