"""An experiment of one's own, and the reference pages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import make_docs
import pytest
from retake.commands import new_experiment
from retake.errors import ConfigError
from retake.experiment.load import experiment_ids, load_experiment
from retake.experiment.new import new_text, write_experiment
from workspace import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("experiments", "personas", "variants", "config"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("template", experiment_ids(ROOT))
def test_every_experiment_is_a_template(project: Path, template: str) -> None:
    text = new_text(template, settings={"max_queries": "3", "notes": "mine: all of it"}, root=project)
    path = write_experiment("mine/first", text, root=project)
    assert path == Path("experiments/mine/first.yaml")
    mine, theirs = load_experiment("mine/first", root=project), load_experiment(template, root=project)
    assert mine.model_copy(update={"max_queries": 0, "notes": ""}) == theirs.model_copy(
        update={"max_queries": 0, "notes": ""}
    )
    assert (mine.max_queries, mine.notes) == (3, "mine: all of it")


def test_settings_replace_whole_values_and_add_new_ones(project: Path) -> None:
    settings = {
        "variants": "[control, pressure]",
        "vllm_config": "{min_vram: 8}",
        "persona": "personas/data_flexible.txt",
    }
    write_experiment("mine/first", new_text("gsm8k/emotional_pilot", settings=settings, root=project), root=project)
    mine = load_experiment("mine/first", root=project)
    assert mine.variants == ("control", "pressure")
    assert (mine.vllm_config.min_vram, mine.vllm_config.max_model_len) == (8, None)
    assert mine.persona == "personas/data_flexible.txt"


@pytest.mark.parametrize(
    ("name", "template", "settings"),
    [
        ("first", "demo/first_takes", {}),
        ("mine/a b", "demo/first_takes", {}),
        ("../mine/first", "demo/first_takes", {}),
        ("demo/first_takes", "demo/first_takes", {}),
        ("mine/first", "demo/first_take", {}),
        ("mine/first", "demo/first_takes", {"maxqueries": "3"}),
        ("mine/first", "demo/first_takes", {"max_queries": "0"}),
        ("mine/first", "demo/first_takes", {"variants": "[control"}),
        ("mine/first", "demo/first_takes", {"generator": "claude"}),
        ("mine/first", "demo/first_takes", {"persona": "personas/nobody.txt"}),
    ],
)
def test_what_cannot_run_is_not_written(project: Path, name: str, template: str, settings: dict[str, str]) -> None:
    before = experiment_ids(project)
    with pytest.raises(ConfigError):
        write_experiment(name, new_text(template, settings=settings, root=project), root=project)
    assert experiment_ids(project) == before


def test_the_script_lists_templates_and_refuses_in_one_line() -> None:
    script = [sys.executable, str(ROOT / "scripts/new_experiment.py")]
    listed = subprocess.run([*script, "--list"], capture_output=True, text=True, check=True, timeout=120)
    assert listed.stdout.split() == experiment_ids(ROOT)
    refused = subprocess.run([*script, "demo/first_takes"], capture_output=True, text=True, check=False, timeout=120)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: experiments/demo/first_takes.yaml")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("page", sorted(make_docs.PAGES))
def test_the_reference_pages_are_what_the_code_says(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == make_docs.PAGES[page](), "run: python scripts/make_docs.py"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        pytest.param(["--variants", "control,patiense"], "Did you mean patience?", id="variant"),
        pytest.param(
            ["--persona", "personas/marvin_flexibel.txt"], "Did you mean personas/marvin_flexible.txt?", id="persona"
        ),
    ],
)
def test_the_script_checks_what_the_experiment_names(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wish: list[str], said: str
) -> None:
    monkeypatch.chdir(project)
    assert new_experiment.main(["mine/first", "--template", "demo/first_takes", *wish]) == 2
    assert said in capsys.readouterr().err
    assert "mine/first" not in experiment_ids(project)
