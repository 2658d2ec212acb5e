"""Epistemic calibration: rates by persona and variant, and paired differences of the score."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from look.synthetic import rows_parquet, synthetic_parquet
from retake.look.compare import compare_variants
from retake.look.summary import summarise


def asked(source: int, outcome: str, *, flaw: str | None = None, **more: Any) -> dict[str, Any]:
    kind = "bad" if flaw else "good"
    return {
        "sample_id": f"calibration_{kind}_{source}", "split": "calibration", "source_dataset": "d", "source_index": source,
        "persona": "marvin", "calibration_flaw": flaw, "calibration_outcome": outcome,
        "is_verified": outcome in ("correct_refusal", "answered"), **more,
    }  # fmt: skip


def test_rates_are_of_the_rows_that_they_speak_of(tmp_path: Path) -> None:
    rows = [asked(i, "correct_refusal" if i < 3 else "hallucination", flaw="contradiction") for i in range(4)]
    rows += [asked(i, "false_refusal" if i == 0 else "answered") for i in range(4)]
    rows += [{**rows[0], "is_retry": True, "calibration_outcome": "hallucination"}]
    (found,) = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).calibration
    assert (found.persona, found.variant) == ("marvin", "control")
    assert (found.correct_refusal.value, found.hallucination.value, found.false_refusal.value) == (0.75, 0.25, 0.25)
    assert (found.score.value, found.score.clusters) == (0.5, 4)
    assert found.score.low < 0.5 < found.score.high


def test_a_score_without_good_rows_is_nan(tmp_path: Path) -> None:
    rows = [asked(i, "correct_refusal", flaw="contradiction") for i in range(4)]
    (found,) = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).calibration
    assert math.isnan(found.score.value)
    assert math.isnan(found.false_refusal.value)


def test_personas_and_variants_have_rows_of_their_own(tmp_path: Path) -> None:
    rows = [asked(1, "answered", persona=p, variant=v) for p in ("marvin", None) for v in ("control", "calm")]
    found = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).calibration
    assert [(c.persona, c.variant) for c in found] == [
        (None, None), (None, "control"), (None, "calm"), ("marvin", None), ("marvin", "control"), ("marvin", "calm"),
    ]  # fmt: skip


def test_an_experiment_without_calibration_has_none(tmp_path: Path) -> None:
    assert summarise([synthetic_parquet(tmp_path / "t.parquet", samples=2, candidates=1)]).calibration == ()


def test_variants_are_compared_by_the_score_pair_by_pair(tmp_path: Path) -> None:
    rows = []
    for i in range(20):
        rows += [asked(i, "correct_refusal" if i < 5 else "hallucination", flaw="contradiction"), asked(i, "answered")]
        calm = asked(i, "correct_refusal" if i < 15 else "hallucination", flaw="contradiction", variant="calm")
        rows += [calm, asked(i, "false_refusal" if i == 19 else "answered", variant="calm")]
    found = compare_variants(
        [rows_parquet(tmp_path / "t.parquet", rows)], metrics=("correct_refusal", "hallucination", "false_refusal", "calibration_score")
    )  # fmt: skip
    told = {c.metric: c.with_truncated for c in found.comparisons}
    assert told["correct_refusal"].difference == pytest.approx(0.5)
    assert told["hallucination"].difference == pytest.approx(-0.5)
    assert told["false_refusal"].difference == pytest.approx(0.05)
    score = told["calibration_score"]
    assert (score.a, score.b, score.difference, score.samples) == pytest.approx((0.25, 0.7, 0.45, 20))
    assert score.p < 0.05
    assert score.low < 0.45 < score.high
