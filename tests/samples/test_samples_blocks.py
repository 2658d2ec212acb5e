"""Sources, selection and blocks: what is read, in which order, and what bad data gets."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from retake.errors import DamagedFile, DataError
from retake.experiment.model import Experiment
from retake.samples.blocks import dataset_id, read_block, read_sample, samples_of, source_files, write_block
from retake.samples.datasets import NEMOTRON_V1, NEMOTRON_V2, stand_ins
from retake.samples.sample import Sample
from workspace import ROOT, shared_data


def experiment(dataset: str, *splits: str, **keys: Any) -> Experiment:
    return Experiment(dataset=dataset, splits=splits or ("math",), generator="local", **keys)


def lines(count: int, **more: Any) -> str:
    return "".join(
        json.dumps({"problem": f"What is {n} + 1?", "answer": str(n + 1), **more}) + "\n" for n in range(count)
    )


def samples(asked: Experiment, root: Path, *, split: str = "math", blocks: int = 1) -> list[Sample]:
    read = []
    for block in range(blocks):
        out = root / f"out/{dataset_id(asked, split)}/{block}.jsonl"
        write_block(asked, split, block, out, root=root)
        read += read_block(out).values()
    return read


def test_blocks_hold_a_hundred_rows_and_never_depend_on_how_many_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(lines(250))
    few, many = (experiment("d.jsonl", random_seed=7, max_queries=n) for n in (10, 250))
    assert dataset_id(few, "math") == dataset_id(many, "math")
    first = (tmp_path / "few.jsonl", tmp_path / "many.jsonl")
    write_block(few, "math", 0, first[0], root=tmp_path)
    read = samples(many, tmp_path, blocks=3)
    write_block(many, "math", 0, first[1], root=tmp_path)
    assert first[0].read_bytes() == first[1].read_bytes()
    assert [s.position for s in read] == list(range(1, 251))
    assert len({s.query_id for s in read}) == 250
    assert samples_of(few) == [f"math_{n:04d}" for n in range(1, 11)]
    assert samples_of(experiment("d.jsonl", offset=3, max_queries=2)) == ["math_0004", "math_0005"]


@pytest.mark.parametrize(
    "change", [{"random_seed": 8}, {"min_query_chars": 9}, {"revision": "x"}, {"split_datasets": {"math": "e.jsonl"}}]
)
def test_a_dataset_id_is_made_of_what_chooses_rows(change: dict[str, Any]) -> None:
    base = experiment("owner/name", random_seed=7)
    assert dataset_id(base, "math") != dataset_id(base.model_copy(update=change), "math")
    assert dataset_id(base, "math") == dataset_id(
        base.model_copy(update={"num_candidates": 9, "streaming": False}), "math"
    )


@pytest.mark.parametrize(
    "name", ["a/b", "../x/d.jsonl", "/tmp/secret place/d.jsonl", "embedded:sums", "ä/ö", "~/d.parquet"]
)
def test_a_dataset_id_is_safe_in_a_path(name: str) -> None:
    told = dataset_id(experiment(name), "math")
    assert told.replace("-", "").replace("_", "").isascii()
    assert "/" not in told
    assert "secret" not in told


def test_a_seed_shuffles_and_the_same_seed_shuffles_alike(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(lines(60))
    plain, seven, eight = (
        [s.source_index for s in samples(experiment("d.jsonl", random_seed=seed), tmp_path)] for seed in (None, 7, 8)
    )
    assert plain == list(range(60))
    assert sorted(seven) == sorted(eight) == plain
    assert len({tuple(plain), tuple(seven), tuple(eight)}) == 3
    again = subprocess.run(
        [sys.executable, "-c", _AGAIN, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "scripts",
        timeout=120,
    )
    assert json.loads(again.stdout) == seven


_AGAIN = """
import json, sys
from pathlib import Path
from retake.experiment.model import Experiment
from retake.samples.blocks import write_block
root = Path(sys.argv[1])
asked = Experiment(dataset="d.jsonl", splits=["math"], generator="local", random_seed=7)
write_block(asked, "math", 0, root / "again.jsonl", root=root)
print(json.dumps([json.loads(line)["source_index"] for line in (root / "again.jsonl").open()]))
"""


def test_a_seed_selects_gsm8k_rows(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_bytes(shared_data("gsm8k/test.jsonl").read_bytes())
    read = samples(experiment("test.jsonl", "gsm8k", random_seed=42), tmp_path, split="gsm8k", blocks=14)
    assert len(read) == 1319
    assert len({s.source_index for s in read}) == 1319
    # These rows are promised for ever: another order would ask, and pay for, other questions.
    assert [s.source_index for s in read[:4]] == [547, 592, 711, 75]
    assert all(s.ground_truth_source == "dataset" for s in read)


def test_a_question_counts_once_whatever_surrounds_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = ["What is 2 + 2?", "  What is 2 + 2? ", "Hm?", "What is 3 + 3?"]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps({"problem": p}) + "\n" for p in rows))
    with caplog.at_level(logging.INFO, logger="retake.samples"):
        read = samples(experiment("d.jsonl"), tmp_path)
    assert [s.source_index for s in read] == [0, 3]
    assert "1 too short, 1 repeated" in caplog.text


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
def test_every_kind_of_file_gives_the_same_samples(tmp_path: Path, suffix: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / f"folder/math{suffix}"
    path.parent.mkdir()
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([json.loads(line) for line in lines(5).splitlines()]), path)
    else:
        with (gzip.open if suffix.endswith(".gz") else open)(path, "wb") as file:
            file.write(lines(5).encode())
    for dataset in ("folder", f"folder/math{suffix}"):
        read = samples(experiment(dataset), tmp_path)
        assert [(s.question, s.ground_truth) for s in read] == [(f"What is {n} + 1?", str(n + 1)) for n in range(5)]
        assert len(read[0].source_revision or "") == 64
        assert source_files(experiment(dataset), "math", tmp_path) == [f"folder/math{suffix}"]


def test_parquet_cells_that_json_cannot_say_are_written_as_text(tmp_path: Path) -> None:
    import datetime
    import decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {
        "problem": "What is it?",
        "when": datetime.date(2026, 1, 2),
        "cost": decimal.Decimal("1.5"),
        "x": float("nan"),
        "b": b"\xff",
    }
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "d.parquet")
    [read] = samples(experiment("d.parquet"), tmp_path)
    assert read.source_metadata == {"when": "2026-01-02", "cost": "1.5", "b": "ff"}


def test_strange_text_survives_a_block(tmp_path: Path) -> None:
    question = "What is\u2028this \u0085 \x1c and \ud83d half a pair?"
    (tmp_path / "d.jsonl").write_text(json.dumps({"problem": question, "answer": "x"}) + "\n" + lines(1))
    asked = experiment("d.jsonl", random_seed=1)
    write_block(asked, "math", 0, tmp_path / "0.jsonl", root=tmp_path)
    read = [read_sample(tmp_path / "0.jsonl", f"math_000{n}") for n in (1, 2)]
    assert question in [sample.question for sample in read]


def test_one_file_for_several_splits_needs_marked_rows(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(lines(2, split="math") + lines(3, split="stem"))
    assert len(samples(experiment("d.jsonl", "math", "stem"), tmp_path, split="stem")) == 3
    (tmp_path / "d.jsonl").write_text(lines(2))
    with pytest.raises(DataError, match="cell `split`"):
        samples(experiment("d.jsonl", "math", "stem"), tmp_path, split="stem")


BROKEN_FILES: dict[str, tuple[str, bytes, str]] = {
    "no JSON": ("d.jsonl", b'{"problem": "What?"}\nnot json\n', "line 2"),
    "half a line": ("d.jsonl", b'{"problem": "What', "line 1"),
    "a list": ("d.jsonl", b"[1, 2]\n", "one JSON object"),
    "NaN": ("d.jsonl", b'{"problem": "What is it?", "x": NaN}\n', "NaN"),
    "not UTF-8": ("d.jsonl", b'{"problem": "caf\xe9 au lait?"}\n', "UTF-8"),
    "deep nesting": ("d.jsonl", b'{"problem": ' + b"[" * 100_000 + b"\n", "line 1"),
    "no question": ("d.jsonl", b'{"text": "What?"}\n', "text"),
    "an empty question": ("d.jsonl", b'{"problem": "What is it?"}\n{"problem": " "}\n', "row 2 has no question"),
    "a null question": ("d.jsonl", b'{"problem": null}\n', "row 1 has no question"),
    "an empty file": ("d.jsonl", b"", "0 usable rows"),
    "only short questions": ("d.jsonl", b'{"problem": "Hm?"}\n', "min_query_chars"),
    "no gzip": ("d.jsonl.gz", b'{"problem": "What is it?"}\n', "gzip"),
    "half a gzip": ("d.jsonl.gz", gzip.compress(lines(50).encode())[:100], "gzip"),
    "no parquet": ("d.parquet", b"PAR1 nothing PAR1", "parquet"),
    "an empty parquet": ("d.parquet", b"", "parquet"),
}


@pytest.mark.parametrize(("name", "data", "told"), BROKEN_FILES.values(), ids=BROKEN_FILES.keys())
def test_bad_data_gets_one_clear_error(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    for _ in range(2):
        with pytest.raises(DataError) as caught:
            write_block(experiment(name), "math", 0, tmp_path / "0.jsonl", root=tmp_path)
        assert told in str(caught.value)
        assert name in str(caught.value)
    assert not (tmp_path / "0.jsonl").exists()


@pytest.mark.parametrize(
    ("dataset", "split", "told"),
    [
        ("d.jsonl", "math", "no such file"),
        ("./folder", "math", "no such folder"),
        ("/nowhere/at/all", "math", "no such folder"),
        ("embedded:sum", "math", "sums"),
        ("embedded:sums", "code", "it has: math"),
        (NEMOTRON_V1, "code", NEMOTRON_V2),
        (NEMOTRON_V2, "mth", "chat, code, math"),
        ("openai/gsm8k", "math", "gsm8k"),
    ],
)
def test_a_dataset_or_split_that_is_not_there_is_an_error_while_the_plan_is_made(
    dataset: str, split: str, told: str
) -> None:
    with pytest.raises(DataError) as caught:
        source_files(experiment(dataset, split), split, ROOT)
    assert told in str(caught.value)


def test_nemotron_tool_calling_is_read_from_v1_and_said() -> None:
    asked = experiment(NEMOTRON_V2, "math", "tool_calling")
    assert source_files(asked, "tool_calling", ROOT) == []
    assert dataset_id(asked, "tool_calling") == dataset_id(experiment(NEMOTRON_V1, "tool_calling"), "tool_calling")
    assert stand_ins(asked) == [f"tool_calling is read from {NEMOTRON_V1}: {NEMOTRON_V2} has no such split."]
    own = experiment(NEMOTRON_V2, "tool_calling", split_datasets={"tool_calling": "embedded:basics"})
    assert source_files(own, "tool_calling", ROOT) == ["config/data/basics/tool_calling.jsonl"]
    assert stand_ins(own) == []


def test_too_few_rows_are_told_with_the_number_and_the_key(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(lines(120))
    asked = experiment("d.jsonl", max_queries=300)
    write_block(asked, "math", 1, tmp_path / "1.jsonl", root=tmp_path)
    assert read_sample(tmp_path / "1.jsonl", "math_0120").ground_truth == "120"
    with pytest.raises(DataError, match=r"d\.jsonl.* has 120 usable rows, and row 121 is wanted\. Lower max_queries"):
        read_sample(tmp_path / "1.jsonl", "math_0121")
    with pytest.raises(DataError, match="has 120 usable rows, and row 201 is wanted"):
        write_block(asked, "math", 2, tmp_path / "2.jsonl", root=tmp_path)


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    import os

    (tmp_path / "d.jsonl").write_text(lines(3))
    asked = experiment("d.jsonl")
    before = samples(asked, tmp_path)
    (tmp_path / "d.jsonl").write_text(lines(4))
    os.utime(tmp_path / "d.jsonl", ns=(1, 1))
    after = samples(asked, tmp_path)
    assert (len(before), len(after)) == (3, 4)
    assert before[0].query_id == after[0].query_id
    assert before[0].source_revision != after[0].source_revision


def test_blocks_may_be_asked_for_from_several_threads_and_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(lines(1000))
    asked = experiment("d.jsonl", random_seed=3, max_queries=1000)
    order = [7, 0, 9, 3, 1, 8, 2, 6, 4, 5]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda b: write_block(asked, "math", b, tmp_path / f"{b}.jsonl", root=tmp_path), order))
    positions = [json.loads(line)["position"] for b in range(10) for line in (tmp_path / f"{b}.jsonl").open()]
    assert positions == list(range(1, 1001))


@pytest.mark.parametrize("text", ["{", '{"split": "math"}\n', "[]\n"])
def test_a_damaged_block_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "0.jsonl").write_text(text)
    with pytest.raises(DamagedFile, match=r"0\.jsonl, line 1"):
        read_sample(tmp_path / "0.jsonl", "math_0001")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_block_cut_short_anywhere_is_damaged(tmp_path: Path, share: float) -> None:
    (tmp_path / "d.jsonl").write_text(lines(30))
    block = tmp_path / "0.jsonl"
    write_block(experiment("d.jsonl"), "math", 0, block, root=tmp_path)
    whole = block.read_bytes()
    at = int(len(whole) * share)
    for cut in (at, whole.find(b"\n", at) + 1 if share < 0.9 else at):
        block.write_bytes(whole[:cut])
        with pytest.raises(DamagedFile, match=r"0\.jsonl"):
            read_block(block)


@pytest.mark.parametrize("nth", [3, 500, 2_000])
def test_a_flipped_bit_in_a_block_is_noticed(tmp_path: Path, nth: int) -> None:
    (tmp_path / "d.jsonl").write_text(lines(30))
    block = tmp_path / "0.jsonl"
    write_block(experiment("d.jsonl"), "math", 0, block, root=tmp_path)
    data = bytearray(block.read_bytes())
    data[nth] ^= 1
    block.write_bytes(bytes(data))
    with pytest.raises(DamagedFile, match=r"0\.jsonl"):
        read_block(block)


def test_no_path_of_this_machine_gets_into_samples(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(lines(1))
    [read] = samples(experiment(str(tmp_path / "d.jsonl")), tmp_path)
    assert read.source_dataset == "d.jsonl"


def test_reasoning_gym_makes_rows_from_the_seed(tmp_path: Path) -> None:
    pytest.importorskip("reasoning_gym", reason="the optional package reasoning-gym is not installed")
    one, two = (samples(experiment("reasoning_gym:chain_sum", random_seed=s), tmp_path) for s in (1, 2))
    assert len(one) == len(two) == 100
    assert one[0].question != two[0].question
    assert all(sample.ground_truth for sample in one)
    with pytest.raises(DataError, match="Did you mean chain_sum"):
        samples(experiment("reasoning_gym:chain_sums"), tmp_path)
