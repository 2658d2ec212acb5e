"""Cities and countries that the mocked tools agree upon; facts rounded, from general knowledge."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from retake.tools.seeded import Dice

# name|country code|latitude|longitude|IANA time zone|population in thousands|airport
_CITIES = """London|GB|51.507|-0.128|Europe/London|8866|LHR
Paris|FR|48.857|2.352|Europe/Paris|2103|CDG
Berlin|DE|52.520|13.405|Europe/Berlin|3677|BER
Munich|DE|48.137|11.575|Europe/Berlin|1512|MUC
Hamburg|DE|53.551|9.994|Europe/Berlin|1892|HAM
Frankfurt|DE|50.110|8.682|Europe/Berlin|773|FRA
Madrid|ES|40.417|-3.704|Europe/Madrid|3332|MAD
Barcelona|ES|41.387|2.170|Europe/Madrid|1655|BCN
Rome|IT|41.903|12.496|Europe/Rome|2749|FCO
Milan|IT|45.464|9.190|Europe/Rome|1371|MXP
Venice|IT|45.441|12.316|Europe/Rome|250|VCE
Lisbon|PT|38.722|-9.139|Europe/Lisbon|546|LIS
Amsterdam|NL|52.370|4.895|Europe/Amsterdam|918|AMS
Brussels|BE|50.850|4.352|Europe/Brussels|1222|BRU
Vienna|AT|48.208|16.373|Europe/Vienna|1982|VIE
Zurich|CH|47.377|8.542|Europe/Zurich|427|ZRH
Geneva|CH|46.204|6.143|Europe/Zurich|203|GVA
Stockholm|SE|59.329|18.069|Europe/Stockholm|985|ARN
Oslo|NO|59.914|10.752|Europe/Oslo|709|OSL
Copenhagen|DK|55.676|12.568|Europe/Copenhagen|653|CPH
Helsinki|FI|60.170|24.941|Europe/Helsinki|664|HEL
Dublin|IE|53.350|-6.260|Europe/Dublin|592|DUB
Edinburgh|GB|55.953|-3.188|Europe/London|526|EDI
Manchester|GB|53.481|-2.242|Europe/London|552|MAN
Warsaw|PL|52.230|21.012|Europe/Warsaw|1861|WAW
Prague|CZ|50.076|14.437|Europe/Prague|1357|PRG
Budapest|HU|47.498|19.040|Europe/Budapest|1671|BUD
Athens|GR|37.984|23.728|Europe/Athens|643|ATH
Istanbul|TR|41.008|28.978|Europe/Istanbul|15655|IST
Moscow|RU|55.756|37.617|Europe/Moscow|13104|SVO
Kyiv|UA|50.450|30.523|Europe/Kyiv|2952|KBP
Tel Aviv|IL|32.085|34.782|Asia/Jerusalem|474|TLV
Riga|LV|56.950|24.105|Europe/Riga|605|RIX
New York|US|40.713|-74.006|America/New_York|8258|JFK
Los Angeles|US|34.052|-118.244|America/Los_Angeles|3821|LAX
Chicago|US|41.878|-87.630|America/Chicago|2664|ORD
Houston|US|29.760|-95.370|America/Chicago|2314|IAH
San Francisco|US|37.775|-122.419|America/Los_Angeles|809|SFO
San Diego|US|32.716|-117.161|America/Los_Angeles|1388|SAN
San Jose|US|37.339|-121.895|America/Los_Angeles|969|SJC
Seattle|US|47.606|-122.332|America/Los_Angeles|755|SEA
Boston|US|42.361|-71.058|America/New_York|653|BOS
Miami|US|25.762|-80.192|America/New_York|455|MIA
Washington|US|38.907|-77.037|America/New_York|679|IAD
Atlanta|US|33.749|-84.388|America/New_York|510|ATL
Denver|US|39.739|-104.990|America/Denver|716|DEN
Austin|US|30.267|-97.743|America/Chicago|980|AUS
Dallas|US|32.777|-96.797|America/Chicago|1303|DFW
Phoenix|US|33.448|-112.074|America/Phoenix|1650|PHX
Las Vegas|US|36.170|-115.140|America/Los_Angeles|660|LAS
Portland|US|45.515|-122.679|America/Los_Angeles|630|PDX
Philadelphia|US|39.953|-75.165|America/New_York|1550|PHL
New Orleans|US|29.951|-90.072|America/Chicago|364|MSY
Honolulu|US|21.307|-157.858|Pacific/Honolulu|342|HNL
Toronto|CA|43.653|-79.383|America/Toronto|2794|YYZ
Vancouver|CA|49.283|-123.121|America/Vancouver|662|YVR
Montreal|CA|45.502|-73.567|America/Toronto|1763|YUL
Mexico City|MX|19.433|-99.133|America/Mexico_City|9210|MEX
Sao Paulo|BR|-23.551|-46.633|America/Sao_Paulo|11452|GRU
Rio de Janeiro|BR|-22.907|-43.173|America/Sao_Paulo|6211|GIG
Buenos Aires|AR|-34.604|-58.382|America/Argentina/Buenos_Aires|3121|EZE
Lima|PE|-12.046|-77.043|America/Lima|10004|LIM
Bogota|CO|4.711|-74.072|America/Bogota|7907|BOG
Santiago|CL|-33.449|-70.669|America/Santiago|6160|SCL
Tokyo|JP|35.690|139.692|Asia/Tokyo|14094|HND
Osaka|JP|34.694|135.502|Asia/Tokyo|2754|KIX
Kyoto|JP|35.012|135.768|Asia/Tokyo|1448|UKY
Seoul|KR|37.567|126.978|Asia/Seoul|9411|ICN
Beijing|CN|39.904|116.407|Asia/Shanghai|21858|PEK
Shanghai|CN|31.230|121.474|Asia/Shanghai|24870|PVG
Hong Kong|HK|22.319|114.169|Asia/Hong_Kong|7498|HKG
Taipei|TW|25.033|121.565|Asia/Taipei|2494|TPE
Singapore|SG|1.352|103.820|Asia/Singapore|5918|SIN
Bangkok|TH|13.756|100.502|Asia/Bangkok|5495|BKK
Kuala Lumpur|MY|3.139|101.687|Asia/Kuala_Lumpur|1982|KUL
Jakarta|ID|-6.208|106.846|Asia/Jakarta|10672|CGK
Manila|PH|14.599|120.984|Asia/Manila|1847|MNL
Hanoi|VN|21.028|105.834|Asia/Ho_Chi_Minh|8435|HAN
Mumbai|IN|19.076|72.878|Asia/Kolkata|12442|BOM
Delhi|IN|28.614|77.209|Asia/Kolkata|16788|DEL
Bangalore|IN|12.972|77.594|Asia/Kolkata|8443|BLR
Hyderabad|IN|17.385|78.487|Asia/Kolkata|6810|HYD
Dubai|AE|25.205|55.271|Asia/Dubai|3604|DXB
Riyadh|SA|24.714|46.675|Asia/Riyadh|7010|RUH
Cairo|EG|30.044|31.236|Africa/Cairo|10203|CAI
Lagos|NG|6.524|3.379|Africa/Lagos|15388|LOS
Nairobi|KE|-1.286|36.817|Africa/Nairobi|4397|NBO
Johannesburg|ZA|-26.204|28.047|Africa/Johannesburg|4803|JNB
Cape Town|ZA|-33.925|18.424|Africa/Johannesburg|4773|CPT
Casablanca|MA|33.573|-7.590|Africa/Casablanca|3360|CMN
Sydney|AU|-33.869|151.209|Australia/Sydney|5297|SYD
Melbourne|AU|-37.814|144.963|Australia/Melbourne|5031|MEL
Auckland|NZ|-36.849|174.763|Pacific/Auckland|1478|AKL
Karachi|PK|24.861|67.010|Asia/Karachi|20382|KHI"""

# code|code3|name|capital|currency|calling code|population in millions|area in thousand km2|region|languages
_COUNTRIES = """US|USA|United States|Washington, D.C.|USD|1|334.9|9834|Americas|English
CA|CAN|Canada|Ottawa|CAD|1|40.1|9985|Americas|English,French
MX|MEX|Mexico|Mexico City|MXN|52|128.5|1964|Americas|Spanish
BR|BRA|Brazil|Brasilia|BRL|55|216.4|8516|Americas|Portuguese
AR|ARG|Argentina|Buenos Aires|ARS|54|46.7|2780|Americas|Spanish
PE|PER|Peru|Lima|PEN|51|34.4|1285|Americas|Spanish
CO|COL|Colombia|Bogota|COP|57|52.1|1142|Americas|Spanish
CL|CHL|Chile|Santiago|CLP|56|19.6|756|Americas|Spanish
GB|GBR|United Kingdom|London|GBP|44|68.3|244|Europe|English
IE|IRL|Ireland|Dublin|EUR|353|5.3|70|Europe|English,Irish
FR|FRA|France|Paris|EUR|33|68.2|644|Europe|French
DE|DEU|Germany|Berlin|EUR|49|84.5|358|Europe|German
ES|ESP|Spain|Madrid|EUR|34|48.4|506|Europe|Spanish
PT|PRT|Portugal|Lisbon|EUR|351|10.5|92|Europe|Portuguese
IT|ITA|Italy|Rome|EUR|39|58.8|301|Europe|Italian
NL|NLD|Netherlands|Amsterdam|EUR|31|17.9|42|Europe|Dutch
BE|BEL|Belgium|Brussels|EUR|32|11.8|31|Europe|Dutch,French,German
AT|AUT|Austria|Vienna|EUR|43|9.1|84|Europe|German
CH|CHE|Switzerland|Bern|CHF|41|8.9|41|Europe|German,French,Italian,Romansh
SE|SWE|Sweden|Stockholm|SEK|46|10.5|450|Europe|Swedish
NO|NOR|Norway|Oslo|NOK|47|5.5|385|Europe|Norwegian
DK|DNK|Denmark|Copenhagen|DKK|45|5.9|43|Europe|Danish
FI|FIN|Finland|Helsinki|EUR|358|5.6|338|Europe|Finnish,Swedish
PL|POL|Poland|Warsaw|PLN|48|36.7|313|Europe|Polish
CZ|CZE|Czechia|Prague|CZK|420|10.9|79|Europe|Czech
HU|HUN|Hungary|Budapest|HUF|36|9.6|93|Europe|Hungarian
GR|GRC|Greece|Athens|EUR|30|10.4|132|Europe|Greek
LV|LVA|Latvia|Riga|EUR|371|1.9|65|Europe|Latvian
RU|RUS|Russia|Moscow|RUB|7|143.8|17098|Europe|Russian
UA|UKR|Ukraine|Kyiv|UAH|380|37.0|604|Europe|Ukrainian
TR|TUR|Turkey|Ankara|TRY|90|85.3|784|Asia|Turkish
IL|ISR|Israel|Jerusalem|ILS|972|9.8|22|Asia|Hebrew,Arabic
JP|JPN|Japan|Tokyo|JPY|81|124.5|378|Asia|Japanese
KR|KOR|South Korea|Seoul|KRW|82|51.7|100|Asia|Korean
CN|CHN|China|Beijing|CNY|86|1410.7|9597|Asia|Chinese
HK|HKG|Hong Kong|Hong Kong|HKD|852|7.5|1|Asia|Chinese,English
TW|TWN|Taiwan|Taipei|TWD|886|23.4|36|Asia|Chinese
SG|SGP|Singapore|Singapore|SGD|65|5.9|1|Asia|English,Malay,Chinese,Tamil
TH|THA|Thailand|Bangkok|THB|66|71.8|513|Asia|Thai
MY|MYS|Malaysia|Kuala Lumpur|MYR|60|34.3|330|Asia|Malay
ID|IDN|Indonesia|Jakarta|IDR|62|277.5|1905|Asia|Indonesian
PH|PHL|Philippines|Manila|PHP|63|117.3|300|Asia|Filipino,English
VN|VNM|Vietnam|Hanoi|VND|84|98.9|331|Asia|Vietnamese
IN|IND|India|New Delhi|INR|91|1428.6|3287|Asia|Hindi,English
PK|PAK|Pakistan|Islamabad|PKR|92|240.5|882|Asia|Urdu,English
AE|ARE|United Arab Emirates|Abu Dhabi|AED|971|9.5|84|Asia|Arabic
SA|SAU|Saudi Arabia|Riyadh|SAR|966|36.9|2150|Asia|Arabic
EG|EGY|Egypt|Cairo|EGP|20|112.7|1002|Africa|Arabic
NG|NGA|Nigeria|Abuja|NGN|234|223.8|924|Africa|English
KE|KEN|Kenya|Nairobi|KES|254|55.1|580|Africa|Swahili,English
ZA|ZAF|South Africa|Pretoria|ZAR|27|60.4|1221|Africa|Zulu,Xhosa,Afrikaans,English
MA|MAR|Morocco|Rabat|MAD|212|37.8|447|Africa|Arabic,Berber
AU|AUS|Australia|Canberra|AUD|61|26.6|7692|Oceania|English
NZ|NZL|New Zealand|Wellington|NZD|64|5.2|268|Oceania|English,Maori"""


@dataclass(frozen=True)
class City:
    """A city: degrees, IANA zone, population in persons, code of its main airport."""

    name: str
    country: str
    latitude: float
    longitude: float
    timezone: str
    population: int
    airport: str


@dataclass(frozen=True)
class Country:
    """A country: ISO codes, capital, currency code, population in persons, area in km2."""

    code: str
    code3: str
    name: str
    capital: str
    currency: str
    calling_code: str
    population: int
    area_km2: int
    region: str
    languages: tuple[str, ...]


def _city(line: str) -> City:
    name, country, latitude, longitude, zone, population, airport = line.split("|")
    return City(name, country, float(latitude), float(longitude), zone, int(population) * 1000, airport)


def _country(line: str) -> Country:
    code, code3, name, capital, currency, calling, people, area, region, languages = line.split("|")
    size = round(float(people) * 1_000_000), int(area) * 1000
    return Country(code, code3, name, capital, currency, calling, *size, region, tuple(languages.split(",")))


CITIES = tuple(_city(line) for line in _CITIES.splitlines())
COUNTRIES = tuple(_country(line) for line in _COUNTRIES.splitlines())
_BY_NAME = {city.name.casefold(): city for city in CITIES} | {city.airport.casefold(): city for city in CITIES}
_BY_NAME |= {"nyc": _BY_NAME["new york"], "new york city": _BY_NAME["new york"], "sf": _BY_NAME["san francisco"]}
_BY_NAME |= {"la": _BY_NAME["los angeles"], "new delhi": _BY_NAME["delhi"], "washington dc": _BY_NAME["washington"]}
_BY_CODE = {country.code.casefold(): country for country in COUNTRIES}
_BY_COUNTRY = _BY_CODE | {c.code3.casefold(): c for c in COUNTRIES} | {c.name.casefold(): c for c in COUNTRIES}
_BY_COUNTRY |= {"uk": _BY_CODE["gb"], "england": _BY_CODE["gb"], "usa": _BY_CODE["us"], "america": _BY_CODE["us"]}
_BY_COUNTRY |= {"korea": _BY_CODE["kr"], "uae": _BY_CODE["ae"], "united states of america": _BY_CODE["us"]}


# US states and a city that lies in or near each; a two-letter code after a city's name is a state before it is a country.
_STATES = {
    "ca": "San Francisco",
    "california": "San Francisco",
    "ny": "New York",
    "tx": "Austin",
    "texas": "Austin",
    "wa": "Seattle",
    "fl": "Miami",
    "florida": "Miami",
    "il": "Chicago",
    "illinois": "Chicago",
    "ma": "Boston",
    "massachusetts": "Boston",
    "co": "Denver",
    "colorado": "Denver",
    "az": "Phoenix",
    "arizona": "Phoenix",
    "nv": "Las Vegas",
    "nevada": "Las Vegas",
    "or": "Portland",
    "oregon": "Portland",
    "pa": "Philadelphia",
    "nj": "Philadelphia",
    "la": "New Orleans",
    "ga": "Atlanta",
    "hi": "Honolulu",
    "dc": "Washington",
    "va": "Washington",
    "md": "Washington",
    "ct": "New York",
    "mi": "Chicago",
    "in": "Chicago",
    "oh": "Chicago",
    "wi": "Chicago",
    "mn": "Chicago",
    "tn": "Atlanta",
    "nc": "Atlanta",
    "sc": "Atlanta",
    "al": "Atlanta",
    "ut": "Denver",
    "nm": "Denver",
}


@lru_cache(maxsize=4096)
def city_of(text: str) -> City:
    """Return the city that `text` names: a name, `name, country`, an airport code, `lat,lon`; an unknown one is made up.

    A made-up city keeps its name and is always the same one.
    """
    pair = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*[, ]\s*(-?\d+(?:\.\d+)?)\s*", text)
    if pair:
        return nearest_city(float(pair[1]), float(pair[2]))
    whole = re.sub(r"[.]", "", text.casefold()).strip()
    head = whole.split(",")[0].strip()
    if whole in _BY_NAME or head in _BY_NAME:
        return _BY_NAME.get(whole) or _BY_NAME[head]
    country = _BY_COUNTRY.get(head) if head == whole else None
    if country is not None:
        known = (c for c in CITIES if c.country == country.code and country.capital.startswith(c.name))
        return next(known, _made_up(f"{country.capital}, {country.code}"))
    return _made_up(text)


def _made_up(text: str) -> City:
    head, *rest = [part.strip() for part in text.split(",")]
    dice, country = Dice("city", head), _BY_COUNTRY.get(rest[-1].casefold()) if rest else None
    state = _STATES.get(rest[-1].casefold()) if rest else None
    near = (
        _BY_NAME[state.casefold()]
        if state
        else dice.pick(
            [c for c in CITIES if country and c.country == country.code] or [c for c in CITIES if c.country == "US"]
        )
    )
    name = head if any(letter.isupper() for letter in head) else head.title()
    latitude, longitude = near.latitude + dice.number(-2, 2, 3), near.longitude + dice.number(-2, 2, 3)
    people = dice.whole(8, 400) * 1000
    return City(
        name[:80] or "Springfield",
        near.country,
        round(latitude, 3),
        round(longitude, 3),
        near.timezone,
        people,
        near.airport,
    )


@lru_cache(maxsize=4096)
def nearest_city(latitude: float, longitude: float) -> City:
    """Return the known city that is nearest to a point, in degrees."""
    return min(CITIES, key=lambda city: distance_km(latitude, longitude, city.latitude, city.longitude))


def country_of(text: str) -> Country | None:
    """Return the country of a name, ISO code, or city's name; None where nobody knows it."""
    plain = text.strip().casefold()
    if plain in _BY_COUNTRY:
        return _BY_COUNTRY[plain]
    city = _BY_NAME.get(plain.split(",")[0])
    return _BY_CODE[city.country.casefold()] if city else None


def apart_km(one: City, two: City) -> float:
    """Return the distance between two places in km; two that nobody knows are taken for sights of one town."""
    if one not in CITIES and two not in CITIES:
        return 0.0 if one == two else Dice("apart", *sorted((one.name, two.name))).number(0.8, 28, 1)
    return distance_km(one.latitude, one.longitude, two.latitude, two.longitude)


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in km between two points in degrees (haversine, radius 6371 km)."""
    one, two = math.radians(lat1), math.radians(lat2)
    half = math.sin((two - one) / 2) ** 2
    half += math.cos(one) * math.cos(two) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return round(2 * 6371.0 * math.asin(math.sqrt(min(1.0, half))), 1)
