"""Shopping: products, offers, reviews, a cart and orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person, street
from retake.tools.places import city_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "shopping",
    "product products shop shopping store amazon ebay walmart price buy purchase seller sellers offer offers review reviews cart order orders deal deals coupon brand item items e-commerce catalog",
)

BRANDS = ("Nordika", "Halcyon", "Brightleaf", "Kestrel", "Orbita", "Maplewood", "Zenvo", "Tidewater")
_KINDS = (
    "Headphones",
    "Backpack",
    "Desk Lamp",
    "Water Bottle",
    "Keyboard",
    "Running Shoes",
    "Coffee Maker",
    "Phone Case",
)


def _product(identifier: str, kind: str | None = None) -> dict[str, Any]:
    dice = Dice("product", identifier)
    kind = kind or dice.pick(_KINDS)
    price = dice.number(8, 390)
    brand = dice.pick(BRANDS)
    return {
        "product_id": identifier,
        "title": f"{brand} {kind.title()} {dice.pick(('Pro', 'Lite', 'Classic', 'Max', 'Plus'))}",
        "brand": brand,
        "price": price,
        "list_price": round(price * dice.number(1, 1.35), 2),
        "currency": "USD",
        "rating": dice.number(3.2, 4.9, 1),
        "reviews_count": dice.whole(3, 12_000),
        "in_stock": dice.chance(0.9),
        "url": f"https://shop.example/dp/{identifier}",
    }


def _known(query: Query, world: World) -> dict[str, Any]:
    return found(world, "product", query.text("id", query.text("query")), _product)


@family.tool(
    "product_search search_products search_product amazon_search products search_item find_product search_items shopping_search product_list products_by_category search_amazon find_products_by_keyword products_list",
    needs="query",
)
def product_search(query: Query, world: World) -> Result:
    words, page = query.text("query", "headphones"), query.whole("page", 1, low=0, high=100)
    ceiling, rows = query.number("price", 1e9), []
    for index in range(query.whole("limit", 5, high=20)):
        record = query.narrowed(_product(f"B0{Dice('asin', words, page, index).code(8)}", words))
        rows.append(world.issue("product", record["product_id"], record))
    rows = [row for row in rows if row["price"] <= ceiling]
    return {"query": words, "page": page, "count": len(rows), "products": rows}


@family.tool(
    "product_details product product_info product_by_id amazon_product_details item_details product_data amazon_product product_information item product_detail",
    needs="id",
)
def product_details(query: Query, world: World) -> Result:
    record = _known(query, world)
    dice = Dice("details", record["product_id"])
    return {
        **record,
        "description": f"{record['title']} by {record['brand']}, made to last.",
        "features": dice.some(
            ("Two-year warranty", "Recycled materials", "Lightweight", "Water resistant", "Fast charging"), 3
        ),
        "weight_kg": dice.number(0.1, 4),
        "images": [f"https://img.example/{record['product_id']}/{i}.jpg" for i in range(2)],
    }


@family.tool(
    "product_reviews reviews amazon_product_reviews item_reviews reviews_of_product customer_reviews top_product_reviews product_top_reviews",
    needs="id",
)
def product_reviews(query: Query, world: World) -> Result:
    record, rows = _known(query, world), []
    for index in range(query.whole("limit", 4, high=10)):
        dice = Dice("review", record["product_id"], index)
        stars = dice.whole(2, 5)
        rows.append(
            {
                "review_id": f"R{dice.code(9)}",
                "author": person("reviewer", record["product_id"], index),
                "rating": stars,
                "title": ("Disappointing", "Fine", "Good value", "Excellent")[stars - 2],
                "date": dice.day(-300, -3).isoformat(),
                "verified_purchase": dice.chance(0.8),
            }
        )
    return {
        "product_id": record["product_id"],
        "title": record["title"],
        "average_rating": record["rating"],
        "total": record["reviews_count"],
        "reviews": rows,
    }


@family.tool(
    "product_offers offers amazon_product_offers sellers product_sellers offers_of_product compare_prices price_comparison product_prices product_price item_price",
    needs="id",
)
def product_offers(query: Query, world: World) -> Result:
    record, rows = _known(query, world), []
    for index in range(4):
        dice = Dice("offer", record["product_id"], index)
        rows.append(
            {
                "seller": f"{dice.pick(BRANDS)} Store",
                "price": round(record["price"] * dice.number(0.95, 1.2), 2),
                "currency": "USD",
                "condition": dice.pick(("new", "new", "used")),
                "delivery_days": dice.whole(1, 8),
            }
        )
    return {
        "product_id": record["product_id"],
        "title": record["title"],
        "offers": sorted(rows, key=lambda row: row["price"]),
    }


@family.tool("product_categories categories category_list list_categories shop_categories amazon_categories")
def product_categories(query: Query, world: World) -> Result:
    names = ("Electronics", "Home & Kitchen", "Books", "Clothing", "Sports", "Toys", "Beauty", "Garden")
    return {"count": len(names), "categories": [{"id": str(100 + i), "name": name} for i, name in enumerate(names)]}


@family.tool("best_sellers amazon_best_sellers bestsellers top_products popular_products trending_products")
def best_sellers(query: Query, world: World) -> Result:
    kind = query.text("genre", "all")
    rows = [_product(f"B0{Dice('best', kind, rank).code(8)}") for rank in range(5)]
    return {
        "category": kind,
        "products": [{"rank": i + 1, **world.issue("product", row["product_id"], row)} for i, row in enumerate(rows)],
    }


@family.tool("deals todays_deals amazon_deals discounts product_deals search_deals")
def deals(query: Query, world: World) -> Result:
    rows = [_product(f"B0{Dice('deal', TODAY.isoformat(), i).code(8)}") for i in range(5)]
    return {
        "date": TODAY.isoformat(),
        "deals": [
            {
                **world.issue("product", r["product_id"], r),
                "discount_percent": Dice("off", r["product_id"]).whole(10, 60),
            }
            for r in rows
        ],
    }


@family.tool("coupons coupon_codes promo_codes find_coupons vouchers coupon")
def coupons(query: Query, world: World) -> Result:
    store = query.text("query", "store")
    return {
        "store": store,
        "coupons": [
            {
                "code": Dice("coupon", store, i).code(8),
                "discount_percent": Dice("coupon off", store, i).whole(5, 30),
                "expires": Dice("coupon day", store, i).day(3, 60).isoformat(),
            }
            for i in range(3)
        ],
    }


@family.tool("store_locator find_store stores_nearby nearest_store store_location find_stores stores", needs="place")
def store_locator(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    return {
        "place": city.name,
        "stores": [
            {
                "store_id": f"ST{Dice('store', city.name, i).whole(100, 999)}",
                "address": f"{street('store', city.name, i)}, {city.name}",
                "distance_km": Dice("store far", city.name, i).number(0.3, 12, 1),
                "hours": "09:00-21:00",
            }
            for i in range(3)
        ],
    }


@family.tool("add_to_cart cart_add add_item_to_cart add_cart_item shopping_cart_add", needs="id")
def add_to_cart(query: Query, world: World) -> Result:
    record, cart = _known(query, world), world.table("cart")
    count = query.whole("amount", 1, high=999)
    held = cart.get(record["product_id"], {"quantity": 0})["quantity"]
    cart[record["product_id"]] = {"title": record["title"], "price": record["price"], "quantity": held + count}
    return _cart(world)


def _cart(world: World) -> Result:
    rows = [{"product_id": key, **row} for key, row in world.table("cart").items()]
    return {
        "items": rows,
        "item_count": sum(r["quantity"] for r in rows),
        "total": round(sum(r["quantity"] * r["price"] for r in rows), 2),
        "currency": "USD",
    }


@family.tool("view_cart cart shopping_cart cart_contents show_cart list_cart")
def view_cart(query: Query, world: World) -> Result:
    return _cart(world)


@family.tool("remove_from_cart cart_remove delete_from_cart remove_cart_item", needs="id")
def remove_from_cart(query: Query, world: World) -> Result:
    was_there = world.table("cart").pop(query.text("id"), None) is not None
    return {"removed": was_there, **_cart(world)}


@family.tool("place_order create_order checkout submit_order order_product buy_product purchase_product order_item")
def place_order(query: Query, world: World) -> Result:
    order_id = world.new_id("order")
    cart = _cart(world)
    wanted = query.text("id", query.text("query"))
    if not cart["items"] and wanted:
        record = found(world, "product", wanted, _product)
        amount = query.whole("amount", 1, high=999)
        cart = {
            "items": [
                {
                    "product_id": record["product_id"],
                    "title": record["title"],
                    "price": record["price"],
                    "quantity": amount,
                }
            ],
            "item_count": amount,
            "total": round(amount * record["price"], 2),
            "currency": "USD",
        }
    if not cart["items"]:
        raise ToolError("invalid_value", "the cart is empty")
    world.table("cart").clear()
    order = {
        "order_id": order_id,
        "status": "confirmed",
        **cart,
        "estimated_delivery": (TODAY + timedelta(days=4)).isoformat(),
    }
    return world.table("order").setdefault(order_id, order)


def _order(identifier: str) -> dict[str, Any]:
    dice = Dice("order", identifier)
    return {
        "order_id": identifier,
        "status": dice.pick(("processing", "shipped", "out for delivery", "delivered")),
        "carrier": dice.pick(("Swiftpost", "BlueVan", "ParcelNet")),
        "tracking_number": dice.code(12),
        "estimated_delivery": dice.day(0, 6).isoformat(),
    }


@family.tool(
    "order_status track_order order_details track_package package_tracking shipment_tracking track_shipment order track_parcel delivery_status order_tracking",
    needs="id",
)
def order_status(query: Query, world: World) -> Result:
    identifier = query.text("id")
    return world.table("order").get(identifier) or found(world, "order", identifier, _order)


@family.tool("cancel_order order_cancel return_order refund_order", needs="id")
def cancel_order(query: Query, world: World) -> Result:
    identifier = query.text("id")
    order = world.table("order").setdefault(identifier, {"order_id": identifier})
    was = order.get("status") == "cancelled"
    order["status"] = "cancelled"
    return {"order_id": identifier, "status": "cancelled", "already_cancelled": was}
