"""Contrasts two sides of open rows: joins them on query and variant and tests the difference, query by query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from retake.errors import DataError
from retake.look.data import Rows
from retake.look.metrics import PARTS, cells_sql, needed
from retake.look.records import METRICS, Comparison, Comparisons, Flip, Side
from retake.look.sheet import Sheet, control_first
from retake.look.statistics.paired import PairedDifference, difference_of_differences, holm, paired_difference

_COUNTS = ("cut", "answered")
# A difference below two points that is not significant is noise, whether it shrinks or not.
NOTED = 0.02


@dataclass(frozen=True)
class Cell:
    """What a side holds: the rows of one file (or of all, None) and one variant (or all, None)."""

    label: str
    file_no: int | None
    variant: str | None

    @property
    def sql(self) -> str:
        """The condition on table cells."""
        parts = [] if self.file_no is None else [f"file_no = {self.file_no}"]
        if self.variant is not None:
            parts.append("variant = '" + self.variant.replace("'", "''") + "'")
        return " AND ".join(parts) or "true"


def variant_sides(rows: Rows, baseline: str | None) -> list[Cell]:
    """Return the variants of `rows`, the baseline first.

    Raises:
        DataError: for a baseline that is no variant, or fewer than two variants.
    """
    found = [v for (v,) in rows.tuples("SELECT DISTINCT coalesce(variant, '') FROM all_rows")]
    variants = sorted(found, key=control_first)
    if baseline is not None and baseline not in variants:
        raise DataError(f"--baseline {baseline}: no such variant; there are {', '.join(variants)}")
    if len(variants) < 2:
        raise DataError(
            f"{rows.files[0].path}: holds {len(variants)} variant ({', '.join(variants)}); two are needed to compare"
        )
    variants.sort(key=lambda v: v != baseline) if baseline else None
    return [Cell(variant, None, variant) for variant in variants]


def file_sides(rows: Rows) -> list[Cell]:
    """Return the files of `rows` as sides, named by experiment, by path where two have the same name.

    Raises:
        DataError: for fewer than two files.
    """
    if len(rows.files) < 2:
        raise DataError(f"{rows.files[0].path}: one file; two are needed to compare (--variants compares inside one)")
    names = [file.name for file in rows.files]
    labels = [file.name if names.count(file.name) == 1 else file.path for file in rows.files]
    return [Cell(label, number, None) for number, label in enumerate(labels)]


def compared(
    rows: Rows, cells: Sequence[Cell], *, metrics: Sequence[str], all_pairs: bool, by_split: bool, flips: int
) -> Comparisons:
    """Return every cell against the first, or all pairs of them, by every metric."""
    unknown = [metric for metric in metrics if metric not in METRICS]
    if unknown:
        raise DataError(f"--metric {unknown[0]}: no such metric; there are {', '.join(METRICS)}")
    sheet = Sheet.of(rows)
    sides = tuple(_side(rows, sheet, cell) for cell in cells)
    rows.make("cells", cells_sql(metrics))
    pairs = list(combinations(cells, 2)) if all_pairs else [(cells[0], cell) for cell in cells[1:]]
    joined = [(a, b, _joined(rows, a, b, metrics)) for a, b in pairs]
    splits = list(dict.fromkeys(s for s, _ in sheet.cells())) if by_split else []
    told: list[Comparison] = []
    for metric in metrics:
        told += _corrected(_comparison(metric, None, a, b, table) for a, b, table in joined)
        told += _corrected(_comparison(metric, s, a, b, table) for s in splits for a, b, table in joined)
    if flips and "verified" in metrics:
        told = [_with_flips(rows, c, pairs, flips) for c in told]
    return Comparisons(sides, tuple(told))


def _side(rows: Rows, sheet: Sheet, cell: Cell) -> Side:
    group = sheet.group(sheet.mask(variant=cell.variant, file_no=cell.file_no), variant=cell.variant)
    number = cell.file_no or 0
    condition = cell.sql.replace("variant =", "coalesce(variant, '') =")
    models = [
        m
        for (m,) in rows.tuples(
            f"SELECT DISTINCT model FROM all_rows WHERE model IS NOT NULL AND {condition} ORDER BY 1"
        )
    ]
    return Side(cell.label, rows.files[number].path, cell.variant, ", ".join(models), group)


def _on(a: Cell, b: Cell) -> str:
    """Return how the two sides join: on the query, and on whatever of file and variant is no side."""
    more = [] if a.file_no is not None else ["a.file_no = b.file_no"]
    if a.variant is None:
        more.append("a.variant = b.variant")
    return " AND ".join(["a.query_id = b.query_id", *more])


def _sides_sql(a: Cell, b: Cell) -> str:
    first, second = (f"(SELECT * FROM cells WHERE {cell.sql})" for cell in (a, b))
    return f"FROM {first} AS a JOIN {second} AS b ON {_on(a, b)}"


def _joined(rows: Rows, a: Cell, b: Cell, metrics: Sequence[str]) -> dict[str, Any]:
    """Return the pairs as arrays: split, query (a number), and every count of either side as a_<name>, b_<name>."""
    parts = [f"{metric}_{part}" for metric in needed(metrics) for part in PARTS]
    columns = ", ".join(f"{side}.{name} AS {side}_{name}" for side in "ab" for name in (*_COUNTS, *parts))
    table = rows.arrays(
        f"SELECT a.split AS split, dense_rank() OVER (ORDER BY a.source) - 1 AS source, dense_rank() OVER (ORDER BY a.query_id) - 1 AS query, {columns} {_sides_sql(a, b)} "
        "ORDER BY a.query_id, a.variant, a.file_no"
    )
    pairs = len(table["query"])
    alone = [rows.tuples(f"SELECT count(*) FROM cells WHERE {cell.sql}")[0][0] - pairs for cell in (a, b)]
    return {**table, "only_a": alone[0], "only_b": alone[1]}


def _comparison(metric: str, split: str | None, a: Cell, b: Cell, table: dict[str, Any]) -> Comparison:
    import numpy as np

    mask = np.ones(len(table["query"]), bool) if split is None else table["split"] == split
    pairs = {name: column[mask] for name, column in table.items() if not name.startswith("only_")}
    whole = PairedDifference() if metric == "truncated" else _difference(pairs, metric, "_whole")
    cut = [float(pairs[f"{s}_cut"].sum() / n) if (n := pairs[f"{s}_answered"].sum()) else float("nan") for s in "ab"]
    alone = (table["only_a"], table["only_b"]) if split is None else (0, 0)
    difference = _difference(pairs, metric, "")
    return Comparison(
        metric, split, a.label, b.label, difference, whole, _bounds(pairs, metric), cut[0], cut[1], *alone
    )


def _difference(pairs: dict[str, Any], metric: str, kind: str) -> PairedDifference:
    """Return the paired difference by query; a query's rate is the mean over the variants (and files) that pair up."""
    if metric == "calibration_score":
        admitted, declined = (_by_query(pairs, name, kind) for name in ("correct_refusal", "false_refusal"))
        return difference_of_differences(admitted[:2], declined[:2], clusters=(admitted[2], declined[2]))
    a, b, _, single = _by_query(pairs, metric, kind)
    return paired_difference(a, b, single=single and metric != "persona")


def _by_query(pairs: dict[str, Any], metric: str, kind: str) -> tuple[Any, Any, Any, bool]:
    """Return both sides' rates by query, each query's source, and whether each side has one candidate a query."""
    import numpy as np

    sums = [pairs[f"{side}_{metric}{kind}_sum"] for side in "ab"]
    counts = [pairs[f"{side}_{metric}{kind}_n"] for side in "ab"]
    if metric == "any_of_n":
        sums, counts = [(s > 0).astype(float) for s in sums], [(n > 0).astype(float) for n in counts]
    both = (counts[0] > 0) & (counts[1] > 0)
    rates = [s[both] / n[both] for s, n in zip(sums, counts, strict=True)]
    _, first, query = np.unique(pairs["query"][both], return_index=True, return_inverse=True)
    times = np.bincount(query)
    a, b = (np.bincount(query, weights=r) / times for r in rates)
    single = bool((times == 1).all()) and all(bool((n[both] == 1).all()) for n in counts)
    return a, b, pairs["source"][both][first], single


def _bounds(pairs: dict[str, Any], metric: str) -> tuple[float, float]:
    """Return the difference with the unknown counted for a and against b, and the other way round."""
    import numpy as np

    if metric == "calibration_score":
        (least, most), (fewest, highest) = _bounds(pairs, "correct_refusal"), _bounds(pairs, "false_refusal")
        return least - highest, most - fewest
    extremes = []
    for side in "ab":
        right, known, unknown = (pairs[f"{side}_{metric}_{part}"] for part in ("sum", "n", "unknown"))
        total = known + unknown
        if metric == "any_of_n":
            right, unknown = (right > 0).astype(float), ((right == 0) & (unknown > 0)).astype(float)
            total = (total > 0).astype(float)
        extremes.append((right, right + unknown, total))
    (low_a, high_a, n_a), (low_b, high_b, n_b) = extremes
    both = (n_a > 0) & (n_b > 0)
    if not both.any():
        return float("nan"), float("nan")
    least, most = (
        (low_b / np.maximum(n_b, 1) - high_a / np.maximum(n_a, 1)),
        (high_b / np.maximum(n_b, 1) - low_a / np.maximum(n_a, 1)),
    )
    weight = 1 / np.bincount(pairs["query"][both])[pairs["query"][both]]
    return tuple(float((d[both] * weight).sum() / weight.sum()) for d in (least, most))  # type: ignore[return-value]


def _corrected(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Return one family of comparisons with Holm's p, and the warnings that rest on it."""
    family = list(comparisons)
    full = holm([c.with_truncated for c in family])
    whole = holm([c.without_truncated for c in family])
    found = [replace(c, with_truncated=f, without_truncated=w) for c, f, w in zip(family, full, whole, strict=True)]
    return [replace(c, warnings=warnings_of(c)) for c in found]


def warnings_of(comparison: Comparison) -> tuple[str, ...]:
    """Return what a reader of the comparison must know: a vanishing difference, bounds that reverse it, too few samples."""
    full = comparison.with_truncated
    if full.samples == 0:
        return ("The sides have no query in common that this metric is known for.",)
    told = []
    if comparison.metric != "truncated" and (comparison.truncated_a > 0 or comparison.truncated_b > 0):
        told += _without_cut(comparison)
    low, high = comparison.bounds
    if full.is_significant and low <= 0 <= high:
        told.append(f"Ungraded candidates could undo it: between {low:+.1%} and {high:+.1%}.")
    if full.samples < 30:
        told.append(f"Only {full.samples} samples: the interval is rough.")
    return tuple(told)


def _without_cut(comparison: Comparison) -> list[str]:
    full, whole = comparison.with_truncated, comparison.without_truncated
    cut = f"Cut: {comparison.truncated_a:.0%} of {comparison.a}, {comparison.truncated_b:.0%} of {comparison.b}."
    if full.difference == 0:
        return []
    if whole.samples == 0:
        return [f"The difference of {full.difference:+.1%} vanishes without cut answers: no query is left. {cut}"]
    shrunk = whole.difference * full.difference <= 0 or abs(whole.difference) <= abs(full.difference) / 2
    if shrunk and (full.is_significant or abs(full.difference) >= NOTED):
        return [
            f"The difference of {full.difference:+.1%} vanishes without cut answers: {whole.difference:+.1%} (p {whole.p_holm:.3f}). {cut}"
        ]
    if full.is_significant and not whole.is_significant:
        return [
            f"The difference is not significant without cut answers: {whole.difference:+.1%} (p {whole.p_holm:.3f}). {cut}"
        ]
    return []


def _with_flips(rows: Rows, comparison: Comparison, pairs: Sequence[tuple[Cell, Cell]], limit: int) -> Comparison:
    if comparison.metric != "verified" or comparison.split is not None:
        return comparison
    a, b = next(pair for pair in pairs if (pair[0].label, pair[1].label) == (comparison.a, comparison.b))
    shown = "a.variant" if a.variant is None else "NULL"
    found = rows.tuples(
        f"SELECT a.query_id, a.sample_id, a.split, {shown}, a.verified_sum / a.verified_n AS first, "
        f"b.verified_sum / b.verified_n AS second {_sides_sql(a, b)} "
        "WHERE a.verified_n > 0 AND b.verified_n > 0 AND abs(first - second) > 1e-9 "
        f"ORDER BY abs(first - second) DESC, a.split, a.sample_id, a.variant, a.file_no LIMIT {int(limit)}"
    )
    return replace(comparison, flips=tuple(Flip(*row) for row in found))
