"""News: headlines, searches, articles and what is trending."""

from __future__ import annotations

from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import OUTLETS, person
from retake.tools.places import country_of
from retake.tools.seeded import Dice

family = Family(
    "news", "news headline headlines article articles journalist media press newspaper publisher breaking story stories"
)

_TOPICS = (
    "clean energy",
    "city transport",
    "space exploration",
    "public health",
    "education",
    "trade",
    "artificial intelligence",
    "football",
)
_EVENTS = (
    "New report looks at {0}",
    "Ministers agree on plan for {0}",
    "What to know about {0} this week",
    "Researchers publish findings on {0}",
    "Communities respond to changes in {0}",
    "Investment in {0} rises",
)


def _article(topic: str, index: int) -> dict[str, Any]:
    dice = Dice("article", topic, index)
    title = dice.pick(_EVENTS).format(topic)
    return {
        "article_id": f"a{dice.code(8)}",
        "title": title,
        "source": dice.pick(OUTLETS),
        "author": person("author", topic, index),
        "published_at": dice.day(-14, 0).isoformat(),
        "url": f"https://news.example/{dice.code(8).lower()}",
        "summary": f"{title}. Observers describe the situation as still developing.",
    }


def _articles(query: Query, world: World, topic: str) -> Result:
    rows = [_article(topic, index) for index in range(query.whole("limit", 5, high=20))]
    return {
        "topic": topic,
        "count": len(rows),
        "articles": [world.issue("article", row["article_id"], row) for row in rows],
    }


@family.tool(
    "news_search search_news news search_articles news_by_keyword article_search find_news latest_news news_articles get_news_by_topic news_by_topic everything search_for_news",
    needs="query",
)
def news_search(query: Query, world: World) -> Result:
    return _articles(query, world, query.text("query", "technology"))


@family.tool(
    "top_headlines headlines breaking_news top_news news_headlines latest_headlines news_by_country top_stories latest_news_headlines general_news"
)
def top_headlines(query: Query, world: World) -> Result:
    country = country_of(query.text("country"))
    topic = query.text("genre", "the economy")
    return {"country": country.name if country else "worldwide", **_articles(query, world, topic)}


@family.tool(
    "article_details article article_content read_article article_by_id news_details full_article article_text extract_article",
    needs="id",
)
def article_details(query: Query, world: World) -> Result:
    def make(identifier: str) -> dict[str, Any]:
        return {**_article(Dice("topic of", identifier).pick(_TOPICS), 0), "article_id": identifier}

    return _full(found(world, "article", query.text("id", query.text("url")), make))


def _full(record: dict[str, Any]) -> dict[str, Any]:
    text = f"{record['summary']} {record['author']} of {record['source']} spoke to people on all sides. A decision is expected later this year."
    return {**record, "text": text, "word_count": len(text.split())}


@family.tool("trending_topics trending_news trends google_trends trending_searches daily_trends trending")
def trending_topics(query: Query, world: World) -> Result:
    country = query.text("country", "worldwide")
    order = Dice("trends", country).some(_TOPICS, 6)
    return {
        "country": country,
        "trends": [
            {"rank": i + 1, "topic": topic, "searches": Dice("trend", country, topic).whole(5, 500) * 1000}
            for i, topic in enumerate(order)
        ],
    }


@family.tool("news_sources sources list_sources news_publishers list_news_sources")
def news_sources(query: Query, world: World) -> Result:
    return {"sources": [{"id": name.lower().replace(" ", "-"), "name": name, "language": "en"} for name in OUTLETS]}


@family.tool("article_summary summarize_article url_summary article_summarizer summarize_url", needs="url")
def article_summary(query: Query, world: World) -> Result:
    record = _article(Dice("topic of", query.text("url")).pick(_TOPICS), 0)
    return {"url": query.text("url"), "title": record["title"], "summary": record["summary"]}


@family.tool("podcast_search search_podcasts podcasts find_podcast podcast_episodes", needs="query")
def podcast_search(query: Query, world: World) -> Result:
    topic = query.text("query", "science")
    return {
        "query": topic,
        "podcasts": [
            {
                "podcast_id": f"pc{Dice('podcast', topic, i).code(6)}",
                "title": f"The {topic.title()} {Dice('podcast name', topic, i).pick(('Hour', 'Show', 'Files', 'Briefing'))}",
                "host": person("host", topic, i),
                "episodes": Dice("episodes", topic, i).whole(10, 400),
            }
            for i in range(4)
        ],
    }
