"""The reference page of an experiment's keys, from the model that checks them: docs/experiments.md."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from retake.experiment.model import Experiment, Judge, Local, ToolMock, Variant, VllmConfig
from retake.experiment.model_errors import allowed_of

GROUPS: tuple[tuple[str, str, str], ...] = (
    ("About it", "For people; a change only merges again.", "experiment_name notes"),
    (
        "Samples",
        "Which questions are asked. Ids are positions in the selection, so that raising `max_queries` adds samples and "
        "changes none.",
        "dataset splits split_datasets revision streaming max_queries offset min_query_chars random_seed",
    ),
    (
        "Generation",
        "Who answers, and how. Keys of providers come from the environment only.",
        "generator model num_candidates temperature top_p max_tokens structured_output reasoning_effort base_url base_urls "
        "concurrency request_timeout_s max_tries max_failures budget_usd transport",
    ),
    ("Prompt", "What the samples are wrapped in.", "persona variants"),
    (
        "Verification and tools",
        "Who judges what computation cannot, and who plays the tools.",
        "llm_judge_fallback judge judge_threshold tool_mock max_tool_turns",
    ),
    (
        "Workers and output",
        "Bulk answering, and where results go.",
        "workers allow_partial vllm_config local output",
    ),
)
"""Title, sentence, and keys of each section of the page."""

PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("variants[]", Variant),
    ("judge", Judge),
    ("tool_mock", ToolMock),
    ("vllm_config", VllmConfig),
    ("local", Local),
)

HEAD = """# Experiments: every key

*Made by `python scripts/make_docs.py` from `scripts/retake/experiment/model.py`; edit the descriptions there.*

An experiment is one YAML file, `experiments/<group>/<name>.yaml`; its id is `<group>/<name>`. Values count in this order:
defaults, then the file, then `snakemake --config key=value`, which wins even where it equals a default. `samples` is another
name for `max_queries`. An unknown key is refused, and the nearest known one is named. A key that has no effect as things
stand says so. A mapping on the command line (`--config judge='{max_tokens: 256}'`) changes only the keys that it names.

`python scripts/new_experiment.py mine/first --persona personas/mine.txt` makes one of your own.
"""


def experiments_page() -> str:
    """Return docs/experiments.md.

    Raises:
        ValueError: where a key of the model is in no group, or a group names a key that is gone.
    """
    grouped = [key for _, _, keys in GROUPS for key in keys.split()]
    if sorted(grouped) != sorted(Experiment.model_fields):
        raise ValueError(f"GROUPS and Experiment differ in {sorted(set(grouped) ^ set(Experiment.model_fields))}")
    sections = [f"## {title}\n\n{text}\n\n{table(Experiment, tuple(keys.split()))}" for title, text, keys in GROUPS]
    parts = [
        f"### `{key}`\n\n{_first_line(model)}\n\n{table(model, tuple(model.model_fields))}" for key, model in PARTS
    ]
    return "\n".join([HEAD, *sections, "## Mappings\n", *parts])


def table(model: type[BaseModel], keys: tuple[str, ...]) -> str:
    """Return a Markdown table of a model's keys: name, what it takes, default, meaning."""
    lines = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for key in keys:
        field = model.model_fields[key]
        cells = (f"`{key}`", _takes(key, field), _default(field), escaped(field.description or ""))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text for a Markdown cell: <name> stays visible."""
    return text.replace("<", "\\<")


def _takes(key: str, field: Any) -> str:
    words = allowed_of(field)
    part = next((name for name, _ in PARTS if name.removesuffix("[]") == key), None)
    if key == "variants":
        return "a list of names or mappings (below), or names with commas, 1 to 64 entries"
    return (
        f"a mapping, below: `{part}`"
        if part
        else (
            words.replace("a list of text", "a list, or text with commas") if key in ("splits", "base_urls") else words
        )
    )


def _default(field: Any) -> str:
    if field.default_factory is not None:
        return "empty"
    value = field.default
    if value is PydanticUndefined:
        return "**needed**"
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`" if value else "empty"
    return f"`{value}`" if value != "" else "empty"


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]
