"""Summaries of tables made by hand, where every rate can be counted."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from look.synthetic import rows_parquet, synthetic_parquet
from retake.errors import DataError
from retake.look.summary import summarise


def drawn(sample: str, verdicts: list[bool | None], **more: Any) -> list[dict[str, Any]]:
    return [{"sample_id": sample, "candidate_idx": i, "is_verified": v, **more} for i, v in enumerate(verdicts)]


def test_rates_count_candidates_and_leave_retries_and_ungraded_ones_out(tmp_path: Path) -> None:
    rows = [*drawn("math_0001", [True, False, None]), *drawn("math_0002", [False, False, True])]
    rows.append({"sample_id": "math_0001", "candidate_idx": 1, "is_verified": True, "is_retry": True})
    found = summarise([rows_parquet(tmp_path / "t.parquet", rows)])
    whole = found.overall
    assert (found.rows, found.retries, whole.samples, whole.candidates) == (7, 1, 2, 6)
    assert (whole.verified.value, whole.verified.n, whole.verified.clusters) == (0.4, 5, 2)
    assert whole.verified_bounds == pytest.approx((2 / 6, 3 / 6))
    assert (whole.ungraded.value, whole.ungraded.n) == (1 / 6, 6)
    assert (whole.first.value, whole.any_of_n.value) == (0.5, 1.0)


def test_answers_cut_short_are_told_apart(tmp_path: Path) -> None:
    rows = [*drawn("math_0001", [True, True]), *drawn("math_0002", [False, False], is_truncated=True)]
    whole = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).overall
    assert (whole.verified.value, whole.verified_untruncated.value, whole.truncated.value) == (0.5, 1.0, 0.5)


def test_a_failed_call_is_ungraded_and_no_answer(tmp_path: Path) -> None:
    rows = drawn("math_0001", [True]) + drawn(
        "math_0002", [None], finish_reason="error", error_type="timeout", refusal_is_refusal=None
    )
    found = summarise([rows_parquet(tmp_path / "t.parquet", rows)])
    assert (found.overall.failed.value, found.overall.refused.n, found.error_types) == (0.5, 1, {"timeout": 1})


def test_splits_and_variants_have_groups_of_their_own(tmp_path: Path) -> None:
    rows = [
        *drawn("math_0001", [True]),
        *drawn("code_0001", [False], split="code"),
        *drawn("math_0001", [False], variant="anxiety"),
    ]
    found = summarise([rows_parquet(tmp_path / "t.parquet", rows)])
    assert [(g.split, g.variant) for g in found.groups] == [
        (None, None), ("code", None), ("math", None), (None, "control"), (None, "anxiety"),
        ("code", "control"), ("math", "control"), ("math", "anxiety"),
    ]  # fmt: skip
    assert found.group(split="math").verified.value == 0.5
    assert found.group(variant="anxiety").verified.value == 0.0
    with pytest.raises(KeyError):
        found.group(split="code", variant="anxiety")


def test_variants_of_one_query_are_one_cluster(tmp_path: Path) -> None:
    rows = [row for v in ("control", "calm", "anxiety") for row in drawn("math_0001", [True, False], variant=v)]
    assert summarise([rows_parquet(tmp_path / "t.parquet", rows)]).overall.verified.clusters == 1


def test_the_curve_is_unbiased_and_majority_counts_equal_answers(tmp_path: Path) -> None:
    rows = drawn("math_0001", [True, True, False, False, False, False, False, False])
    for row, said in zip(rows, ["4", "4.0", "5", "6", "7", "8", "9", None], strict=True):
        row["extracted_answer"] = said
    curve = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).overall.curve
    assert [p.k for p in curve] == list(range(1, 9))
    assert round(curve[3].oracle.value, 3) == 0.786
    assert curve[7].oracle.value == 1.0
    assert curve[7].majority.value == 1.0  # 4 and 4.0 are both verified, so they are one answer, given twice


def test_majority_is_undefined_where_no_answer_was_compared(tmp_path: Path) -> None:
    rows = drawn("code_0001", [True, False], split="code", verifier_name="code", extracted_answer="def f(): ...")
    point = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).overall.curve[0]
    assert math.isnan(point.majority.value)
    assert point.oracle.value == 0.5


def test_an_ungraded_candidate_takes_a_place_of_the_selected_curve_but_not_of_pass_at_k(tmp_path: Path) -> None:
    curve = summarise([rows_parquet(tmp_path / "t.parquet", drawn("math_0001", [True, None]))]).overall.curve
    assert (curve[0].oracle.value, curve[0].selected.value) == (1.0, 0.5)
    assert (math.isnan(curve[1].oracle.value), curve[1].selected.value) == (True, 1.0)


def test_the_selected_index_is_counted_by_sample(tmp_path: Path) -> None:
    rows = [*drawn("math_0001", [False, True]), *drawn("math_0002", [True, True]), *drawn("math_0003", [True, False])]
    for number in (1, 2, 4):
        rows[number]["is_selected"] = True
    found = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).candidate_index
    assert [(i.index, i.selected, round(i.share.value, 2), round(i.verified.value, 2)) for i in found] == [
        (0, 2, 0.67, 0.67),
        (1, 1, 0.33, 0.67),
    ]


def test_spending_counts_every_row_and_says_what_is_unknown(tmp_path: Path) -> None:
    paid = {
        "input_tokens": 100,
        "cached_input_tokens": 40,
        "output_tokens": 10,
        "reasoning_tokens": 5,
        "cost_usd": 0.5,
        "latency_s": 2.0,
    }
    rows = [{**row, **paid} for row in drawn("math_0001", [True, False])]
    rows.append({**rows[0], "is_retry": True, "cost_usd": None})
    spent = summarise([rows_parquet(tmp_path / "t.parquet", rows)]).spending
    assert (spent.input_tokens, spent.cached_input_tokens, spent.output_tokens, spent.reasoning_tokens) == (
        300,
        120,
        30,
        15,
    )
    assert (spent.cost_usd, spent.usd_per_verified, spent.cost_unknown_rows, spent.latency_p50_s) == (1.0, 1.0, 1, 2.0)
    assert math.isnan(spent.cache_savings_usd)


def test_tool_sources_are_summed_over_conversations(tmp_path: Path) -> None:
    rows = drawn("tool_calling_0001", [True], tool_sources='{"executor":2,"llm":1}', tool_stop="answered")
    rows += drawn("tool_calling_0002", [True], tool_sources='{"executor":1}', tool_stop="max_turns")
    rows += drawn("tool_calling_0003", [True], tool_sources="not json")
    found = summarise([rows_parquet(tmp_path / "t.parquet", rows)])
    assert found.tool_sources == {"executor": 3, "llm": 1}
    assert found.tool_stops == {"answered": 1, "max_turns": 1}


def test_coverage_tells_what_the_configuration_asked_for(tmp_path: Path) -> None:
    config = {"splits": ["math"], "max_queries": 5, "variants": ["control"], "num_candidates": 2}
    path = rows_parquet(
        tmp_path / "t.parquet",
        [*drawn("math_0001", [True, True]), *drawn("math_0002", [True])],
        metadata={"config": json.dumps(config)},
    )
    found = summarise([path]).coverage
    assert (
        found.samples,
        found.expected_samples,
        found.candidates,
        found.expected_candidates,
        found.incomplete_samples,
    ) == (2, 5, 3, 10, 1)
    assert summarise([path], where="candidate_idx = 0").coverage.expected_samples is None


def test_conditions_and_splits_choose_rows(tmp_path: Path) -> None:
    path = synthetic_parquet(tmp_path / "t.parquet", samples=20, candidates=2, splits=("math", "code"))
    assert summarise([path], split="code").overall.samples == 20
    assert summarise([path], split="code,math").overall.samples == 40
    assert summarise([path], where="candidate_idx = 1 -- the second").overall.candidates == 40


def test_several_files_are_pooled_and_named_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        synthetic_parquet(tmp_path / f"{name}.parquet", samples=5, candidates=2, experiment=f"x/{name}", retries=False)
    found = summarise([str(tmp_path / "*.parquet"), tmp_path / "a.parquet"])
    assert [f.name for f in found.files] == ["x/a", "x/b"]
    assert (found.overall.samples, found.overall.verified.clusters, found.coverage.queries) == (10, 5, 5)


def test_a_table_without_rows_is_all_nan_and_still_plain_json(tmp_path: Path) -> None:
    found = summarise([rows_parquet(tmp_path / "t.parquet", [])])
    assert math.isnan(found.overall.verified.value)
    assert found.warnings == ("There is no row to count.",)
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["groups"][0]["verified"]["value"] is None


def test_a_column_that_a_file_lacks_is_null(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "sample_id": ["a"],
        "query_id": ["q"],
        "split": ["math"],
        "variant": ["control"],
        "candidate_idx": [0],
        "is_verified": [True],
    }
    pq.write_table(pa.table(columns), tmp_path / "old.parquet")
    found = summarise([tmp_path / "old.parquet"])
    assert (found.overall.verified.value, math.isnan(found.overall.persona.value)) == (1.0, True)


def test_the_summary_warns_of_what_bends_its_rates(tmp_path: Path) -> None:
    rows = [
        *drawn("math_0001", [True, None]),
        *drawn("math_0001", [True, None], verifier_version="v1", is_truncated=True),
    ]
    told = " ".join(summarise([rows_parquet(tmp_path / "t.parquet", rows)]).warnings)
    for words in (
        "50% of the candidates are ungraded: the rate lies between 50.0% and 100.0%",
        "cut at max_tokens",
        "more than once",
        "2 versions",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("colour = 1", "colour"),
        ("1 = ", "--where"),
        ("true; DROP VIEW all_rows", "--where"),
        ("true) UNION ALL SELECT 1 --", "--where"),
        ("sample_id IN (SELECT content FROM read_text('/etc/hostname'))", "--where"),
    ],
)
def test_a_condition_that_cannot_be_used_is_one_clear_error(tmp_path: Path, where: str, words: str) -> None:
    path = synthetic_parquet(tmp_path / "t.parquet", samples=2, candidates=1)
    with pytest.raises(DataError, match=words) as caught:
        summarise([path], where=where)
    assert "\n" not in str(caught.value)


def test_the_same_table_gives_the_same_summary(tmp_path: Path) -> None:
    path = synthetic_parquet(tmp_path / "t.parquet", samples=300, candidates=8, variants=("control", "calm"))
    first, second = (json.dumps(summarise([path]).as_dict(), sort_keys=True) for _ in range(2))
    assert first == second
