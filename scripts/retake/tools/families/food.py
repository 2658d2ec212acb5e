"""Food: recipes, nutrition, drinks and packaged products."""

from __future__ import annotations

from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.seeded import Dice

family = Family(
    "food",
    "recipe recipes food foods ingredient ingredients cook cooking meal meals nutrition calories calorie nutrient diet cocktail drink dish grocery barcode cuisine",
)

# Per 100 g: kcal, protein, fat, carbohydrate, fibre, sugar in grams (rounded from general tables).
_FOODS = {
    "apple": (52, 0.3, 0.2, 13.8, 2.4, 10.4),
    "banana": (89, 1.1, 0.3, 22.8, 2.6, 12.2),
    "orange": (47, 0.9, 0.1, 11.8, 2.4, 9.4),
    "avocado": (160, 2.0, 14.7, 8.5, 6.7, 0.7),
    "egg": (143, 12.6, 9.5, 0.7, 0, 0.4),
    "chicken breast": (165, 31.0, 3.6, 0, 0, 0),
    "chicken": (165, 31.0, 3.6, 0, 0, 0),
    "salmon": (208, 20.4, 13.4, 0, 0, 0),
    "rice": (130, 2.7, 0.3, 28.2, 0.4, 0.1),
    "bread": (265, 9.0, 3.2, 49.0, 2.7, 5.0),
    "milk": (61, 3.2, 3.3, 4.8, 0, 5.1),
    "cheese": (402, 25.0, 33.1, 1.3, 0, 0.5),
    "potato": (77, 2.0, 0.1, 17.5, 2.2, 0.8),
    "broccoli": (34, 2.8, 0.4, 6.6, 2.6, 1.7),
    "pasta": (158, 5.8, 0.9, 30.9, 1.8, 0.6),
    "beef": (250, 26.0, 15.0, 0, 0, 0),
    "tofu": (76, 8.0, 4.8, 1.9, 0.3, 0.6),
    "almonds": (579, 21.2, 49.9, 21.6, 12.5, 4.4),
}
_NUTRIENTS = ("calories_kcal", "protein_g", "fat_g", "carbohydrates_g", "fiber_g", "sugar_g")
_STEPS = (
    "Prepare and measure all ingredients.",
    "Cook gently over medium heat, stirring often.",
    "Season to taste and let it rest for five minutes.",
    "Serve warm.",
)


def _recipe(identifier: str, words: str = "", cuisine: str = "") -> dict[str, Any]:
    dice = Dice("recipe", identifier)
    base = words or dice.pick(("Lentil Soup", "Vegetable Curry", "Pasta Bake", "Bean Stew"))
    return {
        "recipe_id": identifier,
        "title": f"{dice.pick(('Easy', 'Classic', 'Quick', 'Homemade', 'One-pot'))} {base.title()[:60]}",
        "cuisine": cuisine or dice.pick(("Italian", "Indian", "Mexican", "Thai")),
        "ready_in_minutes": dice.whole(12, 95),
        "servings": dice.whole(2, 6),
        "calories_per_serving": dice.whole(180, 780),
        "rating": dice.number(3.6, 4.9, 1),
    }


@family.tool(
    "recipe_search search_recipes find_recipes recipes find_recipe recipes_by_ingredients recipe search_recipe search_recipes_by_ingredients recipe_finder recipe_recommendations meal_search recipe_by_ingredients search_meals"
)
def recipe_search(query: Query, world: World) -> Result:
    words, rows = ", ".join(query.texts("food", "vegetables"))[:80], []
    for index in range(query.whole("limit", 4, high=20)):
        row = _recipe(
            str(Dice("recipe", words, index).whole(100000, 999999)), words, str(query.arguments.get("cuisine", ""))[:30]
        )
        rows.append(world.issue("recipe", row["recipe_id"], row))
    return {"query": words, "count": len(rows), "recipes": rows}


@family.tool("recipe_details recipe_info recipe_by_id recipe_information recipe_instructions recipe_data", needs="id")
def recipe_details(query: Query, world: World) -> Result:
    record = found(world, "recipe", query.text("id"), _recipe)
    things = Dice("ingredients", record["recipe_id"]).some(
        ("onion", "garlic", "olive oil", "tomatoes", "salt", "pepper", "rice", "beans", "lemon"), 6
    )
    return {
        **record,
        "ingredients": [
            {
                "name": name,
                "amount": Dice("amount", record["recipe_id"], name).whole(1, 4),
                "unit": "tbsp" if name in ("olive oil", "salt", "pepper") else "piece",
            }
            for name in things
        ],
        "instructions": list(_STEPS),
    }


@family.tool("random_recipe random_meal meal_of_the_day random_recipes")
def random_recipe(query: Query, world: World) -> Result:
    row = _recipe(str(Dice("random recipe", query.arguments).whole(100000, 999999)))
    return {**world.issue("recipe", row["recipe_id"], row), "instructions": list(_STEPS)}


@family.tool(
    "nutrition_info nutrition nutrition_facts food_nutrition calories_in_food nutritional_information nutrition_data food_calories food_info nutrition_analysis calorie_lookup nutrients calories recipe_calories calories_in_recipe",
    needs="food",
)
def nutrition_info(query: Query, world: World) -> Result:
    rows = []
    for name in query.texts("food", "apple"):
        plain = name.lower()
        known = next((n for n in _FOODS if n in plain or plain.rstrip("s") == n), None)
        dice = Dice("nutrition", plain)
        values = (
            _FOODS[known]
            if known
            else (
                dice.whole(30, 420),
                dice.number(0, 25, 1),
                dice.number(0, 20, 1),
                dice.number(0, 60, 1),
                dice.number(0, 8, 1),
                dice.number(0, 20, 1),
            )
        )
        rows.append({"food": name, "per": "100 g", **dict(zip(_NUTRIENTS, values, strict=True))})
    return rows[0] if len(rows) == 1 else {"foods": rows}


@family.tool("ingredient_substitutes substitute_ingredient ingredient_substitution food_substitutes", needs="food")
def ingredient_substitutes(query: Query, world: World) -> Result:
    name = query.text("food", "butter")
    return {
        "ingredient": name,
        "substitutes": Dice("substitute", name).some(
            ("olive oil", "applesauce", "Greek yogurt", "oat milk", "coconut cream", "flax egg"), 3
        ),
    }


@family.tool("meal_plan generate_meal_plan meal_planner weekly_meal_plan diet_plan create_meal_plan")
def meal_plan(query: Query, world: World) -> Result:
    days = query.whole("days", 3, high=7)
    return {
        "request": query.arguments,
        "days": [
            {
                "day": i + 1,
                "meals": {
                    meal: _recipe(f"plan{i}{meal}{sorted(query.arguments)}")["title"]
                    for meal in ("breakfast", "lunch", "dinner")
                },
            }
            for i in range(days)
        ],
    }


@family.tool(
    "cocktail_search cocktails search_cocktails cocktail_recipe drink_recipe cocktail_by_name cocktail drinks",
    needs="query",
)
def cocktail_search(query: Query, world: World) -> Result:
    name = query.text("query", "margarita")
    dice = Dice("cocktail", name)
    return {
        "drinks": [
            {
                "name": name.title(),
                "ingredients": dice.some(
                    ("lime juice", "gin", "rum", "tonic", "mint", "sugar syrup", "orange liqueur"), 4
                ),
                "glass": dice.pick(("highball", "coupe", "tumbler")),
                "instructions": "Shake with ice and strain.",
            }
        ]
    }


@family.tool("food_product product_by_barcode barcode_lookup food_barcode grocery_product upc_lookup", needs="id")
def food_product(query: Query, world: World) -> Result:
    code = query.text("id")
    dice = Dice("barcode", code)
    return {
        "barcode": code,
        "name": dice.pick(("Oat Crackers", "Tomato Passata", "Dark Chocolate", "Apple Juice")),
        "brand": dice.pick(("Millstone", "Sunfield", "Harvest Lane")),
        "nutri_score": dice.pick("ABCD"),
        "quantity": f"{dice.whole(1, 10) * 100} g",
    }


@family.tool("wine_pairing food_pairing wine_recommendation pair_wine", needs="food")
def wine_pairing(query: Query, world: World) -> Result:
    name = query.text("food", "steak")
    return {
        "food": name,
        "wines": Dice("wine", name).some(("Malbec", "Riesling", "Chardonnay", "Pinot Noir", "Sangiovese"), 3),
    }


@family.tool(
    "cooking_conversion convert_cooking_units cup_to_grams cooking_measurement convert_measurement", needs="amount"
)
def cooking_conversion(query: Query, world: World) -> Result:
    amount = query.number("amount", 1)
    return {
        "amount": amount,
        "ingredient": query.text("food", "water"),
        "millilitres_per_cup": 236.588,
        "cups": amount,
        "millilitres": round(amount * 236.588, 2),
    }
