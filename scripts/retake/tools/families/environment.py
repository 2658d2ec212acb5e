"""Environment: air, water, quakes, energy and footprints."""

from __future__ import annotations

from retake.tools.family import Family, Query, Result, World
from retake.tools.places import city_of
from retake.tools.seeded import NOW, TODAY, Dice

family = Family(
    "environment",
    "air quality pollution aqi pollen carbon emission emissions footprint climate environment environmental earthquake earthquakes tide water energy renewable solar wildfire species wildlife calculate",
)


@family.tool(
    "air_quality air_pollution aqi air_quality_index current_air_quality air_quality_by_city pollution air_quality_data pollution_level air_quality_index_by_city",
    needs="place",
)
def air_quality(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    dice = Dice("air", city.name, query.day("date").isoformat())
    aqi = dice.whole(12, 168)
    word = next(
        word
        for limit, word in (
            (51, "Good"),
            (101, "Moderate"),
            (151, "Unhealthy for sensitive groups"),
            (999, "Unhealthy"),
        )
        if aqi < limit
    )
    return {
        "city": city.name,
        "country": city.country,
        "date": query.day("date").isoformat(),
        "aqi": aqi,
        "category": word,
        "pm2_5": round(aqi * 0.32, 1),
        "pm10": round(aqi * 0.55, 1),
        "o3": dice.whole(10, 120),
        "no2": dice.whole(4, 70),
        "so2": dice.whole(1, 20),
        "co": dice.whole(150, 900),
    }


@family.tool("pollen_count pollen pollen_forecast allergy_forecast pollen_levels", needs="place")
def pollen_count(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    return {
        "city": city.name,
        "date": TODAY.isoformat(),
        "pollen": {
            kind: Dice("pollen", city.name, kind).pick(("low", "moderate", "high"))
            for kind in ("tree", "grass", "weed")
        },
    }


@family.tool(
    "recent_earthquakes earthquakes earthquake_data search_earthquakes latest_earthquakes earthquake seismic_activity"
)
def recent_earthquakes(query: Query, world: World) -> Result:
    least = max(
        (float(v) for n, v in query.arguments.items() if "mag" in n.lower() and isinstance(v, int | float)), default=2.5
    )
    where, rows = query.text("place", "worldwide"), []
    for index in range(query.whole("limit", 5, high=20)):
        dice = Dice("quake", where, index)
        rows.append(
            {
                "id": f"eq{dice.code(8).lower()}",
                "magnitude": round(min(least, 8) + dice.number(0, 1.8, 1), 1),
                "place": f"{dice.whole(4, 180)} km {dice.pick('NESW')} of {where if where != 'worldwide' else dice.pick(('Ridgecrest', 'Kushiro', 'Padang', 'Valparaiso'))}",
                "depth_km": dice.number(3, 90, 1),
                "time": f"{dice.day(-30, 0).isoformat()}T{dice.clock(0, 23)}Z",
            }
        )
    return {"count": len(rows), "earthquakes": rows}


@family.tool(
    "carbon_footprint calculate_carbon_footprint carbon_emissions co2_emissions emissions_calculator carbon_calculator estimate_emissions calculate_emissions emissions"
)
def carbon_footprint(query: Query, world: World) -> Result:
    numbers = {n: v for n, v in query.arguments.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    factor = Dice(
        "carbon", sorted(query.arguments), [v for v in query.arguments.values() if isinstance(v, str)]
    ).number(0.12, 0.31, 3)
    total = sum(abs(v) for v in numbers.values()) * factor or Dice("carbon", query.arguments).number(100, 9000)
    return {"input": query.arguments, "co2_kg": round(total, 2), "trees_to_offset": int(total // 21) + 1}


@family.tool("tide_times tides tide_table high_tide low_tide tide_forecast", needs="place")
def tide_times(query: Query, world: World) -> Result:
    city, day = city_of(query.text("place", "Boston")), query.day("date")
    dice = Dice("tide", city.name, day.isoformat())
    first = dice.whole(0, 359)
    rows = [
        {
            "type": ("high", "low")[i % 2],
            "time": f"{(first + 373 * i) // 60:02d}:{(first + 373 * i) % 60:02d}",
            "height_m": dice.number(2.4, 4.8) if i % 2 == 0 else dice.number(0.1, 1),
        }
        for i in range(3)
    ]
    return {"place": city.name, "date": day.isoformat(), "tides": rows}


@family.tool("water_quality water_quality_index beach_water_quality drinking_water_quality", needs="place")
def water_quality(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    dice = Dice("water", city.name)
    return {
        "city": city.name,
        "date": TODAY.isoformat(),
        "ph": dice.number(6.7, 8.2),
        "turbidity_ntu": dice.number(0.1, 3),
        "dissolved_oxygen_mg_l": dice.number(6, 10, 1),
        "rating": dice.pick(("good", "fair", "excellent")),
    }


@family.tool(
    "electricity_mix energy_mix carbon_intensity grid_carbon_intensity power_breakdown renewable_energy energy_production",
    needs="place",
)
def electricity_mix(query: Query, world: World) -> Result:
    where = query.text("place", "US")
    dice = Dice("grid", where)
    parts = {name: dice.whole(2, 40) for name in ("solar", "wind", "hydro", "nuclear", "gas", "coal")}
    total = sum(parts.values())
    return {
        "zone": where,
        "at": NOW.isoformat(),
        "share_percent": {k: round(100 * v / total, 1) for k, v in parts.items()},
        "carbon_intensity_g_kwh": dice.whole(40, 620),
    }


@family.tool("solar_potential solar_radiation solar_estimate solar_irradiance solar_production", needs="place")
def solar_potential(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    hours = round(6.4 - abs(city.latitude) * 0.06 + Dice("sun", city.name).number(-0.4, 0.4), 2)
    return {"place": city.name, "peak_sun_hours_per_day": hours, "annual_kwh_per_kw": round(hours * 365 * 0.8)}


@family.tool("active_wildfires wildfires wildfire_map fire_alerts wildfire_data")
def active_wildfires(query: Query, world: World) -> Result:
    where = query.text("place", "California")
    return {
        "area": where,
        "fires": [
            {
                "name": f"{Dice('fire', where, i).pick(('Ridge', 'Canyon', 'Oak', 'Creek'))} Fire",
                "hectares": Dice("fire size", where, i).whole(20, 9000),
                "contained_percent": Dice("fire held", where, i).whole(0, 100),
            }
            for i in range(2)
        ],
    }


@family.tool(
    "species_info animal_info species wildlife_info animal plant_info endangered_species animal_facts species_details",
    needs="query",
)
def species_info(query: Query, world: World) -> Result:
    name = query.text("query", "wolf")
    dice = Dice("species", name)
    return {
        "name": name,
        "status": dice.pick(("Least Concern", "Near Threatened", "Vulnerable", "Endangered")),
        "population_trend": dice.pick(("stable", "decreasing", "increasing")),
        "habitat": dice.pick(("forest", "grassland", "wetland", "coast")),
    }
