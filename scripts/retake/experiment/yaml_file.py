"""YAML files written by people: read safely, with every way of being broken told in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from retake.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
"""Values after aliases are expanded; the largest file of ours has under 2,000."""

_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(path: Path, *, name: str) -> Any:
    """Return what the YAML file at `path` says; `name` is what errors call it.

    Raises:
        ConfigError: where it is missing, too large, not UTF-8, not YAML, names a key twice, or expands without bound.
    """
    return parse_yaml(_text_of(path, name=name), name=name)


def read_mapping(path: Path, *, name: str) -> dict[str, Any]:
    """Return the mapping in the YAML file at `path`, whose keys are all text; see `read_yaml`."""
    return as_mapping(read_yaml(path, name=name), name=name)


def as_mapping(value: Any, *, name: str) -> dict[str, Any]:
    """Return what a YAML file says as a mapping whose keys are all text.

    Raises:
        ConfigError: where it is something else.
    """
    if not isinstance(value, dict):
        raise ConfigError(name, "", got=value, allowed="lines of the form key: value", remedy="Write one key a line.")
    for key in value:
        if not isinstance(key, str):
            raise ConfigError(name, str(key), got=key, allowed="keys that are text", remedy="Put the key in quotes.")
    return value


def parse_yaml(text: str, *, name: str) -> Any:
    """Return what the YAML in `text` says; see `read_yaml`."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _expanded(node, name=name, sizes={}, open_nodes=set())
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise ConfigError(
            name, _place(error), got=_problem(error), allowed="YAML", remedy="Correct that line."
        ) from error
    except ValueError as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(name, "", got=str(error), allowed="YAML", remedy="Correct that value.") from error
    except RecursionError as error:
        raise ConfigError(
            name, "", got="values nested too deep", allowed="a few levels", remedy="Flatten it."
        ) from error


def _text_of(path: Path, *, name: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(name, "", got="no such file", allowed="a YAML file", remedy="Create it.") from error
    except OSError as error:
        raise ConfigError(
            name,
            "",
            got=error.strerror,
            allowed="a YAML file that can be read",
            remedy="Check the path and its rights.",
        ) from error
    if len(data) > MAX_BYTES:
        raise ConfigError(
            name, "", got=f"more than {MAX_BYTES:,} bytes", allowed="a short file", remedy="Is it the right file?"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            name,
            f"byte {error.start}",
            got=data[error.start : error.start + 4],
            allowed="UTF-8",
            remedy="Save it as UTF-8.",
        ) from error


def _expanded(node: yaml.Node, *, name: str, sizes: dict[int, int], open_nodes: set[int]) -> int:
    """Return how many values `node` stands for once its aliases are expanded, checking keys on the way."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in sizes:
        return sizes[id(node)]
    if id(node) in open_nodes:
        raise ConfigError(name, _line(node), got="an alias to itself", allowed="values", remedy="Write the value out.")
    open_nodes.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _check_keys(node, name=name)
    children = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
    total = 1 + sum(_expanded(child, name=name, sizes=sizes, open_nodes=open_nodes) for child in children)
    if total > MAX_NODES:
        raise ConfigError(
            name,
            _line(node),
            got=f"more than {MAX_NODES:,} values once aliases are expanded",
            allowed="a short file",
            remedy="Write the values out.",
        )
    open_nodes.discard(id(node))
    sizes[id(node)] = total
    return total


def _check_keys(node: yaml.MappingNode, *, name: str) -> None:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(
                name, _line(key), got="a list or mapping as a key", allowed="text", remedy="Name the key."
            )
        if key.tag != _MERGE and key.value in seen:
            raise ConfigError(
                name,
                key.value,
                got=f"the key twice, in lines {seen[key.value]} and {key.start_mark.line + 1}",
                allowed="each key once",
                remedy="Remove one of them.",
            )
        seen[key.value] = key.start_mark.line + 1


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
