"""Broken command lines and broken experiments through the programs of scripts/: one error that helps, and nothing written."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from experiment.test_experiment_load import BROKEN
from look.synthetic import synthetic_parquet
from workspace import ROOT

LINES: dict[str, tuple[str, list[str]]] = {
    "plan: a misspelt experiment": ("plan results/demo/first_take.parquet", ["results/demo/first_takes.parquet"]),
    "plan: a sample too many": ("plan results/demo/first_takes/raw/control/math_9999/0.json", ["math_9999", "Change the path"]),
    "plan: a path that climbs": ("plan results/../../x.parquet", ["allowed"]),
    "plan: half a setting": ("plan --config nothing", ["--config", "KEY=VALUE"]),
    "plan: a misspelt setting": ("plan demo/first_takes --config max_querys=3", ["--config", "max_queries"]),
    "plan: a setting of a wrong type": ("plan demo/first_takes --config max_queries=many", ["--config", "whole number"]),
    "plan: an unknown option": ("plan --bogus", ["--bogus"]),
    "show: no sample": ("show a.parquet", ["sample"]),
    "show: no such table": ("show none.parquet math_0001", ["none.parquet", "snakemake"]),
    "show: no table at all": ("show bad.parquet math_0001", ["bad.parquet", "not a parquet"]),
    "show: an empty table": ("show empty.parquet math_0001", ["empty.parquet", "0 bytes"]),
    "show: somebody else's table": ("show foreign.parquet math_0001", ["foreign.parquet", "no column"]),
    "show: no such sample": ("show a.parquet math_9999", ["math_9999", "math_0001"]),
    "show: no such candidate": ("show a.parquet math_0001 --candidate 99", ["99", "0, 1"]),
    "show: no such variant": ("show a.parquet math_0001 --variant calm", ["calm", "control"]),
    "show: no such format": ("show a.parquet math_0001 --format yaml", ["--format", "json"]),
    "inspect: nothing": ("inspect_experiment", ["parquet"]),
    "inspect: no such table": ("inspect_experiment none.parquet", ["none.parquet", "snakemake"]),
    "inspect: a glob without a match": ("inspect_experiment results/*.parquet", ["results/*.parquet", "no file"]),
    "inspect: no table at all": ("inspect_experiment config/config.yaml", ["config.yaml", "not a parquet"]),
    "inspect: somebody else's table": ("inspect_experiment foreign.parquet", ["foreign.parquet", "no column"]),
    "inspect: a folder": ("inspect_experiment experiments", ["a folder", "parquet"]),
    "inspect: a condition on no column": ("inspect_experiment a.parquet --where nonsense", ["--where", "nonsense"]),
    "inspect: two conditions": ("inspect_experiment a.parquet --where 1;drop", ["--where"]),
    "inspect: no such split": ("inspect_experiment a.parquet --split chess", ["chess", "math"]),
    "inspect: no such baseline": ("inspect_experiment a.parquet --variants --baseline calm", ["calm", "control"]),
    "inspect: one variant": ("inspect_experiment a.parquet --variants", ["1 variant", "two are needed"]),
    "inspect: a metric of one table": ("inspect_experiment a.parquet --metric verified", ["--metric", "--variants"]),
    "inspect: no such metric": ("inspect_experiment a.parquet b.parquet --metric luck", ["luck", "verified"]),
    "inspect: no such format": ("inspect_experiment a.parquet --format yaml", ["--format", "markdown"]),
    "inspect: flips in words": ("inspect_experiment a.parquet --flips many", ["--flips", "int"]),
    "inspect: no such version": ("inspect_experiment a.parquet --verdict-diff 9.9", ["verdicts"]),
    "doctor: nowhere": ("doctor nowhere", ["nowhere", "results"]),
    "doctor: elsewhere": ("doctor /etc", ["/etc", "project"]),
    "doctor: an unknown option": ("doctor --bogus", ["--bogus"]),
    "forget: nothing": ("forget", ["paths"]),
    "forget: nowhere": ("forget nowhere", ["nowhere", "raw"]),
    "forget: elsewhere": ("forget ../..", ["../..", "outside results/"]),
    "forget: no candidate": ("forget config/config.yaml", ["outside results/"]),
    "new: half a name": ("new_experiment demo", ["demo", "<group>/<name>"]),
    "new: a name that climbs": ("new_experiment ../../x", ["<group>/<name>"]),
    "new: an absolute name": ("new_experiment /abs/x", ["<group>/<name>"]),
    "new: a name that is taken": ("new_experiment demo/first_takes", ["another name"]),
    "new: no such template": ("new_experiment mine/x --template demo/nothing", ["demo/nothing", "Did you mean"]),
    "new: samples in words": ("new_experiment mine/x --max-queries many", ["max_queries", "whole number"]),
    "new: no samples": ("new_experiment mine/x --max-queries 0", ["max_queries", "at least 1"]),
    "new: an option without its value": ("new_experiment mine/x --splits", ["--splits"]),
    "new: an unknown option": ("new_experiment mine/x --bogus 3", ["--bogus"]),
    "new: a misspelt generator": ("new_experiment mine/x --generator clade", ["generator", "claude"]),
    "new: no such persona": ("new_experiment mine/x --persona personas/nobody.txt", ["persona", "Did you mean"]),
    "new: no such variant": ("new_experiment mine/x --variants nobody", ["variants", "control"]),
    "judge: no rows": ("check_judge demo/first_takes none.jsonl", ["none.jsonl", "task, question"]),
    "judge: no such file": ("check_judge demo/first_takes nowhere.jsonl", ["nowhere.jsonl", ".jsonl"]),
    "judge: a row that is cut": ("check_judge demo/first_takes broken.jsonl", ["broken.jsonl, line 1"]),
    "judge: missing columns": ("check_judge demo/first_takes rows.jsonl", ["rows.jsonl, line 1", "task, question"]),
    "judge: rows that are no text": ("check_judge demo/first_takes bad.parquet", ["bad.parquet"]),
    "judge: a seed in words": ("check_judge demo/first_takes rows.jsonl --seed x", ["--seed"]),
    "answer: no such experiment": ("answer --experiment demo/nothing --worker 1", ["demo/nothing", "Did you mean"]),
    "answer: a worker in words": ("answer --experiment demo/first_takes --worker x", ["--worker"]),
    "answer: half a setting": ("answer --experiment demo/first_takes --worker 1 --config nothing", ["KEY=VALUE"]),
    "answer: no experiment": ("answer --worker 1", ["--experiment"]),
    "browse: nowhere": ("browse nowhere", ["nowhere"]),
    "browse: no port": ("browse a.parquet --port 99999999", ["--port 99999999", "0 for a free one"]),
    "browse: a port in words": ("browse a.parquet --port x", ["--port"]),
    "browse: somebody else's table": ("browse foreign.parquet", ["foreign.parquet"]),
    "browse: no table at all": ("browse bad.parquet", ["bad.parquet"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("command_lines") / "project"
    for name in ("config", "personas", "variants", "experiments"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "Snakefile", folder / "Snakefile")
    for name in "ab":
        synthetic_parquet(folder / f"{name}.parquet", samples=3, candidates=2, experiment=f"x/{name}")
    pq.write_table(pa.table({"x": [1, 2]}), folder / "foreign.parquet")
    files = {"bad.parquet": b"PAR1 \xff\xfe", "empty.parquet": b"", "none.jsonl": b"", "broken.jsonl": b'{"a":\n'}
    for name, data in {**files, "rows.jsonl": b'{"no": 1}\n'}.items():
        (folder / name).write_bytes(data)
    with contextlib.chdir(folder):
        yield folder


def listed(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


def said_by(line: str) -> tuple[int, str]:
    """Run a program of scripts/ in this process; return its exit status and what it said on standard error."""
    name, *arguments = line.split()
    error = io.StringIO()
    with contextlib.redirect_stderr(error):
        try:
            status = importlib.import_module(f"retake.commands.{name}").main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return status, error.getvalue()


@pytest.mark.parametrize("name", LINES)
def test_a_mistake_on_the_command_line_is_one_error_that_helps(folder: Path, name: str) -> None:
    line, told = LINES[name]
    before = listed(folder)
    status, said = said_by(line)
    assert status == 2, said
    assert [word for word in told if word not in said] == [], said
    *usage, last = said.strip().splitlines()
    assert not usage or usage[0].startswith("usage: "), said
    assert "Traceback" not in said
    assert "Errno" not in said
    assert len(last) < 1500
    assert listed(folder) == before


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_experiment_is_one_error_of_the_plan(folder: Path, name: str) -> None:
    text, told = BROKEN[name]
    file = folder / "experiments/test/one.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    before = listed(folder)
    status, said = said_by("plan test/one")
    assert status == 2, said
    assert said.startswith("plan: experiments/test/one.yaml")
    assert told in said
    assert "allowed: " in said
    assert len(said.splitlines()) == 1
    assert listed(folder) == before
    os.unlink(file)


def test_two_experiments_that_copy_to_one_path_are_both_told_so(folder: Path) -> None:
    good = "dataset: embedded:sums\nsplits: [math]\ngenerator: local\noutput: "
    (folder / "experiments/twins").mkdir()
    for name, output in {"one": "copies/all.parquet", "two": "./copies//all.parquet"}.items():
        (folder / f"experiments/twins/{name}.yaml").write_text(good + output + "\n")
    for asked in ("twins/one", "twins/two", "copies/all.parquet"):
        status, said = said_by(f"plan {asked}")
        assert status == 2
        assert "experiments/twins/one.yaml" in said
        assert "experiments/twins/two.yaml" in said
        assert "output" in said
    shutil.rmtree(folder / "experiments/twins")


def test_an_empty_variant_is_no_variant(folder: Path) -> None:
    (folder / "variants/hollow.yaml").write_text("# nothing yet\n")
    status, said = said_by("new_experiment mine/hollow --variants control,hollow")
    assert status == 2
    assert "variants/hollow.yaml" in said
    assert "an empty file" in said
    assert "text" in said
    os.unlink(folder / "variants/hollow.yaml")


def test_there_are_a_hundred_mistakes() -> None:
    assert len(LINES) + len(BROKEN) >= 130
