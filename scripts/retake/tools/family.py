"""A family of mocked tools: how one is declared, and what its executors are given.

A family is one file in `families/`. It makes a `Family`, and registers each tool with a decorator:

    family = Family("lighthouses", "lighthouse light beacon coast keeper")

    @family.tool("lighthouse_info lighthouse find_lighthouse", needs="place")
    def lighthouse_info(query: Query, world: World) -> Result:
        dice = Dice("lighthouse", query.text("place"))
        return {"place": query.text("place"), "height_m": dice.number(8, 60), "lit": dice.whole(1780, 1930)}

The first name is the tool's own, the others are names by which rows call it (word order, case, `get`, `v2` do not count).
`needs` are roles (see `roles.py`) of which the declared parameters must have each, or another tool is meant. Values come from
`Dice` with the entity as key, so that all tools of the family tell the same story; only `world` may keep state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from retake.files import canonical_json
from retake.tools.arguments import ToolError
from retake.tools.roles import find_role, words_of
from retake.tools.seeded import TODAY

Result = dict[str, Any]


class World(Protocol):
    """What one conversation's tools share."""

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the conversation's mutable records of one kind, by id; empty at first."""

    def issue(self, kind: str, identifier: str, record: dict[str, Any]) -> dict[str, Any]:
        """Keep a record that a search shows, so that its id is accepted afterwards; return it."""

    def shown(self, kind: str, identifier: str) -> dict[str, Any] | None:
        """Return the record that was shown under this id in this conversation, or None."""

    def new_id(self, kind: str) -> str:
        """Return an id that this conversation has not yet used for `kind`."""

    def seed(self) -> str:
        """Return what the conversation's own data (its calendar, its files) are seeded with."""


_NO_PREFERENCE = frozenset(("", "any", "dontcare", "don't care", "n/a", "na", "no preference"))
# Fields of a record that a search may fix, and other names of arguments that fix them.
_NARROWING = frozenset(
    [
        "director",
        "artist",
        "author",
        "creator",
        "studio",
        "year",
        "genre",
        "category",
        "cuisine",
        "date",
        "city",
        "country",
        "brand",
        "colour",
        "type",
        "bedrooms",
        "bathrooms",
        "stars",
        "employment_type",
        "remote",
        "league",
        "class",
        "seats",
        "fuel",
        "transmission",
        "body",
        "price_range",
        "vegetarian_options",
        "outdoor_seating",
        "free_entry",
        "stops",
        "language",
    ]
)
_FILTERS = {
    "directed_by": "director",
    "release_year": "year",
    "event_type": "category",
    "car_type": "class",
    "star_rating": "stars",
    "job_type": "employment_type",
    "cuisine_type": "cuisine",
    "number_of_beds": "bedrooms",
    "number_of_baths": "bathrooms",
    "has_vegetarian_options": "vegetarian_options",
    "has_seating_outdoors": "outdoor_seating",
    "event_date": "date",
    "color": "colour",
}
Executor = Callable[["Query", World], Result]


@dataclass(frozen=True)
class Tool:
    """One executor: its names, the roles that a declaration must have, and its function."""

    name: str
    names: tuple[str, ...]
    needs: tuple[str, ...]
    run: Executor
    family: str


@dataclass
class Family:
    """A named group of tools over one kind of data; `words` are those by which a description shows that it belongs."""

    name: str
    words: str
    tools: list[Tool] = field(default_factory=list)

    def tool(self, names: str, *, needs: str = "") -> Callable[[Executor], Executor]:
        """Register an executor under `names` (separated by spaces, the tool's own first)."""

        def register(run: Executor) -> Executor:
            listed = tuple(names.split())
            self.tools.append(Tool(listed[0], listed, tuple(needs.split()), run, self.name))
            return run

        return register


class Query:
    """The checked arguments of one call, read by role; `tool` is the name by which the model called it."""

    def __init__(self, tool: str, arguments: dict[str, Any]) -> None:
        self.tool, self.arguments = tool, arguments

    def get(self, role: str) -> Any:
        """Return the value of the argument that plays `role`, or None."""
        name = find_role(self.arguments, role)
        value = None if name is None else self.arguments[name]
        return None if isinstance(value, str) and value.strip().lower() in _NO_PREFERENCE else value

    def text(self, role: str, default: str = "") -> str:
        """Return the role's value as text (of a list, its first element), or `default` where it says nothing."""
        value = self.get(role)
        value = value[0] if isinstance(value, list) and value else value
        if value is None or isinstance(value, dict | list | bool) or not str(value).strip():
            return default
        return str(value).strip()

    def exact(self, role: str) -> str:
        """Return the role's value as the very text that was given, for what is stored and read back; empty for none."""
        name = find_role(self.arguments, role)
        value = None if name is None else self.arguments[name]
        return value if isinstance(value, str) else "" if value is None else canonical_json(value)

    def texts(self, role: str, default: str) -> list[str]:
        """Return the role's values as a list of texts; a comma separates several in one text."""
        value = self.get(role)
        parts = value if isinstance(value, list) else str(self.text(role, default)).split(",")
        return [str(part).strip() for part in parts if str(part).strip()][:20] or [default]

    def number(self, role: str, default: float) -> float:
        """Return the role's value as a number, or `default` where it is none."""
        value = self.get(role)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        try:
            return float(str(value).replace(",", "").lstrip("$€£"))
        except ValueError:
            return default

    def whole(self, role: str, default: int, *, low: int = 1, high: int = 50) -> int:
        """Return the role's value as a whole number, kept within [low, high]."""
        return int(min(max(self.number(role, default), low), high))

    def narrowed(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return a search's record with the fields that the call asked for: a search for 2019 finds 2019."""
        made = dict(record)
        for name, value in self.arguments.items():
            plain = "_".join(words_of(name))
            field = _FILTERS.get(plain, plain)
            is_said = isinstance(value, str | int | bool) and str(value).strip().lower() not in _NO_PREFERENCE
            if field in _NARROWING and field in made and is_said and isinstance(value, type(made[field])):
                made[field] = self.day(name, TODAY).isoformat() if field == "date" else value
        return made

    def day(self, role: str, default: date = TODAY) -> date:
        """Return the role's value as a day; words and forms that are no date give `default`.

        Raises:
            ToolError: (invalid_value) for a date that does not exist, such as 2026-02-30.
        """
        text = self.text(role)
        for form, length in (("%Y-%m-%d", 10), ("%m/%d/%Y", 10), ("%Y/%m/%d", 10), ("%d.%m.%Y", 10)):
            try:
                return datetime.strptime(text[:length], form).date()
            except ValueError:
                continue
        if text[:4].isdigit() and text[4:5] == "-" and len(text) == 10:
            raise ToolError("invalid_value", f"{text} is not a date", argument=find_role(self.arguments, role))
        return default


def not_found(kind: str, identifier: str) -> ToolError:
    """Return the error of a tool that was asked for something that does not exist."""
    return ToolError("not_found", f"no {kind} found for {identifier!r}")


def found(world: World, kind: str, identifier: str, make: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return the record that was shown under `identifier`, else the one that the world has under it.

    Raises:
        ToolError: (not_found) for an id that nothing could have: empty, or over 200 characters.
    """
    if not identifier or len(identifier) > 200:
        raise not_found(kind, identifier[:50])
    return world.shown(kind, identifier) or world.issue(kind, identifier, make(identifier))
