"""The sheet: counts by sample, from which every group's rates are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from retake.look.curve import curve_of, curve_values
from retake.look.data import Rows
from retake.look.records import Group
from retake.look.statistics.estimates import Estimate, mean_of_shares, rate, ungraded_bounds

# Numbers stand for texts where rows are grouped: a hash for a sample (key) and for an answer (said).
FACTS = """
SELECT file_no, coalesce(split, '') AS split, coalesce(variant, '') AS variant, sample_id, cluster, candidate_idx,
       hash(file_no, coalesce(split, ''), coalesce(variant, ''), sample_id) AS key,
       is_verified AS v, coalesce(is_selected, false) AS selected, refusal_is_refusal AS refused, persona_score AS persona,
       coalesce(is_truncated, false) AS truncated,
       coalesce(finish_reason = 'error', false) OR error_type IS NOT NULL AS failed,
       CASE WHEN trim(extracted_answer) <> '' THEN hash(trim(extracted_answer)) END AS said,
       coalesce(verifier_name = 'math', false) AS by_math
FROM all_rows JOIN clusters USING (query_id) WHERE NOT coalesce(is_retry, false)
"""
CLUSTERS = "SELECT query_id, row_number() OVER (ORDER BY query_id) - 1 AS cluster FROM (SELECT DISTINCT query_id FROM all_rows)"
SAMPLES = """
SELECT key, any_value(file_no) AS file_no, any_value(split) AS split, any_value(variant) AS variant,
       any_value(sample_id) AS sample_id, any_value(cluster) AS cluster,
       count(*) AS n, max(candidate_idx) AS last_idx, count(v) AS graded, count(*) FILTER (v) AS "right",
       count(v) FILTER (NOT truncated) AS graded_whole, count(*) FILTER (v AND NOT truncated) AS right_whole,
       count(v) FILTER (candidate_idx = 0) AS first_graded, count(*) FILTER (v AND candidate_idx = 0) AS first_right,
       count(*) FILTER (NOT failed) AS answered, count(*) FILTER (failed) AS failed,
       count(*) FILTER (truncated AND NOT failed) AS truncated,
       count(refused) FILTER (NOT failed) AS asked_refusal, count(*) FILTER (refused AND NOT failed) AS refused,
       coalesce(sum(persona), 0) AS persona_sum, count(persona) AS persona_n
FROM facts GROUP BY key
"""


@dataclass(frozen=True)
class Sheet:
    """Arrays with one entry a sample (of a file, split and variant); `width` is the number of queries, the clusters."""

    samples: dict[str, Any]
    curve: dict[str, Any]
    width: int

    @classmethod
    def of(cls, rows: Rows) -> Sheet:
        """Count the rows; makes the tables clusters, facts, samples and votes."""
        rows.make("clusters", CLUSTERS)
        rows.make("facts", FACTS)
        rows.make("samples", SAMPLES)
        samples = rows.arrays(
            "SELECT * EXCLUDE (key, sample_id) FROM samples ORDER BY file_no, split, variant, sample_id"
        )
        return cls(samples, curve_values(rows), int(rows.tuples("SELECT count(*) FROM clusters")[0][0]))

    def cells(self) -> list[tuple[str, str]]:
        """Return the pairs of split and variant that have rows; control comes first."""
        pairs = set(zip(self.samples["split"].tolist(), self.samples["variant"].tolist(), strict=True))
        return sorted(pairs, key=lambda pair: (pair[0], *control_first(pair[1])))

    def mask(self, *, split: str | None = None, variant: str | None = None, file_no: int | None = None) -> Any:
        """Return which samples are of the split, variant and file; None: of all."""
        import numpy as np

        mask = np.ones(len(self.samples["n"]), bool)
        for name, wanted in (("split", split), ("variant", variant), ("file_no", file_no)):
            if wanted is not None:
                mask &= self.samples[name] == wanted
        return mask

    def group(self, mask: Any, *, split: str | None = None, variant: str | None = None) -> Group:
        """Return the rates of the samples in `mask`."""
        import numpy as np

        samples, cluster, width = self.samples, self.samples["cluster"][mask], self.width

        def summed(values: Any) -> Any:
            return np.bincount(cluster, weights=values, minlength=width)

        def share(top: str, bottom: str, of: Callable[[Any, Any], Estimate] = rate) -> Estimate:
            return of(summed(samples[top][mask]), summed(samples[bottom][mask]))

        right, graded, n = (samples[name][mask] for name in ("right", "graded", "n"))
        bounds = ungraded_bounds(float(right.sum()), float(graded.sum()), float((n - graded).sum()))
        return Group(
            split, variant, samples=int(mask.sum()), candidates=int(n.sum()), verified=share("right", "graded"),
            verified_bounds=bounds, verified_untruncated=share("right_whole", "graded_whole"),
            ungraded=rate(summed(n - graded), summed(n)), refused=share("refused", "asked_refusal"),
            truncated=share("truncated", "answered"), failed=share("failed", "n"), first=share("first_right", "first_graded"),
            any_of_n=rate(summed(right > 0), summed(graded > 0)), persona=share("persona_sum", "persona_n", mean_of_shares),
            curve=curve_of(self.curve, mask, cluster, width),
        )  # fmt: skip


def control_first(variant: str) -> tuple[bool, str]:
    """Return the sort key of a variant's name that puts control before all others."""
    return variant != "control", variant
