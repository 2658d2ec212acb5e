"""What a page says about its tables: headline, charts, comparisons and provenance, in words and numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.look.data import open_rows
from retake.look.measure import measured
from retake.look.page import charts, measures, words
from retake.look.page.charts import Chart
from retake.look.page.comparison import Comparing, comparing
from retake.look.records import Summary


@dataclass(frozen=True)
class Tile:
    """A headline number."""

    name: str
    value: str
    detail: str


@dataclass(frozen=True)
class Story:
    """Everything above the reading room."""

    title: str
    lede: str
    notes: str
    warnings: tuple[str, ...]
    tiles: list[Tile]
    charts: list[Chart]
    comparison: Comparing
    provenance: list[dict[str, Any]]


def story(paths: Sequence[Path]) -> Story:
    """Return what the page says about `paths`.

    Raises:
        DataError: for a file that is missing, damaged, or no table of retake.
    """
    with open_rows(paths) as rows:
        summary = measured(rows)
        drawn = [chart for chart in _charts(summary, rows) if chart is not None and chart.rows]
    variants = sorted({g.variant for g in summary.groups if g.variant})
    splits = sorted({g.split for g in summary.groups if g.split})
    names = list(dict.fromkeys(f.name for f in summary.files))
    title = names[0] if len(names) == 1 else f"{len(names)} experiments"
    candidates = summary.coverage.candidates_per_sample
    lede = (
        f"{words.whole(summary.coverage.queries)} samples, up to {candidates} candidates each, {words.whole(summary.rows)} rows; "
        f"{', '.join(summary.models) or 'model unknown'}; splits {', '.join(splits)}; variants {', '.join(variants)}."
    )
    if len(names) > 1:
        lede += " The numbers and charts pool all files; the tables tell them apart."
    notes = "\n".join(dict.fromkeys(f.metadata.get("notes", "") for f in summary.files)).strip()
    return Story(
        title, lede, notes, summary.warnings, _tiles(summary), drawn,
        comparing(paths, summary, variants), [_provenance(f) for f in summary.files],
    )  # fmt: skip


def _tiles(summary: Summary) -> list[Tile]:
    overall, spending = summary.overall, summary.spending
    low, high = overall.verified_bounds
    tiles = [
        Tile("Verified", words.share(overall.verified.value), f"{words.interval(overall.verified)}, of graded candidates"),
        Tile("First candidate", words.share(overall.first.value), words.interval(overall.first)),
        Tile("Any of N", words.share(overall.any_of_n.value), words.interval(overall.any_of_n)),
        Tile("Ungraded", words.share(overall.ungraded.value), f"verified would be {words.share(low)} to {words.share(high)} with them"),
        Tile("Refused", words.share(overall.refused.value), words.interval(overall.refused)),
        Tile("Truncated", words.share(overall.truncated.value), f"without them verified is {words.share(overall.verified_untruncated.value)}"),
        Tile("Cost", words.dollars(spending.cost_usd), _judged(spending.judge_cost_usd)),
        Tile("Saved by caching", words.dollars(spending.cache_savings_usd), f"{words.whole(spending.cached_input_tokens)} of {words.whole(spending.input_tokens)} input tokens"),
        Tile("Tokens written", words.whole(spending.output_tokens), f"{words.whole(spending.reasoning_tokens)} of them thinking"),
        Tile("Latency", words.seconds(spending.latency_p50_s), f"half are faster; 90 % under {words.seconds(spending.latency_p90_s)}"),
    ]  # fmt: skip
    if overall.persona.is_defined:
        tiles.insert(
            6,
            Tile(
                "Persona score",
                f"{overall.persona.value:.3f}",
                f"{overall.persona.low:.3f} to {overall.persona.high:.3f}",
            ),
        )
    return tiles


def _judged(dollars: float) -> str:
    return "no judge's cost known" if dollars != dollars else f"and {words.dollars(dollars)} for judging"


def _charts(summary: Summary, rows: Any) -> Iterator[Chart | None]:
    cells = [g for g in summary.groups if g.split and g.variant]
    by_variant = {g.variant for g in cells}

    def of(name: str) -> list[tuple[str, str, Any]]:
        return [(g.split or "", g.variant or "", getattr(g, name)) for g in cells]

    note = "Points are rates, lines their 95 % intervals" + (", one series a variant." if len(by_variant) > 1 else ".")
    yield charts.rates(
        "rates",
        "Verified, by split and variant",
        f"{note} Ungraded candidates are left out.",
        of("verified"),
        is_wide=True,
    )
    if summary.overall.curve:
        yield charts.curve(summary.overall.curve)
    yield charts.index(summary.candidate_index)
    yield charts.rates("refusals", "Refused", note, of("refused"), is_small=True)
    yield charts.rates(
        "truncation",
        "Truncated",
        f"{note} A cut answer is rarely right: compare with and without them.",
        of("truncated"),
        is_small=True,
    )
    yield from _histograms(rows)
    yield charts.spent(measures.dollars(rows, by="variant" if len(by_variant) > 1 else "split"))
    if summary.tool_sources:
        sources = [("tool results", name, float(count)) for name, count in sorted(summary.tool_sources.items())]
        yield charts.amounts(
            "tools", "Who played the tools", "Tool results by source.", sources, unit="results", form=",.0f"
        )
    if summary.calibration:
        told = [
            (f"{c.persona or 'no persona'} · {c.variant or 'all'}", name, estimate)
            for c in summary.calibration
            for name, estimate in (("correct refusal", c.correct_refusal), ("hallucination", c.hallucination), ("false refusal", c.false_refusal))
        ]  # fmt: skip
        yield charts.rates(
            "calibration",
            "Calibration",
            "On malformed questions: correct refusals and hallucinations; on good ones: false refusals.",
            told,
        )


def _histograms(rows: Any) -> Iterator[Chart | None]:
    above = "The last bar also holds what lies above it."
    for name, column, title, unit in (
        ("persona", "persona_score", "Persona score", "score"),
        ("tokens", "output_tokens", "Tokens written", "output tokens"),
        ("latency", "latency_s", "Latency", "seconds"),
    ):
        found = measures.histogram(rows, column)
        if not found.is_empty:
            yield charts.histogram(name, title, f"Candidates by {unit}. {above}", found, unit=unit)


def _provenance(file: Any) -> dict[str, Any]:
    facts = [
        (key.replace("_", " "), value)
        for key, value in sorted(file.metadata.items())
        if key not in ("config", "notes") and value
    ]
    config = [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in sorted(file.config.items())
    ]
    kept = [(key, value) for key, value in config if value not in ("null", "", "[]", "{}")]
    return {"name": f"{file.name} ({Path(file.path).name}, {file.rows:,} rows)", "facts": [*facts, *kept]}
