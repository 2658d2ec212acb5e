"""A new experiment from one that ships: its file is copied, keys are set in it, and the whole is checked before it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from retake import paths
from retake.errors import ConfigError
from retake.experiment.load import KEYS, file_of, validated
from retake.experiment.model import Experiment
from retake.experiment.model_errors import did_you_mean
from retake.experiment.yaml_file import parse_yaml
from retake.files import write_text


def new_text(template: str, *, settings: Mapping[str, str], root: Path = Path()) -> str:
    """Return the text of experiment `template` with `settings` (key: YAML text) written in.

    Comments beside keys stay; the template's own head and notes are replaced.

    Raises:
        ConfigError: for an unknown template or key, or a value that is not YAML.
    """
    text = (root / file_of(template, root=root)).read_text(encoding="utf-8")
    text = f"# Made from {template}.\n" + re.sub(r"\A(?:#.*\n|\s*\n)+", "", text)
    for key, value in {"notes": "", **settings}.items():
        if key not in KEYS:
            raise ConfigError("--set", key, got=value, allowed="a key of experiments", remedy=did_you_mean(key, KEYS))
        text = _with(text, key, _as_yaml(key, value))
    return text


def write_experiment(
    experiment_id: str, text: str, *, root: Path = Path(), check: Callable[[Experiment, str], object] | None = None
) -> Path:
    """Write a new experiment's file, checked as it will be when it runs, and return its path relative to `root`.

    `check` takes the experiment and its file's name, and may refuse it as well.

    Raises:
        ConfigError: where the id is not <group>/<name> or is taken, or the text is no experiment; nothing is written.
    """
    path = paths.experiment_file(experiment_id)
    if not paths.is_experiment(experiment_id):
        allowed = "<group>/<name> of letters, digits, _, - and ."
        raise ConfigError("experiments/", "", got=experiment_id, allowed=allowed, remedy="Try mine/first.")
    if (root / path).exists():
        remedy = "Edit it, or choose another name."
        raise ConfigError(str(path), "", got="a file that is there", allowed="a new name", remedy=remedy)
    experiment = validated(parse_yaml(text, name=str(path)), experiment_id, root=root)
    if check is not None:
        check(experiment, str(path))
    write_text(root / path, text)
    return path


def _as_yaml(key: str, value: str) -> str:
    field = Experiment.model_fields.get(key)
    if field is None or field.annotation not in (str, str | None):
        return _flow(parse_yaml(value, name=f"--set {key}"))
    is_null = field.annotation is not str and value in ("", "null", "~")
    return "null" if is_null else json.dumps(value, ensure_ascii=False)


def _flow(value: Any) -> str:
    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000).removesuffix("\n...\n").strip()
    )


def _with(text: str, key: str, value: str) -> str:
    """Return `text` with the top-level `key` set: its lines replaced where it has some, else one line more at the end."""
    line = f"{key}: {value}\n"
    found = re.compile(rf"^{re.escape(key)}:.*\n(?:[ \t-].*\n)*", re.MULTILINE)
    text = text if text.endswith("\n") else text + "\n"
    return found.sub(lambda _: line, text, count=1) if found.search(text) else text + line
