"""Web search: results, pages, images and encyclopedia entries."""

from __future__ import annotations

import re
from typing import Any

from retake.tools.family import Family, Query, Result, World
from retake.tools.seeded import Dice

family = Family(
    "web_search",
    "search web google bing internet website page wikipedia encyclopedia results image images scrape crawl url",
)

_SITES = ("guide.example", "wiki.example", "blog.example", "journal.example", "forum.example", "docs.example")


def _hit(words: str, index: int) -> dict[str, Any]:
    dice = Dice("hit", words, index)
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:50]
    kind = ("overview", "guide", "common questions", "history", "latest developments", "discussion")[index % 6]
    return {
        "title": f"{words[:80].capitalize()}: {kind}",
        "url": f"https://{_SITES[index % len(_SITES)]}/{slug}-{dice.code(4).lower()}",
        "snippet": f"A {kind} of {words[:80]}, with background, figures and further reading.",
        "date": dice.day(-700, -1).isoformat(),
    }


@family.tool(
    "web_search search google_search bing_search search_web internet_search search_engine search_google search_engine_query duckduckgo_search google_web_search",
    needs="query",
)
def web_search(query: Query, world: World) -> Result:
    words = query.text("query", "news")
    rows = [_hit(words, index) for index in range(query.whole("limit", 5, high=20))]
    return {
        "query": words,
        "total_results": Dice("total", words).whole(1_000, 9_000_000),
        "results": [world.issue("page", row["url"], row) for row in rows],
    }


@family.tool(
    "image_search search_images images google_images search_photos photo_search stock_photos find_images google_image_search",
    needs="query",
)
def image_search(query: Query, world: World) -> Result:
    words = query.text("query", "mountain")
    rows = [
        {
            "title": f"{words} {i + 1}",
            "image_url": f"https://img.example/{Dice('image', words, i).code(8).lower()}.jpg",
            "width": 1600,
            "height": 900,
            "source": _SITES[i % len(_SITES)],
        }
        for i in range(query.whole("limit", 4, high=20))
    ]
    return {"query": words, "images": rows}


@family.tool(
    "search_suggestions autocomplete suggestions auto_complete query_suggestions related_searches", needs="query"
)
def search_suggestions(query: Query, world: World) -> Result:
    words = query.text("query", "how to")
    return {
        "query": words,
        "suggestions": [f"{words} {tail}" for tail in ("meaning", "near me", "for beginners", "price", "examples")],
    }


@family.tool(
    "web_page page_content fetch_url fetch_page scrape_page scrape_website web_scraper fetch_url_content read_page website_content scrape extract_text_from_url",
    needs="url",
)
def web_page(query: Query, world: World) -> Result:
    url = query.text("url", "https://guide.example")
    record = world.shown("page", url) or _hit(
        re.sub(r"^https?://(www\.)?", "", url).split("/")[-1].replace("-", " ") or "page", 0
    )
    return {
        "url": url,
        "status": 200,
        "title": record["title"],
        "text": f"{record['title']}. {record['snippet']} This page was last changed on {record['date']}.",
    }


@family.tool(
    "wikipedia_summary wikipedia wiki_summary wikipedia_search search_wikipedia wikipedia_page wiki_search wikipedia_article",
    needs="query",
)
def wikipedia_summary(query: Query, world: World) -> Result:
    words = query.text("query", "science")
    return {
        "title": words,
        "summary": f"{words} is a subject with its own entry. The entry covers its origins, how it developed, and how it is seen today.",
        "url": f"https://wiki.example/{words.replace(' ', '_')}",
        "categories": Dice("wiki", words).some(("History", "Science", "Culture", "People", "Technology"), 2),
    }


@family.tool(
    "search_papers paper_search arxiv_search scholar_search google_scholar search_publications academic_search research_papers search_research_papers",
    needs="query",
)
def search_papers(query: Query, world: World) -> Result:
    words, rows = query.text("query", "machine learning"), []
    for index in range(query.whole("limit", 4, high=10)):
        dice = Dice("paper", words, index)
        rows.append(
            {
                "title": f"{dice.pick(('On', 'Towards', 'Rethinking', 'A survey of'))} {words}",
                "year": dice.whole(2016, 2026),
                "citations": dice.whole(0, 900),
                "doi": f"10.5555/{dice.whole(10000, 99999)}",
            }
        )
    return {"query": words, "papers": rows}


@family.tool(
    "website_traffic site_traffic traffic_stats domain_traffic website_rank domain_rank website_stats backlinks domain_authority",
    needs="domain",
)
def website_traffic(query: Query, world: World) -> Result:
    domain = query.text("domain", "example.com")
    dice = Dice("traffic", domain)
    return {
        "domain": domain,
        "global_rank": dice.whole(1_000, 4_000_000),
        "monthly_visits": dice.whole(1_000, 30_000_000),
        "bounce_rate_percent": dice.number(20, 75, 1),
        "backlinks": dice.whole(10, 900_000),
        "domain_authority": dice.whole(3, 95),
    }


@family.tool(
    "keyword_research keyword_volume search_volume keyword_data keyword_suggestions keyword_metrics", needs="query"
)
def keyword_research(query: Query, world: World) -> Result:
    words = query.text("query", "shoes")
    return {
        "keyword": words,
        "ideas": [
            {
                "keyword": f"{words}{tail}",
                "monthly_searches": Dice("keyword", words, tail).whole(1, 900) * 100,
                "competition": Dice("competition", words, tail).pick(("low", "medium", "high")),
                "cpc_usd": Dice("cpc", words, tail).number(0.1, 6),
            }
            for tail in ("", " online", " near me", " best")
        ],
    }
