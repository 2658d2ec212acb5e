"""Vehicles: VIN and registration checks, models, recalls, fuel and charging."""

from __future__ import annotations

from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World
from retake.tools.people import street
from retake.tools.places import city_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "vehicles",
    "vehicle vehicles car cars vin registration plate automobile auto motor make model fuel gas petrol diesel mileage recall electric charging ppsr mot engine",
)

_MODELS = {
    "Toyota": ("Corolla", "Camry", "RAV4", "Prius"),
    "Honda": ("Civic", "Accord", "CR-V"),
    "Ford": ("Focus", "Mustang", "F-150"),
    "BMW": ("3 Series", "5 Series", "X5"),
    "Tesla": ("Model 3", "Model S", "Model Y"),
    "Volkswagen": ("Golf", "Passat", "Tiguan"),
    "Hyundai": ("Elantra", "Tucson", "Kona"),
}
# The year letter of a VIN, tenth position, for 2010 to 2030 (ISO 3779, as used in North America).
_VIN_YEARS = {letter: 2010 + i for i, letter in enumerate("ABCDEFGHJKLMNPRSTVWXY")}


def _vehicle(key: str) -> dict[str, Any]:
    dice = Dice("vehicle", key)
    make = dice.pick(sorted(_MODELS))
    return {
        "make": make,
        "model": dice.pick(_MODELS[make]),
        "year": dice.whole(2008, 2025),
        "body": dice.pick(("Sedan", "Hatchback", "SUV", "Wagon")),
        "engine": f"{dice.number(1.0, 3.5, 1)} L",
        "fuel": dice.pick(("petrol", "diesel", "hybrid")),
        "transmission": dice.pick(("automatic", "manual")),
        "colour": dice.pick(("white", "black", "blue", "silver", "red")),
    }


@family.tool(
    "vin_decode vin_decoder decode_vin vin_lookup vin vin_check vehicle_by_vin vin_report vehicle_info_by_vin vin_info",
    needs="vin",
)
def vin_decode(query: Query, world: World) -> Result:
    vin = query.text("vin").upper().replace(" ", "")
    if not vin.isalnum() or not 5 <= len(vin) <= 17:
        raise ToolError("invalid_value", "a VIN has 17 letters and digits")
    row = _vehicle(vin)
    year = _VIN_YEARS.get(vin[9:10], row["year"])
    return {
        "vin": vin,
        "is_complete": len(vin) == 17,
        **row,
        "year": year,
        "plant_country": Dice("plant", vin[:3]).pick(("United States", "Japan", "Germany", "Mexico")),
    }


@family.tool(
    "registration_check plate_lookup vehicle_registration license_plate_lookup registration_lookup vehicle_check number_plate_lookup license_plate rego_check vehicle_by_plate car_registration vehicle_registration_check vehicle_data",
    needs="plate",
)
def registration_check(query: Query, world: World) -> Result:
    plate = query.text("plate").upper()
    dice = Dice("plate", plate)
    return {
        "registration": plate,
        **_vehicle(plate),
        "registration_status": dice.pick(("current", "current", "expired")),
        "registration_expires": dice.day(-30, 330).isoformat(),
        "inspection_due": dice.day(10, 360).isoformat(),
        "taxed": dice.chance(0.9),
    }


@family.tool(
    "ppsr_check ppsr vehicle_history stolen_vehicle_check vehicle_history_report car_history finance_check write_off_check",
    needs="vin",
)
def ppsr_check(query: Query, world: World) -> Result:
    key = query.text("vin", query.text("plate")).upper()
    dice = Dice("history", key)
    return {
        "vehicle": key,
        **_vehicle(key),
        "finance_owing": dice.chance(0.15),
        "written_off": dice.chance(0.05),
        "stolen": False,
        "owners": dice.whole(1, 4),
        "odometer_km": dice.whole(8, 210) * 1000,
        "checked_on": TODAY.isoformat(),
    }


@family.tool("car_makes list_makes vehicle_makes car_brands all_makes car_manufacturers")
def car_makes(query: Query, world: World) -> Result:
    return {"count": len(_MODELS), "makes": sorted(_MODELS)}


@family.tool("car_models models_by_make vehicle_models list_models car_models_by_make models_of_make", needs="make")
def car_models(query: Query, world: World) -> Result:
    asked = query.text("make", "Toyota")
    make = next((name for name in _MODELS if name.lower() == asked.lower()), None)
    return {
        "make": make or asked,
        "models": list(_MODELS[make])
        if make
        else [f"{asked} {Dice('model', asked, i).pick('ABCS')}{i + 1}" for i in range(3)],
    }


@family.tool(
    "car_specs vehicle_specs vehicle_details car_details car_info vehicle_info car_specifications car_data car vehicle vehicle_specifications",
    needs="model",
)
def car_specs(query: Query, world: World) -> Result:
    make, model = query.text("make", "Toyota"), query.text("model", "Corolla")
    dice = Dice("specs", make, model)
    return {
        "make": make,
        "model": model,
        "year": query.whole("year", 2024, low=1900, high=2027),
        "horsepower": dice.whole(90, 420),
        "seats": dice.whole(4, 7),
        "fuel_economy_l_100km": dice.number(4.2, 11.5, 1),
        "length_mm": dice.whole(3800, 5000),
        "price_usd": dice.whole(18, 90) * 1000,
    }


@family.tool("vehicle_recalls recalls car_recalls safety_recalls recall_check", needs="make")
def vehicle_recalls(query: Query, world: World) -> Result:
    make, model = query.text("make", "Toyota"), query.text("model", "Corolla")
    count = Dice("recalls", make, model).whole(0, 2)
    return {
        "make": make,
        "model": model,
        "count": count,
        "recalls": [
            {
                "campaign": Dice("recall", make, model, i).code(9),
                "component": Dice("part", make, model, i).pick(("airbag", "brake hose", "rear camera", "seat belt")),
                "remedy": "Dealers replace the part free of charge.",
            }
            for i in range(count)
        ],
    }


@family.tool(
    "fuel_price gas_price gas_prices fuel_prices petrol_price petrol_prices diesel_price fuel_prices_by_location gas_stations gas_station_prices",
    needs="place",
)
def fuel_price(query: Query, world: World) -> Result:
    where = query.text("place", "California")
    dice = Dice("fuel", where)
    regular = dice.number(0.85, 1.75)
    return {
        "place": where,
        "date": TODAY.isoformat(),
        "currency": "USD",
        "unit": "litre",
        "regular": regular,
        "premium": round(regular * 1.13, 2),
        "diesel": round(regular * 1.06, 2),
    }


@family.tool(
    "car_search used_cars search_cars car_listings find_cars used_car_search cars_for_sale vehicle_search", needs="make"
)
def car_search(query: Query, world: World) -> Result:
    make, rows = query.text("make", "Toyota"), []
    for index in range(4):
        dice = Dice("listing", make, query.text("model"), index)
        row = {
            "listing_id": f"L{dice.whole(10000, 99999)}",
            "make": make,
            "model": query.text("model", dice.pick(_MODELS.get(make.title(), ("GT",)))),
            "year": dice.whole(2014, 2025),
            "price_usd": dice.whole(7, 60) * 1000,
            "mileage_km": dice.whole(5, 190) * 1000,
        }
        rows.append(world.issue("car", row["listing_id"], query.narrowed(row)))
    return {"count": len(rows), "cars": rows}


@family.tool(
    "charging_stations ev_charging ev_charging_stations find_charging_stations electric_charging nearest_charging_station ev_charging_locator charging_station",
    needs="place",
)
def charging_stations(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "San Francisco"))
    return {
        "place": city.name,
        "stations": [
            {
                "station_id": f"ev{Dice('ev', city.name, i).whole(100, 999)}",
                "address": street("ev", city.name, i),
                "power_kw": Dice("ev kw", city.name, i).pick((22, 50, 150, 250)),
                "free_plugs": Dice("ev free", city.name, i).whole(0, 8),
                "price_per_kwh_usd": Dice("ev price", city.name, i).number(0.2, 0.6),
            }
            for i in range(4)
        ],
    }


@family.tool("parking_search find_parking parking parking_nearby parking_lots parking_spots", needs="place")
def parking_search(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "Boston"))
    return {
        "place": city.name,
        "parking": [
            {
                "name": f"Garage {i + 1}",
                "address": street("garage", city.name, i),
                "free_spaces": Dice("garage", city.name, i).whole(0, 240),
                "price_per_hour_usd": Dice("garage price", city.name, i).number(1, 12),
            }
            for i in range(3)
        ],
    }


@family.tool(
    "fuel_cost trip_fuel_cost calculate_fuel_cost fuel_consumption gas_cost calculate_fuel_consumption estimate_fuel_cost"
)
def fuel_cost(query: Query, world: World) -> Result:
    distance = next(
        (float(v) for n, v in query.arguments.items() if "dist" in n.lower() and isinstance(v, int | float)), 100.0
    )
    usage = next(
        (
            float(v)
            for n, v in query.arguments.items()
            if ("consum" in n.lower() or "economy" in n.lower()) and isinstance(v, int | float)
        ),
        7.0,
    )
    price = query.number("price", 1.4)
    return {
        "distance_km": distance,
        "consumption_l_100km": usage,
        "litres": round(distance * usage / 100, 2),
        "price_per_litre": price,
        "cost": round(distance * usage / 100 * price, 2),
    }
