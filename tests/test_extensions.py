"""A slip in a file that extends the package is told by the file's name, with what it needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from retake.errors import ConfigError
from retake.extensions import modules_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package that can be imported, forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "extended"
    package.mkdir()
    (package / "__init__.py").write_text("")
    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] == "extended"]:
        del sys.modules[name]


def found(needs: tuple[str, ...] = ("NAME", "verify")) -> list[ModuleType]:
    import extended

    return modules_of(extended, needs=needs)


def test_modules_come_in_the_order_of_their_files(folder: Path) -> None:
    for name in ("second", "first", "_aside"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\ndef verify(): ...\n")
    assert [module.NAME for module in found()] == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("def verify(:\n", "SyntaxError", id="syntax"),
        pytest.param("import nothing_of_this_name\n", "ModuleNotFoundError", id="import"),
        pytest.param("NAME = nothing\n", "NameError", id="name"),
        pytest.param("NAME = 1 / 0\n", "ZeroDivisionError", id="arithmetic"),
        pytest.param("NAME = 'mine'\n", "no verify", id="incomplete"),
    ],
)
def test_a_file_that_is_none_is_named(folder: Path, text: str, said: str) -> None:
    (folder / "mine.py").write_text(text)
    with pytest.raises(ConfigError, match=r"extended/mine\.py") as caught:
        found()
    assert said in str(caught.value)
    assert "NAME, verify" in str(caught.value)
