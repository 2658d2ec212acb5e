"""Restaurants: search, menus, reviews and tables that stay booked within a conversation."""

from __future__ import annotations

from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person, phone, street
from retake.tools.places import city_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "dining", "restaurant restaurants dining cuisine eat table reservation menu cafe dinner lunch delivery takeout"
)

_CUISINES = ("Italian", "Japanese", "Mexican", "Indian", "French", "Thai", "Greek", "American")
_DISHES = {
    "Italian": "Margherita pizza,Tagliatelle al ragù,Tiramisù",
    "Japanese": "Sashimi plate,Chicken katsu,Miso soup",
    "Mexican": "Tacos al pastor,Enchiladas,Guacamole",
    "Indian": "Butter chicken,Palak paneer,Garlic naan",
    "French": "Onion soup,Duck confit,Crème brûlée",
    "Thai": "Pad thai,Green curry,Mango sticky rice",
    "Greek": "Moussaka,Souvlaki,Baklava",
    "American": "Cheeseburger,Clam chowder,Apple pie",
}


def _restaurant(identifier: str, cuisine: str | None = None, where: str | None = None) -> dict[str, Any]:
    dice = Dice("restaurant", identifier)
    cuisine, place = cuisine or dice.pick(_CUISINES), where or dice.pick(("New York", "London", "Paris"))
    return {
        "restaurant_id": identifier,
        "name": f"{dice.pick(('Casa', 'The', 'Little', 'Chez', 'Old'))} {dice.pick(('Olive', 'Lantern', 'Anchor', 'Garden', 'Copper Pot', 'Fig Tree'))}",
        "cuisine": cuisine,
        "city": place,
        "address": f"{street(identifier)}, {place}",
        "phone": phone(identifier),
        "rating": dice.number(3.3, 4.9, 1),
        "reviews_count": dice.whole(12, 3200),
        "price_range": dice.pick(("$", "$$", "$$$")),
        "hours": "11:30-22:30",
        "vegetarian_options": dice.chance(0.7),
        "outdoor_seating": dice.chance(0.5),
    }


def _cuisine(query: Query) -> str | None:
    names = ("cuisine", "cuisine_type", "food_type", "category", "type", "term", "query")
    return next((str(query.arguments[n])[:40] for n in names if isinstance(query.arguments.get(n), str)), None)


@family.tool(
    "restaurant_search search_restaurants find_restaurants find_restaurant restaurants restaurant_finder restaurants_near_me restaurants_find nearby_restaurants restaurants_by_location locate_restaurants restaurant",
    needs="place",
)
def restaurant_search(query: Query, world: World) -> Result:
    city, cuisine, rows = city_of(query.text("place", "New York")), _cuisine(query), []
    for index in range(query.whole("limit", 5, high=20)):
        record = _restaurant(f"r{Dice('restaurant', city.name, cuisine, index).code(7)}", cuisine, city.name)
        rows.append(
            world.issue(
                "restaurant",
                record["restaurant_id"],
                query.narrowed({**record, "city": city.name}) | {"city": city.name},
            )
        )
    return {"city": city.name, "count": len(rows), "restaurants": rows}


def _known(query: Query, world: World) -> dict[str, Any]:
    asked = query.text("id") or query.text("stay") or query.text("query")
    if query.get("id") is None:
        asked = next((str(v) for n, v in query.arguments.items() if "restaurant" in n.lower() or n == "name"), asked)
        return {**_restaurant(f"r{Dice('named', asked).code(7)}", None, query.text("place") or None), "name": asked}
    return found(world, "restaurant", asked, _restaurant)


@family.tool("restaurant_details restaurant_info restaurant_by_id restaurant_data", needs="id")
def restaurant_details(query: Query, world: World) -> Result:
    return _known(query, world)


@family.tool("restaurant_menu menu menu_items restaurant_menu_items get_menu", needs="id")
def restaurant_menu(query: Query, world: World) -> Result:
    record = _known(query, world)
    dishes = _DISHES.get(record["cuisine"].title(), _DISHES["American"]).split(",")
    return {
        "restaurant": record["name"],
        "currency": "USD",
        "items": [{"name": dish, "price": Dice("dish", record["name"], dish).number(6, 34)} for dish in dishes],
    }


@family.tool("restaurant_reviews reviews_of_restaurant restaurant_ratings", needs="id")
def restaurant_reviews(query: Query, world: World) -> Result:
    record = _known(query, world)
    rows = [
        {
            "author": person("diner", record["name"], i),
            "rating": Dice("diner", record["name"], i).whole(2, 5),
            "text": Dice("said", record["name"], i).pick(
                ("Friendly staff.", "Great food, slow service.", "Will come back.", "A little loud.")
            ),
        }
        for i in range(4)
    ]
    return {"restaurant": record["name"], "average_rating": record["rating"], "reviews": rows}


@family.tool(
    "reserve_table book_table restaurant_reservation reserve_restaurant book_restaurant make_reservation make_restaurant_reservation table_reservation restaurant_booking create_reservation"
)
def reserve_table(query: Query, world: World) -> Result:
    record, identifier = _known(query, world), world.new_id("reservation")
    booking = {
        "reservation_id": identifier,
        "status": "confirmed",
        "restaurant": record["name"],
        "date": query.day("date", TODAY).isoformat(),
        "time": str(query.arguments.get("time", "19:00")),
        "party_size": query.whole("party", 2),
    }
    return world.table("reservation").setdefault(identifier, booking)


@family.tool("cancel_reservation cancel_booking cancel_table reservation_cancel", needs="id")
def cancel_reservation(query: Query, world: World) -> Result:
    identifier = query.text("id")
    booking = world.table("reservation").setdefault(identifier, {"reservation_id": identifier})
    was = booking.get("status") == "cancelled"
    booking["status"] = "cancelled"
    return {**booking, "already_cancelled": was}


@family.tool("reservation_details reservation_status view_reservation booking_details list_reservations reservations")
def reservation_details(query: Query, world: World) -> Result:
    rows, identifier = world.table("reservation"), query.text("id")
    if identifier in rows:
        return rows[identifier]
    return {"count": len(rows), "reservations": list(rows.values())}


@family.tool("food_delivery order_food food_order place_food_order delivery_order uber_eat_order uber_eats_order")
def food_delivery(query: Query, world: World) -> Result:
    identifier = world.new_id("food_order")
    order = {
        "order_id": identifier,
        "status": "preparing",
        "details": query.arguments,
        "estimated_minutes": Dice("delivery", identifier).whole(20, 55),
    }
    return world.table("order").setdefault(identifier, order)
