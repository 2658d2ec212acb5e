"""metadata.json: what an experiment was, and its sums by variant and sample. No key, host name or absolute path."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
_SUMS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens", "num_tool_calls")
_PRIVATE = ("base_url", "base_urls", "output", "local")
_PRIVATE_SERVING = ("env", "command", "model_path")
_KEY_OPTION = "--api-key"


@dataclass
class Tally:
    """The sums over some rows; retry rows add their tokens and cost, and nothing else."""

    rows: int = 0
    retries: int = 0
    verified: int = 0
    wrong: int = 0
    ungraded: int = 0
    refused: int = 0
    truncated: int = 0
    failed: int = 0
    judged: int = 0
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SUMS, 0))
    costs: list[float] = field(default_factory=list)
    judge_costs: list[float] = field(default_factory=list)
    savings: list[float] = field(default_factory=list)
    unpriced: int = 0

    def add(self, row: Row) -> None:
        """Count one row."""
        for name in _SUMS:
            self.sums[name] += row[name] or 0
        for name, values in (
            ("cost_usd", self.costs),
            ("judge_cost_usd", self.judge_costs),
            ("cache_savings_usd", self.savings),
        ):
            if row[name] is not None:
                values.append(row[name])
        self.unpriced += row["cost_usd"] is None and row["error_type"] is None
        if row["is_retry"]:
            self.retries += 1
            return
        self.rows += 1
        self.verified += row["is_verified"] is True
        self.wrong += row["is_verified"] is False
        self.ungraded += row["is_verified"] is None
        self.refused += row["refusal_is_refusal"] is True
        self.truncated += row["is_truncated"] is True
        self.failed += row["error_type"] is not None
        self.judged += row["llm_judge_used"] is True

    def as_dict(self) -> dict[str, Any]:
        """Return the sums as plain data; dollars are exact sums, null where no row has a price."""
        names = ("rows", "retries", "verified", "wrong", "ungraded", "refused", "truncated", "failed", "judged")
        return {
            **{name: getattr(self, name) for name in names},
            **self.sums,
            "cost_usd": _total(self.costs),
            "judge_cost_usd": _total(self.judge_costs),
            "cache_savings_usd": _total(self.savings),
            "candidates_without_price": self.unpriced,
        }


def _total(values: list[float]) -> float | None:
    return math.fsum(values) if values else None


@dataclass
class Tallies:
    """The tallies of an experiment: all, by variant, by sample, and the time of its latest call."""

    whole: Tally = field(default_factory=Tally)
    by_variant: dict[str, Tally] = field(default_factory=dict)
    by_sample: dict[str, dict[str, Any]] = field(default_factory=dict)
    latest: str = ""
    models: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Count one row."""
        self.whole.add(row)
        self.by_variant.setdefault(row["variant"], Tally()).add(row)
        self.latest = max(self.latest, row["created_at"] or "")
        if row["served_model"]:
            self.models.add(row["served_model"])
        if not row["is_retry"]:
            key = f"{row['variant']}/{row['sample_id']}"
            entry = self.by_sample.setdefault(
                key, {"query_id": row["query_id"], "verified": 0, "candidates": 0, "selected": None}
            )
            entry["candidates"] += 1
            entry["verified"] += row["is_verified"] is True
            if row["is_selected"]:
                entry["selected"] = row["candidate_idx"]


def public_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return an experiment's config without what names a machine: endpoints, local paths, environment."""
    public = {key: value for key, value in config.items() if key not in _PRIVATE}
    for role in ("judge", "tool_mock"):
        public[role] = {key: value for key, value in public[role].items() if key != "base_url"}
    served = {key: value for key, value in public["vllm_config"].items() if key not in _PRIVATE_SERVING}
    public["vllm_config"] = {**served, "extra_args": _public_words(served["extra_args"])}
    return public


def _public_words(arguments: Sequence[str]) -> list[str]:
    """Return a server's arguments with … in place of absolute paths and of the key that it asks for."""
    words, option = [], ""
    for word in arguments:
        name, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        option = name or option
        is_hidden = bool(value) and (option == _KEY_OPTION or value.startswith(("/", "~")))
        words.append(f"{name}{equals}…" if is_hidden else word)
    return words
