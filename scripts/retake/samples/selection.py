"""The selection: which rows of a split are samples, and in which order."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from retake.errors import DataError
from retake.files import digest, encoded
from retake.samples.adapters import Adapter, adapter_for
from retake.samples.draft import Draft
from retake.samples.sample import Sample
from retake.samples.sources import Source

WINDOW = 10_000
"""Rows among which a seed shuffles: a dataset of fewer is shuffled whole, a larger one window by window, so that the first
samples of a hub's 20 million rows need only the first window."""

_log = logging.getLogger("retake.samples")


def selection(source: Source, *, seed: int | None, min_chars: int) -> Iterator[Sample]:
    """Yield the samples of a source by position from 1: usable rows, each question once, shuffled where there is a seed.

    The order depends on source, seed and `min_chars` alone. A generated source is seeded itself and is not shuffled.

    Raises:
        DataError: for a row that no adapter reads, or, in files of the user's own, one without a question.
    """
    usable = _usable(source, min_chars)
    ordered = usable if seed is None or source.is_endless else _shuffled(usable, seed)
    for position, sample in enumerate(ordered, start=1):
        yield replace(sample, position=position)


def _shuffled(samples: Iterator[Sample], seed: int) -> Iterator[Sample]:
    while window := list(itertools.islice(samples, WINDOW)):
        yield from sorted(window, key=lambda sample: _rank(seed, sample.query_id))


def _rank(seed: int, query_id: str) -> str:
    return hashlib.sha256(encoded(f"{seed}:{query_id}")).hexdigest()


def _usable(source: Source, min_chars: int) -> Iterator[Sample]:
    seen: set[str] = set()
    left_out = {"without a question": 0, "too short": 0, "repeated": 0}
    for sample in _in_rounds(_all(source)):
        reason = _why_not(sample, seen, min_chars)
        if reason == "without a question" and source.is_ours:
            raise DataError(
                f"{_where(source, sample.source_index)} has no question: it is empty. Write one, or remove the row."
            )
        if reason is None:
            seen.add(sample.query_id)
            yield sample
        else:
            left_out[reason] += 1
            _check_hope(source, left_out, seen)
    told = ", ".join(f"{count} {reason}" for reason, count in left_out.items() if count)
    if told:
        _log.info("%s, split %s: left out %s.", source.name, source.split, told)


def _in_rounds(samples: Iterator[tuple[int, Sample]]) -> Iterator[Sample]:
    """Yield the samples of round 0 as they come, then those of each later round."""
    later: list[tuple[int, Sample]] = []
    for number, sample in samples:
        if number:
            later.append((number, sample))
        else:
            yield sample
    yield from (sample for _, sample in sorted(later, key=lambda entry: entry[0]))


def _all(source: Source) -> Iterator[tuple[int, Sample]]:
    adapter: Adapter | None = None
    for index, row in source.rows:
        if adapter is None or not adapter.fits(row):
            adapter = _adapter(source, index, row)
        for draft in _read(source, adapter, index, row):
            yield draft.round, _sample(source, index, draft)


def _adapter(source: Source, index: int, row: dict[str, Any]) -> Adapter:
    try:
        return adapter_for(row)
    except DataError as error:
        raise DataError(f"{_where(source, index)}: {error}") from error


def _read(source: Source, adapter: Adapter, index: int, row: dict[str, Any]) -> list[Draft]:
    try:
        return adapter.read(row, split=source.split)
    except DataError as error:
        raise DataError(f"{_where(source, index)}: {error}") from error


def _sample(source: Source, index: int, draft: Draft) -> Sample:
    query_id = draft.query_id or digest({"question": draft.question})[:32]
    return Sample(
        split=source.split,
        position=0,
        question=draft.question,
        query_id=query_id,
        ground_truth=draft.ground_truth,
        ground_truth_source=draft.ground_truth_source,
        source_dataset=source.name,
        source_revision=source.revision,
        source_index=index,
        source_metadata=draft.source_metadata,
        category=draft.category,
        tests=draft.tests,
        tools=draft.tools,
    )


def _why_not(sample: Sample, seen: set[str], min_chars: int) -> str | None:
    if not sample.question:
        return "without a question"
    if len(sample.question) < min_chars:
        return "too short"
    return "repeated" if sample.query_id in seen else None


def _check_hope(source: Source, left_out: dict[str, int], seen: set[str]) -> None:
    """Give up on a split whose rows bring nothing, rather than read twenty million of them."""
    if not seen and sum(left_out.values()) >= WINDOW:
        told = ", ".join(f"{count:,} {reason}" for reason, count in left_out.items() if count)
        raise DataError(
            f"{source.name}, split {source.split}: none of the first rows can be used ({told}). Use another split."
        )


def _where(source: Source, index: int | None) -> str:
    return f"{source.name}, split {source.split}, row {(index or 0) + 1}"
