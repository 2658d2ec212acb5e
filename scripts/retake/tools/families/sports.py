"""Sports: teams, tables, fixtures, scores and players, one season for every tool."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person
from retake.tools.seeded import TODAY, Dice

family = Family(
    "sports",
    "sport sports team teams match matches league football soccer basketball nba nfl cricket tennis baseball hockey score scores player players season tournament standings fixture fixtures odds",
)

_LEAGUES = {
    "Premier League": (
        "soccer",
        "Arsenal,Aston Villa,Chelsea,Everton,Liverpool,Manchester City,Manchester United,Newcastle United,Tottenham Hotspur,West Ham United",
    ),
    "La Liga": (
        "soccer",
        "Athletic Bilbao,Atletico Madrid,Barcelona,Real Betis,Real Madrid,Sevilla,Valencia,Villarreal",
    ),
    "Bundesliga": (
        "soccer",
        "Bayer Leverkusen,Bayern Munich,Borussia Dortmund,Eintracht Frankfurt,RB Leipzig,VfB Stuttgart",
    ),
    "NBA": (
        "basketball",
        "Boston Celtics,Chicago Bulls,Dallas Mavericks,Denver Nuggets,Golden State Warriors,Los Angeles Lakers,Miami Heat,Milwaukee Bucks,New York Knicks,Phoenix Suns",
    ),
    "NFL": (
        "american football",
        "Buffalo Bills,Dallas Cowboys,Green Bay Packers,Kansas City Chiefs,New England Patriots,Philadelphia Eagles,San Francisco 49ers",
    ),
    "MLB": (
        "baseball",
        "Atlanta Braves,Boston Red Sox,Chicago Cubs,Houston Astros,Los Angeles Dodgers,New York Yankees",
    ),
    "NHL": (
        "hockey",
        "Boston Bruins,Colorado Avalanche,Edmonton Oilers,New York Rangers,Toronto Maple Leafs,Vegas Golden Knights",
    ),
    "IPL": (
        "cricket",
        "Chennai Super Kings,Delhi Capitals,Kolkata Knight Riders,Mumbai Indians,Royal Challengers Bengaluru",
    ),
}
_TEAMS = {team: league for league, (_, teams) in _LEAGUES.items() for team in teams.split(",")}


def _league(text: str) -> str:
    wanted = text.lower()
    by_name = next((n for n in _LEAGUES if wanted and (n.lower() in wanted or wanted in n.lower())), None)
    return (
        by_name
        or next((n for n, (sport, _) in _LEAGUES.items() if wanted and wanted in sport), None)
        or "Premier League"
    )


def _team(text: str) -> tuple[str, str]:
    wanted = text.lower().strip()
    name = next((t for t in _TEAMS if wanted and wanted in t.lower()), text.strip() or "Arsenal")
    return name, _TEAMS.get(name, _league(""))


def _table(league: str) -> list[dict[str, Any]]:
    rows = []
    for team in _LEAGUES[league][1].split(","):
        dice = Dice("standing", team)
        wins, draws = dice.whole(6, 26), dice.whole(2, 9)
        rows.append(
            {
                "team": team,
                "played": 38,
                "won": wins,
                "drawn": draws,
                "lost": 38 - wins - draws,
                "points": 3 * wins + draws,
                "goal_difference": wins - 16 + dice.whole(-6, 12),
            }
        )
    ranked = sorted(rows, key=lambda row: (-row["points"], row["team"]))
    return [{"position": i + 1, **row} for i, row in enumerate(ranked)]


def _match(league: str, back: int, *, is_over: bool) -> dict[str, Any]:
    dice = Dice("match", league, back)
    home, away = dice.some(_LEAGUES[league][1].split(","), 2)
    day = TODAY + timedelta(days=back)
    most = {"basketball": (88, 128), "american football": (3, 41), "cricket": (120, 220)}.get(
        _LEAGUES[league][0], (0, 5)
    )
    score = (
        {"home_score": dice.whole(*most), "away_score": dice.whole(*most), "status": "finished"}
        if is_over
        else {"status": "scheduled"}
    )
    return {
        "match_id": f"m{dice.whole(100000, 999999)}",
        "league": league,
        "date": day.isoformat(),
        "time": dice.clock(13, 20),
        "home_team": home,
        "away_team": away,
        **score,
    }


def _asked_league(query: Query) -> str:
    text = f"{query.text('league')} {query.tool.replace('_', ' ').replace('.', ' ')}"
    team = query.get("team")
    return _team(str(team))[1] if team and _team(str(team))[0] in _TEAMS else _league_in(text)


def _league_in(text: str) -> str:
    lowered = text.lower()
    return next(
        (n for n, (sport, _) in _LEAGUES.items() if n.lower() in lowered or sport in lowered),
        _league(text.split(" ")[0]),
    )


@family.tool("team_info team search_team team_details team_search team_by_name team_data club_info", needs="team")
def team_info(query: Query, world: World) -> Result:
    name, league = _team(query.text("team", "Arsenal"))
    dice = Dice("team", name)
    record = {
        "team_id": f"t{dice.whole(1000, 9999)}",
        "name": name,
        "league": league,
        "sport": _LEAGUES[league][0],
        "founded": dice.whole(1880, 1975),
        "coach": person("coach", name),
        "stadium": f"{name.split()[0]} Arena",
        "capacity": dice.whole(18_000, 81_000),
    }
    return world.issue("team", record["team_id"], record)


@family.tool(
    "league_standings standings league_table team_rankings season_standings table team_standings sports_ranking rankings",
    needs="league",
)
def league_standings(query: Query, world: World) -> Result:
    league = _asked_league(query)
    return {"league": league, "season": f"{TODAY.year - 1}-{TODAY.year}", "standings": _table(league)}


@family.tool(
    "live_scores scores live_matches livescore latest_scores current_scores match_results game_results latest_results sports_scores scoreboard match_score game_result sports_match_results sports_results latest_match latest_game"
)
def live_scores(query: Query, world: World) -> Result:
    league = _asked_league(query)
    rows = [_match(league, -back, is_over=True) for back in range(1, 6)]
    if query.get("team") and _team(query.text("team"))[0] in _TEAMS:
        team = _team(query.text("team"))[0]
        rows = [
            {**row, "home_team": team} if team not in (row["home_team"], row["away_team"]) else row for row in rows[:3]
        ]
        rows = [row for row in rows if row["home_team"] != row["away_team"]]
    return {"league": league, "matches": [world.issue("match", row["match_id"], row) for row in rows]}


@family.tool(
    "fixtures schedule upcoming_matches match_schedule upcoming_games game_schedule next_match team_schedule sports_schedule upcoming_fixtures season_schedule league_schedule matches_by_date games_by_date"
)
def fixtures(query: Query, world: World) -> Result:
    league = _asked_league(query)
    rows = [_match(league, ahead, is_over=False) for ahead in range(1, 6)]
    return {"league": league, "fixtures": [world.issue("match", row["match_id"], row) for row in rows]}


@family.tool(
    "match_details match_info match_statistics game_details match_stats event_statistics game_stats match_summary boxscore box_score",
    needs="id",
)
def match_details(query: Query, world: World) -> Result:
    def make(identifier: str) -> dict[str, Any]:
        league = Dice("league of", identifier).pick(list(_LEAGUES))
        return {**_match(league, -Dice("day of", identifier).whole(1, 200), is_over=True), "match_id": identifier}

    record, dice = found(world, "match", query.text("id"), make), Dice("stats", query.text("id"))
    held = dice.whole(35, 65)
    return {
        **record,
        "possession_percent": {"home": held, "away": 100 - held},
        "shots": {"home": dice.whole(3, 22), "away": dice.whole(3, 22)},
        "attendance": dice.whole(8_000, 78_000),
        "referee": person("referee", query.text("id")),
    }


_STARS = {
    "lebron james": "Los Angeles Lakers",
    "stephen curry": "Golden State Warriors",
    "kobe bryant": "Los Angeles Lakers",
    "michael jordan": "Chicago Bulls",
    "tom brady": "New England Patriots",
    "patrick mahomes": "Kansas City Chiefs",
    "cristiano ronaldo": "Real Madrid",
    "lionel messi": "Barcelona",
    "kylian mbappe": "Real Madrid",
    "mohamed salah": "Liverpool",
    "harry kane": "Bayern Munich",
    "virat kohli": "Royal Challengers Bengaluru",
    "connor mcdavid": "Edmonton Oilers",
    "aaron judge": "New York Yankees",
}


def _player(name: str, hint: str = "") -> dict[str, Any]:
    dice, lowered = Dice("player", name), hint.lower()
    league = next((n for n, (sport, _) in _LEAGUES.items() if n.lower() in lowered or sport in lowered), None)
    team = _STARS.get(name.lower()) or dice.pick(_LEAGUES[league][1].split(",") if league else list(_TEAMS))
    return {
        "player_id": f"p{dice.whole(10000, 99999)}",
        "name": name,
        "team": team,
        "league": _TEAMS[team],
        "age": dice.whole(18, 37),
        "nationality": dice.pick(("England", "Spain", "United States", "Brazil", "France", "India", "Canada")),
        "height_cm": dice.whole(168, 211),
        "jersey_number": dice.whole(1, 45),
    }


def _hint(query: Query) -> str:
    said = [
        v for v in (*query.arguments.values(), query.tool.replace("_", " ").replace(".", " ")) if isinstance(v, str)
    ]
    return " ".join(said)


@family.tool(
    "player_info player search_player player_search player_details player_profile athlete_info player_data athlete player_by_name",
    needs="player",
)
def player_info(query: Query, world: World) -> Result:
    record = _player(query.text("player", person("star player")), _hint(query))
    return world.issue("player", record["player_id"], record)


@family.tool(
    "player_stats player_statistics player_season_stats player_performance athlete_stats player_record soccer_player_stats basketball_player_stats",
    needs="player",
)
def player_stats(query: Query, world: World) -> Result:
    asked = query.text("player", person("star player"))
    record = world.shown("player", asked) or _player(asked, _hint(query))
    dice, games = Dice("player stats", record["name"]), Dice("games", record["name"]).whole(12, 60)
    sport = _LEAGUES[record["league"]][0]
    stats = (
        {
            "points_per_game": dice.number(4, 31, 1),
            "rebounds_per_game": dice.number(1, 12, 1),
            "assists_per_game": dice.number(1, 10, 1),
        }
        if sport == "basketball"
        else {"goals": dice.whole(0, 30), "assists": dice.whole(0, 18)}
    )
    return {**record, "season": query.text("year", f"{TODAY.year - 1}-{TODAY.year}"), "games_played": games, **stats}


@family.tool("team_players squad roster team_squad team_roster players_of_team team_lineup players", needs="team")
def team_players(query: Query, world: World) -> Result:
    asked = query.text("team", "Arsenal")
    name, league = _team((world.shown("team", asked) or {"name": asked})["name"])
    rows = [{**_player(person("squad", name, i)), "team": name, "league": league} for i in range(11)]
    return {"team": name, "players": [world.issue("player", row["player_id"], row) for row in rows]}


@family.tool("head_to_head h2h team_comparison compare_teams head2head", needs="team opponent")
def head_to_head(query: Query, world: World) -> Result:
    one, two = _team(query.text("team", "Arsenal"))[0], _team(query.text("opponent", "Chelsea"))[0]
    first, second = sorted((one, two))
    dice = Dice("h2h", first, second)
    wins = {first: dice.whole(2, 20), second: dice.whole(2, 20)}
    draws = dice.whole(0, 12)
    return {"teams": [one, two], "played": sum(wins.values()) + draws, "wins": wins, "draws": draws}


@family.tool("list_leagues leagues competitions tournaments all_leagues league_list sports_leagues list_sports sports")
def list_leagues(query: Query, world: World) -> Result:
    return {
        "leagues": [
            {"league_id": str(i + 1), "name": name, "sport": sport}
            for i, (name, (sport, _)) in enumerate(_LEAGUES.items())
        ]
    }


@family.tool("match_odds odds betting_odds sports_odds prematch_odds live_odds")
def match_odds(query: Query, world: World) -> Result:
    league, rows = _asked_league(query), []
    for ahead in range(1, 5):
        match = world.issue(
            "match", _match(league, ahead, is_over=False)["match_id"], _match(league, ahead, is_over=False)
        )
        dice = Dice("odds", match["match_id"])
        rows.append(
            {
                **match,
                "odds": {"home": dice.number(1.3, 4.5), "draw": dice.number(2.8, 4.2), "away": dice.number(1.5, 6)},
            }
        )
    return {"league": league, "matches": rows}


@family.tool("top_scorers leading_scorers scoring_leaders goal_scorers league_leaders best_players", needs="league")
def top_scorers(query: Query, world: World) -> Result:
    league = _asked_league(query)
    teams = _LEAGUES[league][1].split(",")
    rows = [
        {
            "player": person("scorer", league, i),
            "team": Dice("scorer team", league, i).pick(teams),
            "goals_or_points": 30 - 3 * i - Dice("scorer", league, i).whole(0, 2),
        }
        for i in range(5)
    ]
    return {"league": league, "scorers": rows}
