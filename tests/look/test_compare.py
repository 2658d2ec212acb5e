"""Comparisons: paired on what both sides have, and honest about cut and ungraded answers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from look.synthetic import rows_parquet, synthetic_parquet
from retake.errors import DataError
from retake.look.compare import compare_files, compare_variants

# The published prompt-variation pilot: eight samples a variant; answers cut at the limit, of which none was right.
PILOT = {"control": 5, "frustration": 4, "impatience": 5, "anxiety": 3, "collaborative": 6, "patience": 5, "calm": 6}


def pilot(path: Path) -> Path:
    """Every variant answers 7 of the 8 samples right where it is not cut; the eighth is wrong for all."""
    rows = [
        {"sample_id": f"gsm8k_{i + 1:04d}", "split": "gsm8k", "variant": variant, "is_truncated": i < cut, "is_verified": cut <= i < 7}
        for variant, cut in PILOT.items() for i in range(8)
    ]  # fmt: skip
    return rows_parquet(path, rows)


def test_the_pilots_effect_is_truncation_and_is_called_so(tmp_path: Path) -> None:
    found = compare_variants([pilot(tmp_path / "p.parquet")])
    assert [(s.label, s.group.verified.value) for s in found.sides][:2] == [("control", 0.25), ("anxiety", 0.5)]
    for comparison in found.comparisons:
        difference = (PILOT["control"] - PILOT[comparison.b]) / 8
        assert comparison.with_truncated.difference == pytest.approx(difference)
        assert comparison.without_truncated.difference == 0
        assert any("vanishes without cut answers" in warning for warning in comparison.warnings) == (difference != 0)
        assert comparison.with_truncated.test == "mcnemar exact"


def test_a_side_with_nothing_but_cut_answers_leaves_nothing(tmp_path: Path) -> None:
    rows = [{"sample_id": f"math_{i:04d}", "is_verified": True} for i in range(9)]
    rows += [{**row, "variant": "calm", "is_verified": False, "is_truncated": True} for row in rows]
    (found,) = compare_variants([rows_parquet(tmp_path / "t.parquet", rows)]).comparisons
    assert (found.with_truncated.difference, found.without_truncated.samples) == (-1.0, 0)
    assert "no query is left" in found.warnings[0]


def test_variants_are_compared_with_control_or_the_baseline_or_all_pairs(tmp_path: Path) -> None:
    path = synthetic_parquet(tmp_path / "t.parquet", samples=6, candidates=2, variants=("anxiety", "calm", "control"))
    assert [(c.a, c.b) for c in compare_variants([path]).comparisons] == [("control", "anxiety"), ("control", "calm")]
    assert [(c.a, c.b) for c in compare_variants([path], baseline="calm").comparisons] == [
        ("calm", "control"),
        ("calm", "anxiety"),
    ]
    assert len(compare_variants([path], all_pairs=True).comparisons) == 3


def test_p_values_of_several_comparisons_are_holms(tmp_path: Path) -> None:
    path = synthetic_parquet(
        tmp_path / "t.parquet", samples=60, candidates=4, variants=("control", "a", "b"), effects={"a": 0.4}
    )
    found = [c.with_truncated for c in compare_variants([path]).comparisons]
    ordered = sorted(d.p for d in found)
    assert sorted(d.p_holm for d in found) == pytest.approx([2 * ordered[0], max(2 * ordered[0], ordered[1])])


def test_a_real_effect_is_found_and_keeps_its_sign(tmp_path: Path) -> None:
    path = synthetic_parquet(
        tmp_path / "t.parquet", samples=150, candidates=8, variants=("control", "calm"), effects={"calm": 0.8}
    )
    (found,) = compare_variants([path]).comparisons
    assert found.with_truncated.is_significant
    assert 0 < found.with_truncated.low < found.with_truncated.difference
    assert found.bounds[0] < found.with_truncated.difference < found.bounds[1]
    assert found.warnings == ()


def test_files_are_joined_on_query_and_variant(tmp_path: Path) -> None:
    def file(name: str, queries: dict[str, bool], **more: Any) -> Path:
        rows = [{"sample_id": f"{name}_{q}", "query_id": q, "is_verified": v, **more} for q, v in queries.items()]
        return rows_parquet(tmp_path / f"{name}.parquet", rows, metadata={"experiment": f"x/{name}"})

    a = file("a", {"q1": True, "q2": False, "q3": True})
    b = file("b", {"q2": True, "q3": True, "q4": False, "q5": True})
    (found,) = compare_files([a, b]).comparisons
    assert (found.a, found.b, found.only_a, found.only_b) == ("x/a", "x/b", 1, 2)
    assert (found.with_truncated.samples, found.with_truncated.difference) == (2, 0.5)
    assert [(f.query_id, f.sample_id, f.a, f.b) for f in found.flips] == [("q2", "a_q2", 0.0, 1.0)]


def test_files_without_a_common_variant_are_told_so(tmp_path: Path) -> None:
    paths = [
        synthetic_parquet(tmp_path / f"{v}.parquet", samples=3, candidates=1, variants=(v,), experiment=f"x/{v}")
        for v in ("calm", "anxiety")
    ]
    (found,) = compare_files(paths).comparisons
    assert (found.with_truncated.samples, found.only_a, found.only_b) == (0, 3, 3)
    assert math.isnan(found.with_truncated.difference)
    assert "no query in common" in found.warnings[0]


def test_a_file_against_its_copy_differs_in_nothing(tmp_path: Path) -> None:
    paths = [synthetic_parquet(tmp_path / f"{n}.parquet", samples=20, candidates=4) for n in ("a", "b")]
    found = compare_files(paths)
    assert [s.label for s in found.sides] == [str(p) for p in paths]
    same = found.comparisons[0].with_truncated
    assert (same.difference, same.p, same.better, same.worse, found.comparisons[0].flips) == (0.0, 1.0, 0, 0, ())
    assert same.low < 0 < same.high


def test_variants_of_a_query_are_one_sample_when_files_are_compared(tmp_path: Path) -> None:
    paths = [
        synthetic_parquet(tmp_path / f"{n}.parquet", samples=12, candidates=1, variants=("control", "calm"), seed=n)
        for n in (1, 2)
    ]
    found = compare_files(paths).comparisons[0].with_truncated
    assert found.samples <= 12
    assert found.test.startswith("sign-flip")


def test_ungraded_candidates_can_undo_a_difference(tmp_path: Path) -> None:
    rows = [{"sample_id": f"math_{i:04d}", "is_verified": i < 20} for i in range(40)]
    rows += [
        {"sample_id": f"math_{i:04d}", "variant": "calm", "is_verified": None if i >= 30 else True} for i in range(40)
    ]
    (found,) = compare_variants([rows_parquet(tmp_path / "t.parquet", rows)]).comparisons
    assert found.bounds == pytest.approx((0.25, 0.5))
    assert found.with_truncated.difference == pytest.approx(1 / 3)


@pytest.mark.parametrize("metric", ["first", "any_of_n", "refused", "truncated", "persona"])
def test_every_metric_is_compared(tmp_path: Path, metric: str) -> None:
    path = synthetic_parquet(
        tmp_path / "t.parquet", samples=30, candidates=3, variants=("control", "calm"), truncation={"calm": 0.3}
    )
    (found,) = compare_variants([path], metrics=(metric,)).comparisons
    group = compare_variants([path]).sides[1].group
    expected = {
        "first": group.first,
        "any_of_n": group.any_of_n,
        "refused": group.refused,
        "truncated": group.truncated,
        "persona": group.persona,
    }
    assert found.with_truncated.b == pytest.approx(expected[metric].value, abs=0.05)
    assert (found.without_truncated.samples == 0) == (metric == "truncated")


def test_splits_are_compared_as_a_family_of_their_own(tmp_path: Path) -> None:
    path = synthetic_parquet(
        tmp_path / "t.parquet", samples=10, candidates=2, variants=("control", "calm"), splits=("math", "code")
    )
    found = compare_variants([path], by_split=True)
    assert [c.split for c in found.comparisons] == [None, "code", "math"]
    assert [c.with_truncated.samples for c in found.of("verified", split="math")] == [10]
    json.dumps(found.as_dict(), allow_nan=False)


def test_what_cannot_be_compared_is_one_clear_error(tmp_path: Path) -> None:
    path = synthetic_parquet(tmp_path / "t.parquet", samples=2, candidates=1)
    for call, words in (
        (lambda: compare_variants([path]), "two are needed"),
        (lambda: compare_variants([path], baseline="clam"), "no such variant; there are control"),
        (lambda: compare_files([path]), "--variants compares inside one"),
        (lambda: compare_files([path, path], metrics=("verifed",)), "two are needed"),
    ):
        with pytest.raises(DataError, match=words):
            call()
    with pytest.raises(DataError, match="no such metric; there are verified"):
        compare_files([path, synthetic_parquet(tmp_path / "u.parquet", samples=2, candidates=1)], metrics=("verifed",))
