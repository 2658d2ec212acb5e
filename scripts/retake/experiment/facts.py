"""Dated facts of models (config/models.yaml): what each takes, what it refuses, and how long it lives."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retake.errors import ConfigError
from retake.experiment.model import Experiment
from retake.experiment.model_errors import config_error
from retake.experiment.yaml_file import read_mapping

FILE = "config/models.yaml"
EMBEDDED_MODEL = "smollm2-135m-instruct"
"""What the embedded model is called in requests and rows, where the experiment names none."""

WARNING_DAYS = 60
"""How long before its end of life a model is warned of."""

_DATED = re.compile(r"-(\d{8}|\d{4}-\d\d-\d\d)$")


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Facts):
    """Dollars per million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float = Field(ge=0)


class ModelFacts(_Facts):
    """What is known of one model; `is_known` is False where only its provider's defaults are."""

    provider: str = ""
    model: str = ""
    is_known: bool = False
    api: Literal["chat", "responses", "messages"] = "chat"
    temperature: Literal["sent", "never", "default_only", "without_reasoning", "old_header"] = "sent"
    seed: bool = False
    structured_output: Literal["json_schema", "output_config", "none"] = "json_schema"
    efforts: tuple[str, ...] = ()
    cache_min_tokens: int | None = Field(None, ge=0)
    requests_per_minute: int | None = Field(None, ge=1)
    tokens_per_minute: int | None = Field(None, ge=1)
    end_of_life: datetime.date | None = None
    replacement: str | None = None
    price: Price | None = None


class _Provider(_Facts):
    defaults: dict[str, Any] = Field(default_factory=dict)
    judge: str | None = None
    small: str | None = None
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)


class _Table(_Facts):
    checked: datetime.date
    providers: dict[Literal["openai", "claude", "vllm", "local"], _Provider]


@dataclass(frozen=True)
class ModelSettings:
    """How the judge or the LLM mock is asked: `base_urls` is empty for the provider's own; `temperature` None is not sent."""

    provider: str
    api: str
    model: str
    base_urls: tuple[str, ...]
    max_tokens: int
    temperature: float | None
    facts: ModelFacts

    @property
    def base_url(self) -> str | None:
        """The first endpoint, or None for the provider's own."""
        return self.base_urls[0] if self.base_urls else None


def facts_of(provider: str, model: str | None, *, root: Path = Path()) -> ModelFacts:
    """Return what config/models.yaml knows of a model; None stands for the embedded one.

    Raises:
        ConfigError: where the file cannot be used as it is written.
    """
    entry = _table(root).providers[provider]  # type: ignore[index]
    name = model or EMBEDDED_MODEL
    line = _line(entry.models, name)
    is_known = line is not None or provider in ("vllm", "local")
    found = {**entry.defaults, **(entry.models[line] if line else {})}
    return _validated({**found, "provider": provider, "model": name, "is_known": is_known}, key=f"{provider}.{line}")


def checked_on(root: Path = Path()) -> datetime.date:
    """Return the day on which the facts were last checked."""
    return _table(root).checked


def _line(models: Mapping[str, Any], name: str) -> str | None:
    for candidate in (name, _DATED.sub("", name)):
        if candidate in models:
            return candidate
    families = [key for key in models if key.endswith("*") and name.startswith(key[:-1])]
    return max(families, key=len, default=None)


def _table(root: Path) -> _Table:
    path = root / FILE
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    return _read_table(path, stamp)


@lru_cache(maxsize=8)
def _read_table(path: Path, _stamp: int) -> _Table:
    try:
        table = _Table.model_validate(read_mapping(path, name=FILE))
    except ValidationError as error:
        raise config_error(error, _Table, file_of=lambda _: FILE) from error
    for provider in ("openai", "claude", "vllm", "local"):
        if provider not in table.providers:
            raise ConfigError(
                FILE,
                "providers",
                got=sorted(table.providers),
                allowed="openai, claude, vllm and local",
                remedy="Add it.",
            )
    for provider, entry in table.providers.items():
        for line, facts in {"defaults": {}, **entry.models}.items():
            _validated({**entry.defaults, **facts}, key=f"{provider}.{line}")
    return table


def _validated(values: Mapping[str, Any], *, key: str) -> ModelFacts:
    try:
        return ModelFacts.model_validate(values)
    except ValidationError as error:
        raise config_error(error, ModelFacts, file_of=lambda _: f"{FILE}: {key}") from error


def check_model(
    experiment: Experiment, facts: ModelFacts, today: datetime.date, *, file: str = "experiment", prefix: str = ""
) -> list[str]:
    """Return warnings about the model; `file` and `prefix` (as in `judge.`) say in errors where it is named.

    Raises:
        ConfigError: for a model past its end of life, or a parameter that it refuses.
    """
    key = f"{prefix}model"
    if facts.end_of_life and facts.end_of_life <= today:
        raise ConfigError(
            file,
            key,
            got=f"{facts.model}, which answers no more since {facts.end_of_life}",
            allowed="a model that is served",
            remedy=f"Use {facts.replacement or 'another model'}.",
        )
    if not prefix:
        _check_parameters(experiment, facts, file)
    return [*_ending(facts, today), *_unknown(facts)]


def _check_parameters(experiment: Experiment, facts: ModelFacts, file: str) -> None:
    allowed = {
        "never": "none: this model refuses it",
        "default_only": "1, the default",
        "without_reasoning": "one beside reasoning_effort: none",
    }
    for key in ("temperature", "top_p"):
        value = getattr(experiment, key)
        if value is not None and not _takes(experiment, facts, value):
            remedy = f"Remove {key} (or set it to null); candidates still differ by the model's own sampling."
            got = f"{value} for {facts.model}"
            raise ConfigError(file, key, got=got, allowed=allowed[facts.temperature], remedy=remedy)
    if experiment.structured_output and facts.structured_output == "none":
        got, allowed_form = f"true for {facts.model}", "false: this model takes no JSON schema"
        raise ConfigError(file, "structured_output", got=got, allowed=allowed_form, remedy="Remove structured_output.")
    effort = experiment.reasoning_effort
    if effort is not None and facts.is_known and effort not in facts.efforts and facts.provider in ("openai", "claude"):
        words = " | ".join(facts.efforts) or "none: this model takes no reasoning_effort"
        got = f"{effort} for {facts.model}"
        raise ConfigError(file, "reasoning_effort", got=got, allowed=words, remedy="Change or remove reasoning_effort.")


def _takes(experiment: Experiment, facts: ModelFacts, value: float) -> bool:
    if facts.temperature == "default_only":
        return value == 1
    if facts.temperature == "without_reasoning":
        return experiment.reasoning_effort == "none" or value == 1
    return facts.temperature != "never"


def _ending(facts: ModelFacts, today: datetime.date) -> list[str]:
    if facts.end_of_life is None or (facts.end_of_life - today).days > WARNING_DAYS:
        return []
    days = (facts.end_of_life - today).days
    use = f"; use {facts.replacement}" if facts.replacement else ""
    return [f"{facts.model} answers no more from {facts.end_of_life} ({days} days){use}."]


def _unknown(facts: ModelFacts) -> list[str]:
    if facts.is_known:
        return []
    return [
        f"{facts.model} is not in {FILE}: it is asked as {facts.provider}'s usual models are; its cost may be unknown."
    ]


def check_models(
    experiment: Experiment, *, today: datetime.date, root: Path = Path(), file: str = "experiment"
) -> list[str]:
    """Return the warnings about every model that the experiment asks, each sentence once; see `check_model`."""
    warnings = check_model(experiment, facts_of(experiment.generator, experiment.model, root=root), today, file=file)
    if experiment.llm_judge_fallback or {"code", "tool_calling"} & set(experiment.splits):
        judge = judge_settings(experiment, root)
        warnings += check_model(experiment, judge.facts, today, file=file, prefix="judge.")
    if "tool_calling" in experiment.splits:
        mock = mock_settings(experiment, root)
        warnings += check_model(experiment, mock.facts, today, file=file, prefix="tool_mock.")
    return list(dict.fromkeys(warnings))


def sampling_params(experiment: Experiment, facts: ModelFacts) -> dict[str, Any]:
    """Return the sampling parameters that are really sent: max_tokens, and temperature, top_p, reasoning_effort where set."""
    params: dict[str, Any] = {"max_tokens": experiment.max_tokens}
    for key in ("temperature", "top_p"):
        value = getattr(experiment, key)
        if value is not None and _is_sent(experiment, facts):
            params[key] = value
    if experiment.reasoning_effort is not None and facts.provider in ("openai", "claude"):
        params["reasoning_effort"] = experiment.reasoning_effort
    return params


def _is_sent(experiment: Experiment, facts: ModelFacts) -> bool:
    if facts.temperature == "without_reasoning":
        return experiment.reasoning_effort == "none"
    return facts.temperature in ("sent", "old_header")


def judge_settings(experiment: Experiment, root: Path = Path()) -> ModelSettings:
    """Return how the judge is asked: its own keys, else the provider's judge in config/models.yaml, else the generator."""
    judge = experiment.judge
    return _settings(experiment, judge, default="judge", temperature=judge.temperature, root=root)


def mock_settings(experiment: Experiment, root: Path = Path()) -> ModelSettings:
    """Return how the LLM mock of tools is asked: its own keys, else the platform's small model, else the generator.

    Its temperature is 0 where the model takes one: the result is frozen in the call store anyway.
    """
    return _settings(experiment, experiment.tool_mock, default="small", temperature=0.0, root=root)


def _settings(
    experiment: Experiment, asked: Any, *, default: str, temperature: float | None, root: Path
) -> ModelSettings:
    provider = asked.provider or experiment.generator
    is_same = provider == experiment.generator
    own = getattr(_table(root).providers[provider], default)
    model = asked.model or own or (experiment.model if is_same else None) or EMBEDDED_MODEL
    facts = facts_of(provider, model, root=root)
    urls = experiment.base_urls or ((experiment.base_url,) if experiment.base_url else ())
    takes = facts.temperature in ("sent", "old_header")
    return ModelSettings(
        provider=provider,
        api=facts.api,
        model=model,
        base_urls=(asked.base_url,) if asked.base_url else (tuple(urls) if is_same else ()),
        max_tokens=asked.max_tokens,
        temperature=temperature if takes else None,
        facts=facts,
    )
