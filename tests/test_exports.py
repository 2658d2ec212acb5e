"""Exports: training messages, preference pairs, the dataset card, and logs that the real Inspect AI reads."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from look.browsing import hostile
from look.synthetic import synthetic_parquet
from retake.errors import DataError
from retake.merge.exports import Filter, parquet_digest, write_preferences, write_sft
from retake.merge.exports_card import write_dataset_card
from retake.merge.exports_inspect_ai import write_inspect_log
from workspace import ROOT

INSPECT = ROOT / ".venv-inspect" / "bin" / "python"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exports") / "t.parquet"
    variants, splits = ("control", "pressure"), ("math", "tool_calling", "calibration")
    return synthetic_parquet(path, samples=20, candidates=6, variants=variants, splits=splits)


@pytest.fixture(scope="module")
def rows(table: Path) -> list[Row]:
    return pq.read_table(table).to_pylist()


def lines_of(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def is_default(row: Row) -> bool:
    return bool(
        row["is_selected"] and not row["is_retry"] and row["is_verified"]
        and not row["refusal_is_refusal"] and row["quality_is_substantive"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (Filter(), is_default),
        (Filter(variants=("pressure",)), lambda r: is_default(r) and r["variant"] == "pressure"),
        (Filter(personas=("nobody",)), lambda r: False),
        (
            Filter(verified=False, no_refusal=False, substantive=False),
            lambda r: r["is_selected"] and not r["error_type"],
        ),
    ],
    ids=["default", "one variant", "another persona", "everything selected"],
)
def test_sft_holds_the_selected_candidates_that_pass(
    table: Path, rows: list[Row], tmp_path: Path, keep: Filter, expected: Callable[[Row], bool]
) -> None:
    count = write_sft(table, tmp_path / "sft.jsonl", keep=keep)
    lines = lines_of(tmp_path / "sft.jsonl")
    wanted = {(r["sample_id"], r["variant"], r["candidate_idx"]) for r in rows if expected(r) and not r["is_retry"]}
    found = {tuple(line["metadata"][k] for k in ("sample_id", "variant", "candidate_idx")) for line in lines}
    assert found == wanted
    assert count == len(lines) == len(wanted)


def test_messages_are_in_openai_form_and_carry_the_tables_digest(table: Path, tmp_path: Path) -> None:
    write_sft(table, tmp_path / "sft.jsonl")
    for line in lines_of(tmp_path / "sft.jsonl"):
        assert line["messages"][-1]["role"] == "assistant"
        for message in line["messages"]:
            assert message["role"] in ("system", "user", "assistant", "tool")
            assert set(message) <= {"role", "content", "name", "tool_calls", "tool_call_id"}
        assert line["metadata"]["parquet_sha256"] == parquet_digest(table)


def test_a_pair_is_a_right_and_a_wrong_answer_to_the_same_prompt(table: Path, rows: list[Row], tmp_path: Path) -> None:
    by_place = {(r["sample_id"], r["variant"], r["candidate_idx"]): r for r in rows if not r["is_retry"]}
    write_preferences(table, tmp_path / "p.jsonl")
    lines = lines_of(tmp_path / "p.jsonl")
    assert lines
    for line in lines:
        told = line["metadata"]
        chosen = by_place[told["sample_id"], told["variant"], told["candidate_idx"]]
        rejected = by_place[told["sample_id"], told["variant"], told["rejected_idx"]]
        assert chosen["is_verified"] is True
        assert rejected["is_verified"] is False
        assert not chosen["refusal_is_refusal"]
        assert json.loads(chosen["output_messages"])[-1]["content"] == line["chosen"][-1]["content"]
        assert line["chosen"] != line["rejected"]
        assert line["prompt"][-1]["role"] == "user"
        assert told["parquet_sha256"] == parquet_digest(table)


@pytest.mark.parametrize("pairs", [1, 3, 100])
def test_pairs_a_sample_are_limited_and_use_every_candidate_before_one_twice(
    table: Path, tmp_path: Path, pairs: int
) -> None:
    write_preferences(table, tmp_path / "p.jsonl", pairs=pairs)
    places = [(line["metadata"]["sample_id"], line["metadata"]["variant"]) for line in lines_of(tmp_path / "p.jsonl")]
    assert max(Counter(places).values()) <= pairs
    used = [line["metadata"] for line in lines_of(tmp_path / "p.jsonl")]
    both = [(u["sample_id"], u["variant"], u["candidate_idx"], u["rejected_idx"]) for u in used]
    assert len(both) == len(set(both))


def test_every_export_is_the_same_twice_and_for_another_order_of_rows(table: Path, tmp_path: Path) -> None:
    def exported(parquet: Path, folder: Path) -> list[bytes]:
        write_sft(parquet, folder / "sft.jsonl")
        write_preferences(parquet, folder / "p.jsonl")
        write_dataset_card(parquet, folder / "card.md", sft=folder / "sft.jsonl", preferences=folder / "p.jsonl")
        logs = write_inspect_log(parquet, folder / "log")
        files = (folder / "sft.jsonl", folder / "p.jsonl", folder / "card.md", *logs)
        return [path.read_bytes().replace(parquet_digest(parquet).encode(), b"") for path in files]

    first = exported(table, tmp_path / "1")
    assert exported(table, tmp_path / "2") == first
    data = pq.read_table(table)
    turned = tmp_path / "t.parquet"
    pq.write_table(data.take(pa.array(range(data.num_rows - 1, -1, -1))), turned)
    assert exported(turned, tmp_path / "3")[:2] == first[:2]


def test_the_card_counts_its_files_and_names_the_table(table: Path, tmp_path: Path) -> None:
    sft = write_sft(table, tmp_path / "sft.jsonl")
    write_dataset_card(table, tmp_path / "dataset_card.md", sft=tmp_path / "sft.jsonl")
    card = (tmp_path / "dataset_card.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert parquet_digest(table) in card
    assert f"`sft.jsonl`, {sft:,} lines" in card
    assert "data_files: sft.jsonl" in card
    assert "preferences" not in card.split("---")[1]


@pytest.mark.parametrize("write", [write_sft, write_preferences, write_dataset_card, write_inspect_log])
def test_a_missing_table_is_named(tmp_path: Path, write: Callable[[Path, Path], Any]) -> None:
    with pytest.raises(DataError, match=r"none\.parquet"):
        write(tmp_path / "none.parquet", tmp_path / "out")


READ = """
import json, math, sys
from inspect_ai.log import list_eval_logs, read_eval_log, read_eval_log_sample_summaries
told = []
for info in list_eval_logs(sys.argv[1]):
    log = read_eval_log(info)
    head = read_eval_log(info, header_only=True)
    assert len(read_eval_log_sample_summaries(info)) == len(log.samples)
    scores = [s.scores["verifier"].value for s in log.samples if s.scores]
    told.append({
        "task": head.eval.task, "status": head.status, "epochs": head.eval.config.epochs, "digest": head.eval.metadata["parquet_sha256"],
        "samples": len(log.samples), "right": scores.count("C"), "wrong": scores.count("I"),
        "unscored": sum(isinstance(v, float) and math.isnan(v) for v in scores), "errors": sum(s.error is not None for s in log.samples),
        "accuracy": head.results.scores[0].metrics["accuracy"].value, "scored": head.results.scores[0].scored_samples,
        "calls": sum(len(m.tool_calls or []) for s in log.samples for m in s.messages if m.role == "assistant"),
        "results": sum(m.role == "tool" for s in log.samples for m in s.messages),
    })
print(json.dumps(told))
"""


def read_by_inspect(folder: Path) -> dict[str, Row]:
    if not INSPECT.exists():
        pytest.skip("Inspect AI is not installed in .venv-inspect (scripts/inspect_ai.sh)")
    done = subprocess.run([INSPECT, "-c", READ, folder], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return {log["task"]: log for log in json.loads(done.stdout.splitlines()[-1])}


def test_inspect_ai_reads_our_logs_as_we_meant_them(table: Path, rows: list[Row], tmp_path: Path) -> None:
    write_inspect_log(table, tmp_path / "log")
    logs = read_by_inspect(tmp_path / "log")
    assert len(logs) == 2
    for variant in ("control", "pressure"):
        mine = [r for r in rows if r["variant"] == variant and not r["is_retry"]]
        log = logs[f"{mine[0]['experiment']}/{variant}"]
        answered = [r for r in mine if r["error_type"] is None]
        verdicts = Counter(r["is_verified"] for r in answered)
        assert (log["samples"], log["epochs"], log["status"]) == (len(mine), 6, "success")
        assert (log["right"], log["wrong"], log["unscored"]) == (verdicts[True], verdicts[False], verdicts[None])
        assert log["errors"] == len(mine) - len(answered)
        assert log["accuracy"] == pytest.approx(verdicts[True] / (verdicts[True] + verdicts[False]))
        assert log["scored"] == verdicts[True] + verdicts[False]
        assert log["digest"] == parquet_digest(table)
        said = [json.loads(r["output_messages"] or "[]") for r in mine]
        assert log["calls"] == sum(len(m.get("tool_calls") or []) for talk in said for m in talk)
        assert log["results"] == sum(m["role"] == "tool" for talk in said for m in talk)


def test_inspect_ai_reads_hostile_text(tmp_path: Path) -> None:
    plain = synthetic_parquet(tmp_path / "p.parquet", samples=10, candidates=4, splits=("math",), retries=False)
    write_inspect_log(hostile(plain, tmp_path / "h.parquet"), tmp_path / "log")
    assert sum(log["samples"] for log in read_by_inspect(tmp_path / "log").values()) == 40
