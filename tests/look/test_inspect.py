"""inspect_experiment.py as people run it: formats, widths, and one clear message for what cannot be done."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import inspect_experiment
import pytest
from look.synthetic import rows_parquet, synthetic_parquet
from retake.look.inspect import Wishes, inspected
from retake.look.tables import Table, as_markdown, as_text, visible
from workspace import ROOT

HOSTILE = "evil\x1b[2J\x1b]0;title\x07\u202ename [bold red]|<script>alert(1)</script>"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("tables")
    more = {"variants": ("control", "calm"), "splits": ("math", "tool_calling", "calibration"), "candidates": 4}
    return [
        synthetic_parquet(folder / f"{n}.parquet", samples=12, seed=i, experiment=f"x/{n}", **more)
        for i, n in enumerate("ab")
    ]


def run(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = inspect_experiment.main([str(a) for a in arguments])
    return code, *capsys.readouterr()


def test_one_table_shows_all_that_was_asked_of_it(tables: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(tables[0], capsys=capsys)
    assert (code, err) == (0, "")
    for words in (
        "x/a", "claude-sonnet-5", "num_candidates", "Made up for tests", "retries that count in no rate", "Verified", "without cut answers",
        "Best of k", "majority@k", "Which candidate is selected", "any of N", "persona score", "Query coverage", "Tokens, dollars, latency",
        "saved by the cache", "Tool results by source", "executor", "Calibration", "hallucination", "[",
    ):  # fmt: skip
        assert words in out, words


def test_the_script_prints_no_colours_into_a_pipe(tables: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "inspect_experiment.py"), str(tables[0].parent / "*.parquet"), "--flips", "2"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    for words in (
        "Side by side",
        "x/a",
        "x/b",
        "Difference in verified",
        "Flips: x/b against x/a",
        "more samples to settle it",
    ):
        assert words in done.stdout


def test_a_reader_that_stops_reading_is_no_error(tables: list[Path]) -> None:
    command = f"{sys.executable} {ROOT}/scripts/inspect_experiment.py {tables[0]} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_variants_are_compared_inside_a_table(tables: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(tables[0], "--variants", "--by-split", capsys=capsys)
    assert code == 0
    for words in ("calm - control", "Difference in calibration_score", "tool_calling", "detectable"):
        assert words in out


@pytest.mark.parametrize("more", [(), ("--variants",)])
def test_json_is_json_without_nan(
    tables: list[Path], more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(tables[0], "--format", "json", *more, capsys=capsys)
    assert code == 0
    body = json.loads(out, parse_constant=pytest.fail)
    assert ("comparisons" if more else "groups") in body


def test_csv_has_one_row_an_estimate(tables: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(tables[0], "--format", "csv", capsys=capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    whole = {row["metric"]: row for row in rows if not row["split"] and not row["variant"]}
    assert {"verified", "pass@1", "majority@4", "truncated"} <= set(whole)
    assert float(whole["verified"]["low"]) < float(whole["verified"]["value"]) < float(whole["verified"]["high"])
    tools = next(r for r in rows if (r["split"], r["variant"], r["metric"]) == ("tool_calling", "", "majority@1"))
    assert tools["value"] == "NaN"
    _, out, _ = run(*tables, "--format", "csv", capsys=capsys)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {(row["side_a"], row["side_b"]) for row in rows} == {("x/a", "x/b")}
    assert {row["answers"] for row in rows} == {"all", "without_truncated"}


def test_markdown_tables_have_a_rule_under_their_head(tables: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(*tables, "--format", "markdown", capsys=capsys)
    assert "### Side by side\n\n|  | model | samples |" in out
    assert all(line.count("|") >= 2 for line in out.splitlines() if line.startswith("|"))


def test_conditions_and_splits_narrow_what_is_shown(tables: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(tables[0], "--split", "math", "--where", "candidate_idx < 2", "--format", "json", capsys=capsys)
    whole = json.loads(out)["groups"][0]
    assert (whole["samples"], whole["candidates"]) == (24, 48)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(tables: list[Path], width: int) -> None:
    for wishes in (Wishes(width=width), Wishes(width=width, variants=True)):
        assert max(map(len, inspected([tables[0]], wishes).splitlines())) <= width


def test_a_terminal_gets_bold_heads(tables: list[Path]) -> None:
    assert "\x1b[1m" in inspected([tables[0]], Wishes(terminal=True, width=100))


def test_undefined_is_shown_as_nan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(
        rows_parquet(tmp_path / "t.parquet", [{"sample_id": "math_0001", "is_verified": None}]), capsys=capsys
    )
    verified = next(line for line in out.splitlines() if line.startswith("all "))
    assert "NaN" in verified
    assert "0.0% to 100.0%" in verified


def test_hostile_names_cannot_drive_the_terminal_or_end_a_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"sample_id": HOSTILE, "variant": v, "is_verified": v == "control", "model": HOSTILE}
        for v in ("control", HOSTILE)
    ]
    path = rows_parquet(tmp_path / "t.parquet", rows, metadata={"notes": HOSTILE, "experiment": HOSTILE})
    for more in ((), ("--variants",)):
        for form in ("table", "markdown"):
            _, out, _ = run(path, "--format", form, *more, capsys=capsys)
            assert not set(out) & {"\x1b", "\x07", "\u202e"}
    assert visible(HOSTILE).startswith("evil\\x1b[2J\\x1b]0;title\\x07\\u202ename [bold red]")
    assert "<script>" not in as_markdown([Table("t", ("a",), ((HOSTILE,),))])
    assert "[bold red]" in as_text([Table("t", ("a",), ((HOSTILE,),))])


def test_a_formula_of_a_spreadsheet_is_quoted_in_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"sample_id": "math_0001", "variant": v, "is_verified": True} for v in ("control", "=HYPERLINK(1)")]
    _, out, _ = run(rows_parquet(tmp_path / "t.parquet", rows), "--format", "csv", capsys=capsys)
    assert "'=HYPERLINK(1)" in out
    assert ",=HYPERLINK" not in out


def test_conversations_that_are_not_shown_are_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow.parquet as pq

    path = synthetic_parquet(tmp_path / "t.parquet", samples=10, candidates=2)
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunks = [group.column(i) for i in range(group.num_columns)]
    data = bytearray(path.read_bytes())
    for chunk in (
        c for c in chunks if c.path_in_schema in ("input_messages", "output_messages", "answer", "reasoning")
    ):
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        data[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(data)
    assert run(path, capsys=capsys)[0] == 0
    code, out, err = run(path, "--where", "answer LIKE '%x%'", capsys=capsys)
    assert (code, out) == (2, "")
    assert str(path) in err


def test_what_cannot_be_done_is_one_message_and_exit_2(
    tables: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "text.parquet").write_text("no parquet at all")
    (tmp_path / "cut.parquet").write_bytes(tables[0].read_bytes()[:5000])
    pq.write_table(pa.table({"colour": ["red"]}), tmp_path / "other.parquet")
    cases: list[tuple[list[object], str]] = [
        ([tmp_path / "none.parquet"], "no such file; `snakemake"),
        ([tmp_path / "none_*.parquet"], "no file matches"),
        ([tmp_path], "a folder; name its parquet files"),
        ([tmp_path / "text.parquet"], "not a parquet file"),
        ([tmp_path / "cut.parquet"], "not a parquet file"),
        ([tmp_path / "other.parquet"], "not a table of retake, it has no column sample_id"),
        ([tables[0], "--where", "colour = 'red'"], "colour"),
        ([tables[0], "--where", "this is no sql"], "--where"),
        ([tables[0], "--variants", "--baseline", "clam"], "no such variant; there are control, calm"),
        ([*tables, "--metric", "verifed"], "no such metric; there are verified"),
        ([tables[0], "--verdict-diff"], "no verdicts of another verifier version"),
    ]
    for arguments, words in cases:
        code, out, err = run(*arguments, capsys=capsys)
        assert (code, out, err.count("\n")) == (2, "", 1), arguments
        assert words in err
        assert "Traceback" not in err


def test_two_tables_without_a_common_query_are_told_so_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [
        synthetic_parquet(tmp_path / f"{v}.parquet", samples=3, candidates=1, variants=(v,), experiment=f"x/{v}")
        for v in ("calm", "anxiety")
    ]
    code, out, err = run(*paths, capsys=capsys)
    assert (code, err) == (0, "")
    words = " ".join(out.split())
    assert "verified, x/anxiety against x/calm" in words
    assert "no query in common" in words
    assert "Difference in" not in out
