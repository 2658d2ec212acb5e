"""Names and phrases that the mocked tools share, so that a made-up world has one cast."""

from __future__ import annotations

from retake.tools.seeded import Dice

FIRST = [
    "Amara",
    "Bruno",
    "Chloe",
    "Daniel",
    "Elena",
    "Farid",
    "Grace",
    "Hiro",
    "Ines",
    "Jonas",
    "Katja",
    "Liam",
    "Maya",
    "Noah",
    "Olivia",
    "Priya",
    "Quentin",
    "Rosa",
    "Samir",
    "Tessa",
    "Uma",
    "Victor",
    "Wanda",
    "Xavier",
    "Yara",
    "Zoe",
]
LAST = [
    "Almeida",
    "Becker",
    "Chen",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Hughes",
    "Ivanova",
    "Jensen",
    "Kowalski",
    "Lopez",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Patel",
    "Quinn",
    "Rossi",
    "Silva",
    "Tanaka",
    "Usman",
    "Varga",
    "Weber",
    "Young",
    "Zhang",
]
STREETS = [
    "Main Street",
    "Oak Avenue",
    "Station Road",
    "Market Street",
    "Park Lane",
    "Harbour Way",
    "Mill Road",
    "Church Street",
    "Elm Drive",
    "King Street",
]
OUTLETS = ("Meridian Post", "The Daily Ledger", "Harbour Times", "World Desk", "The Northern Herald", "Capital Wire")
ADJECTIVES = [
    "Silent",
    "Golden",
    "Hidden",
    "Crimson",
    "Northern",
    "Electric",
    "Broken",
    "Distant",
    "Velvet",
    "Midnight",
]
NOUNS = ["River", "Garden", "Harbor", "Signal", "Winter", "Lantern", "Mountain", "Mirror", "Station", "Horizon"]


def person(*keys: object) -> str:
    """Return a person's full name, the same for the same keys."""
    dice = Dice("person", *keys)
    return f"{dice.pick(FIRST)} {dice.pick(LAST)}"


def street(*keys: object) -> str:
    """Return a street with its number, the same for the same keys."""
    dice = Dice("street", *keys)
    return f"{dice.whole(1, 240)} {dice.pick(STREETS)}"


def work_title(*keys: object) -> str:
    """Return the title of a made-up film, song or book, the same for the same keys."""
    dice = Dice("title", *keys)
    return f"{dice.pick(('The ', ''))}{dice.pick(ADJECTIVES)} {dice.pick(NOUNS)}"


def phone(*keys: object) -> str:
    """Return a phone number from the range kept for fiction, the same for the same keys."""
    dice = Dice("phone", *keys)
    return f"+1-{dice.whole(201, 989)}-555-01{dice.whole(0, 99):02d}"
