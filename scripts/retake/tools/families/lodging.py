"""Hotels and rentals: search, rooms, prices and bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person, phone, street
from retake.tools.places import city_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "lodging",
    "hotel hotels accommodation lodging room rooms stay booking check-in checkout airbnb rental rentals apartment property properties house real estate listing listings rent guests",
)


def _hotel(identifier: str, where: str | None = None) -> dict[str, Any]:
    dice = Dice("hotel", identifier)
    city = where or dice.pick(("New York", "London", "Paris", "Tokyo"))
    return {
        "hotel_id": identifier,
        "name": f"{dice.pick(('Grand', 'Park', 'Harbour', 'Royal', 'City'))} {dice.pick(('Hotel', 'Inn', 'Suites', 'House'))} {city}",
        "city": city,
        "address": f"{street(identifier)}, {city}",
        "phone": phone(identifier),
        "stars": dice.whole(2, 5),
        "rating": dice.number(6.8, 9.6, 1),
        "price_per_night": dice.number(62, 420),
        "currency": "USD",
        "amenities": dice.some(("wifi", "breakfast", "pool", "gym", "parking", "spa", "pets allowed"), 4),
    }


def _nights(query: Query) -> tuple[str, str, int]:
    first = query.day("date", TODAY + timedelta(days=14))
    last = query.day("end_date", first + timedelta(days=2))
    if last < first:
        raise ToolError("invalid_value", "the check-out date is before the check-in date")
    return first.isoformat(), last.isoformat(), max((last - first).days, 1)


@family.tool(
    "hotel_search search_hotels find_hotels hotels search_hotel hotel_finder hotels_by_location nearby_hotels accommodation_search search_accommodation find_hotel hotel hotel_list",
    needs="place",
)
def hotel_search(query: Query, world: World) -> Result:
    city, (check_in, check_out, nights), rows = city_of(query.text("place", "London")), _nights(query), []
    for index in range(query.whole("limit", 5, high=20)):
        record = _hotel(f"h{Dice('hotel', city.name, index).whole(100000, 999999)}", city.name)
        rows.append(
            {
                **world.issue("hotel", record["hotel_id"], {**query.narrowed(record), "city": city.name}),
                "total_price": round(record["price_per_night"] * nights, 2),
            }
        )
    return {
        "city": city.name,
        "check_in": check_in,
        "check_out": check_out,
        "nights": nights,
        "count": len(rows),
        "hotels": rows,
    }


def _known(query: Query, world: World) -> dict[str, Any]:
    asked = query.text("stay")
    if world.shown("hotel", asked) or (" " not in asked and any(letter.isdigit() for letter in asked)):
        return found(world, "hotel", asked, _hotel)
    return {
        **_hotel(f"h{Dice('named hotel', asked).whole(100000, 999999)}", query.text("place") or None),
        "name": asked,
    }


@family.tool("hotel_details hotel_info hotel_by_id hotel_data hotel_description property_details", needs="stay")
def hotel_details(query: Query, world: World) -> Result:
    return {**_known(query, world), "check_in_from": "15:00", "check_out_until": "11:00"}


@family.tool(
    "hotel_availability room_availability hotel_rooms room_list available_rooms hotel_prices hotel_rates hotel_offers check_availability",
    needs="stay",
)
def hotel_availability(query: Query, world: World) -> Result:
    record, (check_in, check_out, nights) = _known(query, world), _nights(query)
    rooms = [
        {
            "room_type": kind,
            "available": Dice("rooms", record["hotel_id"], kind, check_in).whole(0, 9),
            "total_price": round(record["price_per_night"] * factor * nights, 2),
        }
        for kind, factor in (("Standard", 1), ("Deluxe", 1.3), ("Suite", 2.1))
    ]
    return {"hotel": record["name"], "check_in": check_in, "check_out": check_out, "currency": "USD", "rooms": rooms}


@family.tool(
    "book_hotel hotel_booking reserve_hotel hotel_reservation book_room reserve_room make_hotel_reservation hotel_book",
    needs="stay",
)
def book_hotel(query: Query, world: World) -> Result:
    record, (check_in, check_out, nights), identifier = _known(query, world), _nights(query), world.new_id("booking")
    booking = {
        "booking_id": identifier,
        "status": "confirmed",
        "hotel": record["name"],
        "check_in": check_in,
        "check_out": check_out,
        "guests": query.whole("party", 2),
        "total_price": round(record["price_per_night"] * nights, 2),
        "currency": "USD",
    }
    return world.table("booking").setdefault(identifier, booking)


@family.tool("cancel_hotel_booking cancel_hotel cancel_hotel_reservation cancel_room", needs="id")
def cancel_hotel_booking(query: Query, world: World) -> Result:
    booking = world.table("booking").setdefault(query.text("id"), {"booking_id": query.text("id")})
    was = booking.get("status") == "cancelled"
    booking["status"] = "cancelled"
    return {**booking, "already_cancelled": was}


@family.tool("hotel_reviews reviews_of_hotel guest_reviews hotel_ratings", needs="stay")
def hotel_reviews(query: Query, world: World) -> Result:
    record = _known(query, world)
    return {
        "hotel": record["name"],
        "rating": record["rating"],
        "reviews": [
            {
                "guest": person("guest", record["name"], i),
                "score": Dice("guest", record["name"], i).whole(5, 10),
                "text": Dice("stay", record["name"], i).pick(
                    ("Clean and quiet.", "Good location.", "Small room, kind staff.", "Breakfast was excellent.")
                ),
            }
            for i in range(4)
        ],
    }


@family.tool(
    "rental_search airbnb_search vacation_rentals search_airbnb find_rentals rentals_search search_rentals vacation_rental_search search_house",
    needs="place",
)
def rental_search(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "London"))
    rows = [_home(f"v{Dice('rental', city.name, i).whole(10000, 99999)}", city.name) for i in range(4)]
    return {
        "city": city.name,
        "rentals": [
            {**world.issue("property", row["property_id"], row), "price_per_night": round(row["monthly_rent"] / 18, 2)}
            for row in rows
        ],
    }


def _home(identifier: str, where: str | None = None) -> dict[str, Any]:
    dice = Dice("home", identifier)
    city, rent = where or "New York", dice.whole(900, 6200)
    return {
        "property_id": identifier,
        "address": f"{street(identifier)}, {city}",
        "city": city,
        "type": dice.pick(("apartment", "house", "studio", "townhouse")),
        "bedrooms": dice.whole(1, 5),
        "bathrooms": dice.whole(1, 3),
        "area_sqft": dice.whole(380, 3100),
        "monthly_rent": rent,
        "sale_price": rent * 210,
        "currency": "USD",
    }


@family.tool(
    "property_search search_properties real_estate_search homes_for_sale search_homes find_homes find_apartments apartment_search property_listings houses_for_sale properties_for_rent realestate_search find_apartment real_estate",
    needs="place",
)
def property_search(query: Query, world: World) -> Result:
    city, ceiling = city_of(query.text("place", "New York")), query.number("price", 1e12)
    rows = [_home(f"p{Dice('property', city.name, i).whole(10000, 99999)}", city.name) for i in range(8)]
    rows = [row for row in rows if min(row["monthly_rent"], row["sale_price"]) <= ceiling]
    return {
        "city": city.name,
        "count": len(rows),
        "properties": [
            world.issue("property", row["property_id"], {**query.narrowed(row), "city": city.name}) for row in rows
        ],
    }


@family.tool(
    "property_info listing_details property_by_id real_estate_details home_details property_data", needs="stay"
)
def property_info(query: Query, world: World) -> Result:
    return {
        **found(world, "property", query.text("stay"), _home),
        "year_built": Dice("built", query.text("stay")).whole(1920, 2023),
        "agent": person("agent", query.text("stay")),
    }


@family.tool(
    "property_value home_value property_valuation zestimate house_price_estimate estimate_home_value rent_estimate",
    needs="place",
)
def property_value(query: Query, world: World) -> Result:
    address = query.text("place", "1 Main Street")
    row = _home(f"value {address}")
    return {
        "address": address,
        "estimated_value": row["sale_price"],
        "low": round(row["sale_price"] * 0.93),
        "high": round(row["sale_price"] * 1.07),
        "estimated_rent": row["monthly_rent"],
        "currency": "USD",
    }
