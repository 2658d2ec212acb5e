"""Loading an experiment: defaults < its file < the command line, then the checks that need more than one key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from retake import paths
from retake.errors import ConfigError
from retake.experiment.checks import check_experiment
from retake.experiment.model import Experiment, Sandbox
from retake.experiment.model_errors import config_error, did_you_mean
from retake.experiment.yaml_file import as_mapping, parse_yaml, read_mapping

COMMAND_LINE = "--config"
SETTINGS = "config/config.yaml"
ALIASES = {"samples": "max_queries"}
KEYS = frozenset(Experiment.model_fields) | frozenset(ALIASES)
"""What an experiment file, and the command line, may set."""

_NULLS = ("", "null", "~")


def load_experiment(
    experiment_id: str, *, overrides: Mapping[str, object] | None = None, root: Path = Path()
) -> Experiment:
    """Return the experiment of that id under `root`; `overrides` win, even where they equal a default.

    Raises:
        ConfigError: with file, key, what was got, what is allowed and what to do.
    """
    path = root / file_of(experiment_id, root=root)
    said = read_mapping(path, name=str(paths.experiment_file(experiment_id)))
    return validated(said, experiment_id, overrides=overrides, root=root)


def validated(
    said: Any, experiment_id: str, *, overrides: Mapping[str, object] | None = None, root: Path = Path()
) -> Experiment:
    """Return the experiment that `said`, what its YAML says, describes; see `load_experiment`."""
    name = str(paths.experiment_file(experiment_id))
    said = _unaliased(as_mapping(said, name=name), file=name)
    told = _unaliased(_spoken(overrides or {}), file=COMMAND_LINE)
    try:
        experiment = Experiment.model_validate(_merged(said, told))
    except ValidationError as error:
        raise config_error(error, Experiment, file_of=lambda key: COMMAND_LINE if key in told else name) from error
    check_experiment(experiment, experiment_id, file_of=lambda key: COMMAND_LINE if key in told else name, root=root)
    return experiment


def experiment_ids(root: Path = Path()) -> list[str]:
    """Return the ids of all experiment files under `root`, sorted."""
    folder = root / "experiments"
    found = (path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("*/*.yaml"))
    return sorted(name for name in found if paths.is_experiment(name))


def check_folder(root: Path) -> None:
    """Refuse a folder that is no project's.

    Raises:
        ConfigError: where it has no Snakefile.
    """
    if not (root / "Snakefile").is_file():
        remedy = "Change into the project's folder, the one with Snakefile and experiments/."
        raise ConfigError(str(root), "", got="no Snakefile", allowed="the folder of a project", remedy=remedy)


def load_settings(root: Path = Path()) -> dict[str, Any]:
    """Return the workflow's settings, config/config.yaml.

    `experiments` are the ids that a run without a target builds; `sandbox`, where it is given, the limits of the code sandbox.

    Raises:
        ConfigError: for an unknown key, a bad value, or an experiment that has no file.
    """
    said = read_mapping(root / SETTINGS, name=SETTINGS)
    for key in said:
        if key not in ("experiments", "sandbox"):
            remedy = did_you_mean(key, ["experiments", "sandbox"])
            if key in KEYS:
                remedy = "Write it into the experiments' files, or give it as snakemake --config."
            raise ConfigError(SETTINGS, key, got=said[key], allowed="a known key", remedy=remedy)
    ids = said.get("experiments")
    if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
        raise ConfigError(
            SETTINGS, "experiments", got=ids, allowed="a list of ids", remedy="Name one: demo/first_takes."
        )
    for name in ids:
        file_of(name, root=root)
    return {"experiments": list(dict.fromkeys(ids)), **_sandbox(said)}


def _sandbox(said: Mapping[str, Any]) -> dict[str, Any]:
    if "sandbox" not in said:
        return {}
    try:
        limits = Sandbox.model_validate(said["sandbox"])
    except ValidationError as error:
        raise config_error(error, Sandbox, file_of=lambda _: f"{SETTINGS}: sandbox") from error
    return {"sandbox": limits.model_dump(exclude_none=True, exclude_unset=True)}


def file_of(experiment_id: str, *, root: Path = Path()) -> Path:
    """Return where the experiment's file lies, relative to `root`.

    Raises:
        ConfigError: where the id is not <group>/<name>, or there is no such file; the nearest one is suggested.
    """
    if not paths.is_experiment(experiment_id):
        raise ConfigError(
            "experiments/",
            "",
            got=experiment_id,
            allowed="<group>/<name> of letters, digits, _, - and .",
            remedy=did_you_mean(experiment_id, experiment_ids(root)),
        )
    path = paths.experiment_file(experiment_id)
    if not (root / path).is_file():
        raise ConfigError(
            str(path),
            "",
            got="no such experiment",
            allowed="an experiment that has a file",
            remedy=did_you_mean(experiment_id, experiment_ids(root)),
        )
    return path


def _unaliased(values: Mapping[str, Any], *, file: str) -> dict[str, Any]:
    result = dict(values)
    for alias, key in ALIASES.items():
        if alias in result:
            if key in result:
                raise ConfigError(
                    file,
                    alias,
                    got=result[alias],
                    allowed=f"one of {alias} and {key}",
                    remedy="Remove one; they mean the same.",
                )
            result[key] = result.pop(alias)
    return result


def _spoken(overrides: Mapping[str, object]) -> dict[str, Any]:
    """Return what the command line says, each text read as YAML where its key is not itself a text."""
    for key in overrides:
        if key not in KEYS:
            raise ConfigError(
                COMMAND_LINE, key, got=overrides[key], allowed="a key of experiments", remedy=did_you_mean(key, KEYS)
            )
    return {key: _value(ALIASES.get(key, key), value) for key, value in overrides.items()}


def _value(key: str, value: object) -> object:
    annotation = Experiment.model_fields[key].annotation
    is_text = annotation in (str, str | None)
    if isinstance(value, str):
        if value.strip() in _NULLS:
            return "" if annotation is str else None
        return value if is_text else parse_yaml(value, name=COMMAND_LINE)
    return str(value) if is_text and isinstance(value, int | float) and not isinstance(value, bool) else value


def _merged(said: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file's values under the command line's; mappings (judge, vllm_config, ...) merge key by key."""
    result = dict(said)
    for key, value in told.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result
