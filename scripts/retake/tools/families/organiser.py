"""Calendar, reminders, notes, tasks, contacts, tickets, alarms, messages and memory: what is set is read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from retake.tools.family import Family, Query, Result, World, not_found
from retake.tools.people import person, phone
from retake.tools.roles import find_role
from retake.tools.seeded import NOW, Dice

family = Family(
    "organiser",
    "calendar event events meeting schedule reminder reminders note notes task tasks todo to-do contact contacts ticket tickets support alarm timer message messages email mail inbox send memory remember store appointment slack sms",
)


def _seeded(world: World, kind: str) -> dict[str, dict[str, Any]]:
    """Return a kind's records; the first look finds what the conversation's owner already had."""
    table = world.table(kind)
    if not table and world.shown("seeded", kind) is None:
        world.issue("seeded", kind, {"done": True})
        for _ in range(2):
            identifier = world.new_id(kind)
            table[identifier] = _SEEDS[kind](world, kind, identifier)
    return table


def _plain(title: str) -> Callable[[World, str, str], dict[str, Any]]:
    def make(world: World, kind: str, identifier: str) -> dict[str, Any]:
        dice = Dice(world.seed(), kind, identifier)
        return {
            f"{kind}_id": identifier,
            "title": f"{title} {dice.pick(('review', 'plan', 'budget', 'follow-up', 'birthday'))}",
            "date": dice.day(0, 20).isoformat(),
            "time": dice.clock(),
            "status": "open",
        }

    return make


def _contact(world: World, kind: str, identifier: str) -> dict[str, Any]:
    name = person(world.seed(), identifier)
    return {
        "contact_id": identifier,
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@example.com",
        "phone": phone(world.seed(), identifier),
    }


def _message(world: World, kind: str, identifier: str) -> dict[str, Any]:
    sender, dice = person(world.seed(), identifier), Dice(world.seed(), identifier)
    return {
        "message_id": identifier,
        "from": f"{sender.lower().replace(' ', '.')}@example.com",
        "to": "me@example.com",
        "subject": dice.pick(("Minutes of the meeting", "Your order", "Weekend plans")),
        "body": "Please see the points that we discussed.",
        "sent_at": dice.day(-9, 0).isoformat(),
        "unread": True,
    }


_SEEDS: dict[str, Callable[[World, str, str], dict[str, Any]]] = {
    kind: _plain(word)
    for kind, word in (
        ("event", "Team"),
        ("reminder", "Prepare"),
        ("note", "Ideas for"),
        ("task", "Finish"),
        ("ticket", "Question on"),
        ("alarm", "Morning"),
    )
}
_SEEDS |= {"contact": _contact, "message": _message}


def _identifier(query: Query, kind: str) -> str:
    """Return the id that a call means: an argument named for the kind before any other id, name or title."""
    named = next((v for n, v in query.arguments.items() if n.lower() in (f"{kind}_id", f"{kind}id", "id")), None)
    return str(named) if named is not None else query.text("id", query.text("title"))


def _pick(world: World, query: Query, kind: str) -> dict[str, Any]:
    table, asked = _seeded(world, kind), _identifier(query, kind)
    by_title = next(
        (
            row
            for row in table.values()
            if asked and asked.lower() in (str(row.get("title")).lower(), str(row.get("name")).lower())
        ),
        None,
    )
    row = table.get(asked) or by_title
    if row is None and (not asked or asked in world.table(f"deleted {kind}")):
        raise not_found(kind, asked[:60])
    return row or table.setdefault(asked, _told_of(world, kind, asked))


def _told_of(world: World, kind: str, asked: str) -> dict[str, Any]:
    """Return what is under an id or name that the user has told of: it exists, though nobody has looked at it yet."""
    made = _SEEDS[kind](world, kind, asked)
    is_name = not any(letter.isdigit() for letter in asked)
    return {**made, ("name" if kind == "contact" else "title"): asked} if is_name and kind != "message" else made


def _register(kind: str, words: tuple[str, ...]) -> None:
    """Register create, list, get, update and delete for one kind; `words` are the nouns by which tools call it."""
    key = f"{kind}_id"

    def spelled(*patterns: str) -> str:
        return " ".join(pattern.format(word) for pattern in patterns for word in words)

    @family.tool(spelled("create_{0}", "add_{0}", "new_{0}", "make_{0}", "schedule_{0}", "set_{0}", "save_{0}"))
    def create(query: Query, world: World) -> Result:
        table, identifier = _seeded(world, kind), world.new_id(kind)
        said = {name: value for name, value in query.arguments.items() if name != key}
        return table.setdefault(identifier, {"status": "open", **said, key: identifier, "created_at": NOW.isoformat()})

    @family.tool(
        spelled(
            "list_{0}s",
            "{0}s",
            "all_{0}s",
            "my_{0}s",
            "search_{0}s",
            "search_{0}",
            "upcoming_{0}s",
            "show_{0}s",
            "view_{0}s",
        )
    )
    def listed(query: Query, world: World) -> Result:
        name = find_role([n for n in query.arguments if n not in ("limit", "id")], "query")
        words = (
            str(query.arguments[name]).lower() if name and not isinstance(query.arguments[name], list | dict) else ""
        )
        rows = list(_seeded(world, kind).values())
        hits = [row for row in rows if words and words in str(sorted(map(str, row.values()))).lower()]
        return {"count": len(hits or rows), f"{kind}s": hits or rows}

    @family.tool(spelled("get_{0}_details", "{0}_by_id", "read_{0}", "view_{0}", "{0}_info", "{0}_details"), needs="id")
    def read(query: Query, world: World) -> Result:
        return _pick(world, query, kind)

    @family.tool(
        spelled("update_{0}", "edit_{0}", "modify_{0}", "complete_{0}", "close_{0}", "resolve_{0}", "reschedule_{0}"),
        needs="id",
    )
    def update(query: Query, world: World) -> Result:
        row = _pick(world, query, kind)
        row.update({name: value for name, value in query.arguments.items() if name not in (key, "id")})
        ended = next((word for word in ("complete", "close", "resolve") if word in query.tool.lower()), None)
        row["status"] = f"{ended.rstrip('e')}ed" if ended else row.get("status", "open")
        return row

    @family.tool(spelled("delete_{0}", "remove_{0}", "cancel_{0}", "clear_{0}"), needs="id")
    def delete(query: Query, world: World) -> Result:
        asked, table = _identifier(query, kind), _seeded(world, kind)
        by_title = next(
            (i for i, row in table.items() if str(row.get("title", row.get("name"))).lower() == asked.lower()), asked
        )
        existed = table.pop(by_title, None) is not None
        world.table(f"deleted {kind}")[asked] = {"id": by_title}
        return {key: asked, "deleted": True, "existed": existed}


for _kind, _words in (
    ("event", ("event", "calendar_event", "meeting")),
    ("reminder", ("reminder",)),
    ("note", ("note", "memo")),
    ("task", ("task", "todo", "todo_item")),
    ("contact", ("contact",)),
    ("ticket", ("ticket", "support_ticket", "issue")),
    ("alarm", ("alarm", "timer")),
):
    _register(_kind, _words)


@family.tool(
    "send_message send_email email_send send_mail send_sms send_text_message send_text message_send send_slack_message compose_email draft_email post_message send_notification send_whatsapp_message create_message notify_user",
    needs="text",
)
def send_message(query: Query, world: World) -> Result:
    table, identifier = _seeded(world, "message"), world.new_id("message")
    row = {
        "message_id": identifier,
        "status": "sent",
        "from": "me@example.com",
        **{n: v for n, v in query.arguments.items() if n != "message_id"},
        "sent_at": NOW.isoformat(),
    }
    return table.setdefault(identifier, row)


@family.tool(
    "list_messages messages inbox list_emails emails read_emails check_email unread_emails view_messages check_inbox get_emails search_messages search_emails search_email messages_history message_history view_messages_sent"
)
def list_messages(query: Query, world: World) -> Result:
    rows = list(_seeded(world, "message").values())
    words = query.text("query").lower()
    hits = [row for row in rows if words and words in str(sorted(map(str, row.values()))).lower()]
    return {"count": len(hits or rows), "messages": hits or rows}


@family.tool("read_message read_email message_details email_details message_by_id", needs="id")
def read_message(query: Query, world: World) -> Result:
    row = _pick(world, query, "message")
    row["unread"] = False
    return row


@family.tool("delete_message delete_email remove_message delete_sms", needs="id")
def delete_message(query: Query, world: World) -> Result:
    asked = _identifier(query, "message")
    existed = _seeded(world, "message").pop(asked, None) is not None
    world.table("deleted message")[asked] = {"id": asked}
    return {"message_id": asked, "deleted": True, "existed": existed}


@family.tool(
    "check_calendar_availability free_busy find_free_time find_available_time availability check_schedule find_meeting_time get_available_time_slots"
)
def check_calendar_availability(query: Query, world: World) -> Result:
    day = query.day("date").isoformat()
    busy = sorted(
        {str(row["time"])[:5] for row in _seeded(world, "event").values() if row.get("date") == day and row.get("time")}
    )
    return {
        "date": day,
        "busy": busy,
        "free": [f"{hour:02d}:00" for hour in range(9, 18) if f"{hour:02d}:00" not in busy],
    }


@family.tool(
    "remember store_memory save_memory memory_add core_memory_add archival_memory_add set_value store_value save_preference set_preference memory_store core_memory_replace archival_memory_replace",
    needs="key value",
)
def remember(query: Query, world: World) -> Result:
    key = query.text("key")
    world.table("memory")[key] = {"key": key, "value": query.exact("value")}
    return {"status": "stored", "key": key}


@family.tool(
    "recall retrieve_memory memory_retrieve core_memory_retrieve archival_memory_retrieve get_value read_memory load_value memory_get get_preference",
    needs="key",
)
def recall(query: Query, world: World) -> Result:
    row = world.table("memory").get(query.text("key"))
    if row is None:
        raise not_found("memory", query.text("key")[:60])
    return row


@family.tool(
    "list_memory memory_keys core_memory_list_keys archival_memory_list_keys memory_list core_memory_retrieve_all memory_retrieve_all"
)
def list_memory(query: Query, world: World) -> Result:
    return {"memory": [world.table("memory")[key] for key in sorted(world.table("memory"))]}


@family.tool("forget delete_memory core_memory_remove archival_memory_remove memory_remove delete_value", needs="key")
def forget(query: Query, world: World) -> Result:
    return {"key": query.text("key"), "existed": world.table("memory").pop(query.text("key"), None) is not None}
