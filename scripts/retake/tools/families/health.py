"""Health: body measures, drugs, conditions, exercise, doctors and appointments."""

from __future__ import annotations

from typing import Any

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person, phone, street
from retake.tools.places import city_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "health",
    "health medical medicine drug drugs symptom symptoms disease doctor doctors hospital bmi weight height calories exercise workout fitness muscle patient therapist dentist appointment sleep heart body calculate",
)


def _metric(query: Query) -> tuple[float, float]:
    """Return weight in kg and height in m, read from the units that the arguments name or the size of the numbers."""
    weight, height = query.number("weight", 70), query.number("height", 175)
    is_imperial = "imperial" in str(query.arguments).lower() or any(
        word in str(query.arguments).lower() for word in ("lbs", "pounds", "inch")
    )
    weight, height = (weight * 0.453592, height * 2.54) if is_imperial else (weight, height)
    height = height * 0.3048 if 3 < height < 9 else height / 100 if height >= 9 else height
    if weight <= 0 or not 0.2 < height < 3:
        raise ToolError("invalid_value", "weight and height must be those of a person (kg, cm or m)")
    return weight, height


@family.tool("bmi calculate_bmi bmi_calculator body_mass_index", needs="weight height")
def bmi(query: Query, world: World) -> Result:
    weight, height = _metric(query)
    value = round(weight / height**2, 1)
    word = next(
        word
        for limit, word in ((18.5, "underweight"), (25, "normal weight"), (30, "overweight"), (9999, "obese"))
        if value < limit
    )
    return {"bmi": value, "category": word, "healthy_range": "18.5 - 24.9"}


@family.tool(
    "daily_calories bmr calculate_bmr calorie_needs daily_calorie_needs tdee calculate_tdee calorie_calculator calculate_daily_calories",
    needs="weight height age",
)
def daily_calories(query: Query, world: World) -> Result:
    weight, height = _metric(query)
    base = (
        10 * weight
        + 625 * height
        - 5 * query.number("age", 30)
        + (-161 if query.text("sex", "male").lower().startswith("f") else 5)
    )
    return {
        "bmr_kcal": round(base),
        "maintenance_kcal": round(base * 1.55),
        "weight_loss_kcal": round(base * 1.55 - 500),
        "formula": "Mifflin-St Jeor, moderate activity",
    }


@family.tool(
    "calories_burned calorie_burn exercise_calories burned_calories calories_burned_calculator calculate_calories_burned",
    needs="query",
)
def calories_burned(query: Query, world: World) -> Result:
    activity = next(
        (str(v) for n, v in query.arguments.items() if n in ("activity", "exercise", "activity_type")),
        query.text("query", "running"),
    )
    minutes, weight = query.number("years", 30) if "duration" in query.arguments else 30, query.number("weight", 70)
    met = {"running": 9.8, "walking": 3.5, "cycling": 7.5, "swimming": 8.0, "yoga": 2.5}.get(
        activity.lower(), Dice("met", activity).number(3, 9, 1)
    )
    return {"activity": activity, "minutes": minutes, "calories_kcal": round(met * 3.5 * weight / 200 * minutes)}


@family.tool(
    "drug_info drug medication_info drug_information medicine_info drug_search search_drugs medication drug_details drug_label",
    needs="drug",
)
def drug_info(query: Query, world: World) -> Result:
    name = query.text("drug", "ibuprofen")
    dice = Dice("drug", name)
    return {
        "name": name,
        "class": dice.pick(("analgesic", "antibiotic", "antihypertensive", "antihistamine")),
        "forms": dice.some(("tablet", "capsule", "syrup", "cream"), 2),
        "common_side_effects": dice.some(("nausea", "headache", "dizziness", "dry mouth", "fatigue"), 3),
        "prescription_required": dice.chance(0.6),
        "notice": "General information, not medical advice.",
    }


@family.tool(
    "drug_interactions interactions check_drug_interactions medication_interactions drug_interaction", needs="drug"
)
def drug_interactions(query: Query, world: World) -> Result:
    names = sorted(query.texts("drug", "ibuprofen"))
    pairs = [
        {"between": [one, two], "severity": Dice("interaction", one, two).pick(("none known", "minor", "moderate"))}
        for i, one in enumerate(names)
        for two in names[i + 1 :]
    ]
    return {"drugs": names, "interactions": pairs, "notice": "General information, not medical advice."}


@family.tool(
    "condition_info disease_info symptom_checker symptoms disease check_symptoms condition disease_details diagnose diagnosis health_condition_info medical_condition",
    needs="condition",
)
def condition_info(query: Query, world: World) -> Result:
    asked = ", ".join(query.texts("condition", "headache"))
    dice = Dice("condition", asked)
    return {
        "query": asked,
        "possible_conditions": [
            {"name": name, "likelihood": dice.pick(("low", "medium"))}
            for name in dice.some(("tension", "dehydration", "common cold", "allergy", "lack of sleep"), 3)
        ],
        "advice": "See a doctor if it gets worse or lasts for more than a few days.",
        "notice": "General information, not medical advice.",
    }


@family.tool(
    "exercise_search exercises search_exercises exercises_by_muscle workout exercise_info exercises_by_body_part workout_plan generate_workout_plan exercise_list workout_generator exercises_by_target_muscle"
)
def exercise_search(query: Query, world: World) -> Result:
    asked = str(next((v for v in query.arguments.values() if isinstance(v, str)), "full body"))
    names = Dice("exercise", asked).some(
        ("Push-up", "Squat", "Plank", "Lunge", "Row", "Deadlift", "Shoulder press", "Bridge"),
        query.whole("limit", 4, high=8),
    )
    return {
        "query": asked,
        "exercises": [
            {
                "exercise_id": f"ex{Dice('exercise id', name).whole(100, 999)}",
                "name": name,
                "sets": 3,
                "repetitions": Dice("reps", asked, name).whole(6, 15),
                "equipment": Dice("gear", name).pick(("none", "dumbbell", "barbell")),
            }
            for name in names
        ],
    }


def _doctor(identifier: str, field: str = "general practice", where: str = "New York") -> dict[str, Any]:
    dice = Dice("doctor", identifier)
    return {
        "provider_id": identifier,
        "name": f"Dr. {person('doctor', identifier)}",
        "specialty": field,
        "address": f"{street(identifier)}, {where}",
        "phone": phone(identifier),
        "rating": dice.number(3.6, 5, 1),
        "accepts_new_patients": dice.chance(0.8),
        "next_available": dice.day(1, 20).isoformat(),
    }


@family.tool(
    "doctor_search find_doctor search_doctors find_doctors find_provider find_dentist find_therapist doctors_nearby healthcare_provider_search doctor provider_search therapist_search find_medical_provider",
    needs="place",
)
def doctor_search(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    field = next(
        (
            str(v)
            for n, v in query.arguments.items()
            if n in ("specialty", "type", "speciality", "specialization") and isinstance(v, str)
        ),
        "general practice",
    )
    rows = [_doctor(f"d{Dice('doctor', city.name, field, i).whole(1000, 9999)}", field, city.name) for i in range(4)]
    return {"city": city.name, "providers": [world.issue("provider", row["provider_id"], row) for row in rows]}


@family.tool("doctor_details provider_details doctor_info provider_info", needs="id")
def doctor_details(query: Query, world: World) -> Result:
    return found(world, "provider", query.text("id"), _doctor)


@family.tool(
    "hospital_search find_hospitals hospitals_nearby nearest_hospital hospital_locator find_hospital hospital hospital_locate locate_hospital",
    needs="place",
)
def hospital_search(query: Query, world: World) -> Result:
    city = city_of(query.text("place", "New York"))
    return {
        "city": city.name,
        "hospitals": [
            {
                "name": f"{city.name} {kind}",
                "address": street("hospital", city.name, kind),
                "phone": phone("hospital", city.name, kind),
                "emergency": True,
                "distance_km": Dice("hospital", city.name, kind).number(0.4, 12, 1),
            }
            for kind in ("General Hospital", "University Hospital", "Medical Center")
        ],
    }


@family.tool(
    "book_appointment make_appointment schedule_appointment appointment_booking doctor_appointment create_appointment appointment"
)
def book_appointment(query: Query, world: World) -> Result:
    identifier = world.new_id("appointment")
    row = {
        "appointment_id": identifier,
        "status": "confirmed",
        "date": query.day("date", TODAY).isoformat(),
        "request": query.arguments,
    }
    return world.table("appointment").setdefault(identifier, row)


@family.tool("cancel_appointment appointment_cancel delete_appointment", needs="id")
def cancel_appointment(query: Query, world: World) -> Result:
    row = world.table("appointment").setdefault(query.text("id"), {"appointment_id": query.text("id")})
    was = row.get("status") == "cancelled"
    row["status"] = "cancelled"
    return {**row, "already_cancelled": was}


@family.tool("water_intake daily_water_intake hydration water_requirement", needs="weight")
def water_intake(query: Query, world: World) -> Result:
    weight = query.number("weight", 70)
    return {"weight_kg": weight, "litres_per_day": round(weight * 0.033, 2)}


@family.tool("heart_rate_zones target_heart_rate heart_rate_calculator max_heart_rate", needs="age")
def heart_rate_zones(query: Query, world: World) -> Result:
    most = 220 - query.number("age", 30)
    return {
        "max_heart_rate": round(most),
        "fat_burn": [round(most * 0.6), round(most * 0.7)],
        "cardio": [round(most * 0.7), round(most * 0.85)],
    }


@family.tool(
    "covid_statistics covid_data covid19_stats covid_cases covid coronavirus_data disease_statistics covid_by_country"
)
def covid_statistics(query: Query, world: World) -> Result:
    country = query.text("country", "World")
    dice = Dice("covid", country)
    cases = dice.whole(100_000, 90_000_000)
    return {
        "country": country,
        "total_cases": cases,
        "total_deaths": round(cases * 0.011),
        "total_recovered": round(cases * 0.97),
        "updated": TODAY.isoformat(),
    }
