"""Geography: countries, cities, coordinates, distances, time zones, directions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World, found, not_found
from retake.tools.people import street
from retake.tools.places import CITIES, COUNTRIES, City, Country, apart_km, city_of, country_of
from retake.tools.seeded import NOW, Dice

family = Family(
    "geography",
    "country countries capital city cities location address coordinates latitude longitude geocode geocoding map maps distance route directions timezone postal zip flag population region elevation calculate",
)


def _country(query: Query) -> Country:
    text = query.text("country", "US")
    country = country_of(text)
    if country is None:
        raise not_found("country", text[:60])
    return country


def _row(country: Country) -> dict[str, Any]:
    flag = "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country.code)
    return {
        **asdict(country),
        "languages": list(country.languages),
        "flag": flag,
        "flag_url": f"https://flags.example/{country.code.lower()}.svg",
    }


def _point(city: City) -> dict[str, Any]:
    return {"name": city.name, "country": city.country, "latitude": city.latitude, "longitude": city.longitude}


@family.tool(
    "country_info country country_details country_by_name country_by_code country_data country_profile search_country country_facts",
    needs="country",
)
def country_info(query: Query, world: World) -> Result:
    return _row(_country(query))


@family.tool("country_capital capital capital_city capital_of_country capital_by_country", needs="country")
def country_capital(query: Query, world: World) -> Result:
    country = _country(query)
    return {"country": country.name, "capital": country.capital}


@family.tool("country_currency currency_of_country currency_by_country country_currency_code", needs="country")
def country_currency(query: Query, world: World) -> Result:
    country = _country(query)
    return {"country": country.name, "currency": country.currency}


@family.tool("country_flag flag flags flag_of_country", needs="country")
def country_flag(query: Query, world: World) -> Result:
    row = _row(_country(query))
    return {key: row[key] for key in ("name", "code", "flag", "flag_url")}


@family.tool(
    "country_population population population_of_country population_by_country country_population_data", needs="country"
)
def country_population(query: Query, world: World) -> Result:
    country = _country(query)
    return {
        "country": country.name,
        "population": country.population,
        "area_km2": country.area_km2,
        "density_per_km2": round(country.population / country.area_km2, 1),
    }


@family.tool("list_countries countries all_countries countries_by_region countries_list country_list")
def list_countries(query: Query, world: World) -> Result:
    region = str(query.arguments.get("region", "")).lower()
    rows = [{"name": c.name, "code": c.code, "region": c.region} for c in COUNTRIES if region in c.region.lower()]
    return {"count": len(rows), "countries": rows}


@family.tool("city_info city city_details city_data city_population", needs="place")
def city_info(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    return {**asdict(city), "elevation_m": _elevation(city)}


def _elevation(city: City) -> int:
    return Dice("elevation", city.name).whole(2, 640)


@family.tool(
    "cities_of_country list_cities cities cities_by_country country_cities search_city find_city major_cities largest_cities"
)
def cities_of_country(query: Query, world: World) -> Result:
    country = country_of(query.text("country", "US"))
    rows = [c for c in CITIES if country is None or c.country == country.code]
    largest = sorted(rows, key=lambda c: -c.population)[: query.whole("limit", 10)]
    return {
        "country": country.name if country else None,
        "count": len(largest),
        "cities": [{**_point(c), "population": c.population} for c in largest],
    }


@family.tool(
    "geocode geocoding forward_geocode coordinates_from_city city_coordinates address_to_coordinates latitude_longitude geocode_address location_coordinates coordinates coordinates_by_city lat_long coordinates_of_city",
    needs="place",
)
def geocode(query: Query, world: World) -> Result:
    text = query.text("place", "New York")
    city = city_of(text)
    return {
        "query": text,
        **_point(city),
        "formatted_address": f"{city.name}, {city.country}",
        "timezone": city.timezone,
    }


@family.tool(
    "reverse_geocode reverse_geocoding address_from_coordinates coordinates_to_address location_by_coordinates reverse",
    needs="lat lon",
)
def reverse_geocode(query: Query, world: World) -> Result:
    latitude, longitude = query.number("lat", 40.713), query.number("lon", -74.006)
    city = city_of(f"{latitude:f},{longitude:f}")
    return {
        "latitude": latitude,
        "longitude": longitude,
        "address": f"{street(latitude, longitude)}, {city.name}",
        "city": city.name,
        "country": city.country,
        "timezone": city.timezone,
    }


def _ends(query: Query) -> tuple[City, City]:
    return city_of(query.text("origin", "New York")), city_of(query.text("destination", "Boston"))


@family.tool(
    "distance distance_between_cities calculate_distance distance_calculator city_distance distance_between distance_between_places geo_distance geo_distance_calculate city_distance_find_shortest",
    needs="origin destination",
)
def distance(query: Query, world: World) -> Result:
    one, two = _ends(query)
    length = apart_km(one, two)
    return {
        "origin": one.name,
        "destination": two.name,
        "distance_km": length,
        "distance_miles": round(length * 0.621371, 1),
        "kind": "great circle",
    }


@family.tool(
    "directions route route_planner driving_directions directions_between find_route map_directions navigation plan_route travel_time drive_time calculate_route shortest_path",
    needs="origin destination",
)
def directions(query: Query, world: World) -> Result:
    one, two = _ends(query)
    length = round(apart_km(one, two) * 1.24, 1)
    mode = str(query.arguments.get("mode", "driving"))
    pace = {"walking": 5, "bicycling": 16, "cycling": 16, "transit": 55}.get(mode.lower(), 82)
    steps = [
        f"Leave {one.name} on {Dice('road', one.name).pick(('the ring road', 'Main Street', 'the motorway'))}",
        f"Continue for {round(length * 0.9, 1)} km",
        f"Arrive at {two.name}",
    ]
    return {
        "origin": one.name,
        "destination": two.name,
        "mode": mode,
        "distance_km": length,
        "duration_minutes": round(length / pace * 60),
        "steps": steps,
    }


@family.tool(
    "current_time time current_time_by_city time_in_city local_time world_time current_time_at_location time_by_timezone timezone_time current_datetime"
)
def current_time(query: Query, world: World) -> Result:
    zone = _zone(query.text("timezone", "UTC"))
    here = NOW.astimezone(ZoneInfo(zone))
    return {
        "timezone": zone,
        "datetime": here.isoformat(),
        "date": here.date().isoformat(),
        "time": here.strftime("%H:%M"),
        "day_of_week": here.strftime("%A"),
        "utc_offset": here.strftime("%z"),
    }


def _zone(text: str) -> str:
    known = {city.timezone for city in CITIES} | {"UTC"}
    short = {
        "gmt": "UTC",
        "est": "America/New_York",
        "edt": "America/New_York",
        "pst": "America/Los_Angeles",
        "pdt": "America/Los_Angeles",
        "cst": "America/Chicago",
        "cet": "Europe/Berlin",
        "ist": "Asia/Kolkata",
        "jst": "Asia/Tokyo",
    }
    if text in known or text.lower() in short:
        return short.get(text.lower(), text)
    return city_of(text.rpartition("/")[2].replace("_", " ")).timezone


@family.tool("timezone timezone_by_location timezone_info timezone_of_city timezone_by_coordinates", needs="place")
def timezone(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    return {
        "place": city.name,
        "timezone": city.timezone,
        "utc_offset": NOW.astimezone(ZoneInfo(city.timezone)).strftime("%z"),
    }


@family.tool(
    "convert_timezone timezone_converter time_zone_conversion convert_time timezone_conversion time_difference",
    needs="origin destination",
)
def convert_timezone(query: Query, world: World) -> Result:
    source, target = _zone(query.text("origin", "UTC")), _zone(query.text("destination", "UTC"))
    day = query.day("date", NOW.date())
    text = str(query.arguments.get("time", "09:30"))[:5]
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and int(hour) < 24 and (minute or "0").isdigit() and int(minute or 0) < 60):
        raise ToolError("invalid_value", f"{text!r} is not a time HH:MM", argument="time")
    start = NOW.replace(
        year=day.year, month=day.month, day=day.day, hour=int(hour), minute=int(minute or 0), tzinfo=ZoneInfo(source)
    )
    return {
        "from": source,
        "to": target,
        "source_time": start.isoformat(),
        "converted_time": start.astimezone(ZoneInfo(target)).isoformat(),
    }


@family.tool(
    "zip_code postal_code zipcode_lookup zip_code_lookup postal_code_lookup zip_info zipcode_info location_by_zip postcode_lookup",
    needs="place",
)
def zip_code(query: Query, world: World) -> Result:
    code = query.text("place", "10001")
    city = Dice("zip", code).pick([c for c in CITIES if c.country == "US"])
    return {
        "postal_code": code,
        "city": city.name,
        "country": city.country,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "timezone": city.timezone,
    }


@family.tool("elevation altitude elevation_by_coordinates elevation_of_place", needs="place")
def elevation(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    return {"place": city.name, "elevation_m": _elevation(city), "elevation_ft": round(_elevation(city) * 3.28084)}


_PLACES = ("museum", "park", "cafe", "pharmacy", "supermarket", "library", "gym", "bank", "station", "theatre")


@family.tool(
    "nearby_places places_nearby search_places find_places point_of_interest search_nearby nearby_search local_search find_nearby local_business_search",
    needs="place",
)
def nearby_places(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    kind = next(
        (
            str(query.arguments[n])
            for n in ("type", "category", "query", "keyword", "place_type", "amenities")
            if isinstance(query.arguments.get(n), str)
        ),
        "",
    )
    rows = []
    for index in range(query.whole("limit", 5, high=20)):
        dice = Dice("place", city.name, kind, index)
        what = kind or dice.pick(_PLACES)
        record = {
            "place_id": f"pl_{dice.code(8)}",
            "name": f"{dice.pick(('Central', 'Old Town', 'Riverside', 'Grand', 'Green'))} {what.title()}",
            "type": what,
            "address": f"{street(city.name, kind, index)}, {city.name}",
            "rating": dice.number(3.4, 5, 1),
            "distance_km": dice.number(0.2, 6, 1),
            "open_now": dice.chance(0.7),
        }
        rows.append(world.issue("place", record["place_id"], record))
    return {"location": city.name, "count": len(rows), "places": rows}


@family.tool("place_details place_info location_details point_of_interest_details", needs="id")
def place_details(query: Query, world: World) -> Result:
    def make(identifier: str) -> dict[str, Any]:
        dice = Dice("place id", identifier)
        return {
            "place_id": identifier,
            "name": f"{dice.pick(('Central', 'Riverside', 'Grand'))} {dice.pick(_PLACES).title()}",
            "address": street(identifier),
            "rating": dice.number(3.4, 5, 1),
        }

    record = found(world, "place", query.text("id"), make)
    return {
        **record,
        "opening_hours": "Mon-Sun 09:00-18:00",
        "phone": f"+1-555-01{Dice('place phone', record['place_id']).whole(10, 99)}",
    }
