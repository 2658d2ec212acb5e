"""The families of mocked tools: every file here that makes a `family` is one; a new file is all it takes to add one."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

from retake.extensions import modules_of
from retake.tools.family import Family

_HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def _found() -> dict[str, tuple[Family, Path]]:
    modules = modules_of(sys.modules[__name__], needs=("family",))
    files = {module.__name__.rpartition(".")[2]: module for module in modules}
    found = {module.family.name: (module.family, _HERE / f"{name}.py") for name, module in files.items()}
    own = [tool.name for family, _ in found.values() for tool in family.tools]
    twice = sorted({name for name in own if own.count(name) > 1})
    if twice or len(found) != len(modules):
        raise ValueError(f"two families or two tools have one name: {', '.join(twice or sorted(found))}")
    return found


def all_families() -> dict[str, Family]:
    """Return the families by name, in the order of their files.

    Raises:
        ConfigError: for a file that makes no family.
        ValueError: where two families, or two tools' own names, are the same.
    """
    return {name: family for name, (family, _) in _found().items()}


def file_of(family: str) -> Path:
    """Return the source file of a family."""
    return _found()[family][1]
