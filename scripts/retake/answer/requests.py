"""The request of each candidate: the same whoever sends it, in whatever order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from retake.calls.request import Message, Request

SEED_BITS = 31


@dataclass(frozen=True)
class Recipe:
    """What all candidates of an experiment share: where they go, with which parameters, and how chance enters.

    `takes_seed`: the provider takes a seed, which is sent; otherwise the candidate's index is the draw number in the key.
    """

    provider: str
    api: str
    model: str
    params: dict[str, Any] = field(default_factory=dict)
    response_format: dict[str, Any] | None = None
    takes_seed: bool = False
    random_seed: int = 0


def candidate_seed(random_seed: int, query_id: str, variant: str, candidate: int) -> int:
    """Return a candidate's seed, in [0, 2^31): a digest of (random_seed, query, variant, candidate)."""
    text = f"{random_seed}|{query_id}|{variant}|{candidate}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> (32 - SEED_BITS)


def candidate_request(
    recipe: Recipe, messages: list[Message], *, query_id: str, variant: str, candidate: int, tools: list[dict[str, Any]]
) -> Request:
    """Return the first request of one candidate."""
    params = dict(recipe.params)
    if recipe.takes_seed:
        params["seed"] = candidate_seed(recipe.random_seed, query_id, variant, candidate)
    return Request(
        provider=recipe.provider,
        api=recipe.api,
        model=recipe.model,
        messages=messages,
        tools=tools,
        params=params,
        response_format=None if tools else recipe.response_format,
        draw=0 if recipe.takes_seed else candidate,
    )
