"""Units and dates: conversions and calendar arithmetic; all results are true."""

from __future__ import annotations

from datetime import date, timedelta

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World
from retake.tools.seeded import TODAY, Dice

family = Family(
    "units",
    "convert conversion converter unit units length distance weight mass temperature celsius fahrenheit volume speed date dates days calendar weekday holiday holidays between age difference roman binary calculate",
)

# Factors to the first unit of each kind.
_UNITS = {
    "length": "m:1 km:1000 cm:0.01 mm:0.001 mile:1609.344 mi:1609.344 yard:0.9144 yd:0.9144 foot:0.3048 feet:0.3048 ft:0.3048 inch:0.0254 inches:0.0254 in:0.0254 meter:1 metre:1 kilometer:1000 kilometre:1000 centimeter:0.01 millimeter:0.001 nautical_mile:1852",
    "mass": "kg:1 g:0.001 mg:0.000001 t:1000 lb:0.45359237 lbs:0.45359237 pound:0.45359237 oz:0.028349523125 ounce:0.028349523125 stone:6.35029318 kilogram:1 gram:0.001 tonne:1000 ton:907.18474",
    "volume": "l:1 ml:0.001 liter:1 litre:1 milliliter:0.001 gallon:3.785411784 gal:3.785411784 quart:0.946352946 pint:0.473176473 cup:0.2365882365 tbsp:0.01478676478 tsp:0.00492892159 m3:1000",
    "time": "s:1 second:1 min:60 minute:60 h:3600 hour:3600 day:86400 week:604800 ms:0.001 year:31557600",
    "speed": "m/s:1 km/h:0.2777777778 kph:0.2777777778 mph:0.44704 knot:0.5144444444",
    "area": "m2:1 km2:1000000 ha:10000 hectare:10000 acre:4046.8564224 sqft:0.09290304 sqm:1",
    "data": "b:1 byte:1 kb:1000 mb:1000000 gb:1000000000 tb:1000000000000 kib:1024 mib:1048576 gib:1073741824",
    "energy": "j:1 kj:1000 cal:4.184 kcal:4184 kwh:3600000 wh:3600",
    "pressure": "pa:1 kpa:1000 bar:100000 psi:6894.757293 atm:101325 hpa:100",
}
_FACTORS = {
    unit: (kind, float(factor))
    for kind, units in _UNITS.items()
    for unit, factor in (pair.rsplit(":", 1) for pair in units.split())
}


def _unit(text: str) -> tuple[str, float]:
    plain = text.strip().lower().replace(" ", "_")
    for name in (plain, plain.rstrip("s"), plain.removesuffix("es")):
        if name in _FACTORS:
            return _FACTORS[name]
    raise ToolError("invalid_value", f"unknown unit {text[:40]!r}")


def _celsius(value: float, unit: str) -> float:
    letter = unit.strip().lower().removeprefix("degree").lstrip("s _°")[:1]
    if letter not in ("c", "f", "k"):
        raise ToolError("invalid_value", f"unknown temperature unit {unit[:40]!r}")
    return {"c": value, "f": (value - 32) * 5 / 9, "k": value - 273.15}[letter]


@family.tool(
    "convert_units unit_converter unit_conversion convert_unit convert_length convert_weight convert_distance length_conversion weight_conversion distance_conversion convert_volume unit_convert units_converter convert_speed",
    needs="amount from_unit to_unit",
)
def convert_units(query: Query, world: World) -> Result:
    value, source, target = query.number("amount", 1), query.text("from_unit", "km"), query.text("to_unit", "mile")
    if source[:1].lower() in "cfk" and any(
        word in f"{source} {target}".lower() for word in ("celsius", "fahrenheit", "kelvin")
    ):
        return convert_temperature(query, world)
    (kind, first), (other, second) = _unit(source), _unit(target)
    if kind != other:
        raise ToolError("invalid_value", f"{source} is a unit of {kind}, {target} one of {other}")
    return {"value": value, "from": source, "to": target, "result": round(value * first / second, 8)}


@family.tool(
    "convert_temperature temperature_converter temperature_conversion celsius_to_fahrenheit fahrenheit_to_celsius temperature_convert"
)
def convert_temperature(query: Query, world: World) -> Result:
    words = query.tool.lower().replace("_", " ").split()
    named = [w for w in words if w in ("celsius", "fahrenheit", "kelvin")] + ["celsius", "fahrenheit"]
    numbers = [v for v in query.arguments.values() if isinstance(v, int | float) and not isinstance(v, bool)]
    value, source = query.number("amount", numbers[0] if numbers else 0), query.text("from_unit", named[0])
    target = query.text("to_unit", named[1])
    celsius = _celsius(value, source)
    letter = target.strip().lower().lstrip("°")[:1]
    made = {"f": celsius * 9 / 5 + 32, "k": celsius + 273.15}.get(letter, celsius)
    return {"value": value, "from": source, "to": target, "result": round(made, 4)}


def _two_days(query: Query) -> tuple[date, date]:
    texts = [v for v in query.arguments.values() if isinstance(v, str)]
    days = [Query(query.tool, {"date": text}).day("date", TODAY) for text in texts[:2]]
    return (*days, TODAY, TODAY)[0], (*days, TODAY, TODAY)[1]


@family.tool(
    "date_difference days_between days_between_dates date_diff calculate_date_difference calculate_days_between dates_difference days_until"
)
def date_difference(query: Query, world: World) -> Result:
    first, last = _two_days(query)
    days = (last - first).days
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "days": days,
        "weeks": round(days / 7, 2),
        "business_days": _business(first, last),
    }


def _business(first: date, last: date) -> int:
    low, high = sorted((first, last))
    weeks, rest = divmod((high - low).days, 7)
    return weeks * 5 + sum((low + timedelta(days=i)).weekday() < 5 for i in range(rest))


@family.tool("add_days date_add add_to_date date_calculator date_plus subtract_days calculate_date", needs="date days")
def add_days(query: Query, world: World) -> Result:
    day, count = query.day("date"), query.number("days", 0)
    if abs(count) > 100_000:
        raise ToolError("invalid_value", "more than 100000 days")
    moved = day.toordinal() + int(-count if "subtract" in query.tool.lower() else count)
    if not 1 <= moved <= date.max.toordinal():
        raise ToolError("invalid_value", "the date is out of range")
    made = date.fromordinal(moved)
    return {"date": day.isoformat(), "days": count, "result": made.isoformat(), "day_of_week": made.strftime("%A")}


@family.tool("day_of_week weekday what_day find_day_of_week", needs="date")
def day_of_week(query: Query, world: World) -> Result:
    day = query.day("date")
    return {
        "date": day.isoformat(),
        "day_of_week": day.strftime("%A"),
        "week": day.isocalendar().week,
        "day_of_year": day.timetuple().tm_yday,
    }


@family.tool("current_date today today_date date_today get_date")
def current_date(query: Query, world: World) -> Result:
    return {"date": TODAY.isoformat(), "day_of_week": TODAY.strftime("%A")}


@family.tool("calculate_age age age_calculator age_from_birthdate")
def calculate_age(query: Query, world: World) -> Result:
    text = next((v for v in query.arguments.values() if isinstance(v, str)), "")
    born = Query(query.tool, {"date": text}).day("date", TODAY)
    years = TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))
    return {"birth_date": born.isoformat(), "on": TODAY.isoformat(), "years": years, "days": (TODAY - born).days}


_HOLIDAYS = (("New Year's Day", 1, 1), ("Labour Day", 5, 1), ("Independence Day", 7, 4), ("Christmas Day", 12, 25))


@family.tool(
    "public_holidays holidays national_holidays bank_holidays list_holidays holidays_by_country holiday_calendar country_holidays",
    needs="country",
)
def public_holidays(query: Query, world: World) -> Result:
    country, year = query.text("country", "US"), query.whole("year", TODAY.year, low=1900, high=2100)
    chosen = [
        row for row in _HOLIDAYS if row[0] != "Independence Day" or country.upper() in ("US", "USA", "UNITED STATES")
    ]
    extra = Dice("holiday", country).whole(1, 28)
    rows = [*((date(year, month, day), name) for name, month, day in chosen), (date(year, 10, extra), "National Day")]
    return {
        "country": country,
        "year": year,
        "holidays": [{"date": day.isoformat(), "name": name} for day, name in sorted(rows)],
    }


_ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


@family.tool("roman_numeral roman_numerals to_roman convert_to_roman integer_to_roman roman_numeral_converter")
def roman_numeral(query: Query, world: World) -> Result:
    value = next((v for v in query.arguments.values() if isinstance(v, int | float)), 0)
    if not 0 < value < 4000 or value != int(value):
        raise ToolError("invalid_value", "a whole number from 1 to 3999 is needed")
    left, made = int(value), ""
    for size, letters in _ROMAN:
        count, left = divmod(left, size)
        made += letters * count
    return {"number": int(value), "roman": made}


@family.tool(
    "base_converter binary_to_decimal decimal_to_binary convert_base number_base_converter convert_binary_to_decimal hex_to_decimal decimal_to_hex"
)
def base_converter(query: Query, world: World) -> Result:
    text = str(next(iter(query.arguments.values()), "0"))
    base = 2 if "binary_to" in query.tool.lower() else 16 if "hex_to" in query.tool.lower() else 10
    try:
        value = int(text[:60], base)
    except ValueError:
        raise ToolError("invalid_value", f"{text[:60]!r} is not a number in base {base}") from None
    return {
        "input": text,
        "decimal": value,
        "binary": bin(value)[2:],
        "octal": oct(value)[2:],
        "hexadecimal": hex(value)[2:],
    }
