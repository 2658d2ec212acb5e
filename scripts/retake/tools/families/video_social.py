"""Video and social networks: channels, videos, posts, profiles; what this conversation posts is kept."""

from __future__ import annotations

from typing import Any

from retake.tools.family import Family, Query, Result, World, found
from retake.tools.people import person
from retake.tools.seeded import NOW, Dice

family = Family(
    "video_social",
    "video videos youtube channel subscriber subscribers tiktok instagram twitter tweet tweets facebook reddit post posts social media follower followers hashtag comment comments profile username influencer",
)


def _video(identifier: str, topic: str = "travel") -> dict[str, Any]:
    dice = Dice("video", identifier)
    views = dice.whole(900, 9_000_000)
    return {
        "video_id": identifier,
        "title": f"{topic.title()}: {dice.pick(('a complete guide', 'explained in ten minutes', 'live session', 'the best moments', 'behind the scenes'))}",
        "channel": f"{person('channel', identifier).split()[0]}Studio",
        "channel_id": f"UC{dice.code(10)}",
        "published_at": dice.day(-900, -1).isoformat(),
        "duration_s": dice.whole(40, 3600),
        "views": views,
        "likes": round(views * dice.number(0.01, 0.08, 3)),
        "url": f"https://video.example/watch?v={identifier}",
    }


def _videos(query: Query, world: World, topic: str) -> list[dict[str, Any]]:
    made = [_video(Dice("vid", topic, i).code(11), topic) for i in range(query.whole("limit", 5, high=20))]
    return [world.issue("video", row["video_id"], row) for row in made]


@family.tool(
    "video_search search_videos youtube_search search_video search_youtube youtube_video_search videos tiktok_search search",
    needs="query",
)
def video_search(query: Query, world: World) -> Result:
    topic = query.text("query", "music")
    rows = _videos(query, world, topic)
    return {"query": topic, "count": len(rows), "videos": rows}


@family.tool(
    "video_details video_info video youtube_video_details video_data video_statistics youtube_video_info video_metadata",
    needs="id",
)
def video_details(query: Query, world: World) -> Result:
    record = found(world, "video", _video_id(query), _video)
    return {
        **record,
        "description": f"{record['title']} by {record['channel']}.",
        "comments": Dice("comments", record["video_id"]).whole(0, 9000),
    }


def _video_id(query: Query) -> str:
    return (
        query.text("id", query.text("url", "dQw4w9WgXcQ")).rpartition("v=")[2].rpartition("/")[2][:60] or "dQw4w9WgXcQ"
    )


@family.tool("video_comments youtube_comments list_post_comments comments_of_video list_comments", needs="id")
def video_comments(query: Query, world: World) -> Result:
    identifier, rows = query.text("id"), []
    for index in range(query.whole("limit", 4, high=20)):
        dice = Dice("comment", identifier, index)
        rows.append(
            {
                "comment_id": f"c{dice.code(8)}",
                "author": person("commenter", identifier, index),
                "text": dice.pick(
                    (
                        "This helped a lot, thank you.",
                        "Great pacing.",
                        "Could you cover the next part?",
                        "I disagree with the second point.",
                    )
                ),
                "likes": dice.whole(0, 400),
            }
        )
    return {"id": identifier, "comments": rows}


@family.tool(
    "video_transcript transcript youtube_transcript captions subtitles video_captions video_subtitles", needs="id"
)
def video_transcript(query: Query, world: World) -> Result:
    record = found(world, "video", _video_id(query), _video)
    lines = (f"Welcome to {record['title']}.", "Today we look at the main ideas.", "Thank you for watching.")
    return {
        "video_id": record["video_id"],
        "language": query.text("language", "en"),
        "segments": [{"start_s": 12 * i, "text": line} for i, line in enumerate(lines)],
    }


@family.tool("trending_videos popular_videos youtube_trending trending_youtube tiktok_trending")
def trending_videos(query: Query, world: World) -> Result:
    return {
        "country": query.text("country", "US"),
        "videos": sorted(_videos(query, world, "trending today"), key=lambda v: -v["views"]),
    }


@family.tool(
    "channel_info channel channel_details youtube_channel channel_statistics channel_data youtube_channel_details",
    needs="user",
)
def channel_info(query: Query, world: World) -> Result:
    name = query.text("user", "channel")
    dice = Dice("channel", name)
    return {
        "channel_id": name if name.startswith("UC") else f"UC{dice.code(10)}",
        "name": name,
        "subscribers": dice.whole(1_000, 20_000_000),
        "videos": dice.whole(10, 2400),
        "views": dice.whole(100_000, 900_000_000),
        "created": dice.day(-5000, -800).isoformat(),
    }


@family.tool("channel_videos videos_of_channel youtube_channel_videos user_videos", needs="user")
def channel_videos(query: Query, world: World) -> Result:
    return {"channel": query.text("user", "channel"), "videos": _videos(query, world, query.text("user", "channel"))}


@family.tool(
    "user_profile profile user_info instagram_profile twitter_profile user_details tiktok_user user instagram_user twitter_user user_by_username profile_info account_info",
    needs="user",
)
def user_profile(query: Query, world: World) -> Result:
    name = query.text("user", "someone").lstrip("@")
    dice = Dice("profile", name)
    return {
        "username": name,
        "user_id": str(dice.whole(10**7, 10**9)),
        "full_name": person("profile", name),
        "bio": dice.pick(
            ("Coffee, code and long walks.", "Photographer.", "Writing about science.", "Official account.")
        ),
        "followers": dice.whole(40, 3_000_000),
        "following": dice.whole(10, 1900),
        "posts": dice.whole(3, 4000),
        "verified": dice.chance(0.2),
    }


def _post(author: str, index: int) -> dict[str, Any]:
    dice = Dice("post", author, index)
    return {
        "post_id": f"{dice.whole(10**14, 10**15)}",
        "author": author,
        "text": dice.pick(
            (
                "A new project is out today.",
                "Thoughts on this week.",
                "Thank you all for coming!",
                "Morning light over the harbour.",
            )
        ),
        "created_at": dice.day(-90, 0).isoformat(),
        "likes": dice.whole(0, 60_000),
        "comments": dice.whole(0, 2_000),
        "shares": dice.whole(0, 5_000),
    }


@family.tool(
    "user_posts posts user_tweets tweets timeline user_feed instagram_posts user_timeline facebook_posts media_posts recent_posts",
    needs="user",
)
def user_posts(query: Query, world: World) -> Result:
    name = query.text("user", "someone").lstrip("@")
    rows = [_post(name, index) for index in range(query.whole("limit", 5, high=20))]
    own = [row for row in world.table("post").values() if row["author"] == name]
    return {"username": name, "posts": own + [world.issue("post", row["post_id"], row) for row in rows]}


@family.tool("post_details tweet_details post tweet tweet_by_id post_info instagram_post_details", needs="id")
def post_details(query: Query, world: World) -> Result:
    identifier = query.text("id")
    return world.table("post").get(identifier) or found(
        world, "post", identifier, lambda key: {**_post(person("poster", key), 0), "post_id": key}
    )


@family.tool(
    "search_posts search_tweets post_search tweet_search reddit_search search_reddit hashtag_search hashtag_posts search_hashtag subreddit_posts",
    needs="query",
)
def search_posts(query: Query, world: World) -> Result:
    topic, rows = query.text("query", "news").lstrip("#"), []
    for index in range(query.whole("limit", 5, high=20)):
        row = _post(person("poster", topic, index), index)
        rows.append(world.issue("post", row["post_id"], {**row, "text": f"{row['text']} #{topic.replace(' ', '')}"}))
    return {"query": topic, "posts": rows}


@family.tool("user_followers followers followers_list list_followers user_following following", needs="user")
def user_followers(query: Query, world: World) -> Result:
    name = query.text("user", "someone")
    rows = [person("follower", name, i) for i in range(query.whole("limit", 5, high=20))]
    return {"username": name, "users": [{"username": row.lower().replace(" ", "."), "full_name": row} for row in rows]}


@family.tool("create_post post_tweet publish_post tweet_post make_post share_post upload_post", needs="text")
def create_post(query: Query, world: World) -> Result:
    post = {
        "post_id": world.new_id("post"),
        "author": "me",
        "text": query.exact("text"),
        "created_at": NOW.isoformat(),
        "likes": 0,
        "comments": 0,
        "shares": 0,
    }
    return world.table("post").setdefault(post["post_id"], post)


@family.tool("comment_on_post comment reply_to_tweet reply_tweet create_comment post_comment", needs="id text")
def comment_on_post(query: Query, world: World) -> Result:
    comment = {
        "comment_id": world.new_id("comment"),
        "post_id": query.text("id"),
        "author": "me",
        "text": query.exact("text"),
    }
    return world.table("comment").setdefault(comment["comment_id"], comment)


@family.tool("delete_post delete_tweet remove_post", needs="id")
def delete_post(query: Query, world: World) -> Result:
    was = world.table("post").pop(query.text("id"), None) is not None
    return {"post_id": query.text("id"), "deleted": True, "existed": was}


@family.tool("like_post like_tweet like upvote_post favorite_tweet", needs="id")
def like_post(query: Query, world: World) -> Result:
    likes = world.table("like")
    likes[query.text("id")] = {"liked": True}
    return {"post_id": query.text("id"), "liked": True, "likes_given": len(likes)}
