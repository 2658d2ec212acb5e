"""What an argument means: the many names that tools give to a place, a symbol, an amount."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

# A role and the names by which tools call it, the surest first. A name also stands for itself after a prefix: stock_symbol.
_ROLES = {
    "place": "city location place city_name location_name address town region area destination where q query state country lat latitude zip zipcode zip_code postal_code postcode coordinates venue market geo start_location name",
    "lat": "lat latitude",
    "lon": "lon lng long longitude",
    "country": "country country_code country_name countrycode nation code iso region name alpha q query gl cc",
    "symbol": "symbol ticker stock_symbol ticker_symbol stock symbols tickers company stock_name company_name asset instrument coin crypto id code q query name isin commodity metal index pair",
    "coin": "coin crypto cryptocurrency symbol coin_id id currency asset token pair name market base symbols ids q",
    "from_currency": "from from_currency base source_currency base_currency source have from_code currency_from currency pair symbol",
    "to_currency": "to to_currency target target_currency quote_currency destination_currency want to_code currency_to symbols quote currencies",
    "amount": "amount value quantity qty number sum total principal price money loan_amount",
    "query": "query q keyword keywords search search_term search_query term searchterm text topic question name title phrase words input prompt s category",
    "id": "id asin product_id item_id uid uuid identifier sku hotel_id flight_id event_id movie_id recipe_id job_id video_id article_id restaurant_id property_id listing_id order_id ticket_id note_id message_id task_id contact_id reminder_id post_id booking_id channel_id page_id game_id team_id player_id imdb_id tconst slug number code",
    "date": "date day on start_date date_from departure_date check_in checkin from_date dt when datetime start target_date",
    "end_date": "end_date date_to to_date return_date check_out checkout end until",
    "days": "days number_of_days num_days forecast_days cnt count day_count duration n limit period",
    "limit": "limit count max_results size per_page n num top page_size results max number num_results number_of_results results_per_page",
    "page": "page page_number offset start",
    "team": "team team_name club team1 home_team team_id squad name q query side",
    "opponent": "opponent team2 away_team versus rival",
    "player": "player player_name athlete name q query id player_id",
    "league": "league league_name competition tournament sport league_id sport_name division season category",
    "origin": "origin from from_city departure source start from_location origin_city departure_city origin_airport from_airport departure_airport starting_point start_location location1 fly_from from_id city1 pick_up pickup pickup_location from_station fromentityid",
    "destination": "destination to to_city arrival end to_location destination_city arrival_city destination_airport to_airport arrival_airport end_location location2 fly_to to_id city2 drop_off dropoff to_station toentityid location",
    "title": "title name movie book song film show track movie_name event subject query q summary movie_title book_title song_title heading task",
    "author": "author artist writer by director singer creator name band actor q query",
    "genre": "genre category type style mood topic kind genres",
    "text": "text content message body input string sentence note data paragraph description value word document phrase comment tweet caption",
    "word": "word term entry q query text",
    "language": "language lang target_language target to target_lang to_language locale hl dest",
    "source_language": "source_language source from source_lang from_language",
    "domain": "domain domain_name url website host hostname site name uri link query",
    "url": "url link uri website page site address video_url image_url domain",
    "email": "email email_address mail address to recipient",
    "phone": "phone phone_number number mobile telephone msisdn tel",
    "ip": "ip ip_address address ipaddress host",
    "vin": "vin vin_number vehicle_identification_number code number",
    "plate": "plate registration license_plate licence_plate plate_number reg registration_number vrm regno number rego vehicle_registration number_plate",
    "make": "make brand manufacturer car_make",
    "model": "model car_model vehicle_model car",
    "year": "year model_year y season",
    "food": "food ingredient ingredients query q dish food_name item name meal food_item product recipe title",
    "drug": "drug medicine medication drug_name name drugs query q substance",
    "condition": "condition symptom symptoms disease diagnosis query q name topic illness",
    "weight": "weight weight_kg weight_lbs mass body_weight w",
    "height": "height height_cm height_m height_in stature h",
    "age": "age years",
    "sex": "sex gender",
    "from_unit": "from_unit from unit_from source_unit input_unit unit original_unit current_unit",
    "to_unit": "to_unit to unit_to target_unit output_unit target desired_unit",
    "expression": "expression expr formula equation query q input math calculation operation",
    "timezone": "timezone time_zone tz zone area location city region",
    "recipient": "recipient to receiver receiver_id recipients email phone to_user user contact send_to username to_email email_address phone_number",
    "user": "user username user_name handle screen_name screenname account profile user_id userid account_id channel channel_id channel_name page",
    "path": "file_name filename path file filepath file_path name source src directory folder dir_name dirname dir",
    "folder": "folder directory dir path dir_name",
    "target_path": "destination dest target new_name new_path to",
    "rate": "rate interest_rate annual_rate interest apr annual_interest_rate yield growth_rate",
    "years": "years term time period loan_term duration tenure loan_years number_of_years term_years months",
    "party": "guests party_size people number_of_people adults party number_of_guests passengers number_of_adults persons number_of_seats number_of_tickets travelers",
    "price": "price max_price budget price_range price_max maximum_price price_limit",
    "size": "size width dimensions resolution scale",
    "length": "length len size number count digits characters",
    "key": "key name setting id variable",
    "value": "value content data val number new_value",
    "job": "job title job_title query q keyword keywords role position what search occupation skill skills",
    "numbers": "numbers values data list array nums dataset elements list_of_numbers x",
    "stay": "hotel hotel_id hotel_name property property_id id name place_name",
}
ROLES = {role: tuple(names.split()) for role, names in _ROLES.items()}


# Whose id it is, not what is looked up.
_OWNERS = frozenset(
    ("user", "userid", "customer", "account", "person", "session", "employee", "company", "client", "owner")
)


def words_of(name: str) -> list[str]:
    """Return the lower-case words of a name: `getStockPrice_v2` gives get, stock, price, v2."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name))
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word]


@lru_cache(maxsize=16384)
def _plain(name: str) -> str:
    return "_".join(words_of(name))


def find_role(names: Iterable[str], role: str) -> str | None:
    """Return the one of `names` that best plays `role`, or None: a known name first, then one that ends in it."""
    return _found(tuple(names), role)


@lru_cache(maxsize=65536)
def _found(names: tuple[str, ...], role: str) -> str | None:
    plain = {}
    for name in names:
        plain.setdefault(_plain(name), name)
    squeezed = {key.replace("_", ""): name for key, name in plain.items()}
    for known in ROLES[role]:
        if known in plain or known.replace("_", "") in squeezed:
            return plain.get(known) or squeezed[known.replace("_", "")]
    for known in ROLES[role]:
        for key, name in plain.items():
            if role == "id" and key.partition("_")[0] in _OWNERS:
                continue
            if key.endswith(f"_{known}") or (len(known) > 3 and key.startswith(f"{known}_")):
                return name
    return None
