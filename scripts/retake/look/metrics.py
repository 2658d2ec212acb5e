"""What can be compared: each metric as SQL on one row, and the counts by query that comparisons are made from."""

from __future__ import annotations

from collections.abc import Sequence

# A metric is (value, where it is known, where it is asked for): SQL on one row.
_GRADED, _ANSWERED = "is_verified IS NOT NULL", "NOT failed"
_MALFORMED = "calibration_flaw IS NOT NULL AND calibration_outcome IS NOT NULL"
_SOUND = "calibration_flaw IS NULL AND calibration_outcome IS NOT NULL"
_SQL: dict[str, tuple[str, str, str]] = {
    "verified": ("is_verified", _GRADED, "true"),
    "any_of_n": ("is_verified", _GRADED, "true"),
    "first": ("is_verified", _GRADED, "candidate_idx = 0"),
    "refused": ("refusal_is_refusal", f"{_ANSWERED} AND refusal_is_refusal IS NOT NULL", _ANSWERED),
    "truncated": ("truncated", _ANSWERED, _ANSWERED),
    "persona": ("persona_score", "persona_score IS NOT NULL", "persona_score IS NOT NULL"),
    "correct_refusal": ("calibration_outcome = 'correct_refusal'", _MALFORMED, _MALFORMED),
    "hallucination": ("calibration_outcome = 'hallucination'", _MALFORMED, _MALFORMED),
    "false_refusal": ("calibration_outcome = 'false_refusal'", _SOUND, _SOUND),
}
PARTS = ("sum", "n", "whole_sum", "whole_n", "unknown")
"""What is counted for a metric: sum and number of known values, both again without cut answers, and the unknown."""


def needed(metrics: Sequence[str]) -> list[str]:
    """Return the metrics that must be counted for `metrics`: the calibration score rests on two others."""
    parts = [("correct_refusal", "false_refusal") if m == "calibration_score" else (m,) for m in metrics]
    return list(dict.fromkeys(name for group in parts for name in group))


def cells_sql(metrics: Sequence[str]) -> str:
    """Return the query that counts `metrics` by file, variant and query."""
    sums = []
    for metric in needed(metrics):
        value, known, asked = _SQL[metric]
        scope = f"({asked}) AND ({known})"
        sums += [
            f"coalesce(sum(CAST({value} AS DOUBLE)) FILTER ({scope}), 0) AS {metric}_sum",
            f"count(*) FILTER ({scope}) AS {metric}_n",
            f"coalesce(sum(CAST({value} AS DOUBLE)) FILTER ({scope} AND NOT truncated), 0) AS {metric}_whole_sum",
            f"count(*) FILTER ({scope} AND NOT truncated) AS {metric}_whole_n",
            f"count(*) FILTER (({asked}) AND NOT ({known})) AS {metric}_unknown",
        ]
    return f"""
        WITH plain AS (
            SELECT * REPLACE (coalesce(variant, '') AS variant, coalesce(split, '') AS split),
                   coalesce(is_truncated, false) AS truncated,
                   coalesce(finish_reason = 'error', false) OR error_type IS NOT NULL AS failed
            FROM all_rows WHERE NOT coalesce(is_retry, false)
        )
        SELECT file_no, variant, query_id, any_value(split) AS split, min(sample_id) AS sample_id,
               any_value(concat_ws('|', source_dataset, coalesce(CAST(source_index AS VARCHAR), query_id))) AS source,
               count(*) FILTER (truncated AND NOT failed) AS cut, count(*) FILTER (NOT failed) AS answered, {", ".join(sums)}
        FROM plain GROUP BY file_no, variant, query_id
    """
