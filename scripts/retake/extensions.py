"""Files that extend the package: every module of a folder is loaded, and one that cannot be is named, with what it lacks."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from retake.errors import ConfigError

# What a file with a slip in it raises when it is loaded.
_SLIPS = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError, ArithmeticError, OSError)  # fmt: skip


def modules_of(package: ModuleType, *, needs: tuple[str, ...]) -> list[ModuleType]:
    """Return the modules of a package's folder, in the order of their files; names that begin with `_` are left out.

    Raises:
        ConfigError: for a file that Python cannot load, or that lacks a name of `needs`.
    """
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    return [_loaded(f"{package.__name__}.{name}", needs) for name in names if not name.startswith("_")]


def _loaded(name: str, needs: tuple[str, ...]) -> ModuleType:
    file = f"scripts/{name.replace('.', '/')}.py"
    allowed = f"a Python file with {', '.join(needs)}"
    remedy = "Mend the file, or take it out of the folder; each file there is loaded."
    try:
        module = importlib.import_module(name)
    except _SLIPS as error:
        raise ConfigError(file, "", got=f"{type(error).__name__}: {error}", allowed=allowed, remedy=remedy) from error
    lacking = [need for need in needs if not hasattr(module, need)]
    if lacking:
        raise ConfigError(file, "", got=f"no {', '.join(lacking)}", allowed=allowed, remedy=remedy)
    return module
