"""Write requirements/<name>.txt: the pins of everything that the packages of <name>.in need, as installed in this environment."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"


def canonical(name: str) -> str:
    """Return a package's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(names: list[str], *, but: set[str]) -> set[str]:
    """Return `names` and all that they need on this machine, without those in `but`."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    queue = [Requirement(name) for name in names]
    while queue:
        wanted = queue.pop()
        name = canonical(wanted.name)
        if name in but or (name in found and not wanted.extras):
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            need = Requirement(line)
            extras = wanted.extras or {""}
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
                queue.append(need)
    return found


def wanted(name: str) -> list[str]:
    """Return the packages that requirements/<name>.in lists."""
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def pins(names: set[str]) -> str:
    """Return the lines of a requirements file."""
    return "".join(f"{name}=={metadata.version(name)}\n" for name in sorted(names))


def main() -> None:
    """Write the files of pins."""
    run = closure(wanted("run"), but=set())
    test = closure(wanted("test"), but=run)
    (FOLDER / "run.txt").write_text(pins(run))
    (FOLDER / "test.txt").write_text(pins(test))
    (FOLDER / "test_optional.txt").write_text(pins(closure(wanted("test_optional"), but=run | test)))


if __name__ == "__main__":
    main()
