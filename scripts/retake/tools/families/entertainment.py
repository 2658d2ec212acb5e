"""Films, series, music, books, games, events, quotes and jokes."""

from __future__ import annotations

from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person, work_title
from retake.tools.places import city_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "entertainment",
    "movie movies film films tv series show episode actor director music song songs artist album lyrics playlist book books novel author game games gaming event events concert ticket tickets theater quote quotes joke jokes trivia anime horoscope zodiac fact",
)

_GENRES = ("Drama", "Comedy", "Action", "Sci-fi", "Thriller", "Romance", "Documentary")


def _work(kind: str, identifier: str, title: str | None = None) -> dict[str, Any]:
    dice = Dice(kind, identifier)
    maker = {
        "movie": "director",
        "series": "creator",
        "song": "artist",
        "album": "artist",
        "book": "author",
        "game": "studio",
    }[kind]
    return {
        f"{kind}_id": identifier,
        "title": title or work_title(kind, identifier),
        maker: person(maker, identifier),
        "year": dice.whole(1968, 2026),
        "genre": dice.pick(_GENRES),
        "rating": dice.number(5.1, 9.2, 1),
        "votes": dice.whole(200, 900_000),
    }


def _works(kind: str, query: Query, world: World, role: str = "title") -> list[dict[str, Any]]:
    words, genre = query.text(role), query.text("genre")
    made = []
    for index in range(query.whole("limit", 4, high=20)):
        row = _work(
            kind,
            f"{kind[:2]}{Dice(kind, words, genre, index).whole(100000, 999999)}",
            words.title() if words and index == 0 else None,
        )
        row = {**row, "genre": genre} if genre and genre != words else row
        made.append(world.issue(kind, row[f"{kind}_id"], query.narrowed(row)))
    return made


def _one(kind: str, query: Query, world: World) -> dict[str, Any]:
    asked = query.text("id", query.text("title"))
    is_title = (query.get("title") is not None and asked == query.text("title") and " " in asked) or not any(
        c.isdigit() for c in asked
    )
    return found(world, kind, asked, lambda key: _work(kind, key, key if is_title else None))


@family.tool(
    "movie_search search_movies find_movies movies search_movie movie_finder movie_recommendations recommend_movies movies_by_genre popular_movies top_movies top_rated_movies find_movie discover_movies upcoming_movies"
)
def movie_search(query: Query, world: World) -> Result:
    rows = _works("movie", query, world)
    return {"count": len(rows), "movies": rows}


@family.tool(
    "movie_details movie_info movie movie_by_id movie_by_title film_details imdb_movie movie_data movie_rating movie_overview imdb_find_movies_by_actor",
    needs="title",
)
def movie_details(query: Query, world: World) -> Result:
    record = _one("movie", query, world)
    dice = Dice("movie details", record["movie_id"])
    return {
        **record,
        "runtime_minutes": dice.whole(82, 178),
        "cast": [person("actor", record["movie_id"], i) for i in range(4)],
        "plot": f"A {record['genre'].lower()} about choices that change everything.",
        "box_office_usd": dice.whole(1, 900) * 1_000_000,
    }


@family.tool(
    "movie_showtimes showtimes movie_times cinema_showtimes theater_showtimes movie_schedule movies_playing cinema_listings",
    needs="place",
)
def movie_showtimes(query: Query, world: World) -> Result:
    city, title = city_of(query.text("place", "New York")), query.text("title", work_title("now playing"))
    return {
        "movie": title,
        "city": city.name,
        "date": query.day("date").isoformat(),
        "cinemas": [
            {
                "cinema": f"{name} {city.name}",
                "showtimes": sorted(Dice("cinema", city.name, name, i).clock(12, 22) for i in range(3)),
            }
            for name in ("Palace", "Odeon", "Star")
        ],
    }


@family.tool(
    "tv_show_search search_tv_shows tv_shows search_series tv_series find_tv_shows tv_search series_search anime_search search_anime anime tv_show"
)
def tv_show_search(query: Query, world: World) -> Result:
    return {"shows": _works("series", query, world)}


@family.tool(
    "tv_show_details series_details tv_details show_details tv_show_info anime_details series_info", needs="id"
)
def tv_show_details(query: Query, world: World) -> Result:
    record = _one("series", query, world)
    return {
        **record,
        "seasons": Dice("seasons", record["series_id"]).whole(1, 9),
        "status": Dice("show", record["series_id"]).pick(("ended", "returning")),
    }


@family.tool(
    "actor_info actor person_details celebrity_info actor_details cast_info celebrity actor_filmography", needs="player"
)
def actor_info(query: Query, world: World) -> Result:
    name = query.text("player", "someone")
    return {
        "name": name,
        "born": Dice("born", name).day(-26000, -8000).isoformat(),
        "known_for": [work_title("role", name, i) for i in range(3)],
    }


@family.tool(
    "song_search search_songs search_music music_search find_songs search_tracks songs tracks lookup_music spotify_search search_song track_search music_recommendations recommend_songs top_tracks top_songs"
)
def song_search(query: Query, world: World) -> Result:
    rows, artist = _works("song", query, world), query.text("author")
    return {
        "count": len(rows),
        "songs": [
            {
                **row,
                "artist": artist or row["artist"],
                "duration_s": Dice("song length", row["song_id"]).whole(120, 420),
            }
            for row in rows
        ],
    }


@family.tool("song_lyrics lyrics get_lyrics track_lyrics search_lyrics", needs="title")
def song_lyrics(query: Query, world: World) -> Result:
    title = query.text("title", "song")
    return {
        "title": title,
        "artist": query.text("author", person("singer", title)),
        "lyrics": "Lyrics are not licensed for display in this service.",
        "language": "en",
    }


@family.tool(
    "artist_info artist artist_search search_artist artist_details artist_albums artist_top_tracks musician_info",
    needs="author",
)
def artist_info(query: Query, world: World) -> Result:
    name = query.text("author", "artist")
    return {
        "artist": name,
        "genre": Dice("artist", name).pick(("Pop", "Rock", "Jazz", "Electronic", "Folk")),
        "monthly_listeners": Dice("listeners", name).whole(3_000, 40_000_000),
        "albums": [{"title": work_title("album", name, i), "year": 2024 - 3 * i} for i in range(3)],
        "top_tracks": [work_title("track", name, i) for i in range(3)],
    }


@family.tool(
    "play_song play_music music_play start_playback play_track play_media spotify_play play_movie stream_movie media_play_movie music_play_media play"
)
def play_song(query: Query, world: World) -> Result:
    title = query.text("title", "something new")
    world.table("player")["now"] = {"title": title, "status": "playing"}
    return {"status": "playing", "title": title, "request": query.arguments}


@family.tool("create_playlist playlist playlist_create make_playlist generate_playlist", needs="title")
def create_playlist(query: Query, world: World) -> Result:
    identifier = world.new_id("playlist")
    row = {
        "playlist_id": identifier,
        "name": query.text("title", "playlist"),
        "tracks": [work_title("playlist", query.text("title"), i) for i in range(5)],
    }
    return world.table("playlist").setdefault(identifier, row)


@family.tool(
    "book_search search_books find_books books book_finder search_book library_search_book books_by_author book_recommendations library_search_books find_book search_books_by_title"
)
def book_search(query: Query, world: World) -> Result:
    rows, author = _works("book", query, world), query.text("author")
    return {
        "count": len(rows),
        "books": [
            {
                **row,
                "author": author
                if query.get("author") is not None and author != query.text("title")
                else row["author"],
            }
            for row in rows
        ],
    }


@family.tool("book_details book_info book_by_isbn book book_by_id isbn_lookup book_data", needs="id")
def book_details(query: Query, world: World) -> Result:
    record = _one("book", query, world)
    return {
        **record,
        "pages": Dice("pages", record["book_id"]).whole(90, 820),
        "publisher": Dice("publisher", record["book_id"]).pick(("Lantern Press", "Northwind Books", "Quay House")),
        "isbn": f"978{Dice('isbn', record['book_id']).whole(10**9, 10**10 - 1)}",
    }


@family.tool(
    "game_search search_games video_games find_games game_details game_info games free_games video_game_search steam_search"
)
def game_search(query: Query, world: World) -> Result:
    return {
        "games": [
            {
                **row,
                "platforms": Dice("platform", row["game_id"]).some(("PC", "PlayStation", "Xbox", "Switch"), 2),
                "price_usd": Dice("game price", row["game_id"]).number(0, 69),
            }
            for row in _works("game", query, world)
        ]
    }


def _event(identifier: str, kind: str = "Concert", where: str = "New York") -> dict[str, Any]:
    dice = Dice("event", identifier)
    return {
        "event_id": identifier,
        "name": f"{work_title('event', identifier)} {kind.title()}",
        "category": kind,
        "city": where,
        "venue": f"{dice.pick(('Riverside', 'City', 'Grand'))} {dice.pick(('Hall', 'Arena', 'Theatre'))}",
        "date": dice.day(2, 90).isoformat(),
        "time": dice.clock(17, 21),
        "price_from": dice.number(12, 180),
        "currency": "USD",
        "tickets_left": dice.whole(0, 900),
    }


@family.tool(
    "event_search search_events find_events events local_events concerts find_concerts event_finder upcoming_events concert_search search_concerts events_near_me events_by_city",
    needs="place",
)
def event_search(query: Query, world: World) -> Result:
    city, kind = city_of(query.text("place", "New York")), query.text("genre", query.text("query", "concert"))
    kind = "concert" if kind == query.text("place") else kind
    rows = [
        _event(f"ev{Dice('event', city.name, kind, i).whole(10000, 99999)}", kind, city.name)
        for i in range(query.whole("limit", 4, high=20))
    ]
    return {"city": city.name, "events": [world.issue("event", row["event_id"], query.narrowed(row)) for row in rows]}


@family.tool("show_event_details event_info event_by_id concert_details event_page event_data", needs="id")
def show_event_details(query: Query, world: World) -> Result:
    return found(world, "event", query.text("id"), _event)


@family.tool(
    "buy_event_tickets buy_tickets book_tickets ticket_purchase purchase_tickets book_concert_tickets buy_movie_tickets book_ticket"
)
def buy_event_tickets(query: Query, world: World) -> Result:
    identifier, count = world.new_id("ticket_order"), query.whole("party", 1, high=20)
    price = Dice("ticket", query.text("title")).number(14, 150)
    order = {
        "order_id": identifier,
        "status": "confirmed",
        "event": query.text("title", "event"),
        "tickets": count,
        "total_price": round(count * price, 2),
        "currency": "USD",
    }
    return world.table("order").setdefault(identifier, order)


_QUOTES = (
    ("The only way out is through.", "Robert Frost"),
    ("Simplicity is the ultimate sophistication.", "attributed to Leonardo da Vinci"),
    ("Well begun is half done.", "attributed to Aristotle"),
    ("To be, or not to be, that is the question.", "William Shakespeare"),
    ("I think, therefore I am.", "René Descartes"),
    ("Fortune favours the bold.", "Virgil"),
)


@family.tool(
    "random_quote quote quotes quote_of_the_day inspirational_quote daily_quote motivational_quote quotes_by_author search_quotes famous_quotes inspirational_quotes"
)
def random_quote(query: Query, world: World) -> Result:
    asked = query.text("author", query.text("query"))
    mine = [row for row in _QUOTES if asked and asked.lower() in row[1].lower()] or list(_QUOTES)
    text, author = Dice("quote", asked, TODAY.isoformat()).pick(mine)
    return {"quote": text, "author": author}


@family.tool("random_joke joke jokes tell_joke dad_joke get_joke random_jokes chuck_norris_joke programming_joke")
def random_joke(query: Query, world: World) -> Result:
    jokes = (
        "I told my computer I needed a break. It said: no problem, I will go to sleep.",
        "Why did the scarecrow win a prize? It was outstanding in its field.",
        "Parallel lines have so much in common. A shame they will never meet.",
    )
    return {"joke": Dice("joke", query.arguments).pick(jokes)}


@family.tool("trivia_question trivia random_trivia quiz_question quiz trivia_questions")
def trivia_question(query: Query, world: World) -> Result:
    rows = (
        ("What is the chemical symbol for gold?", "Au"),
        ("How many continents are there?", "7"),
        ("What is the largest planet of the solar system?", "Jupiter"),
        ("In which city is the Louvre?", "Paris"),
    )
    chosen = Dice("trivia", query.arguments).some(rows, query.whole("limit", 1, high=4))
    return {"questions": [{"question": question, "answer": answer} for question, answer in chosen]}


@family.tool(
    "fun_fact random_fact fact facts random_facts useless_fact number_fact number_trivia date_fact cat_fact random_cat_fact today_in_history"
)
def fun_fact(query: Query, world: World) -> Result:
    facts = (
        "Honey does not spoil when it is kept sealed.",
        "Octopuses have three hearts.",
        "A day on Venus is longer than its year.",
        "Bananas are berries in the botanical sense.",
    )
    return {"fact": Dice("fact", query.arguments).pick(facts)}


@family.tool("horoscope daily_horoscope zodiac_horoscope astrology horoscope_today zodiac_sign", needs="query")
def horoscope(query: Query, world: World) -> Result:
    sign = str(next(iter(query.arguments.values()), "aries"))
    dice = Dice("horoscope", sign, TODAY.isoformat())
    return {
        "sign": sign,
        "date": TODAY.isoformat(),
        "horoscope": dice.pick(
            ("A quiet day rewards patience.", "Say yes to the unexpected invitation.", "Finish what you have begun.")
        ),
        "lucky_number": dice.whole(1, 99),
        "mood": dice.pick(("calm", "curious", "bold")),
    }
