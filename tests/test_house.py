"""The house: imports point one way, files and functions stay small, rules hold no logic."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from workspace import ROOT

PACKAGE = ROOT / "scripts" / "retake"
ROOMS = (
    "errors", "files", "paths", "extensions", "experiment", "samples", "prompts", "calls", "providers", "tools", "verify", "answer", "merge", "look",
    "workflow", "commands",
)  # fmt: skip


@cache
def trees() -> dict[Path, ast.Module]:
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(tree: ast.Module) -> set[str]:
    nodes = list(ast.walk(tree))
    modules = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and node.level == 0]
    modules += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {module.split(".")[1] for module in modules if module.startswith("retake.")}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_above_it(room: str) -> None:
    below = set(ROOMS[ROOMS.index(room) + 1 :])
    files = [file for file in trees() if room_of(file) == room]
    assert files
    wrong = {str(file): imported_rooms(trees()[file]) & below for file in files}
    assert not {file: rooms for file, rooms in wrong.items() if rooms}


def test_imports_name_their_room() -> None:
    relative = [f"{file}:{node.lineno}" for file, tree in trees().items() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]  # fmt: skip
    assert not relative


def test_every_file_has_a_room() -> None:
    assert {room_of(file) for file in trees()} - {"__init__"} == set(ROOMS)
    listed = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Rooms")[2].partition("## ")[0]
    rooms = re.findall(r"^\| (`.+?`) \|", listed, re.MULTILINE)
    assert re.findall(r"`(\w+)(?:\.py|/)`", " ".join(rooms)) == list(ROOMS)


def test_files_and_functions_stay_small() -> None:
    files = {str(file): file.read_text(encoding="utf-8").count("\n") for file in trees()}
    assert not {file: lines for file, lines in files.items() if lines > 400}
    functions = {
        f"{file}:{node.lineno} {node.name}": node.end_lineno - node.lineno
        for file, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    }
    assert not {name: lines for name, lines in functions.items() if lines > 60}


@pytest.mark.parametrize("file", sorted((ROOT / "rules").glob("*.smk")), ids=lambda file: file.name)
def test_rules_bind_and_hold_no_logic(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "lambda" not in text
    assert text.count("\n") <= 150
    assert "def " not in re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    runs = re.findall(r"^( +)run:\n((?:\1 +.*\n)+)", text, re.MULTILINE)
    assert all(body.strip().count("\n") == 0 for _, body in runs)
