"""Training data out of an experiment's table: selected candidates as messages, and preference pairs.

Every line carries `metadata` with the SHA-256 of the table that it came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.files import canonical_json, write_text

MESSAGE_KEYS = ("role", "content", "name", "tool_calls", "tool_call_id")
PAIRS_PER_SAMPLE = 4
_BATCH = 2_000
_PLACE = ("experiment", "sample_id", "query_id", "variant", "candidate_idx")
_TALK = ("input_messages", "output_messages")


@dataclass(frozen=True)
class Filter:
    """Which selected candidates become training data; empty `personas` or `variants` mean all of them."""

    verified: bool = True
    no_refusal: bool = True
    substantive: bool = True
    personas: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    def sql(self) -> tuple[str, list[Any]]:
        """Return the condition on rows, with its values."""
        parts = ["is_selected", "not coalesce(is_retry, false)", "error_type is null"]
        parts += ["is_verified"] * self.verified
        parts += ["not coalesce(refusal_is_refusal, false)"] * self.no_refusal
        parts += ["quality_is_substantive"] * self.substantive
        values: list[Any] = []
        for name, allowed in (("persona", self.personas), ("variant", self.variants)):
            if allowed:
                parts.append(f"{name} in ({', '.join('?' * len(allowed))})")
                values += allowed
        return " and ".join(parts), values


DEFAULT_FILTER = Filter()


def parquet_digest(parquet: Path) -> str:
    """Return the SHA-256 of a table's bytes.

    Raises:
        DataError: where there is no such file.
    """
    try:
        with parquet.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DataError(f"{parquet}: no such table. Run: snakemake {parquet}") from error


def write_sft(parquet: Path, out: Path, *, keep: Filter = DEFAULT_FILTER) -> int:
    """Write the selected candidates that pass `keep` as OpenAI messages, one JSON object a line; return how many.

    Raises:
        DataError: where `parquet` is missing, or is no table of retake.
    """
    source = parquet_digest(parquet)
    where, values = keep.sql()
    columns = (*_PLACE, *_TALK, "model", "persona", "split", "verification_confidence")
    lines = []
    for row in ordered_rows(parquet, columns, where=where, values=values):
        messages = [*talk(row["input_messages"]), *talk(row["output_messages"])]
        facts = {name: row[name] for name in ("model", "persona", "split", "verification_confidence")}
        lines.append({"messages": messages, "metadata": {**_place(row, source), **facts}})
    write_lines(out, lines)
    return len(lines)


def write_preferences(parquet: Path, out: Path, *, pairs: int = PAIRS_PER_SAMPLE, variants: Sequence[str] = ()) -> int:
    """Write preference pairs in TRL's conversational form, one JSON object a line; return how many.

    `prompt` is the opening; `chosen` a verified candidate (no refusal) and `rejected` a not verified one of the same sample
    and variant. Ungraded, failed and retry rows are in no pair. At most `pairs` pairs a sample and variant, each
    candidate used as rarely as possible: the most confident first.

    Raises:
        DataError: where `parquet` is missing, or is no table of retake.
    """
    source = parquet_digest(parquet)
    columns = (*_PLACE, *_TALK, "is_verified", "refusal_is_refusal", "verification_confidence", "is_selected")
    where, values = "not coalesce(is_retry, false) and error_type is null and is_verified is not null", list(variants)
    if variants:
        where += f" and variant in ({', '.join('?' * len(variants))})"
    rows = ordered_rows(parquet, columns, where=where, values=values)
    lines: list[dict[str, Any]] = []
    for _, group in groupby(rows, key=lambda row: (row["experiment"], row["sample_id"], row["variant"])):
        lines += _pairs(list(group), source, most=pairs)
    write_lines(out, lines)
    return len(lines)


def _pairs(rows: list[dict[str, Any]], source: str, *, most: int) -> list[dict[str, Any]]:
    def rank(row: dict[str, Any]) -> tuple[Any, ...]:
        return (not row["is_selected"], -(row["verification_confidence"] or 0.0), row["candidate_idx"])

    right = sorted((r for r in rows if r["is_verified"] and not r["refusal_is_refusal"]), key=rank)
    wrong = sorted((r for r in rows if not r["is_verified"]), key=rank)
    pairs = []
    # Diagonals of the table right x wrong: each candidate is used once before any is used twice.
    diagonals = ((n, (n + shift) % len(wrong)) for shift in range(len(wrong)) for n in range(len(right)))
    for first, second in diagonals if wrong else ():
        if len(pairs) == most:
            break
        chosen, rejected = right[first], wrong[second]
        if chosen["output_messages"] != rejected["output_messages"]:
            facts = {**_place(chosen, source), "rejected_idx": rejected["candidate_idx"]}
            talks = {"chosen": talk(chosen["output_messages"]), "rejected": talk(rejected["output_messages"])}
            pairs.append({"prompt": talk(chosen["input_messages"]), **talks, "metadata": facts})
    return pairs


def _place(row: dict[str, Any], source: str) -> dict[str, Any]:
    return {**{name: row[name] for name in _PLACE}, "parquet_sha256": source}


def talk(text: str | None) -> list[dict[str, Any]]:
    """Return messages with the keys that training reads; thinking and provider's own blocks are left out."""
    return [{k: m[k] for k in MESSAGE_KEYS if k in m} for m in json.loads(text or "[]")]


def ordered_rows(
    parquet: Path, columns: Sequence[str], *, where: str = "true", values: Sequence[Any] = ()
) -> Iterator[dict[str, Any]]:
    """Yield rows in the order experiment, sample, variant, candidate, whatever the file's order is.

    Raises:
        DataError: where `parquet` is missing, damaged, or lacks a column.
    """
    import duckdb

    names = ", ".join(columns)
    query = f"""select {names} from read_parquet(?) where {where}
        order by experiment, split, sample_id, variant, candidate_idx, coalesce(is_retry, false), created_at"""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set enable_progress_bar = false")
        try:
            cursor = connection.execute(query, [str(parquet), *values])
        except duckdb.Error as error:
            raise DataError(f"{parquet}: cannot be read as retake's table ({error})") from error
        while batch := cursor.fetchmany(_BATCH):
            for row in batch:
                yield dict(zip(columns, row, strict=True))


def write_lines(out: Path, lines: Iterable[Any]) -> None:
    """Put one canonical JSON text a line at `out`, whole or not at all."""
    write_text(out, "".join(canonical_json(line) + "\n" for line in lines))
