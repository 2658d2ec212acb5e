"""What `inspect_experiment.py` prints: a summary of one experiment, or several side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retake.look.compare import compare_files, compare_variants
from retake.look.data import expanded
from retake.look.records import Comparison, Comparisons, CurvePoint, Group, Summary
from retake.look.statistics.estimates import Estimate
from retake.look.statistics.paired import PairedDifference
from retake.look.summary import summarise
from retake.look.tables import (
    Table,
    as_csv,
    as_markdown,
    as_text,
    dollars,
    interval,
    number,
    percent,
    points,
    probability,
)

FORMATS = ("table", "markdown", "json", "csv")
RATES = (
    "verified", "verified_untruncated", "ungraded", "refused", "truncated", "failed", "first", "any_of_n", "persona",
)  # fmt: skip
CALIBRATION = ("correct_refusal", "hallucination", "false_refusal", "calibration_score")
SHOWN_METADATA = (
    "experiment", "model", "persona", "num_candidates", "temperature", "splits", "random_seed", "notes", "config_file",
    "generated_at", "price_date", "retake_version",
)  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for; `metrics` empty means those that fit the data."""

    variants: bool = False
    baseline: str | None = None
    all_pairs: bool = False
    by_split: bool = False
    metrics: tuple[str, ...] = ()
    flips: int = 20
    where: str | None = None
    split: str | None = None
    format: str = "table"
    width: int | None = None
    terminal: bool = False


def inspected(paths: Sequence[str | Path], wishes: Wishes) -> str:
    """Return what there is to see: one file's summary, or several files (or, with `variants`, variants) side by side.

    Raises:
        DataError: for a path, condition, variant or metric that cannot be used.
    """
    files = expanded(paths)
    if wishes.variants or len(files) > 1:
        return _side_by_side(files, wishes)
    summary = summarise(files, where=wishes.where, split=wishes.split)
    if wishes.format == "json":
        return json.dumps(summary.as_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if wishes.format == "csv":
        return as_csv(estimate_rows(summary))
    return laid_out(summary_tables(summary), wishes)


def _side_by_side(files: list[str], wishes: Wishes) -> str:
    asked: dict[str, Any] = {
        "metrics": wishes.metrics or _fitting(files, wishes), "all_pairs": wishes.all_pairs, "by_split": wishes.by_split,
        "flips": wishes.flips, "where": wishes.where, "split": wishes.split,
    }  # fmt: skip
    if wishes.variants:
        found = compare_variants(files, baseline=wishes.baseline, **asked)
    else:
        found = compare_files(files, **asked)
    if wishes.format == "json":
        return json.dumps(found.as_dict(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if wishes.format == "csv":
        return as_csv(comparison_rows(found))
    return laid_out(comparison_tables(found), wishes)


def _fitting(files: list[str], wishes: Wishes) -> tuple[str, ...]:
    summary = summarise(files, where=wishes.where, split=wishes.split)
    several = ("any_of_n",) if summary.coverage.candidates_per_sample > 1 else ()
    return ("verified", "first", *several, *(CALIBRATION if summary.calibration else ()))


def laid_out(tables: Sequence[Table], wishes: Wishes) -> str:
    """Return the tables in the format that was asked for (table or markdown)."""
    if wishes.format == "markdown":
        return as_markdown(tables)
    return as_text(tables, width=wishes.width, terminal=wishes.terminal)


def summary_tables(summary: Summary) -> list[Table]:
    """Return the tables of a summary; those about what did not occur are left out."""
    shown = [
        _experiment(summary), *_warned(summary.warnings), *_rates(summary), _curve(summary.overall.curve), _indices(summary),
        _coverage(summary), _spending(summary), *_counted(summary), *_calibration(summary),
    ]  # fmt: skip
    return [table for table in shown if table.rows]


def _experiment(summary: Summary) -> Table:
    rows: list[tuple[str, str]] = []
    for file in summary.files:
        rows.append(("file", file.path))
        rows += [(name, file.metadata[name]) for name in SHOWN_METADATA if file.metadata.get(name)]
    rows += [("rows", f"{number(summary.rows)}, of which {number(summary.retries)} retries that count in no rate")]
    return Table("Experiment", (), tuple(rows))


def _warned(warnings: Sequence[str]) -> list[Table]:
    return [Table("Mind", (), tuple((warning,) for warning in dict.fromkeys(warnings)))] if warnings else []


def _rates(summary: Summary) -> list[Table]:
    groups = _told(summary.groups)
    several = summary.coverage.candidates_per_sample > 1
    verified = tuple(
        (*_who(g), number(g.samples), number(g.candidates), interval(g.verified), interval(g.verified_untruncated),
         f"{percent(g.verified_bounds[0])} to {percent(g.verified_bounds[1])}")
        for g in groups
    )  # fmt: skip
    rest = tuple(
        (*_who(g), *(interval(getattr(g, n)) for n in ("ungraded", "refused", "truncated", "failed"))) for g in groups
    )
    best = tuple((*_who(g), interval(g.first), interval(g.any_of_n), interval(g.persona)) for g in groups)
    note = "95% intervals; candidates of one query count as a cluster." if several else "95% Wilson intervals."
    columns = (
        "split",
        "variant",
        "samples",
        "candidates",
        "verified",
        "without cut answers",
        "if ungraded were wrong / right",
    )
    return [
        Table("Verified", columns, verified, note),
        Table(
            "Ungraded, refused, truncated, failed",
            ("split", "variant", "ungraded", "refused", "truncated", "failed"),
            rest,
        ),
        Table(
            "First candidate, any of N, persona score", ("split", "variant", "first", "any of N", "persona score"), best
        ),
    ]


def _told(groups: Sequence[Group]) -> list[Group]:
    """Leave out the groups that repeat another: the only split's, the only variant's, and their pairs."""
    splits = {g.split for g in groups if g.split is not None}
    variants = {g.variant for g in groups if g.variant is not None}
    return [
        g for g in groups
        if not (g.split is not None and len(splits) == 1) and not (g.variant is not None and len(variants) == 1)
    ]  # fmt: skip


def _who(group: Group) -> tuple[str, str]:
    return ("all" if group.split is None else group.split, "all" if group.variant is None else group.variant)


def _curve(curve: Sequence[CurvePoint]) -> Table:
    rows = tuple(
        (
            str(p.k),
            interval(p.oracle),
            interval(p.selected),
            interval(p.majority),
            number(p.oracle.n),
            number(p.majority.n),
        )
        for p in curve
    )
    columns = ("k", "pass@k", "selected", "majority@k", "samples", "of majority")
    note = "selected knows the verdicts, ungraded ones count as not right; majority is of samples judged by the math verifier."
    return Table("Best of k", columns, rows, note)


def _indices(summary: Summary) -> Table:
    rows = tuple(
        (str(i.index), number(i.selected), interval(i.share), interval(i.verified)) for i in summary.candidate_index
    )
    note = "Of equally good candidates the first is selected, so a high share of 0 is no sign of quality: compare verified."
    return Table("Which candidate is selected", ("index", "selected", "share", "verified"), rows, note)


def _coverage(summary: Summary) -> Table:
    found = summary.coverage
    expected = "" if found.expected_samples is None else f" of {number(found.expected_samples)}"
    wanted = "" if found.expected_candidates is None else f" of {number(found.expected_candidates)}"
    any_of = summary.overall.any_of_n
    return Table("Query coverage", (), (
        ("queries", number(found.queries)), ("samples x variants", number(found.samples) + expected),
        ("candidates", number(found.candidates) + wanted),
        ("incomplete samples", f"{number(found.incomplete_samples)} with fewer than {found.candidates_per_sample} candidates"),
        ("samples with a verified candidate", f"{interval(any_of)} of {number(any_of.n)}"),
    ))  # fmt: skip


def _spending(summary: Summary) -> Table:
    s = summary.spending
    unknown = f" ({number(s.cost_unknown_rows)} rows of unknown price)" if s.cost_unknown_rows else ""
    seconds = (("p50", s.latency_p50_s), ("p90", s.latency_p90_s), ("p99", s.latency_p99_s), ("mean", s.latency_mean_s))
    return Table("Tokens, dollars, latency", (), (
        ("input tokens", f"{number(s.input_tokens)}, of which {number(s.cached_input_tokens)} from the provider's cache"),
        ("output tokens", f"{number(s.output_tokens)}, of which {number(s.reasoning_tokens)} thinking"),
        ("generation", dollars(s.cost_usd) + unknown), ("judge", dollars(s.judge_cost_usd)),
        ("saved by the cache", dollars(s.cache_savings_usd)), ("for one verified candidate", dollars(s.usd_per_verified)),
        ("batch rows", number(s.batch_rows)),
        ("latency", ", ".join(f"{name} {number(value, digits=2, unit=' s')}" for name, value in seconds)),
        ("asked", f"{s.first_call or 'NaN'} to {s.last_call or 'NaN'}"),
    ))  # fmt: skip


def _counted(summary: Summary) -> list[Table]:
    parts = (
        ("Tool results by source", summary.tool_sources), ("Tool conversations ended by", summary.tool_stops),
        ("Refusals by type", summary.refusal_types), ("Failures by type", summary.error_types), ("Verdicts by", summary.verifiers),
    )  # fmt: skip
    tables = []
    for title, counts in parts:
        total = sum(counts.values())
        tables.append(
            Table(title, (), tuple((name, number(n), percent(n / total)) for name, n in counts.items() if total))
        )
    return tables


def _calibration(summary: Summary) -> list[Table]:
    rows = tuple(
        (c.persona or "none", c.variant or "all", *map(interval, (c.correct_refusal, c.hallucination, c.false_refusal)), _score(c.score))
        for c in summary.calibration
    )  # fmt: skip
    columns = ("persona", "variant", "correct refusal", "hallucination", "false refusal", "calibration score")
    note = "Correct refusal and hallucination are of malformed rows, false refusal of good ones; the score is their difference."
    return [Table("Calibration", columns, rows, note)]


def _score(score: Estimate) -> str:
    return (
        points(score.value)
        if not score.is_defined
        else f"{points(score.value)} [{points(score.low)}, {points(score.high)}]"
    )


def comparison_tables(found: Comparisons) -> list[Table]:
    """Return the sides, every difference with and without cut answers, the warnings, and the flips.

    Where two sides share nothing, a warning says so: there is no row of NaN.
    """
    warned = [f"{c.metric}, {c.b} against {c.a}{_in(c)}: {w}" for c in found.comparisons for w in c.warnings]
    tables = [
        _sides(found),
        *_warned(warned),
        *_differences([c for c in found.comparisons if c.with_truncated.samples]),
        *(_flips(c) for c in found.comparisons),
    ]
    return [table for table in tables if table.rows]


def _in(comparison: Comparison) -> str:
    return f", {comparison.split}" if comparison.split is not None else ""


def _sides(found: Comparisons) -> Table:
    rows = []
    for side in found.sides:
        g = side.group
        majority = g.curve[-1].majority if g.curve else Estimate()
        rows.append((
            side.label, side.model, number(g.samples), interval(g.verified), interval(g.first), interval(g.any_of_n),
            interval(majority), percent(g.truncated.value), percent(g.ungraded.value),
        ))  # fmt: skip
    columns = ("", "model", "samples", "verified", "first", "any of N", "majority@N", "truncated", "ungraded")
    return Table(
        "Side by side",
        columns,
        tuple(rows),
        "Each side's own rows; the differences below are of the queries that both have.",
    )


def _differences(comparisons: Sequence[Comparison]) -> list[Table]:
    """Return two tables a metric: the differences with their tests, and what it would take to be sure."""
    tables = []
    for metric in dict.fromkeys(c.metric for c in comparisons):
        own = [c for c in comparisons if c.metric == metric]
        tables += [_tests(metric, own), _sureness(metric, own)]
    return tables


def _tests(metric: str, comparisons: Sequence[Comparison]) -> Table:
    rows = []
    for c in comparisons:
        d, w = c.with_truncated, c.without_truncated
        rows.append((
            f"{c.b} - {c.a}", c.split or "all", _span(d), probability(d.p), probability(d.p_holm), d.test, number(d.samples),
            f"{d.better}/{d.worse}", _span(w), probability(w.p_holm),
        ))  # fmt: skip
    columns = (
        "difference",
        "split",
        "points [95%]",
        "p",
        "Holm",
        "test",
        "samples",
        "better/worse",
        "without cut answers",
        "Holm",
    )
    return Table(f"Difference in {metric}", columns, tuple(rows))


def _span(d: PairedDifference) -> str:
    return points(d.difference) if d.samples == 0 else f"{points(d.difference)} [{points(d.low)}, {points(d.high)}]"


def _sureness(metric: str, comparisons: Sequence[Comparison]) -> Table:
    rows = tuple(
        (f"{c.b} - {c.a}", c.split or "all", points(c.with_truncated.detectable).lstrip("+"), number(c.with_truncated.more_samples),
         f"{points(c.bounds[0])} to {points(c.bounds[1])}")
        for c in comparisons
    )  # fmt: skip
    columns = (
        "difference",
        "split",
        "detectable (points)",
        "more samples to settle it",
        "if ungraded count against / for",
    )
    note = (
        "detectable: the smallest true difference that these samples show with 80% power; "
        "more samples: how many more show one of the size seen with 80% power."
    )
    return Table(f"How sure the difference in {metric} is", columns, rows, note)


def _flips(comparison: Comparison) -> Table:
    rows = tuple(
        (f.sample_id, f.split, f.variant or comparison.b, percent(f.a), percent(f.b), "better" if f.b > f.a else "worse", f.query_id)
        for f in comparison.flips
    )  # fmt: skip
    d = comparison.with_truncated
    title = (
        f"Flips: {comparison.b} against {comparison.a} ({d.better} queries better, {d.worse} worse, {d.same} the same)"
    )
    return Table(title, ("sample", "split", "variant", comparison.a, comparison.b, "", "query"), rows)


def estimate_rows(summary: Summary) -> list[dict[str, Any]]:
    """Return every estimate of a summary as one row: split, variant, metric and the estimate's fields."""
    rows = []
    for group in summary.groups:
        who = {"split": group.split or "", "variant": group.variant or "", "persona": ""}
        rows += [{**who, "metric": name, **asdict(getattr(group, name))} for name in RATES]
        for point in group.curve:
            parts = (("pass", point.oracle), ("selected", point.selected), ("majority", point.majority))
            rows += [{**who, "metric": f"{name}@{point.k}", **asdict(estimate)} for name, estimate in parts]
    for found in summary.calibration:
        who = {"split": "", "variant": found.variant or "", "persona": found.persona or ""}
        told = (found.correct_refusal, found.hallucination, found.false_refusal, found.score)
        rows += [{**who, "metric": name, **asdict(estimate)} for name, estimate in zip(CALIBRATION, told, strict=True)]
    return rows


def comparison_rows(found: Comparisons) -> list[dict[str, Any]]:
    """Return every difference as one row, with and without cut answers."""
    rows = []
    for c in found.comparisons:
        who = {"metric": c.metric, "split": c.split or "", "side_a": c.a, "side_b": c.b}
        rest = {
            "bound_low": c.bounds[0],
            "bound_high": c.bounds[1],
            "truncated_a": c.truncated_a,
            "truncated_b": c.truncated_b,
        }
        for answers, difference in (("all", c.with_truncated), ("without_truncated", c.without_truncated)):
            rows.append({**who, "answers": answers, **asdict(difference), **rest})
    return rows
