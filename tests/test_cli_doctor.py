"""The doctor, and damage: every kind of file, every kind of damage, and a table that is the same byte for byte afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from retake.files import read_sealed, write_sealed
from servers.provider import FakeProvider
from workspace import Workspace

TABLE = "results/test/both.parquet"
FOLDER = "results/test/both"
RAW = f"{FOLDER}/raw/control/math_0002/1.json"
TRACE = f"{FOLDER}/trace/control/tool_calling_0001/0.json"
VERDICT = f"{FOLDER}/verification/control/math_0001/0.json"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, server: FakeProvider) -> Workspace:
    """A workspace whose experiment, mathematics and tools with 2 candidates, has been built."""
    place = Workspace(tmp_path_factory.mktemp("built") / "project", url=server.url)
    place.experiment(
        "test/both",
        dataset="embedded:basics",
        splits=["math", "tool_calling"],
        max_queries=2,
        judge={"model": "gpt-4.1-nano"},
    )
    place.build(TABLE)
    return place


@pytest.fixture
def place(built: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the built workspace, to be damaged."""
    copy = Workspace.__new__(Workspace)
    copy.folder, copy.env = tmp_path / "project", built.env
    shutil.copytree(built.folder, copy.folder, symlinks=True)
    return copy


def doctor(place: Workspace, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the doctor's exit status and findings."""
    done = place.script("doctor.py", *arguments, "--json", check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


def kinds(findings: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(finding["path"], finding["kind"]) for finding in findings]


def contents(place: Workspace) -> dict[str, bytes]:
    """Return every file under results/ and .retake, by path."""
    tops = (place.path("results"), place.path(".retake"))
    files = sorted(file for top in tops for file in top.rglob("*") if file.is_file())
    return {file.relative_to(place.folder).as_posix(): file.read_bytes() for file in files}


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "emptied":
        path.write_bytes(b"")
    elif how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    else:
        at = inside_a_page(path) if path.suffix == ".parquet" else len(data) // 3
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def inside_a_page(path: Path) -> int:
    """Return the place of a byte of a table's content: its largest column's last page ends there."""
    group = pq.ParquetFile(path).metadata.row_group(0)
    column = max((group.column(n) for n in range(group.num_columns)), key=lambda chunk: chunk.total_compressed_size)
    return (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 8


def some(place: Workspace, pattern: str) -> str:
    return min(path.relative_to(place.folder).as_posix() for path in place.folder.glob(pattern))


FILES = {
    "raw": RAW,
    "trace": TRACE,
    "verification": VERDICT,
    "block": "results/datasets/*/math/0.jsonl",
    "call": ".retake/calls/*/*.json",
    "table": TABLE,
    "metadata": f"{FOLDER}/metadata.json",
}


def test_nothing_is_wrong_with_a_fresh_experiment_and_nothing_is_changed(place: Workspace) -> None:
    before = contents(place)
    done = place.script("doctor.py")
    assert done.stdout == "Nothing is wrong.\n"
    assert contents(place) == before


@pytest.mark.parametrize("how", ["truncated", "emptied", "flipped"])
def test_every_kind_of_file_is_found_damaged_and_made_again(place: Workspace, server: FakeProvider, how: str) -> None:
    """All kinds at once: found, named, left alone, then set aside, and one run makes the same table from the call store."""
    table, asked = place.path(TABLE).read_bytes(), server.counts()["asked"]
    metadata = place.path(FILES["metadata"]).read_bytes()
    hurt = {kind: some(place, pattern) for kind, pattern in FILES.items()}
    for kind, path in hurt.items():
        if kind != "metadata" or how != "flipped":
            damage(place.path(path), how)
    if how == "flipped":
        del hurt["metadata"]
    before = contents(place)
    status, findings = doctor(place)
    assert status == 1
    assert [path for path, kind in kinds(findings) if kind == "damaged"] == sorted(hurt.values())
    assert contents(place) == before
    mended = place.script("doctor.py", "--mend")
    assert f"snakemake {TABLE}" in mended.stdout
    assert not any(place.path(path).exists() for kind, path in hurt.items() if kind != "call")
    assert all(place.path(f".retake/damaged/{path}").exists() for path in hurt.values())
    place.build(TABLE)
    assert place.path(TABLE).read_bytes() == table
    assert place.path(FILES["metadata"]).read_bytes() == metadata
    assert doctor(place) == (0, [])
    assert place.plan(TABLE) == {}
    assert server.counts()["asked"] - asked <= 1


@pytest.mark.parametrize("kind", ["raw", "trace", "verification", "block"])
def test_a_job_that_meets_damage_names_it_and_the_next_run_makes_it_again(
    place: Workspace, server: FakeProvider, kind: str
) -> None:
    table, asked = place.path(TABLE).read_bytes(), server.counts()["asked"]
    hurt = some(place, FILES[kind])
    damage(place.path(hurt), "truncated")
    place.path(TABLE).unlink()
    first = place.snakemake(TABLE, check=False)
    said = first.stdout + first.stderr
    assert first.returncode != 0
    assert hurt in said
    assert "same command again" in said
    assert "Traceback" not in said
    assert place.path(f".retake/damaged/{hurt}").exists()
    place.build(TABLE)
    assert place.path(TABLE).read_bytes() == table
    assert place.plan(TABLE) == {}
    assert server.counts()["asked"] == asked


def test_a_damaged_table_is_named_by_the_job_that_reads_it_and_merged_again(place: Workspace) -> None:
    table, index = place.path(TABLE).read_bytes(), f"{FOLDER}/trajectories/index.json"
    damage(place.path(TABLE), "truncated")
    first = place.snakemake(index, check=False)
    said = first.stdout + first.stderr
    assert first.returncode != 0
    assert f"{TABLE}: damaged" in said
    assert "Traceback" not in said
    place.build(index)
    assert place.path(TABLE).read_bytes() == table


def test_a_damaged_call_comes_back_from_its_raw_generation(place: Workspace, server: FakeProvider) -> None:
    digest = place.body(RAW)["request_digest"]
    call = place.path(f".retake/calls/{digest[:2]}/{digest}.json")
    whole, asked = call.read_bytes(), server.counts()["asked"]
    damage(call, "flipped")
    assert kinds(doctor(place)[1]) == [(call.relative_to(place.folder).as_posix(), "damaged")]
    place.script("doctor.py", "--mend")
    assert call.read_bytes() == whole
    place.path(RAW).unlink()
    place.build(TABLE)
    assert server.counts()["asked"] == asked


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none", "gzip"])
def test_rows_that_stand_twice_are_duplicates_however_the_table_was_written(place: Workspace, compression: str) -> None:
    table = pq.read_table(place.path(TABLE))
    twice = pa.concat_tables([table, table.slice(1, 2)])
    pq.write_table(twice, place.path(TABLE), compression=compression)
    status, findings = doctor(place)
    assert (status, kinds(findings)) == (1, [(TABLE, "duplicate")])
    assert "2 row(s)" in findings[0]["detail"]


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_a_table_that_was_only_written_again_is_sound(place: Workspace, compression: str) -> None:
    table = pq.read_table(place.path(TABLE))
    pq.write_table(table.replace_schema_metadata(None), place.path(TABLE), compression=compression, row_group_size=3)
    assert doctor(place) == (0, [])


def test_a_table_that_says_something_else_than_its_files_is_mixed(place: Workspace) -> None:
    table = pq.read_table(place.path(TABLE))
    answers = ["Something else.", *table["answer"].to_pylist()[1:]]
    at = table.schema.get_field_index("answer")
    pq.write_table(table.set_column(at, "answer", pa.array(answers, pa.string())), place.path(TABLE))
    status, findings = doctor(place)
    assert (status, kinds(findings)) == (1, [(TABLE, "mixed")])
    assert "control/math_0001/0" in findings[0]["detail"]


def test_files_that_contradict_each_other_are_mixed(place: Workspace) -> None:
    """A sound raw generation in the place of another, a verdict on another answer, one answer for two candidates."""
    first, second = (
        place.path(f"{FOLDER}/raw/control/math_0001/0.json"),
        place.path(f"{FOLDER}/raw/control/math_0001/1.json"),
    )
    write_sealed(second, {**read_sealed(first), "candidate_idx": 1})
    shutil.copy(place.path(f"{FOLDER}/raw/control/math_0002/0.json"), place.path(RAW))
    found = set(kinds(doctor(place)[1]))
    assert (f"{FOLDER}/raw/control/math_0001/1.json", "duplicate") in found
    assert (f"{FOLDER}/verification/control/math_0001/1.json", "mixed") in found
    assert (RAW, "damaged") in found
    table = place.path(TABLE).read_bytes()
    place.script("doctor.py", "--mend")
    place.build(TABLE)
    assert place.path(TABLE).read_bytes() == table
    assert doctor(place) == (0, [])


def test_orphans_leftovers_and_stale_candidates_are_told_apart(place: Workspace) -> None:
    orphan = f"{FOLDER}/raw/control/math_0009/0.json"
    body = read_sealed(place.path(RAW))
    write_sealed(place.path(orphan), {**body, "sample_id": "math_0009", "candidate_idx": 0})
    leftover = f"{FOLDER}/raw/control/math_0001/.0.json.abc.tmp"
    place.write(leftover, "half")
    place.write("results/gone/old/raw/control/math_0001/0.json", "{}")
    findings = kinds(doctor(place)[1])
    assert findings == [
        ("results/gone/old", "orphan"),
        ("results/gone/old/raw/control/math_0001/0.json", "damaged"),
        (leftover, "leftover"),
        (orphan, "orphan"),
    ]
    assert kinds(doctor(place, FOLDER)[1]) == [(leftover, "leftover"), (orphan, "orphan")]
    place.script("doctor.py", "--mend", "--orphans", check=False)
    assert kinds(doctor(place)[1]) == [("results/gone/old", "orphan")]
    place.run("rm", "-r", "results/gone")
    place.write("personas/marvin_flexible.txt", "You are Marvin, and tired.\n")
    stale = doctor(place, "--config", "temperature=0.3")[1]
    assert {kind for _, kind in kinds(stale)} == {"stale"}
    assert {path for path, _ in kinds(stale)} == {
        f"{FOLDER}/raw/control/{s}_000{n}/{k}.json" for s in ("math", "tool_calling") for n in (1, 2) for k in (0, 1)
    }
    assert "temperature" in stale[0]["detail"]


def test_the_order_is_the_same_every_time_and_a_wrong_place_is_one_line(place: Workspace) -> None:
    for file in (RAW, TRACE, VERDICT):
        damage(place.path(file), "truncated")
    first, second = (place.script("doctor.py", check=False).stdout for _ in range(2))
    assert first == second
    assert "python scripts/doctor.py --mend" in first
    assert f"snakemake {TABLE}" in first
    for wrong in ("results/test/bot", "scripts", "/etc"):
        done = place.script("doctor.py", wrong, check=False)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
