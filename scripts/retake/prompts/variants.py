"""Variants: named transformations of the opening messages, from files, from the experiment, or from Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from retake.errors import ConfigError
from retake.experiment.model import Experiment, Variant
from retake.experiment.model_errors import config_error, nearest
from retake.experiment.yaml_file import as_mapping, read_yaml
from retake.files import digest, digest_of_bytes

FOLDER = "variants"
CONTROL = Variant(name="control", description="Changes nothing.")

VariantFunction = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
"""What text cannot say: takes the opening messages (a copy of its own) and returns those to send."""

_functions: dict[str, VariantFunction] = {}


def variant_function(name: str) -> Callable[[VariantFunction], VariantFunction]:
    """Register a function under `name`, for a variant's `function` key; the last of a name counts."""

    def register(function: VariantFunction) -> VariantFunction:
        _functions[name] = function
        return function

    return register


def load_variants(experiment: Experiment, *, root: Path, file: str = "experiment") -> tuple[Variant, ...]:
    """Return the variants of an experiment, in its order: names are read from `variants/<name>.yaml`.

    Raises:
        ConfigError: for an unknown or repeated name, a bad file, or a function that nothing registers.
    """
    variants = tuple(
        entry if isinstance(entry, Variant) else _named(entry, root=root, file=file) for entry in experiment.variants
    )
    _refuse_twins([variant.name for variant in variants], file=file)
    for variant in variants:
        function_of(variant, root=root, file=file)
    return variants


def function_of(variant: Variant, *, root: Path, file: str = "experiment") -> VariantFunction | None:
    """Return the registered function of a variant (None: it has none), after reading the modules in `variants/`.

    Raises:
        ConfigError: where nothing registers that name, or a module cannot be read.
    """
    if variant.function is None:
        return None
    for module in _modules(root):
        _run(module, root=root)
    if variant.function not in _functions:
        raise ConfigError(
            file,
            f"variants.{variant.name}.function",
            got=variant.function,
            allowed="a registered function: " + (", ".join(sorted(_functions)) or "none is"),
            remedy=f'Register it in {FOLDER}/*.py with @variant_function("{variant.function}").',
        )
    return _functions[variant.function]


def variant_digest(variant: Variant, *, root: Path) -> str:
    """Return a digest of all that a variant does: its fields and, where it has a function, the modules of `variants/`."""
    code = [digest_of_bytes(module.read_bytes()) for module in _modules(root)] if variant.function else []
    return digest([variant.model_dump(exclude={"description"}), code])


def _named(name: str, *, root: Path, file: str) -> Variant:
    place = root / FOLDER / f"{name}.yaml"
    if place.is_file() and place.resolve().is_relative_to((root / FOLDER).resolve()):
        return _read(place, name=name)
    if name == CONTROL.name:
        return CONTROL
    known = sorted({CONTROL.name, *(found.stem for found in (root / FOLDER).glob("*.yaml"))})
    near = nearest(name, known)
    remedy = f"Did you mean {near}?" if near else f"Write {FOLDER}/<name>.yaml, or the variant in the experiment."
    raise ConfigError(file, "variants", got=name, allowed=", ".join(known), remedy=remedy)


def _read(place: Path, *, name: str) -> Variant:
    file = f"{FOLDER}/{name}.yaml"
    body = read_yaml(place, name=file)
    if body is None:
        remedy = f"Write `text: ...` into it; for a variant that changes nothing use {CONTROL.name}."
        raise ConfigError(
            file, "", got="an empty file", allowed="text or function, description, placement", remedy=remedy
        )
    try:
        variant = Variant.model_validate({"name": name, **as_mapping(body, name=file)})
    except ValidationError as error:
        raise config_error(error, Variant, file_of=lambda _: file) from error
    if variant.name != name:
        raise ConfigError(file, "name", got=variant.name, allowed=name, remedy="Name the file as the variant.")
    return variant


def _refuse_twins(names: list[str], *, file: str) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ConfigError(
            file, "variants", got=", ".join(twins), allowed="each name once", remedy="Rename or remove the second."
        )


def _modules(root: Path) -> list[Path]:
    return sorted((root / FOLDER).glob("*.py"))


def _run(module: Path, *, root: Path) -> None:
    # Compiled here, and not imported, so that no stale bytecode can stand for an edited function.
    scope = {"__name__": f"retake_variant_{module.stem}", "__file__": str(module)}
    try:
        exec(compile(module.read_bytes(), str(module), "exec"), scope)
    except (
        ArithmeticError,
        AttributeError,
        ImportError,
        LookupError,
        NameError,
        SyntaxError,
        TypeError,
        ValueError,
    ) as error:
        raise ConfigError(
            str(module.relative_to(root)),
            "",
            got=f"{type(error).__name__}: {error}",
            allowed="a module that Python can import",
            remedy="Mend it: functions of variants are registered when it is read.",
        ) from error
