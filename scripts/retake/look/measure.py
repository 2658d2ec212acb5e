"""Measures a summary from open rows: DuckDB counts by sample, numpy puts the samples together."""

from __future__ import annotations

import json
import math
from typing import Any

from retake.look.calibration import calibrated
from retake.look.data import FileFacts, Rows
from retake.look.records import Coverage, Group, IndexShare, Spending, Summary
from retake.look.sheet import Sheet, control_first
from retake.look.statistics.estimates import NAN, rate

SPENDING = """
SELECT coalesce(sum(input_tokens), 0), coalesce(sum(cached_input_tokens), 0), coalesce(sum(output_tokens), 0),
       coalesce(sum(reasoning_tokens), 0), sum(cost_usd), sum(judge_cost_usd), sum(cache_savings_usd),
       count(*) FILTER (cost_usd IS NULL AND error_type IS NULL), count(*) FILTER (is_batch),
       avg(latency_s), quantile_cont(latency_s, 0.5), quantile_cont(latency_s, 0.9), quantile_cont(latency_s, 0.99),
       min(created_at), max(created_at)
FROM all_rows
"""


def measured(rows: Rows, *, filtered: bool = False) -> Summary:
    """Return the summary of `rows`; `filtered` says that some were left out, so that nothing counts as missing."""
    sheet = Sheet.of(rows)
    samples, width, groups = sheet.samples, sheet.width, _groups(sheet)
    total, retries = rows.tuples("SELECT count(*), count(*) FILTER (is_retry) FROM all_rows")[0]
    verified = float(samples["right"].sum())
    return Summary(
        files=rows.files, rows=total, retries=retries, models=_models(rows), groups=groups,
        candidate_index=_by_index(rows, width), coverage=_coverage(rows.files, samples, width, filtered=filtered),
        spending=_spending(rows, verified), tool_sources=_tool_sources(rows),
        tool_stops=_counts(rows, "tool_stop"), refusal_types=_counts(rows, "refusal_type", "AND refusal_is_refusal"),
        error_types=_counts(rows, "error_type"), verifiers=_counts(rows, "verifier_name"),
        calibration=calibrated(rows), warnings=_warnings(rows, groups[0], samples),
    )  # fmt: skip


def _groups(sheet: Sheet) -> tuple[Group, ...]:
    """Return all rows, each split, each variant, and each pair of them that has rows, in the order of their names."""
    cells = sheet.cells()
    splits = list(dict.fromkeys(s for s, _ in cells))
    variants = sorted({v for _, v in cells}, key=control_first)
    wanted: list[tuple[str | None, str | None]] = [
        (None, None),
        *((s, None) for s in splits),
        *((None, v) for v in variants),
    ]
    wanted += cells
    return tuple(sheet.group(sheet.mask(split=s, variant=v), split=s, variant=v) for s, v in wanted)


def _by_index(rows: Rows, width: int) -> tuple[IndexShare, ...]:
    import numpy as np

    facts = rows.arrays(
        "SELECT candidate_idx, cluster, selected, v IS NOT NULL AS graded, coalesce(v, false) AS v FROM facts"
    )
    chosen = np.bincount(facts["cluster"][facts["selected"]], minlength=width)
    shares = []
    for index in np.unique(facts["candidate_idx"]).tolist():
        here = facts["candidate_idx"] == index

        def summed(name: str, here: Any = here) -> Any:
            return np.bincount(facts["cluster"][here & facts[name]], minlength=width)

        times = summed("selected")
        shares.append(
            IndexShare(int(index), int(times.sum()), rate(times, chosen), rate(summed("v"), summed("graded")))
        )
    return tuple(shares)


def _spending(rows: Rows, verified: float) -> Spending:
    told = rows.tuples(SPENDING)[0]
    numbers = [NAN if value is None else value for value in told[:13]]
    cost = numbers[4] + (0.0 if math.isnan(numbers[5]) else numbers[5])
    each = cost / verified if verified else NAN
    return Spending(*map(int, numbers[:4]), *numbers[4:7], *map(int, numbers[7:9]), each, *numbers[9:13], *told[13:])


def _coverage(files: tuple[FileFacts, ...], samples: dict[str, Any], queries: int, *, filtered: bool) -> Coverage:
    n = samples["n"]
    most = int(n.max(initial=0))
    expected = [_expected(file.config) for file in files]
    known = [] if filtered else [e for e in expected if e is not None]
    told = (sum(e[0] for e in known), sum(e[1] for e in known)) if known and len(known) == len(files) else (None, None)
    return Coverage(queries, len(n), int(n.sum()), most, int((n < most).sum()), *told)


def _expected(config: dict[str, Any]) -> tuple[int, int] | None:
    """Return how many (sample, variant) pairs and candidates a configuration asks for; None where it does not tell."""
    try:
        cells = len(config["splits"]) * int(config["max_queries"]) * len(config["variants"])
        return cells, cells * int(config["num_candidates"])
    except (KeyError, TypeError, ValueError):
        return None


def _models(rows: Rows) -> tuple[str, ...]:
    return tuple(
        m for (m,) in rows.tuples("SELECT DISTINCT model FROM all_rows WHERE model IS NOT NULL ORDER BY model")
    )


def _counts(rows: Rows, column: str, condition: str = "") -> dict[str, int]:
    sql = f"SELECT {column}, count(*) FROM all_rows WHERE {column} IS NOT NULL AND NOT coalesce(is_retry, false) {condition}"
    return dict(rows.tuples(sql + " GROUP BY ALL ORDER BY 2 DESC, 1"))


def _tool_sources(rows: Rows) -> dict[str, int]:
    counts: dict[str, int] = {}
    for text, times in _counts(rows, "tool_sources").items():
        for source, number in _object(text).items():
            counts[source] = counts.get(source, 0) + int(number) * times
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return {k: v for k, v in value.items() if isinstance(v, int)} if isinstance(value, dict) else {}


def _warnings(rows: Rows, overall: Group, samples: dict[str, Any]) -> tuple[str, ...]:
    told = []
    if overall.candidates == 0:
        return ("There is no row to count.",)
    if overall.ungraded.value > 0.1:
        low, high = overall.verified_bounds
        told.append(
            f"{overall.ungraded.value:.0%} of the candidates are ungraded: the rate lies between {low:.1%} and {high:.1%}."
        )
    if overall.truncated.value > 0.05:
        told.append(
            f"{overall.truncated.value:.0%} of the answers were cut at max_tokens; rates without them are given beside."
        )
    repeated = int((samples["n"] > samples["last_idx"] + 1).sum())
    if repeated:
        told.append(f"{repeated} samples hold a candidate more than once.")
    versions = rows.tuples(
        "SELECT verifier_name, count(DISTINCT verifier_version) FROM all_rows WHERE verifier_name IS NOT NULL "
        "GROUP BY ALL HAVING count(DISTINCT verifier_version) > 1 ORDER BY 1"
    )
    told += [
        f"Verdicts of {name} come from {count} versions of it; verify again for one yardstick."
        for name, count in versions
    ]
    return tuple(told)
