"""Weather: conditions, forecasts, history and sky, one climate for every tool."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from retake.tools.family import Family, Query, Result, World
from retake.tools.places import City, city_of
from retake.tools.seeded import NOW, TODAY, Dice

family = Family(
    "weather", "weather forecast temperature humidity wind rain snow storm meteorological climate uv sunrise sunset"
)

_CONDITIONS = (
    "Clear",
    "Sunny",
    "Partly cloudy",
    "Cloudy",
    "Overcast",
    "Light rain",
    "Rain",
    "Thunderstorm",
    "Fog",
    "Windy",
)


def place(query: Query) -> City:
    """Return the city that a query means, by name or by latitude and longitude."""
    latitude, longitude = query.get("lat"), query.get("lon")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        return city_of(f"{latitude:f},{longitude:f}")
    return city_of(query.text("place", "New York"))


def _mean(city: City, day: date) -> float:
    """Return a day's mean temperature in °C: colder to the poles, a season of its hemisphere, the day's own chance."""
    season = math.cos(2 * math.pi * (day.timetuple().tm_yday - 200) / 365) * (1 if city.latitude >= 0 else -1)
    swing = min(abs(city.latitude) / 4.5, 14)
    return 28 - abs(city.latitude) * 0.42 + season * swing + Dice("day", city.name, day.isoformat()).number(-4, 4)


def _is_imperial(query: Query) -> bool:
    units = " ".join(str(value).lower() for name, value in query.arguments.items() if "unit" in name.lower())
    return any(word in units for word in ("f", "imperial")) and "celsius" not in units


def _degrees(query: Query, celsius: float) -> dict[str, Any]:
    if _is_imperial(query):
        return {"temperature": round(celsius * 9 / 5 + 32, 1), "unit": "fahrenheit"}
    return {"temperature": round(celsius, 1), "unit": "celsius"}


def _day(city: City, day: date) -> dict[str, Any]:
    dice, mean = Dice("weather", city.name, day.isoformat()), _mean(city, day)
    low, high = mean - dice.number(2, 6), mean + dice.number(2, 6)
    return {
        "date": day.isoformat(),
        "condition": dice.pick(_CONDITIONS),
        "temp_min_c": round(low, 1),
        "temp_max_c": round(high, 1),
        "temp_min_f": round(low * 9 / 5 + 32, 1),
        "temp_max_f": round(high * 9 / 5 + 32, 1),
        "humidity_percent": dice.whole(30, 95),
        "wind_kph": dice.number(2, 45, 1),
        "precipitation_mm": dice.number(0, 12, 1) if dice.chance(0.4) else 0.0,
        "chance_of_rain_percent": dice.whole(0, 100),
    }


def _where(city: City) -> dict[str, Any]:
    return {
        "name": city.name,
        "country": city.country,
        "lat": city.latitude,
        "lon": city.longitude,
        "timezone": city.timezone,
    }


@family.tool(
    "current_weather weather weather_by_city current_weather_data realtime_weather weather_conditions temperature current_temperature current_conditions weather_report",
    needs="place",
)
def current_weather(query: Query, world: World) -> Result:
    city, day = place(query), query.day("date")
    today, dice = _day(city, day), Dice("now", city.name)
    if day != TODAY:
        return {"location": _where(city), **_degrees(query, _mean(city, day)), **today}
    now = today["temp_min_c"] + (today["temp_max_c"] - today["temp_min_c"]) * 0.6
    return {
        "location": _where(city),
        "observed_at": NOW.isoformat(),
        **_degrees(query, now),
        "feels_like": _degrees(query, now + dice.number(-2, 2))["temperature"],
        "condition": today["condition"],
        "humidity_percent": today["humidity_percent"],
        "wind_kph": today["wind_kph"],
        "wind_direction": dice.pick(("N", "NE", "E", "SE", "S", "SW", "W", "NW")),
        "pressure_hpa": dice.whole(995, 1030),
        "visibility_km": dice.number(4, 20, 1),
        "cloud_cover_percent": dice.whole(0, 100),
        "uv_index": dice.whole(0, 10),
    }


@family.tool(
    "weather_forecast forecast daily_forecast weather_prediction forecast_weather five_day_forecast 5_day_forecast 3_day_forecast weather_forecast_daily predict_weather",
    needs="place",
)
def weather_forecast(query: Query, world: World) -> Result:
    city, first = place(query), query.day("date")
    days = query.whole("days", 5, high=16)
    return {"location": _where(city), "forecast": [_day(city, first + timedelta(days=i)) for i in range(days)]}


@family.tool("hourly_forecast hourly_weather weather_hourly hourly_weather_forecast", needs="place")
def hourly_forecast(query: Query, world: World) -> Result:
    city, day = place(query), query.day("date")
    today, hours = _day(city, day), []
    for hour in range(0, 24, 3):
        dice = Dice("hour", city.name, day.isoformat(), hour)
        share = (1 - math.cos(math.pi * hour / 12)) / 2
        warmth = today["temp_min_c"] + (today["temp_max_c"] - today["temp_min_c"]) * share
        hours.append(
            {
                "time": f"{day.isoformat()}T{hour:02d}:00",
                "temp_c": round(warmth, 1),
                "condition": dice.pick(_CONDITIONS),
                "chance_of_rain_percent": dice.whole(0, 100),
                "wind_kph": dice.number(2, 40, 1),
            }
        )
    return {"location": _where(city), "hourly": hours}


@family.tool(
    "historical_weather weather_history past_weather history_weather weather_historical climate_history", needs="place"
)
def historical_weather(query: Query, world: World) -> Result:
    city, first = place(query), query.day("date", TODAY - timedelta(days=7))
    last = query.day("end_date", first)
    count = min(max((last - first).days + 1, 1), 31)
    return {"location": _where(city), "history": [_day(city, first + timedelta(days=i)) for i in range(count)]}


@family.tool("weather_alerts alerts weather_warnings severe_weather_alerts storm_alerts", needs="place")
def weather_alerts(query: Query, world: World) -> Result:
    city = place(query)
    dice = Dice("alerts", city.name)
    events = dice.some(
        ("Heat advisory", "Thunderstorm watch", "High wind warning", "Flood watch", "Dense fog advisory"),
        dice.whole(0, 2),
    )
    alerts = [
        {
            "event": event,
            "severity": dice.pick(("Minor", "Moderate", "Severe")),
            "effective": TODAY.isoformat(),
            "expires": (TODAY + timedelta(days=1)).isoformat(),
            "area": city.name,
        }
        for event in events
    ]
    return {"location": _where(city), "count": len(alerts), "alerts": alerts}


@family.tool("uv_index uv current_uv_index uv_forecast", needs="place")
def uv_index(query: Query, world: World) -> Result:
    city = place(query)
    value = Dice("uv", city.name).number(1, 11, 1)
    risk = next(word for limit, word in ((3, "low"), (6, "moderate"), (8, "high"), (99, "very high")) if value < limit)
    return {"location": _where(city), "date": TODAY.isoformat(), "uv_index": value, "risk": risk}


@family.tool("sunrise_sunset sunrise sunset astronomy sun_times daylight sunrise_time sunset_time", needs="place")
def sunrise_sunset(query: Query, world: World) -> Result:
    city, day = place(query), query.day("date")
    tilt = math.radians(23.44) * math.sin(2 * math.pi * (day.timetuple().tm_yday - 81) / 365)
    angle = math.acos(max(-1.0, min(1.0, -math.tan(math.radians(city.latitude)) * math.tan(tilt))))
    half = angle * 12 / math.pi
    return {
        "location": _where(city),
        "date": day.isoformat(),
        "sunrise": _clock(12 - half),
        "sunset": _clock(12 + half),
        "solar_noon": "12:00",
        "day_length_hours": round(2 * half, 2),
        "moon_phase": Dice("moon", day.isoformat()).pick(("New Moon", "First Quarter", "Full Moon", "Last Quarter")),
        "times_are": "local solar time",
    }


def _clock(hours: float) -> str:
    minutes = min(round(hours * 60), 23 * 60 + 59)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@family.tool("marine_weather sea_conditions surf_report wave_forecast marine_forecast surf_forecast", needs="place")
def marine_weather(query: Query, world: World) -> Result:
    city, day = place(query), query.day("date")
    dice = Dice("sea", city.name, day.isoformat())
    return {
        "location": _where(city),
        "date": day.isoformat(),
        "wave_height_m": dice.number(0.2, 4, 1),
        "swell_period_s": dice.whole(4, 16),
        "water_temperature_c": dice.number(8, 28, 1),
        "wind_kph": dice.number(3, 50, 1),
        "high_tide": dice.clock(),
        "low_tide": dice.clock(),
    }


@family.tool(
    "snow_report ski_conditions snow_conditions snow_forecast ski_resort_forecast resort_snow_conditions", needs="query"
)
def snow_report(query: Query, world: World) -> Result:
    resort = query.text("query", "Aspen")
    dice = Dice("snow", resort)
    return {
        "resort": resort,
        "date": TODAY.isoformat(),
        "base_depth_cm": dice.whole(0, 220),
        "new_snow_24h_cm": dice.whole(0, 30),
        "open_lifts": dice.whole(0, 25),
        "open_trails": dice.whole(0, 120),
        "condition": dice.pick(("Powder", "Packed powder", "Spring snow", "Closed")),
    }
