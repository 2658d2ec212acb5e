r"""Units at the end of an answer: what they measure, and by how much they scale.

A unit is split off the end of the text (`5 \text{ cm}^2`, `125 miles`, `$5`), before the number is parsed. Two known units
are compared by value; a missing one is let pass; two unknown words must be the same word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from retake.verify.math.nodes import names

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unit:
    """A unit: `dimension` is empty where its words are not known; a value in it is `scale` times the base unit."""

    words: str
    dimension: Dimension = ()
    scale: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)
    is_known: bool = False


_F = Fraction
_TABLE = """
length 1: m meter metre | 1/1000: mm millimeter millimetre | 1/100: cm centimeter centimetre | 1/10: dm decimeter decimetre | 1000: km kilometer kilometre
length 1/1000000: um \\mum micrometer micron | 1/1000000000: nm nanometer | 254/10000: inch inches | 3048/10000: ft foot feet | 9144/10000: yd yard | 1609344/1000: mi mile
mass 1: g gram gramme | 1000: kg kilogram kilo | 1/1000: mg milligram | 1000000: t tonne | 45359237/100000: lb lbs pound | 28349523125/1000000000: oz ounce
time 1: s sec second | 1/1000: ms millisecond | 60: min minute | 3600: h hr hour | 86400: d day | 604800: week wk | 31536000: year yr | 2628000: month
volume 1/1000: L l liter litre | 1/1000000: mL ml milliliter millilitre cc | 3785411784/1000000000000: gallon gal
force 1: N newton | 1000: kN kilonewton
energy 1: J joule | 1000: kJ kilojoule | 1000000: MJ megajoule | 3600000: kWh
power 1: W watt | 1000: kW kilowatt | 1000000: MW megawatt
pressure 1: Pa pascal | 1000: kPa kilopascal | 1000000: MPa | 101325: atm
frequency 1: Hz hertz | 1000: kHz | 1000000: MHz
charge 1: C coulomb | 1/1000000: uC \\muC
voltage 1: V volt | 1/1000: mV | 1000: kV
current 1: A amp ampere | 1/1000: mA
resistance 1: ohm \\Omega | 1000: kohm k\\Omega
amount 1: mol mole | 1/1000: mmol
dollar 1: dollar usd USD buck | 1/100: cent ¢
euro 1: EUR euro
sterling 1: GBP
rupee 1: INR rupee
yen 1: JPY yen
kelvin 1: K kelvin
angle 1: rad radian
"""
_DERIVED: dict[str, Dimension] = {
    "volume": (("length", 3),),
    "force": (("length", 1), ("mass", 1), ("time", -2)),
    "energy": (("length", 2), ("mass", 1), ("time", -2)),
    "power": (("length", 2), ("mass", 1), ("time", -3)),
    "pressure": (("length", -1), ("mass", 1), ("time", -2)),
    "frequency": (("time", -1),),
    "voltage": (("volt", 1),),
    "charge": (("current", 1), ("time", 1)),
}
_GRAMS = {"force": _F(1000), "energy": _F(1000), "power": _F(1000), "pressure": _F(1000)}  # the mass base is the gram


def _table() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        kind, _, rest = line.partition(" ")
        dimension = _DERIVED.get(kind, ((kind, 1),))
        for part in rest.split("|"):
            scale, _, names = part.partition(":")
            for name in names.split():
                unit = Unit(name, dimension, _F(scale.strip()) * _GRAMS.get(kind, _F(1)), is_known=True)
                units[name] = unit
                if len(name) > 3 or name == "day":
                    units.setdefault(name + "s", unit)
    return units


_UNITS = _table()
_TEMPERATURES = {"C": (_F(1), _F(27315, 100)), "F": (_F(5, 9), _F(45967, 180))}
_SUFFIX = r"\s*(?:\^\s*\{?\s*(-?\d)\s*\}?|\*\*(\d))?"
_LONGEST = 60  # characters of a unit
_CURRENCY = re.compile(r"\x00([A-Z]{3})\s*")
_NOT_UNITS = names(
    "and or if when for where is are with in mod pi e i sqrt sin cos tan log ln x y z n k a b c infinity inf undefined none true false yes no "
    "odd even dne union all any real const constant the base degrees degree"
)


def split_unit(text: str) -> tuple[str, Unit | None]:
    """Return a cleaned answer without the unit at its end or the currency before it, and that unit, or None."""
    currency = _CURRENCY.search(text)
    if currency:
        body = _CURRENCY.sub("", text, count=1).strip()
        body = re.sub(r"\s*(?:\\text\{)?\s*(?:dollars?|USD|euros?)\s*\}?$", "", body)
        return body, _UNITS[{"USD": "dollar"}.get(currency[1], currency[1])]
    degrees = re.fullmatch(r"(.*[\d)}])\s*\\deg\s*(?:\\text\{\s*([CF])\s*\}|([CF]))", text) or re.fullmatch(
        r"(.*\d)\s*(?:\\text\{\s*)?degrees?\s+(C|F)(?:elsius|ahrenheit)\s*\}?()", text
    )
    if degrees:
        scale, offset = _TEMPERATURES[degrees[2] or degrees[3]]
        return degrees[1], Unit(degrees[2] or degrees[3], (("temperature", 1),), scale, offset, True)
    match = re.match(
        r"(.*?[\d})!\]|a-zA-Z])(\s*\\text\s*\{\s*([^{}]*)\}"
        + _SUFFIX
        + r"((?:\s*[/*]?\s*(?:\\cdot|/)?\s*\\text\s*\{[^{}]*\}"
        + _SUFFIX
        + r")*))$",
        text,
    )
    if match and match[1].count("{") == match[1].count("}"):
        return _from_text(match[1], match[2], text)
    return _in_plain_words(text)


def _in_plain_words(text: str) -> tuple[str, Unit | None]:
    """Split off a unit that is not marked as text: `125 miles`, `60 km/h`, `5 m^2`."""
    for match in re.finditer(r"\\pi|[\d})!%]", text):
        tail = text[match.end() :].strip()
        if (
            len(tail) > _LONGEST
            or not re.fullmatch(r"[a-zA-Z\\][a-zA-Z\\ .^/*{}0-9-]*", tail)
            or re.search(r"(?<![\^{*-])\d", tail)
        ):
            continue
        body = text[: match.end()]
        if _is_unit_text(tail, body):
            return body.strip(), named(tail)
        return text, None
    return text, None


def _from_text(body: str, tail: str, text: str) -> tuple[str, Unit | None]:
    words = re.sub(r"\\text\s*\{\s*([^{}]*?)\s*\}", r" \1 ", tail)
    flat = re.sub(r"\s+", " ", words).strip(" .,;")
    if not flat:
        return body, None
    first = re.split(r"[\s^]", flat.lower())[0]
    if first in ("and", "or", "if", "when", "for", "where", "is", "with", "to", "in", "base", "by") or not re.search(
        r"\d|\\pi|\\sqrt|\\frac|[a-z]$", body
    ):
        return text, None
    if first in ("percent", "pct", "percentage", "percents"):
        return body + "%", None
    if first in ("degree", "degrees"):
        return body + r"\deg ", None
    if re.fullmatch(r"[a-z]", body.strip()) and not named(flat).is_known:
        return text, None
    return body.strip(), named(flat)


def _is_unit_text(words: str, body: str) -> bool:
    flat = re.sub(r"\\cdot", " ", words)
    names = re.findall(r"\\?[a-zA-Z]+", flat)
    if re.fullmatch(r"in\.?\s*(?:\^\s*\{?\d\}?)?", flat.strip()):
        return re.search(r"\d\s*$|\}\s*$", body) is not None  # inches
    if not names or any(name.lower() in _NOT_UNITS for name in names[:1]):
        return False
    if all(
        name in _UNITS or name.lower() in _UNITS or name in ("per", "square", "cubic", "squared", "cubed", "sq")
        for name in names
    ):
        return any(len(name) > 1 for name in names) or (
            re.fullmatch(r"-?[\d.]+", body.strip()) is not None
            and words.strip() in ("m", "g", "s", "h", "L", "N", "J", "W", "V", "A", "K")
            and body[-1:] != words[:1]
            and _spaced(words, body)
        )
    return (
        "\\" not in flat
        and all(len(name) > 3 or name.lower() in ("of", "per", "the", "men", "in", "to") for name in names)
        and names[0].lower() not in ("sqrt", "times", "plus", "over", "pmod")
    )


def _spaced(words: str, body: str) -> bool:
    return True if words.strip() not in "A" else body.endswith(" ")


def named(words: str) -> Unit:
    """Return the unit that words name: `km/h`, `square feet`, `kg m^2/s^2`; an unknown one keeps its words, singular."""
    flat = words.replace(r"\cdot", "*").replace("**", "^").strip(" .,;")
    flat = re.sub(r"\bmph\b", "miles per hour", flat)
    flat = re.sub(r"\b(square|sq\.?|cubic)\s+([a-zA-Z]+)", lambda m: f"{m[2]}^{3 if m[1] == 'cubic' else 2}", flat)
    flat = re.sub(r"\s+(squared|cubed)\b", lambda m: "^3" if m[1] == "cubed" else "^2", flat)
    flat = re.sub(r"\s+per\s+", "/", flat)
    powers: dict[str, int] = {}
    scale, sign = _F(1), 1
    pieces = re.findall(r"([/*])|(\\?[a-zA-Zμ¢]+)\s*(?:\^\s*\{?\s*(-?\d)\s*\}?)?", flat)
    for slash, name, power in pieces:
        if slash:
            sign = -1 if slash == "/" else sign
            continue
        unit = _UNITS.get(name) or _UNITS.get(name.lower())
        if name == "in" and len([p for p in pieces if p[1]]) == 1:
            unit = _UNITS["inch"]
        if unit is None:
            return Unit(_singular(flat))
        count = sign * int(power or 1)
        scale *= unit.scale**count
        for kind, times in unit.dimension:
            powers[kind] = powers.get(kind, 0) + times * count
    if not pieces:
        return Unit(_singular(flat))
    return Unit(flat, tuple(sorted((kind, count) for kind, count in powers.items() if count)), scale, is_known=True)


def _singular(words: str) -> str:
    flat = re.sub(r"\s+", " ", re.sub(r"[^a-z0-9 ]", "", words.lower())).strip()
    return re.sub(r"(?<=[a-rt-z])s\b", "", re.sub(r"ies\b", "y", flat))
