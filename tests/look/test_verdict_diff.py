"""Verdicts that were kept when a verifier changed, against those of the table."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from look.synthetic import rows_parquet
from retake.errors import DataError
from retake.look.inspect import Wishes
from retake.look.verdict_diff import verdict_changes, verdicts_compared


@pytest.fixture
def table(tmp_path: Path) -> Path:
    now: list[bool | None] = [True, True, False, None]
    rows = [{"sample_id": "math_0001", "candidate_idx": i, "is_verified": v} for i, v in enumerate(now)]
    rows.append({"sample_id": "math_0001", "candidate_idx": 0, "is_verified": False, "is_retry": True})
    path = rows_parquet(tmp_path / "g" / "x.parquet", rows)
    old = {
        "sample_id": ["math_0001"] * 4 + ["math_0009"], "variant": ["control"] * 5, "candidate_idx": [0, 1, 2, 3, 0],
        "verifier_name": ["math"] * 5, "is_verified": [True, False, False, True, True], "verification_confidence": [0.9, 0.3, 0.8, 0.7, 0.9],
    }  # fmt: skip
    (tmp_path / "g" / "x" / "verdicts").mkdir(parents=True)
    pq.write_table(pa.table(old), tmp_path / "g" / "x" / "verdicts" / "v1.parquet")
    return path


def test_flips_are_counted_and_listed(table: Path) -> None:
    (found,) = verdict_changes([table])
    assert (found.version, found.current, found.candidates, found.flipped) == ("v1", ("v2",), 4, 2)
    assert found.moves == {"false -> false": 1, "false -> true": 1, "true -> true": 1, "true -> ungraded": 1}
    assert (found.only_before, found.only_now) == (1, 0)
    assert [(f.candidate_idx, f.before, f.now, f.confidence_before) for f in found.flips] == [
        (1, "false", "true", 0.3),
        (3, "true", "ungraded", 0.7),
    ]


@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json"])
def test_every_format_tells_the_flips(table: Path, form: str) -> None:
    text = verdicts_compared([table], [], Wishes(format=form))
    assert "ungraded" in text
    assert "math_0001" in text
    if form == "json":
        assert json.loads(text)[0]["flipped"] == 2


def test_a_version_that_was_not_kept_is_named_with_those_that_were(table: Path) -> None:
    with pytest.raises(DataError, match=r"--verdict-diff v0: not kept .* there are v1"):
        verdict_changes([table], ["v0"])


def test_a_table_without_kept_verdicts_says_so(tmp_path: Path) -> None:
    path = rows_parquet(tmp_path / "y.parquet", [{"sample_id": "math_0001", "is_verified": True}])
    with pytest.raises(DataError, match="no verdicts of another verifier version"):
        verdict_changes([path])


def test_a_file_that_holds_no_verdicts_is_one_clear_error(table: Path) -> None:
    (table.with_suffix("") / "verdicts" / "v1.parquet").write_text("no parquet")
    with pytest.raises(DataError, match=r"v1\.parquet|parquet"):
        verdict_changes([table])
