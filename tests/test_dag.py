"""What a change plans, and which calls it makes: each row of the freshness table."""

from __future__ import annotations

from pathlib import Path

import pytest
from retake.workflow.project import Project
from retake.workflow.targets import check_targets
from servers.provider import FakeProvider
from workspace import Workspace

TABLE = "results/test/sums.parquet"
BUILT = {"generate_x2": 3, "verify_x2": 3, "samples": 1, "merge": 1}


@pytest.fixture
def place(tmp_path: Path, server: FakeProvider) -> Workspace:
    """A workspace whose experiment has been built once: 3 sums x 2 candidates, persona Marvin."""
    place = Workspace(tmp_path / "project", url=server.url)
    place.experiment(persona="personas/marvin_flexible.txt")
    place.build(TABLE)
    return place


def asked(server: FakeProvider) -> int:
    return server.counts()["asked"]


def test_a_fresh_checkout_plans_everything_without_asking_anything(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "project", url="http://127.0.0.1:9")
    place.experiment()
    assert place.plan(TABLE) == BUILT


def test_a_second_run_does_nothing(place: Workspace, server: FakeProvider) -> None:
    assert asked(server) == 6
    assert place.plan(TABLE) == {}


def test_a_single_candidate_can_be_asked_for_by_name(tmp_path: Path, server: FakeProvider) -> None:
    place = Workspace(tmp_path / "project", url=server.url)
    place.experiment()
    place.build("results/test/sums/verification/control/math_0002/1.json")
    assert asked(server) == 2


def test_editing_a_persona_regenerates_only_its_experiments(place: Workspace, server: FakeProvider) -> None:
    place.experiment("test/plain")
    place.build("results/test/plain.parquet")
    before = asked(server)
    place.write("personas/marvin_flexible.txt", "You are Marvin, and very tired.\n")
    both = ("results/test/plain.parquet", TABLE)
    assert place.plan(*both) == {"generate_x2": 3, "verify_x2": 3, "merge": 1}
    place.build(*both)
    assert asked(server) - before == 6
    assert all("very tired" in row["input_messages"] for row in place.rows("test/sums"))


@pytest.mark.parametrize(
    ("change", "plan", "calls"),
    [
        pytest.param({"max_queries": 5}, {"generate_x2": 2, "verify_x2": 2, "merge": 1}, 4, id="more_samples"),
        pytest.param({"num_candidates": 3}, {"generate_x3": 3, "verify_x3": 3, "merge": 1}, 3, id="more_candidates"),
        pytest.param({"temperature": 0.5}, {"generate_x2": 3, "verify_x2": 3, "merge": 1}, 6, id="temperature"),
        pytest.param({"model": "gpt-4.1"}, {"generate_x2": 3, "verify_x2": 3, "merge": 1}, 6, id="model"),
        pytest.param(
            {"variants": ["control", "pressure"]},
            {"generate_x2": 3, "verify_x2": 3, "merge": 1},
            6,
            id="another_variant",
        ),
        pytest.param({"notes": "a second look"}, {"merge": 1}, 0, id="notes"),
        pytest.param({"concurrency": 3}, {"merge": 1}, 0, id="concurrency"),
        pytest.param({"max_queries": 2}, {"merge": 1}, 0, id="fewer_samples"),
    ],
)
def test_a_change_of_the_experiment_plans_and_asks_exactly(
    place: Workspace, server: FakeProvider, change: dict[str, object], plan: dict[str, int], calls: int
) -> None:
    before = asked(server)
    place.experiment(**{"persona": "personas/marvin_flexible.txt", **change})
    assert place.plan(TABLE) == plan
    place.build(TABLE)
    assert asked(server) - before == calls
    assert place.plan(TABLE) == {}


def test_a_deleted_candidate_file_is_made_again_without_a_call(place: Workspace, server: FakeProvider) -> None:
    before = place.path(TABLE).read_bytes()
    place.path("results/test/sums/raw/control/math_0002/1.json").unlink()
    assert place.plan(TABLE) == {"generate_x2": 1, "verify_x2": 1, "merge": 1}
    place.build(TABLE)
    assert asked(server) == 6
    assert place.path(TABLE).read_bytes() == before
    assert place.plan(TABLE) == {}


def test_a_forgotten_candidate_is_asked_for_again_alone(place: Workspace, server: FakeProvider) -> None:
    place.script("forget.py", "results/test/sums/raw/control/math_0002/1.json")
    place.build(TABLE)
    assert asked(server) == 7


def test_touched_files_change_nothing(place: Workspace) -> None:
    for name in ("experiments/test/sums.yaml", "personas/marvin_flexible.txt", "config/models.yaml"):
        place.path(name).touch()
    assert place.plan(TABLE) == {}


def test_an_override_equal_to_a_default_wins(place: Workspace) -> None:
    place.experiment(persona="personas/marvin_flexible.txt", max_tokens=300)
    assert place.plan(TABLE, config={"max_tokens": 256}) == {}


def test_asking_for_the_copy_of_a_table_checks_its_experiment(place: Workspace) -> None:
    place.experiment(output="tables/mine.parquet", generator="claude", model="claude-3-opus-20240229")
    done = place.snakemake("tables/mine.parquet", "--dry-run", check=False)
    assert done.returncode != 0
    assert "experiments/test/sums.yaml" in done.stdout + done.stderr
    assert "answers no more" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("asked", "meant"), [("raport.html", "report.html"), ("trajectories", "trajectories/index.json")]
)
def test_a_misspelt_file_of_an_experiment_suggests_the_nearest(place: Workspace, asked: str, meant: str) -> None:
    place.experiment()
    done = place.snakemake(f"results/test/sums/{asked}", "--dry-run", check=False)
    assert done.returncode != 0
    assert f"did you mean results/test/sums/{meant}?" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "asked", ["test/sums", "sums", "test/sum.parquet", "experiments/test/sums.yaml", "result/test/sums.parquet"]
)
def test_a_target_outside_results_suggests_the_experiment_that_it_is_near(place: Workspace, asked: str) -> None:
    place.experiment()
    assert f"{asked}: did you mean results/test/sums.parquet?" in check_targets(Project(place.folder), [asked])


@pytest.mark.parametrize("asked", ["all", "merge", "generate_x2", "copies/sums.csv"])
def test_a_target_that_is_near_no_experiment_has_no_hint(place: Workspace, asked: str) -> None:
    place.experiment()
    assert not [told for told in check_targets(Project(place.folder), [asked]) if "did you mean" in told]
