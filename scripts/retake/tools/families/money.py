"""Money: currencies, crypto, commodities, and the arithmetic of loans and savings."""

from __future__ import annotations

from datetime import date
from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World
from retake.tools.places import country_of
from retake.tools.seeded import NOW, TODAY, Dice

family = Family(
    "money",
    "currency currencies exchange rate convert forex crypto cryptocurrency bitcoin coin gold silver oil commodity commodities metal loan mortgage interest payment investment tax tip bank account balance savings calculate",
)

# Units of each currency for one dollar.
_RATES = {
    "USD": 1.0,
    "EUR": 0.872,
    "GBP": 0.741,
    "JPY": 144.3,
    "CHF": 0.814,
    "CAD": 1.361,
    "AUD": 1.537,
    "NZD": 1.656,
    "CNY": 7.184,
    "HKD": 7.849,
    "SGD": 1.281,
    "INR": 86.05,
    "KRW": 1362.0,
    "MXN": 18.94,
    "BRL": 5.542,
    "ARS": 1183.0,
    "CLP": 936.0,
    "COP": 4125.0,
    "PEN": 3.61,
    "SEK": 9.51,
    "NOK": 9.91,
    "DKK": 6.505,
    "PLN": 3.713,
    "CZK": 21.62,
    "HUF": 350.4,
    "RUB": 79.6,
    "UAH": 41.5,
    "TRY": 39.4,
    "ILS": 3.54,
    "AED": 3.6725,
    "SAR": 3.75,
    "EGP": 50.1,
    "NGN": 1545.0,
    "KES": 129.2,
    "ZAR": 17.83,
    "MAD": 9.11,
    "THB": 32.4,
    "MYR": 4.24,
    "IDR": 16285.0,
    "PHP": 56.3,
    "VND": 26080.0,
    "PKR": 282.6,
    "TWD": 29.5,
}
_NAMES = {
    "dollar": "USD",
    "dollars": "USD",
    "us dollar": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "yen": "JPY",
    "swiss": "CHF",
    "rand": "ZAR",
    "lira": "TRY",
    "real": "BRL",
    "dirham": "AED",
    "baht": "THB",
    "rupee": "INR",
    "yuan": "CNY",
    "franc": "CHF",
    "peso": "MXN",
    "won": "KRW",
}
# name: dollars, unit
_COMMODITIES = {
    "gold": (3385.0, "troy ounce"),
    "silver": (36.3, "troy ounce"),
    "platinum": (1228.0, "troy ounce"),
    "palladium": (1040.0, "troy ounce"),
    "copper": (4.81, "pound"),
    "crude oil": (71.8, "barrel"),
    "brent": (73.2, "barrel"),
    "natural gas": (3.58, "MMBtu"),
    "wheat": (5.43, "bushel"),
    "corn": (4.44, "bushel"),
    "coffee": (3.46, "pound"),
    "sugar": (0.162, "pound"),
    "cotton": (0.656, "pound"),
}
_METALS = {
    "xau": "gold",
    "xag": "silver",
    "xpt": "platinum",
    "xpd": "palladium",
    "wti": "crude oil",
    "oil": "crude oil",
    "cl": "crude oil",
}


def _currency(text: str) -> str:
    plain = text.strip()
    if plain.upper() in _RATES:
        return plain.upper()
    country = country_of(plain)
    code = (country.currency if country else None) or _named_currency(plain.lower())
    if code is None:
        raise ToolError("invalid_value", f"unknown currency {plain!r}")
    return code


def _named_currency(text: str) -> str | None:
    """Return the code that words such as "US dollars" or "Canadian dollar" mean; None where they mean none."""
    if "dollar" in text:
        nation = {"canad": "CAD", "austral": "AUD", "zealand": "NZD", "hong": "HKD", "singap": "SGD", "taiwan": "TWD"}
        return next((code for word, code in nation.items() if word in text), "USD")
    return next((code for word, code in _NAMES.items() if word in text), None)


def _rate(base: str, target: str, day: date) -> float:
    wave = [
        1 if code == "USD" else 1 + Dice("fx", code, day.isoformat()).number(-0.01, 0.01, 5) for code in (base, target)
    ]
    return round(_RATES[target] * wave[1] / (_RATES[base] * wave[0]), 6)


def _pair(query: Query) -> tuple[str, str]:
    source, target = query.text("from_currency", "USD"), query.text("to_currency", "EUR")
    if source == target and len(source.replace("/", "")) == 6:
        source, target = source.replace("/", "")[:3], source.replace("/", "")[3:]
    return _currency(source), _currency(target)


@family.tool(
    "exchange_rate currency_exchange_rate exchange_rates latest_exchange_rates fx_rate forex_rate currency_rates latest_rates historical_exchange_rate rate latest currency_rate",
    needs="from_currency",
)
def exchange_rate(query: Query, world: World) -> Result:
    day = query.day("date")
    if query.get("to_currency") is None:
        base = _currency(query.text("from_currency", "USD"))
        return {
            "base": base,
            "date": day.isoformat(),
            "rates": {code: _rate(base, code, day) for code in _RATES if code != base},
        }
    base = _currency(query.text("from_currency", "USD"))
    targets = [_currency(text) for text in query.texts("to_currency", "EUR")]
    if len(targets) == 1:
        base, target = _pair(query)
        return {"from": base, "to": target, "rate": _rate(base, target, day), "date": day.isoformat()}
    return {"base": base, "date": day.isoformat(), "rates": {code: _rate(base, code, day) for code in targets}}


@family.tool(
    "convert_currency currency_converter currency_conversion convert_money currency_convert convert exchange_currency",
    needs="from_currency to_currency amount",
)
def convert_currency(query: Query, world: World) -> Result:
    base, target = _pair(query)
    amount, rate = query.number("amount", 1), _rate(base, target, query.day("date"))
    return {
        "from": base,
        "to": target,
        "amount": amount,
        "rate": rate,
        "converted_amount": round(amount * rate, 2),
        "date": TODAY.isoformat(),
    }


@family.tool("list_currencies supported_currencies currencies available_currencies currency_list currency_symbols")
def list_currencies(query: Query, world: World) -> Result:
    return {"count": len(_RATES), "currencies": sorted(_RATES)}


@family.tool(
    "commodity_price commodities gold_price silver_price oil_price metal_price commodity_prices metal_prices precious_metals crude_oil_price latest_commodity_prices commodity metals"
)
def commodity_price(query: Query, world: World) -> Result:
    asked = f"{query.text('symbol')} {query.tool.replace('_', ' ')}".lower()
    names = (
        [n for n in _COMMODITIES if n in asked]
        or [n for code, n in _METALS.items() if code in asked.split()]
        or list(_COMMODITIES)
    )
    rows = []
    for name in names:
        price, unit = _COMMODITIES[name]
        change = Dice("commodity", name).number(-2, 2)
        rows.append(
            {
                "name": name,
                "price": round(price * (1 + change / 100), 3),
                "currency": "USD",
                "unit": unit,
                "change_percent": change,
            }
        )
    return (
        {**rows[0], "date": TODAY.isoformat()} if len(rows) == 1 else {"date": TODAY.isoformat(), "commodities": rows}
    )


def _share(rate: float) -> float:
    return rate / 100 if abs(rate) >= 1 else rate


@family.tool(
    "loan_payment mortgage_calculator mortgage_payment loan_calculator monthly_payment emi_calculator calculate_emi calculate_mortgage calculate_loan mortgage monthly_mortgage_payment calculate_mortgage_payment calculate_loan_payment",
    needs="amount rate years",
)
def loan_payment(query: Query, world: World) -> Result:
    amount, rate, years = query.number("amount", 100_000), _share(query.number("rate", 5)), query.number("years", 30)
    is_months = any("month" in name.lower() for name in query.arguments)
    months = max(int(years if is_months else years * 12), 1)
    if months > 1200 or abs(rate) > 10:
        raise ToolError("invalid_value", "the term or the rate is out of range")
    monthly = rate / 12
    payment = amount / months if monthly == 0 else amount * monthly / (1 - (1 + monthly) ** -months)
    return {
        "principal": amount,
        "annual_rate_percent": round(rate * 100, 4),
        "months": months,
        "monthly_payment": round(payment, 2),
        "total_paid": round(payment * months, 2),
        "total_interest": round(payment * months - amount, 2),
    }


@family.tool(
    "compound_interest calculate_compound_interest future_value calculate_future_value investment_growth investment_return calculate_investment_return savings_growth interest_calculator",
    needs="amount rate years",
)
def compound_interest(query: Query, world: World) -> Result:
    amount, rate, years = query.number("amount", 1000), _share(query.number("rate", 5)), query.number("years", 10)
    times = next(
        (
            int(v)
            for n, v in query.arguments.items()
            if ("compound" in n.lower() or n == "n") and isinstance(v, int) and 0 < v <= 366
        ),
        1,
    )
    if abs(years) > 500 or abs(rate) > 10:
        raise ToolError("invalid_value", "the term or the rate is out of range")
    total = amount * (1 + rate / times) ** (times * years)
    return {
        "principal": amount,
        "annual_rate_percent": round(rate * 100, 4),
        "years": years,
        "compounds_per_year": times,
        "final_amount": round(total, 2),
        "interest_earned": round(total - amount, 2),
    }


@family.tool("simple_interest calculate_simple_interest", needs="amount rate years")
def simple_interest(query: Query, world: World) -> Result:
    amount, rate, years = query.number("amount", 1000), _share(query.number("rate", 5)), query.number("years", 1)
    return {
        "principal": amount,
        "interest": round(amount * rate * years, 2),
        "total": round(amount * (1 + rate * years), 2),
    }


@family.tool("tip_calculator calculate_tip tip split_bill", needs="amount")
def tip_calculator(query: Query, world: World) -> Result:
    bill, people = query.number("amount", 50), query.whole("party", 1)
    percent = next(
        (
            v
            for n, v in query.arguments.items()
            if "tip" in n.lower() or "percent" in n.lower()
            if isinstance(v, int | float)
        ),
        15,
    )
    tip = bill * percent / 100 if percent > 1 else bill * percent
    return {
        "bill": bill,
        "tip": round(tip, 2),
        "total": round(bill + tip, 2),
        "per_person": round((bill + tip) / people, 2),
    }


@family.tool("sales_tax tax_rate sales_tax_rate tax_by_zip vat_rate", needs="place")
def sales_tax(query: Query, world: World) -> Result:
    where = query.text("place", "New York")
    rate = Dice("tax", where).number(0, 10.5, 3)
    return {
        "place": where,
        "rate_percent": rate,
        "state_rate_percent": round(rate * 0.7, 3),
        "local_rate_percent": round(rate - round(rate * 0.7, 3), 3),
    }


@family.tool("inflation_rate inflation cpi consumer_price_index country_inflation", needs="country")
def inflation_rate(query: Query, world: World) -> Result:
    country = query.text("country", "US")
    years = [
        {"year": year, "inflation_percent": Dice("cpi", country, year).number(0.4, 8.5)}
        for year in range(TODAY.year - 1, TODAY.year - 6, -1)
    ]
    return {"country": country, "latest": years[0], "series": years}


@family.tool("account_balance check_balance bank_balance_balance balance bank_account_balance")
def account_balance(query: Query, world: World) -> Result:
    account = query.text("id", str(query.arguments.get("account_type", "checking")))
    return {
        "account": account,
        "currency": "USD",
        "balance": _account(world, account)["balance"],
        "as_of": NOW.isoformat(),
    }


def _account(world: World, account: str) -> dict[str, Any]:
    return world.table("account").setdefault(
        account, {"balance": Dice(world.seed(), "account", account).number(800, 9000)}
    )


@family.tool(
    "transfer_money money_transfer send_money make_payment payment_money transfer_funds bank_transfer_money_payment",
    needs="amount",
)
def transfer_money(query: Query, world: World) -> Result:
    amount, account = query.number("amount", 0), str(query.arguments.get("account_type", "checking"))
    held = _account(world, account)
    if amount <= 0:
        raise ToolError("invalid_value", "the amount must be more than 0")
    if amount > held["balance"]:
        raise ToolError("insufficient_funds", f"the balance of {account} is {held['balance']:.2f} USD")
    held["balance"] = round(held["balance"] - amount, 2)
    return {
        "transfer_id": world.new_id("transfer"),
        "status": "completed",
        "amount": amount,
        "recipient": query.text("recipient", "unnamed"),
        "account": account,
        "new_balance": held["balance"],
    }
