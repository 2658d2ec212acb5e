"""Digests of the mocks' code, by which a change is seen to affect only the traces that it can change."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from retake.files import digest, digest_of_bytes
from retake.tools.families import all_families, file_of
from retake.tools.match import GENERIC, match
from retake.tools.schemas import Declaration, declaration

MACHINERY = "machinery"
LLM = "llm"

# What every result depends on; prose in them counts as well, since a digest cannot tell prose from meaning.
_SHARED = (
    "arguments.py",
    "family.py",
    "generic.py",
    "match.py",
    "people.py",
    "places.py",
    "roles.py",
    "schemas.py",
    "seeded.py",
    "world.py",
)
_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def current_family_digests() -> dict[str, str]:
    """Return the digest of each family's code, of `machinery` (shared by all), and of `llm`."""
    made = {name: digest_of_bytes(file_of(name).read_bytes())[:16] for name in all_families()}
    made[LLM] = digest_of_bytes((_HERE / "llm_mock.py").read_bytes())[:16]
    made[MACHINERY] = digest([digest_of_bytes((_HERE / name).read_bytes()) for name in _SHARED])[:16]
    return made


def matches_of(tools: list[dict[str, Any]]) -> dict[str, str]:
    """Return, for each declared tool, the mock that answers it: `<family>/<executor>`, generic, or llm."""
    return {declared.name: _mock_of(declared) for declared in map(declaration, reversed(tools))}


def _mock_of(declared: Declaration) -> str:
    found = match(declared)
    if found.tool is not None:
        return f"{found.family}/{found.tool.name}"
    return LLM if found.confidence < GENERIC else "generic"


def used_digests(results: list[dict[str, Any]]) -> dict[str, str]:
    """Return the digests of what a trace's tool results came from; `results` have source and category.

    `machinery` is always among them: it decides what came from where.
    """
    now, names = current_family_digests(), {MACHINERY}
    for result in results:
        names.add(LLM if result["source"] == LLM or result.get("request_digest") else result["category"])
    return {name: now[name] for name in sorted(names) if name in now}
