"""The bill before the run: exact where the call store can tell, said where it is assumed, and never a call."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from retake.commands import doctor
from retake.commands import plan as planning
from retake.workflow.explain import explain
from servers.provider import FakeProvider
from workspace import ROOT, Workspace

TABLE = "results/test/sums.parquet"
BOTH = "results/test/both.parquet"
PERSONA = "personas/marvin_flexible.txt"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeProvider]:
    with FakeProvider() as running:
        yield running


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, server: FakeProvider) -> Workspace:
    """Two experiments that were built once: 3 sums x 2 in Marvin's voice; mathematics and tools, 2 x 2, with a judge."""
    place = Workspace(tmp_path_factory.mktemp("built") / "project", url=server.url)
    place.experiment(persona=PERSONA)
    place.experiment(
        "test/both",
        dataset="embedded:basics",
        splits=["math", "tool_calling"],
        max_queries=2,
        judge={"model": "gpt-4.1-nano"},
    )
    place.build(TABLE, BOTH)
    return place


@pytest.fixture
def place(built: Workspace, tmp_path: Path) -> Workspace:
    copy = Workspace.__new__(Workspace)
    copy.folder, copy.env = tmp_path / "project", built.env
    shutil.copytree(built.folder, copy.folder, symlinks=True)
    return copy


def plan(place: Workspace, *arguments: str) -> dict[str, Any]:
    return json.loads(place.script("plan.py", *arguments, "--json").stdout)


def only(bill: dict[str, Any]) -> dict[str, Any]:
    [one] = bill["experiments"]
    return one


def candidates(bill: dict[str, Any]) -> tuple[int, int, int, int]:
    one = only(bill)
    return one["wanted"], one["current"], one["in_store"], one["to_ask"]


def calls(bill: dict[str, Any], role: str) -> float:
    return sum(part["calls"]["expected"] for part in only(bill)["parts"] if part["role"].startswith(role))


def asked(server: FakeProvider) -> int:
    return server.counts()["asked"]


def test_a_fresh_experiment_is_reckoned_without_a_call_or_a_file(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    place.experiment()
    bill = plan(place, TABLE)
    assert candidates(bill) == (6, 0, 0, 6)
    assert bill["jobs"] == {"samples": 1, "generate": 3, "verify": 3, "merge": 1}
    assert bill["reasons"]["generate"] == {"not made yet": 3}
    [part] = only(bill)["parts"]
    assert part["role"] == "answers, math"
    assert part["source"].startswith("assumed")
    live, batch = bill["usd"]["live"], bill["usd"]["batch"]
    assert 0 < live["low"] < live["expected"] <= live["high"]
    assert batch["expected"] == pytest.approx(live["expected"] / 2)
    assert only(bill)["unseen"] == 0
    assert not list(place.folder.glob("results/**/*.json*"))
    assert not place.path(".retake/calls").exists()


def test_nothing_to_do_costs_nothing(place: Workspace) -> None:
    bill = plan(place, TABLE)
    assert candidates(bill) == (6, 6, 0, 0)
    assert (bill["jobs"], bill["usd"]["live"]["high"]) == ({}, 0)
    assert "Nothing to do" in place.script("plan.py", "test/sums").stdout


def test_answers_in_the_store_are_told_apart_and_cost_nothing(place: Workspace, server: FakeProvider) -> None:
    """Results that were deleted come back from the store, tool turns and verdicts too."""
    before = asked(server)
    shutil.rmtree(place.path("results/test"))
    shutil.rmtree(place.path(".snakemake"))
    bill = plan(place, BOTH)
    assert candidates(bill) == (8, 0, 8, 0)
    assert (calls(bill, "tool"), calls(bill, "judge")) == (0, 0)
    place.build(BOTH)
    assert asked(server) == before


def test_more_samples_ask_for_theirs_alone_measured_from_the_others(place: Workspace, server: FakeProvider) -> None:
    bill = plan(place, TABLE, "--config", "max_queries=5")
    assert candidates(bill) == (10, 6, 0, 4)
    assert only(bill)["parts"][0]["source"].startswith("measured")
    before = asked(server)
    place.build(TABLE, config={"max_queries": 5})
    assert asked(server) - before == 4
    rows = [row for row in place.rows("test/sums") if row["sample_id"] > "math_0003"]
    spent, told = sum(row["cost_usd"] for row in rows), bill["usd"]["live"]
    assert told["low"] * 0.5 <= spent <= told["high"] * 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"temperature": 0.3}, "recipe.params.temperature: null -> 0.3", id="temperature"),
        pytest.param(
            {"persona": "personas/data_flexible.txt"}, "it reads other files than before", id="another persona"
        ),
    ],
)
def test_a_change_is_named_as_the_reason(place: Workspace, change: dict[str, Any], reason: str) -> None:
    bill = plan(place, TABLE, "--config", *(f"{key}={value}" for key, value in change.items()))
    assert candidates(bill) == (6, 0, 0, 6)
    assert reason in " ".join(bill["reasons"]["generate"])


def test_an_edited_persona_is_named_as_the_reason(place: Workspace) -> None:
    place.write(PERSONA, "You are Marvin, and tired.\n")
    bill = plan(place, TABLE)
    assert candidates(bill) == (6, 0, 0, 6)
    assert f"{PERSONA} changed" in bill["reasons"]["generate"]


def test_another_judge_is_asked_exactly_as_often_as_the_plan_says(place: Workspace, server: FakeProvider) -> None:
    place.experiment(
        "test/both",
        dataset="embedded:basics",
        splits=["math", "tool_calling"],
        max_queries=2,
        judge={"model": "gpt-4.1"},
    )
    bill = plan(place, BOTH)
    assert candidates(bill) == (8, 8, 0, 0)
    before = asked(server)
    place.build(BOTH)
    assert calls(bill, "judge") == asked(server) - before > 0


def test_one_candidate_is_reckoned_with_its_siblings(place: Workspace) -> None:
    shutil.rmtree(place.path("results/test/sums"))
    shutil.rmtree(place.path(".retake/calls"))
    assert candidates(plan(place, "results/test/sums/verification/control/math_0002/1.json")) == (2, 0, 0, 2)


def test_a_shared_answer_is_asked_once(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    place.experiment("test/one")
    place.experiment("test/two", max_queries=5)
    one, two = plan(place, "results/test/one.parquet", "results/test/two.parquet")["experiments"]
    assert (one["to_ask"], one["shared"]) == (6, 0)
    assert (two["to_ask"], two["shared"]) == (4, 6)


def test_a_misspelt_target_is_one_line_with_the_nearest(place: Workspace) -> None:
    for wrong in ("results/test/sumz.parquet", "results/test/sums.parquet --config max_querys=3"):
        done = place.script("plan.py", *wrong.split(), check=False)
        assert done.returncode == 2
        assert "sums" in done.stderr if "sumz" in wrong else "max_queries" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_reader_that_closes_early_is_no_error(place: Workspace) -> None:
    program = f"{sys.executable} {ROOT / 'scripts/plan.py'}"
    for arguments in (TABLE, ""):
        line = f"set -o pipefail; {program} {arguments} | head -1"
        done = subprocess.run(
            ["bash", "-c", line], cwd=place.folder, env=place.env, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        assert done.returncode == 0


def test_without_a_target_every_experiment_has_its_state(place: Workspace) -> None:
    place.experiment("test/fresh", model="gpt-4.1")
    place.experiment("test/broken", num_candidates=0)
    place.experiment("test/half", model="gpt-4.1-nano")
    place.build("results/test/half/verification/control/math_0001/0.json")
    place.experiment(persona=PERSONA, temperature=0.5)
    rows = {row["experiment"]: row for row in json.loads(place.script("plan.py", "--json").stdout)}
    assert {name: (row["state"], row["done"], row["wanted"]) for name, row in rows.items()} == {
        "test/both": ("done", 8, 8),
        "test/broken": ("broken", 0, 0),
        "test/fresh": ("not started", 0, 6),
        "test/half": ("partial", 2, 6),
        "test/sums": ("stale", 6, 6),
    }
    assert "temperature" in rows["test/sums"]["note"]
    totals = place.body("results/test/sums/metadata.json")["totals"]
    assert rows["test/sums"]["cost_usd"] == totals["cost_usd"] > 0
    assert rows["test/fresh"]["cost_usd"] is None
    assert "not started" in place.script("plan.py").stdout


def test_provenance_says_what_would_make_a_candidate_again(place: Workspace) -> None:
    target = "results/test/sums/verification/control/math_0001/0.json"
    current = explain(target, root=place.folder)
    assert current[:2] == ["generate: current; nothing would run", "verify: current; nothing would run"]
    assert any("the same as it was; its answer is in the call store" in line for line in current)
    place.write(PERSONA, "You are Marvin, and tired.\n")
    generate, verify, *rest = explain(target, root=place.folder)
    assert f"{PERSONA} has changed" in generate
    assert "generate runs before it" in verify
    assert any("not in the call store" in line for line in rest)
    place.experiment(max_queries=1, persona=PERSONA)
    assert "no sample math_0002 today" in explain(target.replace("0001", "0002"), root=place.folder)[0]
    shown = place.script("show.py", TABLE, "math_0001")
    assert f"{PERSONA} has changed" in shown.stdout


@pytest.mark.parametrize("program", [planning, doctor], ids=["plan", "doctor"])
def test_a_folder_that_is_no_project_is_said_to_be_none(
    program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert program.main([]) == 2
    assert "got 'no Snakefile'" in capsys.readouterr().err
