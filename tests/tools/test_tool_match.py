"""Tools are matched by name, description and parameters, and confidence says how sure that is."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from retake.tools import family
from retake.tools.families import all_families
from retake.tools.match import match
from retake.tools.roles import ROLES
from retake.tools.schemas import declaration
from retake.tools.seeded import Dice
from tool_declarations import tool
from workspace import ROOT

# name, description, parameters, executor. Names as RapidAPI, ToolBench and BFCL rows write them.
MATCHED = [
    ("get_current_weather", "Retrieves the current weather for a location.", "location unit", "current_weather"),
    ("currentWeatherData", "Get current weather data by lat/lon", "lat lon", "current_weather"),
    ("Weather_1_GetWeather", "Retrieves the weather of a city on a date", "city date", "current_weather"),
    (
        "weather.get_forecast_by_coordinates",
        "Get the weather forecast for coordinates.",
        "coordinates days_ahead",
        "weather_forecast",
    ),
    ("get_stock_price", "Retrieves the current stock price of a company", "company_name", "stock_quote"),
    ("stock_price.get", "Retrieve the current stock price for a ticker", "ticker exchange", "stock_quote"),
    ("getIncomeStatement", "Income statement of a listed company", "symbol", "financial_statements"),
    (
        "currency_converter",
        "Converts a value from one currency to another",
        "amount from_currency to_currency",
        "convert_currency",
    ),
    ("cryptocurrency_price", "Price of a cryptocurrency", "coin currency", "crypto_price"),
    ("get_metal_price", "Current price of a metal", "metal measure", "commodity_price"),
    (
        "calculate_mortgage_payment",
        "Monthly mortgage payment for a loan",
        "loan_amount interest_rate loan_term",
        "loan_payment",
    ),
    ("country_info.capital", "Fetch the capital city of a country", "country", "country_capital"),
    ("geo_distance.calculate", "Distance between two locations", "start_location end_location units", "distance"),
    ("amazon_product_details", "Amazon product details by ASIN", "asin country", "product_details"),
    ("search_products", "Search for products by keyword", "keyword", "product_search"),
    ("sports_ranking.get_team_ranking", "Ranking of a team in a sport league", "team league", "league_standings"),
    (
        "soccer_stat.get_player_stats",
        "Retrieve soccer player statistics for a season",
        "player_name season",
        "player_stats",
    ),
    ("top_headlines", "Latest headlines of news for a country", "country", "top_headlines"),
    ("youtube_search", "Search YouTube videos", "q", "video_search"),
    ("search_tweets", "Search tweets by keyword on twitter", "keyword", "search_posts"),
    ("google_search", "Google search results for a query", "query num", "web_search"),
    (
        "Restaurants_2_ReserveRestaurant",
        "Make a table reservation at a restaurant",
        "restaurant_name location time date",
        "reserve_table",
    ),
    ("Hotels_4_SearchHotel", "Search for hotels in a location", "location", "hotel_search"),
    (
        "Flights_4_SearchOnewayFlight",
        "Search for one-way flights",
        "origin_airport destination_airport departure_date",
        "flight_search",
    ),
    ("Trains_1_FindTrains", "Find trains to a destination", "_from to date_of_journey", "train_search"),
    ("RentalCars_3_GetCarsAvailable", "Discover cars available for rent", "city start_date", "car_rental_search"),
    ("uber.ride", "Find a suitable Uber ride", "loc type time", "ride_request"),
    ("Movies_3_FindMovies", "Retrieve movies by director and genre", "directed_by genre cast", "movie_search"),
    ("Music_3_LookupMusic", "Discover songs by artist and album", "artist album genre", "song_search"),
    ("random_quote", "A random quote", "category", "random_quote"),
    ("get_air_quality_index", "Air quality index at a location", "location time", "air_quality"),
    ("recipe_search", "Search for a recipe by ingredient", "ingredient diet", "recipe_search"),
    ("determine_body_mass_index", "Calculate body mass index given weight and height.", "weight height", "bmi"),
    ("jobSearch", "Search job listings", "job_title location", "job_search"),
    ("vin_decoder", "Decode a VIN of a vehicle", "vin", "vin_decode"),
    ("rego_check", "Vehicle registration check", "registration state", "registration_check"),
    ("ppsr_check", "PPSR check of a vehicle", "vin", "ppsr_check"),
    ("whois_lookup", "WHOIS of a domain", "domain", "whois"),
    ("generate_qr_code", "Generate a QR code", "text size", "qr_code"),
    ("email_validation", "Validate an email address", "email", "validate_email"),
    ("translate_text", "Translates text from one language to another", "text target_language", "translate_text"),
    ("unit_conversion.convert", "Convert a value from one unit to another", "value from_unit to_unit", "convert_units"),
    ("math.factorial", "Factorial of a number", "number", "factorial"),
    ("calendar_event_create", "Creates a calendar event", "title start", "create_event"),
    ("send_email", "Send an email", "to subject body", "send_message"),
    ("mkdir", "Create a directory in the file system", "dir_name", "create_folder"),
]

# Names that look like one of ours, but ask for something else.
OTHERS = [
    ("dice_roll_probability", "Probability of a sum when rolling two dice", "desired_sum sides_per_die"),
    ("__book_meeting_room", "Reserves a meeting room", "meeting_room_name start_time end_time"),
    ("google.books_search", "Search for a book in Google Books", "query"),
    ("sports_ranking.get_MVP", "Most valuable player of a season", "season sport_type"),
    ("RentalCars_3_ReserveCar", "Makes a rental car reservation", "pickup_location start_date"),
    ("calculate_score", "Score in a video game by enemies defeated", "enemies level"),
    ("weather_forecast", "A wizard's name generator", "wand"),
    ("get_user_info", "Details of a user in the database", "user_id"),
    ("delete_weather_station", "Delete a weather station of the city", "city"),
]


@pytest.mark.parametrize(("name", "description", "parameters", "executor"), MATCHED, ids=[row[0] for row in MATCHED])
def test_a_known_tool_is_matched_to_its_executor(name: str, description: str, parameters: str, executor: str) -> None:
    found = match(declaration(tool(name, description, **dict.fromkeys(parameters.split(), "string"))))
    assert found.tool is not None
    assert found.tool.name == executor
    assert 0.95 <= found.confidence <= 1


@pytest.mark.parametrize(("name", "description", "parameters"), OTHERS, ids=[row[0] for row in OTHERS])
def test_a_tool_that_asks_for_something_else_gets_no_executor(name: str, description: str, parameters: str) -> None:
    found = match(declaration(tool(name, description, **dict.fromkeys(parameters.split(), "string"))))
    assert found.tool is None
    assert found.confidence <= 0.8


@pytest.mark.parametrize(
    ("name", "description"),
    [
        (
            "stock_exchange_listing_fee",
            "Returns the fee, currency and date at which a company is listed on a stock exchange.",
        ),
        ("hotel_loyalty_status", "Shows the name, status and points rating of a guest in a hotel loyalty program."),
    ],
)
def test_a_describable_tool_of_a_family_gets_a_generic_answer(name: str, description: str) -> None:
    found = match(declaration(tool(name, description, member="string")))
    assert found.tool is None
    assert 0.4 <= found.confidence <= 0.8


def test_a_tool_that_does_many_things_is_no_executors() -> None:
    many = tool(
        "todo", "Manages a todo list", type={"type": "string", "enum": ["add", "delete", "complete"]}, content="string"
    )
    assert match(declaration(many)).tool is None


def test_a_tool_of_which_nothing_is_known_is_left_to_the_model() -> None:
    assert match(
        declaration(tool("frobnicate", "Frobnicates the widget", widget="string"))
    ).confidence == pytest.approx(0.1)


def test_there_are_enough_tools_and_each_answers_to_its_own_name() -> None:
    tools = [one for group in all_families().values() for one in group.tools]
    assert len(tools) >= 150
    for one in tools:
        parameters = {ROLES[role][0]: "string" for role in one.needs}
        found = match(declaration(tool(one.name, all_families()[one.family].words, **parameters)))
        assert found.tool == one, one.name


def test_the_documented_example_of_a_family_works_as_it_is_written() -> None:
    lines = (family.__doc__ or "").split("decorator:\n")[1].split("The first name")[0]
    space = {**vars(family), "Dice": Dice}
    exec(compile(textwrap.dedent(lines), "example", "exec", dont_inherit=True, flags=annotations.compiler_flag), space)
    (one,) = space["family"].tools
    assert (one.name, one.needs) == ("lighthouse_info", ("place",))
    assert one.name not in {known.name for other in all_families().values() for known in other.tools}
    answer = one.run(family.Query("lighthouse_info", {"city": "Bell Rock"}), None)
    assert answer["place"] == "Bell Rock"


def test_no_two_tools_have_one_name() -> None:
    names = Counter(one.name for group in all_families().values() for one in group.tools)
    assert names.most_common(1)[0][1] == 1


def test_no_family_uses_a_clock_or_chance_of_its_own() -> None:
    files = sorted((Path(ROOT) / "scripts" / "retake" / "tools" / "families").glob("*.py"))
    banned = re.compile(r"\b(import random\b|import time\b|datetime\.now|date\.today|uuid4|urandom|hash\()")
    assert [path.name for path in files if banned.search(path.read_text("utf-8"))] == []


def test_dice_are_the_same_for_the_same_keys_on_every_machine() -> None:
    dice = Dice("a", 1, [2])
    assert (dice.whole(0, 10**6), dice.number(0, 1, 6), dice.code(6)) == (656160, 0.744068, "GDLQ2Y")
    assert Dice(" Paris ").code(9) == Dice("paris").code(9)
