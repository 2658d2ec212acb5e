"""Flights, trains, buses, cars and sights: timetables that do not change, bookings that are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import street
from retake.tools.places import CITIES, City, city_of, country_of, distance_km
from retake.tools.seeded import TODAY, Dice

family = Family(
    "travel",
    "flight flights airline airlines airport airports departure arrival train trains bus buses ticket tickets ride taxi uber car rental travel trip tourist tourism attraction attractions itinerary visa cruise booking passenger",
)

_AIRLINES = {
    "BA": "British Airways",
    "LH": "Lufthansa",
    "AF": "Air France",
    "DL": "Delta Air Lines",
    "UA": "United Airlines",
    "AA": "American Airlines",
    "EK": "Emirates",
    "SQ": "Singapore Airlines",
    "QF": "Qantas",
    "JL": "Japan Airlines",
}


def _ends(query: Query) -> tuple[City, City]:
    one = city_of(query.text("origin", "New York"))
    two = city_of(query.text("destination", "London" if one.name != "London" else "Paris"))
    if one == two:
        raise ToolError("invalid_value", f"origin and destination are both {one.name}")
    return one, two


def _flight(one: City, two: City, day: str, index: int) -> dict[str, Any]:
    dice = Dice("flight", one.name, two.name, index)
    code, length = dice.pick(sorted(_AIRLINES)), distance_km(one.latitude, one.longitude, two.latitude, two.longitude)
    minutes = round(35 + length / 13.5)
    number = f"{code}{dice.whole(100, 999)}"
    price = round(40 + length * 0.07 * Dice("fare", number, day).number(0.8, 1.6), 2)
    return {
        "flight_id": f"{number}-{day}",
        "flight_number": number,
        "airline": _AIRLINES[code],
        "origin": one.airport,
        "destination": two.airport,
        "date": day,
        "departure_time": dice.clock(6, 21),
        "duration_minutes": minutes,
        "stops": 0 if length < 6000 else dice.whole(0, 1),
        "price": price,
        "currency": "USD",
    }


@family.tool(
    "flight_search search_flights find_flights flights search_flight flight_offers flights_search cheap_flights cheapest_flights flight_prices search_oneway_flight search_roundtrip_flights flight_finder find_flight",
    needs="origin destination",
)
def flight_search(query: Query, world: World) -> Result:
    (one, two), day = _ends(query), query.day("date", TODAY + timedelta(days=14)).isoformat()
    rows = sorted((_flight(one, two, day, i) for i in range(5)), key=lambda row: (row["price"], row["flight_id"]))
    return {
        "origin": one.name,
        "destination": two.name,
        "date": day,
        "count": len(rows),
        "flights": [world.issue("flight", row["flight_id"], row) for row in rows],
    }


def _flight_by_id(identifier: str) -> dict[str, Any]:
    one, two = Dice("flight id", identifier).some(CITIES[:60], 2)
    return {
        **_flight(one, two, TODAY.isoformat(), 0),
        "flight_id": identifier,
        "flight_number": identifier.partition("-")[0],
    }


@family.tool(
    "flight_status flight_info flight_tracker track_flight flight_details live_flight_status flight_by_number flight_data flight",
    needs="id",
)
def flight_status(query: Query, world: World) -> Result:
    record = found(world, "flight", query.text("id").replace(" ", ""), _flight_by_id)
    dice = Dice("flight status", record["flight_id"])
    late = dice.whole(5, 90) if dice.chance(0.3) else 0
    return {
        **record,
        "status": "delayed" if late else dice.pick(("scheduled", "on time", "landed")),
        "delay_minutes": late,
        "gate": f"{dice.pick('ABCD')}{dice.whole(1, 40)}",
        "terminal": str(dice.whole(1, 5)),
    }


@family.tool("book_flight flight_booking reserve_flight purchase_flight buy_flight_ticket flight_book")
def book_flight(query: Query, world: World) -> Result:
    identifier = query.text("id")
    if identifier and query.get("origin") is None:
        record = found(world, "flight", identifier, _flight_by_id)
    else:
        record = _flight(*_ends(query), query.day("date", TODAY + timedelta(days=14)).isoformat(), 0)
    people = query.whole("party", 1, high=9)
    booking = {
        "booking_id": world.new_id("booking"),
        "status": "confirmed",
        "flight": record,
        "passengers": people,
        "total_price": round(record["price"] * people, 2),
    }
    return world.table("booking").setdefault(booking["booking_id"], booking)


@family.tool("cancel_flight cancel_flight_booking cancel_ticket cancel_trip", needs="id")
def cancel_flight(query: Query, world: World) -> Result:
    booking = world.table("booking").setdefault(query.text("id"), {"booking_id": query.text("id")})
    was = booking.get("status") == "cancelled"
    booking["status"] = "cancelled"
    return {**booking, "already_cancelled": was}


def _airport(city: City) -> dict[str, Any]:
    return {
        "iata": city.airport,
        "name": f"{city.name} International Airport",
        "city": city.name,
        "country": city.country,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "timezone": city.timezone,
    }


@family.tool(
    "airport_search search_airports airport_info airport airports find_airport airport_by_code airport_code airport_details nearest_airport nearby_airports airports_by_city airport_data search_airport list_airports iata_code",
    needs="place",
)
def airport_search(query: Query, world: World) -> Result:
    text = next(
        (str(v) for n, v in query.arguments.items() if "iata" in n.lower() or n in ("code", "airport_code")),
        query.text("place", "New York"),
    )
    city = city_of(text)
    near = sorted(CITIES, key=lambda c: distance_km(city.latitude, city.longitude, c.latitude, c.longitude))
    return {"query": text, "airports": [_airport(c) for c in near[: query.whole("limit", 2, high=10)]]}


@family.tool(
    "airport_departures airport_arrivals departures arrivals airport_flights flights_by_airport airport_schedule",
    needs="place",
)
def airport_departures(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "London"))
    others = [c for c in Dice("board", city.name).some(CITIES, 6) if c != city][:5]
    return {
        "airport": _airport(city),
        "date": TODAY.isoformat(),
        "flights": [_flight(city, other, TODAY.isoformat(), 0) for other in others],
    }


@family.tool("airline_info airline airline_details airlines list_airlines airline_data")
def airline_info(query: Query, world: World) -> Result:
    asked = query.text("query", query.text("id")).lower()
    rows = [
        {"iata": code, "name": name, "fleet_size": Dice("fleet", code).whole(90, 900)}
        for code, name in _AIRLINES.items()
    ]
    return {"airlines": [row for row in rows if asked and asked in f"{row['iata']} {row['name']}".lower()] or rows}


def _ground(query: Query, kind: str, pace: int, fare: float) -> Result:
    (one, two), day, rows = _ends(query), query.day("date", TODAY + timedelta(days=3)).isoformat(), []
    length = distance_km(one.latitude, one.longitude, two.latitude, two.longitude)
    for index in range(4):
        dice = Dice(kind, one.name, two.name, index)
        rows.append(
            {
                f"{kind}_id": f"{kind[:2].upper()}{dice.whole(1000, 9999)}",
                "origin": one.name,
                "destination": two.name,
                "date": day,
                "departure_time": dice.clock(6, 20),
                "duration_minutes": round(20 + length / pace * 60),
                "price": round(5 + length * fare * dice.number(0.7, 1.4), 2),
                "currency": "USD",
                "seats_left": dice.whole(0, 80),
            }
        )
    return {"date": day, f"{kind}s": rows}


@family.tool(
    "train_search search_trains find_trains trains train_schedule train_times train_timetable trains_between_stations train_between_stations",
    needs="origin destination",
)
def train_search(query: Query, world: World) -> Result:
    return _ground(query, "train", 140, 0.11)


@family.tool(
    "bus_search search_bus find_bus find_buses bus_schedule buses bus_times bus_timetable search_buses",
    needs="origin destination",
)
def bus_search(query: Query, world: World) -> Result:
    return _ground(query, "bus", 75, 0.06)


@family.tool("book_train book_bus buy_bus_ticket train_ticket train_tickets bus_ticket buy_train_ticket")
def book_train(query: Query, world: World) -> Result:
    identifier, people = world.new_id("booking"), query.whole("party", 1)
    (one, two) = _ends(query)
    booking = {
        "booking_id": identifier,
        "status": "confirmed",
        "origin": one.name,
        "destination": two.name,
        "date": query.day("date", TODAY + timedelta(days=3)).isoformat(),
        "passengers": people,
        "total_price": round(
            people * distance_km(one.latitude, one.longitude, two.latitude, two.longitude) * 0.1 + 6, 2
        ),
        "currency": "USD",
    }
    return world.table("booking").setdefault(identifier, booking)


@family.tool(
    "car_rental_search car_rental rent_car rental_cars search_car_rental find_rental_cars rental_car_search car_rentals cars_available rental_car_available",
    needs="place",
)
def car_rental_search(query: Query, world: World) -> Result:
    city = city_of(query.text("place", query.text("origin", "New York")))
    rows = [
        {
            "car_id": f"c{Dice('rental car', city.name, kind).whole(1000, 9999)}",
            "class": kind,
            "company": Dice("rental company", city.name, kind).pick(("Roadway", "BlueDrive", "CityCars")),
            "price_per_day": Dice("rental price", city.name, kind).number(28, 140),
            "currency": "USD",
            "seats": seats,
        }
        for kind, seats in (("Compact", 4), ("Sedan", 5), ("SUV", 7))
    ]
    return {"pickup": city.name, "pickup_at": street("pickup", city.name), "cars": rows}


@family.tool(
    "ride_request uber_ride request_ride order_ride book_ride taxi_booking uber_request call_taxi ride_sharing book_taxi get_ride ride"
)
def ride_request(query: Query, world: World) -> Result:
    identifier = world.new_id("ride")
    dice = Dice("ride", query.arguments)
    ride = {
        "ride_id": identifier,
        "status": "driver assigned",
        "pickup_minutes": dice.whole(2, 12),
        "fare_estimate": dice.number(7, 48),
        "currency": "USD",
        "vehicle": dice.pick(("Toyota Prius", "Tesla Model 3", "Honda Accord")),
        "license_plate": dice.code(7),
        "request": query.arguments,
    }
    return world.table("ride").setdefault(identifier, ride)


@family.tool(
    "tourist_attractions attractions attractions_search find_attractions sights points_of_interest things_to_do search_attractions attraction_search sightseeing find_recommended_attractions",
    needs="place",
)
def tourist_attractions(query: Query, world: World) -> Result:
    city, rows = city_of(query.text("place", "Paris")), []
    for index, kind in enumerate(("Museum of Art", "Old Town", "Botanical Garden", "Cathedral", "Harbour Walk")):
        dice = Dice("sight", city.name, index)
        rows.append(
            {
                "name": f"{city.name} {kind}",
                "category": kind.split()[0],
                "rating": dice.number(3.9, 4.9, 1),
                "free_entry": dice.chance(0.4),
                "address": street("sight", city.name, index),
            }
        )
    return {"city": city.name, "attractions": rows}


@family.tool(
    "travel_itinerary itinerary trip_planner plan_trip travel_planner create_itinerary travel_guide trip_plan",
    needs="place",
)
def travel_itinerary(query: Query, world: World) -> Result:
    city, days = city_of(query.text("destination", query.text("place", "Paris"))), query.whole("days", 3, high=14)
    plan = [
        {
            "day": i + 1,
            "morning": Dice("am", city.name, i).pick(("old town walk", "art museum", "market")),
            "afternoon": Dice("pm", city.name, i).pick(("botanical garden", "boat tour", "castle")),
            "evening": Dice("eve", city.name, i).pick(("local dinner", "concert", "sunset view")),
        }
        for i in range(days)
    ]
    return {"city": city.name, "days": days, "plan": plan}


@family.tool(
    "visa_requirements visa_info visa_requirement travel_advisory visa entry_requirements", needs="destination"
)
def visa_requirements(query: Query, world: World) -> Result:
    one, two = query.text("origin", "US"), query.text("destination", "France")
    country = country_of(two)
    dice = Dice("visa", one, two)
    return {
        "from": one,
        "to": country.name if country else two,
        "visa_required": dice.chance(0.4),
        "stay_days": dice.pick((30, 60, 90)),
        "advisory_level": dice.whole(1, 3),
    }


@family.tool(
    "travel_cost travel_cost_estimate flight_cost trip_cost travel_budget estimate_travel_cost",
    needs="origin destination",
)
def travel_cost(query: Query, world: World) -> Result:
    one, two = _ends(query)
    flight = _flight(one, two, query.day("date").isoformat(), 0)["price"]
    return {
        "origin": one.name,
        "destination": two.name,
        "transport": flight,
        "per_day": Dice("daily", two.name).number(60, 260),
        "currency": "USD",
    }
