"""The documents: every link leads somewhere, every command is one that works, and the walk-throughs end where they say."""

from __future__ import annotations

import argparse
import importlib.util
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from look.synthetic import synthetic_parquet
from retake.commands import inspect_experiment, show
from retake.experiment.load import validated
from servers.provider import FakeProvider
from workspace import ROOT, Workspace, plan_of

PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "personas", "benchmarks")
    for page in (ROOT / folder).glob("*.md")
)
GUIDES = [page for page in PAGES if not page.startswith("benchmarks/")]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`([^`\n]+)`[^\n]*:\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OURS = ("scripts", "docs", "config", "experiments", "personas", "variants", "profiles", "rules", "tests", "benchmarks")
FAKE = {"generator": "openai", "model": "gpt-4.1-mini", "max_queries": 1, "max_tokens": 256}


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose_of(page: str) -> str:
    """Return a page without its code blocks."""
    return FENCE.sub("", text_of(page))


def inline_code(page: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose_of(page))


@cache
def lines_to_type() -> tuple[tuple[str, ...], ...]:
    """Return the lines of all sh blocks of the guides, each as a list of words."""
    blocks = [block for page in GUIDES for kind, block in FENCE.findall(text_of(page)) if kind == "sh"]
    found = [tuple(shlex.split(line, comments=True)) for block in blocks for line in block.splitlines()]
    return tuple(dict.fromkeys(words for words in found if words))


@cache
def commands() -> tuple[tuple[str, ...], ...]:
    """Return the commands of the guides: the lines to type, and those within sentences that stand for no others."""
    starts = ("python scripts/", "snakemake results/", "snakemake --")
    spoken = [tuple(shlex.split(code)) for page in GUIDES for code in inline_code(page) if code.startswith(starts)]
    whole = [words for words in spoken if not any("…" in w or w.isupper() or w == "key=value" for w in words)]
    return tuple(dict.fromkeys((*lines_to_type(), *whole)))


def starting(*words: str) -> list[tuple[str, ...]]:
    return [command for command in commands() if command[: len(words)] == words]


def scripts_commands() -> list[tuple[str, ...]]:
    """Return the commands that run a program of the package; the others of scripts/ are for developers."""
    ours = [command for command in commands() if command[0] == "python" and command[1].startswith("scripts/")]
    return [command for command in ours if command[1] not in ("scripts/pin.py", "scripts/make_docs.py")]


def walked_files() -> dict[str, str]:
    """Return the files that the walk-throughs have their reader write: {path: text}."""
    return {path: text for page in ("README.md", "docs/architecture.md") for path, text in FILE.findall(text_of(page))}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]+`", "", prose_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        place = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert place.exists(), f"{page}: {link}"
        assert place.is_relative_to(ROOT), f"{page}: {link}"
        if anchor:
            assert anchor in anchors_of(place.read_text(encoding="utf-8")), f"{page}: {link}"


def anchors_of(text: str) -> set[str]:
    """Return the anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_make_target_that_is_named_exists() -> None:
    known = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))
    blocks = "\n".join(block for page in GUIDES for kind, block in FENCE.findall(text_of(page)) if kind == "sh")
    spoken = "\n".join(code for page in GUIDES for code in inline_code(page))
    named = set(re.findall(r"^make ([a-z-]+)", f"{blocks}\n{spoken}", re.MULTILINE))
    assert {"demo", "test", "sandbox"} <= named <= known


@pytest.mark.parametrize("page", GUIDES)
def test_every_path_of_the_project_that_is_named_exists(page: str) -> None:
    named = [code for code in inline_code(page) if re.fullmatch(rf"(?:{'|'.join(OURS)})/[\w./-]*", code)]
    made = walked_files()
    assert not [path for path in named if path not in made and not (ROOT / path).exists()]


def test_every_message_of_the_troubleshooting_table_is_one_that_the_code_says() -> None:
    rows = re.findall(r"^\| `([^`]+)`", text_of("README.md").partition("| message |")[2], re.MULTILINE)
    code = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "scripts").rglob("*.py")))
    parts = [part.strip() for row in rows for part in row.split("…")]
    assert len(rows) > 5
    assert not [part for part in parts if part and part not in code]


class Parsed(Exception):
    """A command line was understood."""


@pytest.mark.parametrize("command", scripts_commands(), ids=" ".join)
def test_every_program_takes_the_arguments_that_it_is_shown_with(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = argparse.ArgumentParser.parse_args

    def parsed(self: argparse.ArgumentParser, *arguments: Any, **more: Any) -> None:
        parse(self, *arguments, **more)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parsed)
    monkeypatch.setattr(sys, "argv", [command[1], *command[2:]])
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(Parsed):
        runpy.run_path(str(ROOT / command[1]), run_name="__main__")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table under every path that a command names."""
    folder = tmp_path_factory.mktemp("tables")
    named = {word for command in commands() for word in command if re.fullmatch(r"results/[\w./-]+\.parquet", word)}
    shape = {"samples": 4, "candidates": 4, "variants": ("control", "slowly"), "splits": ("math", "tool_calling")}
    for seed, name in enumerate(sorted(named)):
        experiment = name.removeprefix("results/").removesuffix(".parquet")
        synthetic_parquet(folder / name, seed=seed, experiment=experiment, **shape)
    return folder


@pytest.mark.parametrize(
    ("program", "command"),
    [
        pytest.param(program, command, id=" ".join(command[1:]))
        for name, program in (("inspect_experiment", inspect_experiment), ("show", show))
        for command in starting("python", f"scripts/{name}.py")
        if "--verdict-diff" not in command  # needs the files of a run
    ],
)
def test_programs_that_look_at_tables_do_as_they_are_told(
    program: Any,
    command: tuple[str, ...],
    tables: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tables)
    assert program.main(command[2:]) == 0
    assert len(capsys.readouterr().out) > 100


def test_the_lines_for_pandas_give_rates(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tables)
    block = next(block for kind, block in FENCE.findall(text_of("README.md")) if kind == "python")
    *lines, last = [line for line in block.splitlines() if line.strip()]
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)
    assert 0 < eval(last, scope) <= 1


def test_the_experiment_that_is_shown_is_one() -> None:
    block = next(block for kind, block in FENCE.findall(text_of("README.md")) if "num_candidates" in block)
    assert validated(yaml.safe_load(block), "mine/shown", root=ROOT).num_candidates == 8


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, FakeProvider]]:
    """A copy of the whole project, in which someone has written every file and made every experiment of the guides."""
    with FakeProvider() as server:
        place = Workspace(tmp_path_factory.mktemp("newcomer") / "project", url=server.url, own_package=True)
        shutil.copytree(ROOT / "experiments", place.path("experiments"))
        shutil.copy(ROOT / "config/config.yaml", place.path("config/config.yaml"))
        if (ROOT / "gpu").is_dir():
            shutil.copytree(ROOT / "gpu", place.path("gpu"))
        for name, text in walked_files().items():
            place.write(name, text)
        for command in lines_to_type():
            if command[:2] == ("python", "scripts/new_experiment.py"):
                place.script("new_experiment.py", *command[2:])
        yield place, server


def plans() -> list[Any]:
    """Return the dry runs that stand for all snakemake commands: those with the same options are one."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for _, *words in starting("snakemake"):
        targets = [word for word in words if word.startswith("results/") and "=" not in word]
        options = [word for word in words if word not in targets and word not in ("-n", "--dry-run")]
        groups.setdefault(tuple(options), []).extend(targets)
    return [pytest.param(options, targets, id=" ".join(options) or "plain") for options, targets in groups.items()]


@pytest.mark.parametrize(("options", "targets"), plans())
def test_every_run_can_be_planned(
    newcomer: tuple[Workspace, FakeProvider], options: tuple[str, ...], targets: list[str]
) -> None:
    if "--profile" in options and importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the Slurm executor is not installed (requirements/slurm.txt)")
    place, _ = newcomer
    shown = {"--rulegraph": "digraph", "--list-target-rules": "all (Build table"}
    if options and options[0] in shown:
        said = place.snakemake(*targets, *options)
        assert shown[options[0]] in said.stdout + said.stderr
        return
    at = options.index("--config") if "--config" in options else len(options)
    config = [word for word in options[at + 1 :] if not word.startswith("max_queries=")]
    # Few samples: this is about names and options.
    done = place.snakemake(*targets, *options[:at], "--dry-run", "--config", "max_queries=8", *config)
    assert plan_of(done.stdout + done.stderr)


def test_the_walk_throughs_end_where_they_say(newcomer: tuple[Workspace, FakeProvider]) -> None:
    place, _ = newcomer
    place.build(
        "results/mine/captain.parquet",
        "results/mine/captain/report.html",
        "results/mine/captain/trajectories/index.json",
        "results/mine/riddles.parquet",
        config=FAKE,
    )
    captain = place.rows("mine/captain")
    assert {row["variant"] for row in captain} == {"control", "slowly"}
    assert all("sea captain" in row["input_messages"] for row in captain)
    assert {"Take your time" in row["input_messages"] for row in captain if row["variant"] == "slowly"} == {True}
    assert all("sea_words" in row["persona_markers"] for row in captain)
    riddles = {(row["split"], row["variant"]): row for row in place.rows("mine/riddles")}
    assert riddles["riddle", "control"]["verifier_name"] == "riddle"
    assert riddles["riddle", "control"]["ground_truth_answer"] == "piano"
    assert "WHAT HAS KEYS" in riddles["riddle", "shouted"]["input_messages"]
    trace = place.body("results/mine/riddles/trace/control/tool_calling_0001/0.json")
    assert "lighthouses" in trace["families"]
    _the_table_of_paths_is_true(place)


def _the_table_of_paths_is_true(place: Workspace) -> None:
    rows = re.findall(r"^\| (.+?) \|", text_of("README.md").partition("| path | holds |\n|---|---|")[2], re.MULTILINE)
    named = [path for row in rows[: rows.index("message")] for path in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 10
    for path in named:
        pattern = re.sub(r"<\w+>", "*", path.replace("…", "*")).replace("results/*", "results/*/*").rstrip("/")
        pattern = pattern.replace("results/*/*/*/*.jsonl", "results/datasets/*/*/*.jsonl")
        assert any(place.folder.glob(pattern)), path


def test_the_wheel_has_every_command_line(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    target = tmp_path / "installed"
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(source)], check=True, timeout=600)  # fmt: skip
    assert (target / "retake/look/page/page.html").is_file()
    lines = next(target.glob("retake-*.dist-info/entry_points.txt")).read_text().partition("[console_scripts]")[2]
    entries = re.findall(r"^([\w-]+) = ([\w.]+):main$", lines, re.MULTILINE)
    assert {"retake-inspect", "retake-show", "retake-new"} <= {name for name, _ in entries}
    for name, module in entries:
        assert (target / f"{module.replace('.', '/')}.py").is_file(), name
    told = subprocess.run([sys.executable, str(target / "bin/retake-new"), "--help"], env={"PYTHONPATH": str(target)}, capture_output=True, text=True, check=True, timeout=600)  # fmt: skip
    assert told.stdout.startswith("usage: retake-new")
