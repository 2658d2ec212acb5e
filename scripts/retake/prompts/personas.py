"""Personas: system prompts in `personas/<name>.txt`, with their markers beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from retake.errors import ConfigError
from retake.experiment.model_errors import did_you_mean
from retake.experiment.yaml_file import read_yaml
from retake.prompts.markers import Markers, parse_markers

FOLDER = "personas"


@dataclass(frozen=True)
class Persona:
    """A voice: its name, its system prompt, and what of it can be counted (None: nothing is)."""

    name: str
    text: str
    markers: Markers | None = None


def load_persona(path: str, *, root: Path, file: str = "experiment") -> Persona:
    """Return the persona at `path` (relative to `root`), as `file` names it.

    Raises:
        ConfigError: for a path outside the project, a missing or empty file, one that is not UTF-8, or bad markers.
    """
    place = _inside(path, root=root, file=file)
    if not place.is_file():
        raise ConfigError(
            file, "persona", got=path, allowed="an existing text file", remedy=did_you_mean(path, _known(root))
        )
    return Persona(place.stem, _text(place, path), _markers(path, root=root))


def markers_path(path: str) -> str:
    """Return where the markers of the persona at `path` lie: `personas/marvin.markers.yaml`."""
    return str(PurePosixPath(path).with_suffix(".markers.yaml"))


def persona_files(path: str, *, root: Path) -> list[str]:
    """Return the files that the persona at `path` is made of, relative to `root`: its text, and its markers if any."""
    return [path, *(other for other in [markers_path(path)] if (root / other).is_file())]


def _inside(path: str, *, root: Path, file: str) -> Path:
    place = (root / path).resolve()
    if PurePosixPath(path).is_absolute() or not place.is_relative_to(root.resolve()):
        raise ConfigError(
            file,
            "persona",
            got=path,
            allowed="a relative path inside the project",
            remedy=f"Put the text in {FOLDER}/<name>.txt and name that.",
        )
    return place


def _known(root: Path) -> list[str]:
    return sorted(f"{FOLDER}/{found.name}" for found in (root / FOLDER).glob("*.txt"))


def _text(place: Path, path: str) -> str:
    try:
        text = place.read_text("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(path, "", got=str(error), allowed="UTF-8 text", remedy="Save the file as UTF-8.") from error
    if not text:
        raise ConfigError(
            path, "", got="", allowed="a text", remedy="Write the persona, or leave out `persona` for none."
        )
    return text


def _markers(path: str, *, root: Path) -> Markers | None:
    name = markers_path(path)
    return parse_markers(read_yaml(root / name, name=name), file=name) if (root / name).is_file() else None
