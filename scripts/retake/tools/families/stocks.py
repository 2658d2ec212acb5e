"""Stocks: quotes, history, companies and markets, one price path a symbol."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from retake.tools.family import Family, Query, Result, World
from retake.tools.people import OUTLETS, person
from retake.tools.seeded import NOW, TODAY, Dice

family = Family(
    "stocks",
    "stock stocks share shares ticker equity company market exchange earnings dividend investment trading nasdaq nyse finance financial",
)

# symbol|company|sector|price in dollars around which the mocked market moves
_LISTED = """AAPL|Apple Inc.|Technology|212
MSFT|Microsoft Corporation|Technology|448
GOOGL|Alphabet Inc.|Communication Services|178
GOOG|Alphabet Inc.|Communication Services|179
AMZN|Amazon.com, Inc.|Consumer Cyclical|205
META|Meta Platforms, Inc.|Communication Services|610
TSLA|Tesla, Inc.|Consumer Cyclical|290
NVDA|NVIDIA Corporation|Technology|142
NFLX|Netflix, Inc.|Communication Services|980
JPM|JPMorgan Chase & Co.|Financial Services|262
V|Visa Inc.|Financial Services|355
WMT|Walmart Inc.|Consumer Defensive|97
DIS|The Walt Disney Company|Communication Services|112
KO|The Coca-Cola Company|Consumer Defensive|71
IBM|International Business Machines|Technology|262
INTC|Intel Corporation|Technology|21
AMD|Advanced Micro Devices, Inc.|Technology|118
ORCL|Oracle Corporation|Technology|176
BA|The Boeing Company|Industrials|206
XOM|Exxon Mobil Corporation|Energy|108
PFE|Pfizer Inc.|Healthcare|24
JNJ|Johnson & Johnson|Healthcare|156
NKE|NIKE, Inc.|Consumer Cyclical|62
SPY|SPDR S&P 500 ETF Trust|ETF|597
QQQ|Invesco QQQ Trust|ETF|529"""
COMPANIES = {line.split("|")[0]: line.split("|")[1:] for line in _LISTED.splitlines()}
_INDEXES = {
    "S&P 500": 5980.0,
    "Dow Jones": 42190.0,
    "NASDAQ": 19430.0,
    "FTSE 100": 8830.0,
    "DAX": 23510.0,
    "Nikkei 225": 38310.0,
    "Hang Seng": 23890.0,
}


def symbol_of(text: str) -> str:
    """Return the symbol that `text` means: itself, or the one of the company it names."""
    plain = text.strip().lstrip("$").upper()
    if plain in COMPANIES:
        return plain
    known = next(
        (s for s, c in COMPANIES.items() if len(plain) > 2 and c[0].upper().split(",")[0].startswith(plain)), None
    )
    return known or plain.split(".")[0].split(" ")[0][:12] or "AAPL"


def price_on(symbol: str, day: date) -> float:
    """Return a symbol's closing price in dollars: a slow wave around its level with a day's own chance on top."""
    level = float(COMPANIES[symbol][2]) if symbol in COMPANIES else Dice("level", symbol).number(8, 320)
    slow = Dice("slow", symbol, day.year, day.month).number(-0.08, 0.08, 4)
    return round(level * (1 + slow + Dice("close", symbol, day.isoformat()).number(-0.02, 0.02, 4)), 2)


def _bar(symbol: str, day: date) -> dict[str, Any]:
    close, dice = price_on(symbol, day), Dice("bar", symbol, day.isoformat())
    start = round(close * (1 + dice.number(-0.015, 0.015, 4)), 2)
    high, low = round(max(close, start) * 1.008, 2), round(min(close, start) * 0.992, 2)
    return {
        "date": day.isoformat(),
        "open": start,
        "high": high,
        "low": low,
        "close": close,
        "volume": dice.whole(500_000, 90_000_000),
    }


def _company(symbol: str) -> dict[str, Any]:
    dice = Dice("company", symbol)
    name, sector = COMPANIES.get(
        symbol, (f"{symbol.title()} Holdings", dice.pick(("Technology", "Energy", "Healthcare", "Industrials")), "")
    )[:2]
    return {
        "symbol": symbol,
        "name": name,
        "sector": sector,
        "exchange": dice.pick(("NASDAQ", "NYSE")),
        "currency": "USD",
    }


def _quote(symbol: str) -> dict[str, Any]:
    bar, before = _bar(symbol, TODAY), price_on(symbol, TODAY - timedelta(days=1))
    change = round(bar["close"] - before, 2)
    return {
        **_company(symbol),
        "price": bar["close"],
        "previous_close": before,
        "change": change,
        "change_percent": round(100 * change / before, 2),
        "open": bar["open"],
        "day_high": bar["high"],
        "day_low": bar["low"],
        "volume": bar["volume"],
        "market_cap": _shares(symbol) * round(bar["close"]),
        "as_of": NOW.isoformat(),
    }


def _shares(symbol: str) -> int:
    return Dice("shares", symbol).whole(50, 15_000) * 1_000_000


@family.tool(
    "stock_quote stock_price quote quotes stock_quotes share_price current_stock_price realtime_stock_price market_quotes stock_info stock stock_value current_price global_quote stock_data",
    needs="symbol",
)
def stock_quote(query: Query, world: World) -> Result:
    symbols = [symbol_of(text) for text in query.texts("symbol", "AAPL")]
    quotes = [_quote(symbol) for symbol in symbols]
    if len(symbols) == 1 and (query.get("days") is not None or query.get("date") is not None):
        return {**quotes[0], "history": stock_history(query, world)["prices"]}
    return quotes[0] if len(quotes) == 1 else {"count": len(quotes), "quotes": quotes}


@family.tool(
    "stock_history historical_stock_prices stock_historical_data historical_data stock_prices_history price_history time_series_daily stock_chart stock_candles historical_prices stock_time_series time_series",
    needs="symbol",
)
def stock_history(query: Query, world: World) -> Result:
    symbol, last = symbol_of(query.text("symbol", "AAPL")), query.day("end_date")
    first = query.day("date", last - timedelta(days=query.whole("days", 10, high=365)))
    days = [first + timedelta(days=i) for i in range(min(max((last - first).days + 1, 1), 366))]
    bars = [_bar(symbol, day) for day in days if day.weekday() < 5][-60:]
    return {**_company(symbol), "interval": "1d", "count": len(bars), "prices": bars}


@family.tool(
    "company_profile company_overview company_info company_information stock_profile company_details company_data",
    needs="symbol",
)
def company_profile(query: Query, world: World) -> Result:
    symbol = symbol_of(query.text("symbol", "AAPL"))
    dice, company = Dice("profile", symbol), _company(symbol)
    return {
        **company,
        "ceo": person("ceo", symbol),
        "employees": dice.whole(800, 220_000),
        "founded": dice.whole(1890, 2012),
        "country": "US",
        "website": f"https://www.{symbol.lower()}.example",
        "market_cap": _shares(symbol) * round(price_on(symbol, TODAY)),
        "pe_ratio": dice.number(9, 45),
        "dividend_yield_percent": dice.number(0, 3.5),
        "description": f"{company['name']} is a company in the {company['sector']} sector.",
    }


@family.tool(
    "stock_search symbol_search search_stocks ticker_search search_symbol stock_symbol stock_symbol_lookup search_ticker",
    needs="query",
)
def stock_search(query: Query, world: World) -> Result:
    words = query.text("query", "apple")
    hits = [s for s, c in COMPANIES.items() if words.lower() in f"{s} {c[0]} {c[1]}".lower()] or [symbol_of(words)]
    return {"query": words, "count": len(hits), "results": [_company(symbol) for symbol in hits[:10]]}


@family.tool(
    "financial_statements income_statement balance_sheet cash_flow financials company_financials stock_financials financial_data",
    needs="symbol",
)
def financial_statements(query: Query, world: World) -> Result:
    symbol, years = symbol_of(query.text("symbol", "AAPL")), []
    for year in range(TODAY.year - 1, TODAY.year - 4, -1):
        dice = Dice("statement", symbol, year)
        revenue = (
            dice.whole(900, 390_000) * 1_000_000
            if year == TODAY.year - 1
            else round(Dice("statement", symbol, TODAY.year - 1).whole(900, 390_000) * 0.93 ** (TODAY.year - 1 - year))
            * 1_000_000
        )
        years.append(
            {
                "fiscal_year": year,
                "revenue": revenue,
                "gross_profit": round(revenue * 0.44),
                "operating_income": round(revenue * 0.27),
                "net_income": round(revenue * 0.21),
                "total_assets": round(revenue * 1.6),
                "total_liabilities": round(revenue * 0.9),
                "free_cash_flow": round(revenue * 0.19),
            }
        )
    return {**_company(symbol), "period": "annual", "statements": years}


@family.tool(
    "stock_earnings earnings company_earnings earnings_history earnings_calendar earnings_report", needs="symbol"
)
def stock_earnings(query: Query, world: World) -> Result:
    symbol, quarters = symbol_of(query.text("symbol", "AAPL")), []
    for back in range(4):
        dice = Dice("eps", symbol, back)
        expected = dice.number(0.4, 4)
        quarters.append(
            {
                "date": (TODAY - timedelta(days=45 + 91 * back)).isoformat(),
                "eps_estimate": expected,
                "eps_actual": round(expected + dice.number(-0.2, 0.3), 2),
            }
        )
    return {**_company(symbol), "next_report": (TODAY + timedelta(days=46)).isoformat(), "quarters": quarters}


@family.tool("stock_dividends dividends dividend_history dividend_data stock_dividend", needs="symbol")
def stock_dividends(query: Query, world: World) -> Result:
    symbol = symbol_of(query.text("symbol", "AAPL"))
    amount = Dice("dividend", symbol).number(0.1, 1.4)
    paid = [{"ex_date": (TODAY - timedelta(days=30 + 91 * i)).isoformat(), "amount": amount} for i in range(4)]
    return {**_company(symbol), "annual_dividend": round(4 * amount, 2), "dividends": paid}


@family.tool(
    "market_movers top_gainers top_losers most_active day_gainers day_losers trending_stocks trending_tickers gainers_losers most_active_stocks"
)
def market_movers(query: Query, world: World) -> Result:
    ranked = sorted((_quote(symbol) for symbol in COMPANIES), key=lambda q: (-q["change_percent"], q["symbol"]))
    brief = [{k: q[k] for k in ("symbol", "name", "price", "change_percent", "volume")} for q in ranked]
    return {
        "as_of": NOW.isoformat(),
        "gainers": brief[:5],
        "losers": brief[-5:][::-1],
        "most_active": sorted(brief, key=lambda q: (-q["volume"], q["symbol"]))[:5],
    }


@family.tool(
    "market_index index_quote market_indices stock_index indices market_summary stock_market_index market_overview"
)
def market_index(query: Query, world: World) -> Result:
    rows = []
    for name, level in _INDEXES.items():
        change = Dice("index", name).number(-1.5, 1.5)
        rows.append({"name": name, "value": round(level * (1 + change / 100), 2), "change_percent": change})
    wanted = query.text("symbol").lower()
    return {
        "as_of": NOW.isoformat(),
        "indices": [row for row in rows if wanted and wanted in row["name"].lower()] or rows,
    }


@family.tool(
    "analyst_recommendations stock_recommendations analyst_ratings price_target analyst_price_target recommendation_trends",
    needs="symbol",
)
def analyst_recommendations(query: Query, world: World) -> Result:
    symbol = symbol_of(query.text("symbol", "AAPL"))
    dice, price = Dice("analysts", symbol), price_on(symbol, TODAY)
    counts = {word: dice.whole(0, 18) for word in ("strong_buy", "buy", "hold", "sell", "strong_sell")}
    return {
        **_company(symbol),
        **counts,
        "target_low": round(price * 0.8, 2),
        "target_mean": round(price * 1.09, 2),
        "target_high": round(price * 1.35, 2),
    }


@family.tool("stock_news company_news financial_news market_news ticker_news news_by_symbol stock_market_news")
def stock_news(query: Query, world: World) -> Result:
    symbol, items = symbol_of(query.text("symbol", "SPY")), []
    name = _company(symbol)["name"]
    for index in range(query.whole("limit", 4, high=10)):
        dice = Dice("stock news", symbol, index)
        topic = dice.pick(
            (
                "raises its outlook for the year",
                "opens a new research centre",
                "names a new finance chief",
                "reports steady quarterly sales",
                "faces questions over supply",
            )
        )
        items.append(
            {
                "headline": f"{name} {topic}",
                "source": dice.pick(OUTLETS),
                "published_at": dice.day(-20, 0).isoformat(),
                "url": f"https://news.example/{symbol.lower()}/{dice.code(6)}",
            }
        )
    return {"symbol": symbol, "count": len(items), "articles": items}


@family.tool(
    "technical_indicator moving_average rsi sma ema macd technical_indicators stock_indicators", needs="symbol"
)
def technical_indicator(query: Query, world: World) -> Result:
    symbol = symbol_of(query.text("symbol", "AAPL"))
    closes = [price_on(symbol, TODAY - timedelta(days=i)) for i in range(50)]
    ups = sum(max(a - b, 0) for a, b in pairwise(closes[:15]))
    downs = sum(max(b - a, 0) for a, b in pairwise(closes[:15])) or 0.01
    return {
        "symbol": symbol,
        "date": TODAY.isoformat(),
        "close": closes[0],
        "sma_20": round(sum(closes[:20]) / 20, 2),
        "sma_50": round(sum(closes) / 50, 2),
        "rsi_14": round(100 - 100 / (1 + ups / downs), 2),
    }


@family.tool("place_stock_order buy_stock sell_stock place_order_stock trade_stock stock_order", needs="symbol amount")
def place_stock_order(query: Query, world: World) -> Result:
    symbol, amount = symbol_of(query.text("symbol", "AAPL")), query.number("amount", 1)
    side = "sell" if "sell" in f"{query.tool} {query.arguments}".lower() else "buy"
    order = {
        "order_id": world.new_id("stock_order"),
        "symbol": symbol,
        "side": side,
        "quantity": amount,
        "price": price_on(symbol, TODAY),
        "status": "accepted",
        "submitted_at": NOW.isoformat(),
    }
    world.table("stock_order")[order["order_id"]] = order
    return order
