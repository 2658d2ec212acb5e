"""The records that looking at tables fills in: summaries and comparisons, plain JSON data on request."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from retake.look.data import FileFacts
from retake.look.statistics.estimates import NAN, Estimate
from retake.look.statistics.paired import PairedDifference

METRICS = (
    "verified",
    "first",
    "any_of_n",
    "refused",
    "truncated",
    "persona",
    "correct_refusal",
    "hallucination",
    "false_refusal",
    "calibration_score",
)


@dataclass(frozen=True)
class CurvePoint:
    """The chance that best-of-k is right.

    `oracle`: a right one among k graded candidates (unbiased pass@k). `selected`: what the pipeline's own selection
    delivers, which knows the verdicts, so it equals the oracle but for ungraded candidates, which count as not right.
    `majority`: the most frequent answer among k; only for samples that the math verifier judged, else undefined.
    """

    k: int
    oracle: Estimate
    selected: Estimate
    majority: Estimate


@dataclass(frozen=True)
class Group:
    """The rates of one split and variant; None stands for all of them. Retry rows count in none.

    `verified` is of graded candidates; `verified_bounds` gives it with every ungraded one wrong, and right;
    `verified_untruncated` leaves cut answers out. `ungraded` and `failed` (no answer) are of all candidates, `refused` and
    `truncated` of those with an answer. `first` is candidate 0's rate, `any_of_n` the share of samples with a right one.
    """

    split: str | None
    variant: str | None
    samples: int
    candidates: int
    verified: Estimate
    verified_bounds: tuple[float, float]
    verified_untruncated: Estimate
    ungraded: Estimate
    refused: Estimate
    truncated: Estimate
    failed: Estimate
    first: Estimate
    any_of_n: Estimate
    persona: Estimate
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True)
class IndexShare:
    """How often the candidate of an index was the selected one, and how often it was right."""

    index: int
    selected: int
    share: Estimate
    verified: Estimate


@dataclass(frozen=True)
class Spending:
    """Tokens, dollars and seconds; retry rows included, since they were paid for. NaN where nothing is known."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float = NAN
    judge_cost_usd: float = NAN
    cache_savings_usd: float = NAN
    cost_unknown_rows: int = 0
    batch_rows: int = 0
    usd_per_verified: float = NAN
    latency_mean_s: float = NAN
    latency_p50_s: float = NAN
    latency_p90_s: float = NAN
    latency_p99_s: float = NAN
    first_call: str | None = None
    last_call: str | None = None


@dataclass(frozen=True)
class Coverage:
    """What was asked for and what is there; `expected_*` is None where no configuration tells (or a filter is on)."""

    queries: int
    samples: int
    candidates: int
    candidates_per_sample: int
    incomplete_samples: int
    expected_samples: int | None = None
    expected_candidates: int | None = None


@dataclass(frozen=True)
class Calibration:
    """Whether a model admits what cannot be answered: rates of one persona and variant.

    On malformed rows: `correct_refusal` and `hallucination`; on good ones: `false_refusal`. `score` is correct refusal
    minus false refusal, in [-1, 1], with an interval by the source row that twins share.
    """

    persona: str | None
    variant: str | None
    correct_refusal: Estimate
    hallucination: Estimate
    false_refusal: Estimate
    score: Estimate


@dataclass(frozen=True)
class Summary:
    """What one or several files hold; the first of `groups` is all of it. `as_dict` is plain JSON data."""

    files: tuple[FileFacts, ...]
    rows: int
    retries: int
    models: tuple[str, ...]
    groups: tuple[Group, ...]
    candidate_index: tuple[IndexShare, ...]
    coverage: Coverage
    spending: Spending
    tool_sources: dict[str, int] = field(default_factory=dict)
    tool_stops: dict[str, int] = field(default_factory=dict)
    refusal_types: dict[str, int] = field(default_factory=dict)
    error_types: dict[str, int] = field(default_factory=dict)
    verifiers: dict[str, int] = field(default_factory=dict)
    calibration: tuple[Calibration, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def overall(self) -> Group:
        """The group of every split and variant."""
        return self.groups[0]

    def group(self, *, split: str | None = None, variant: str | None = None) -> Group:
        """Return the group of `split` and `variant` (None: all).

        Raises:
            KeyError: where there is none.
        """
        for group in self.groups:
            if (group.split, group.variant) == (split, variant):
                return group
        raise KeyError((split, variant))

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as JSON data: an undefined number is None, an infinite one the text "infinite"."""
        return plain(asdict(self))


@dataclass(frozen=True)
class Side:
    """One of the things compared: a variant of a file (or all variants: None), with its own rates."""

    label: str
    file: str
    variant: str | None
    model: str
    group: Group


@dataclass(frozen=True)
class Flip:
    """A query whose rate differs between the sides: `a` and `b` are shares of graded candidates that are right."""

    query_id: str
    sample_id: str
    split: str
    variant: str | None
    a: float
    b: float


@dataclass(frozen=True)
class Comparison:
    """Side `b` against side `a` on the queries that both have.

    `with_truncated` is the comparison, `without_truncated` the same with cut answers left out on both sides. `bounds` are the
    differences with every ungraded candidate counted against b and for a, and the other way round. `only_a` and `only_b`
    count the pairs of query and variant that one side alone has. `warnings` are sentences; one says where a difference vanishes.
    """

    metric: str
    split: str | None
    a: str
    b: str
    with_truncated: PairedDifference
    without_truncated: PairedDifference
    bounds: tuple[float, float]
    truncated_a: float
    truncated_b: float
    only_a: int
    only_b: int
    warnings: tuple[str, ...] = ()
    flips: tuple[Flip, ...] = ()


@dataclass(frozen=True)
class Comparisons:
    """The sides, the first of which is the baseline, and every comparison.

    `p_holm` is Holm's over all comparisons of one metric, those by split apart from those of all splits together.
    """

    sides: tuple[Side, ...]
    comparisons: tuple[Comparison, ...]

    def of(self, metric: str = "verified", *, split: str | None = None) -> tuple[Comparison, ...]:
        """Return the comparisons of one metric and split (None: all splits together)."""
        return tuple(c for c in self.comparisons if c.metric == metric and c.split == split)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparisons as JSON data: an undefined number is None."""
        return plain(asdict(self))


def plain(value: Any) -> Any:
    """Return `value` with NaN as None and infinities as text, for JSON.

    Floats keep ten digits: sums over threads differ in the last ones from run to run.
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinite"
    return float(f"{value:.10g}") if isinstance(value, float) else value
