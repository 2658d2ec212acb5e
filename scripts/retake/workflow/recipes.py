"""From an experiment and a model's facts to what is sent: the recipe of its candidates, and who judges and mocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retake.answer.requests import Recipe
from retake.experiment.facts import ModelSettings, facts_of, judge_settings, mock_settings, sampling_params
from retake.experiment.model import Experiment
from retake.prompts.opening import STEPS_FORMAT


def recipe_of(config: Experiment, *, root: Path) -> Recipe:
    """Return what all requests of an experiment's candidates share."""
    facts = facts_of(config.generator, config.model, root=root)
    return Recipe(
        provider=config.generator,
        api=facts.api,
        model=facts.model,
        params=sampling_params(config, facts),
        response_format=STEPS_FORMAT if config.structured_output else None,
        takes_seed=facts.seed,
        random_seed=config.random_seed or 0,
    )


def asked(settings: ModelSettings) -> dict[str, Any]:
    """Return what of a judge's or mock's settings enters its requests, as plain data: not where it is served."""
    names = ("provider", "api", "model", "max_tokens", "temperature")
    return {name: getattr(settings, name) for name in names}


def judge_of(config: Experiment, *, root: Path) -> ModelSettings:
    """Return who judges; whether it is asked depends on the split, and on `llm_judge_fallback`."""
    return judge_settings(config, root)


def mock_of(config: Experiment, *, root: Path) -> ModelSettings:
    """Return who plays a tool that no family knows."""
    return mock_settings(config, root)
