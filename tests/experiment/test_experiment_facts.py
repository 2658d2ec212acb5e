"""What is known of models: parameters that are refused, ends of life, and who judges."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from retake.errors import ConfigError
from retake.experiment.facts import (
    EMBEDDED_MODEL,
    ModelFacts,
    check_model,
    check_models,
    facts_of,
    judge_settings,
    mock_settings,
    sampling_params,
)
from retake.experiment.load import experiment_ids, load_experiment
from retake.experiment.model import Experiment
from workspace import ROOT

TODAY = datetime.date(2026, 11, 21)


def experiment(generator: str, model: str | None = None, **keys: Any) -> Experiment:
    return Experiment(dataset="embedded:sums", splits=("math",), generator=generator, model=model, **keys)


def warnings(asked: Experiment, today: datetime.date = TODAY) -> list[str]:
    return check_model(asked, facts_of(asked.generator, asked.model, root=ROOT), today)


@pytest.mark.parametrize(
    ("generator", "model", "api", "temperature", "seed"),
    [
        ("claude", "claude-sonnet-5-5", "messages", "never", False),
        ("claude", "claude-haiku-4-5-20251001", "messages", "old_header", False),
        ("claude", "claude-nobody-9", "messages", "never", False),
        ("openai", "gpt-4o-2024-08-06", "chat", "sent", True),
        ("openai", "gpt-6-luna", "responses", "default_only", False),
        ("openai", "gpt-5.4-mini", "responses", "without_reasoning", False),
        ("openai", "some-model-behind-a-proxy", "chat", "sent", True),
        ("vllm", "willcb/Qwen3-0.6B", "chat", "sent", True),
        ("local", None, "chat", "sent", True),
    ],
)
def test_a_model_has_its_facts_or_its_providers(
    generator: str, model: str | None, api: str, temperature: str, seed: bool
) -> None:
    facts = facts_of(generator, model, root=ROOT)
    assert (facts.api, facts.temperature, facts.seed) == (api, temperature, seed)
    assert facts.model == (model or EMBEDDED_MODEL)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (experiment("claude", "claude-3-opus-20240229"), "model: got 'claude-3-opus-20240229, which answers no more"),
        (experiment("claude", "claude-sonnet-4-20250514"), "claude-sonnet-5-5"),
        (experiment("claude", "claude-haiku-5-5", temperature=1.0), "temperature"),
        (experiment("claude", "claude-opus-5-5", top_p=0.9), "top_p"),
        (experiment("openai", "gpt-6-luna", temperature=0.7), "temperature"),
        (experiment("openai", "gpt-5.4", temperature=0.7), "reasoning_effort: none"),
        (experiment("openai", "gpt-4o", reasoning_effort="low"), "reasoning_effort"),
        (experiment("claude", "claude-sonnet-5-5", reasoning_effort="minimal"), "reasoning_effort"),
    ],
)
def test_what_a_model_refuses_is_an_error_before_the_first_call(asked: Experiment, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        warnings(asked)
    assert told in str(caught.value)


def test_a_model_without_a_form_of_structured_output_is_not_asked_for_one() -> None:
    facts = ModelFacts(provider="openai", model="old", structured_output="none")
    with pytest.raises(ConfigError, match="structured_output: got 'true for old'"):
        check_model(experiment("openai", "old", structured_output=True), facts, TODAY)
    check_model(experiment("openai", "old"), facts, TODAY)


def test_the_end_of_a_model_is_warned_of_and_then_an_error() -> None:
    asked = experiment("openai", "gpt-4o-mini")
    assert warnings(asked, datetime.date(2026, 10, 1)) == []
    assert warnings(asked) == ["gpt-4o-mini answers no more from 2027-01-14 (54 days); use gpt-6-luna."]
    with pytest.raises(ConfigError, match="Use gpt-6-luna"):
        warnings(asked, datetime.date(2027, 1, 14))


def test_an_unknown_model_works_and_is_said_once() -> None:
    asked = experiment("openai", "gpt-99", judge={"model": "gpt-99"})
    told = check_models(asked, today=TODAY, root=ROOT)
    assert len(told) == 1
    assert "gpt-99" in told[0]
    assert "cost" in told[0]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (experiment("local", temperature=0.8), {"max_tokens": 4096, "temperature": 0.8}),
        (
            experiment("openai", "gpt-4o", temperature=0.8, top_p=0.9),
            {"max_tokens": 4096, "temperature": 0.8, "top_p": 0.9},
        ),
        (experiment("openai", "gpt-6-luna", temperature=1, max_tokens=9), {"max_tokens": 9}),
        (experiment("openai", "gpt-5.4", temperature=0.8), {"max_tokens": 4096}),
        (
            experiment("openai", "gpt-5.4", temperature=0.8, reasoning_effort="none"),
            {"max_tokens": 4096, "temperature": 0.8, "reasoning_effort": "none"},
        ),
        (experiment("claude", "claude-haiku-4-5", temperature=0.8), {"max_tokens": 4096, "temperature": 0.8}),
        (
            experiment("claude", "claude-haiku-5-5", reasoning_effort="low"),
            {"max_tokens": 4096, "reasoning_effort": "low"},
        ),
        (experiment("local", reasoning_effort="low"), {"max_tokens": 4096}),
    ],
)
def test_only_what_a_model_takes_is_sent(asked: Experiment, sent: dict[str, Any]) -> None:
    assert sampling_params(asked, facts_of(asked.generator, asked.model, root=ROOT)) == sent


def test_the_judge_and_the_mock_follow_the_platform() -> None:
    claude = judge_settings(experiment("claude", "claude-sonnet-5-5", base_url="http://a/v1"), ROOT)
    assert (claude.provider, claude.model, claude.base_url, claude.temperature) == (
        "claude",
        "claude-haiku-5-5",
        "http://a/v1",
        None,
    )
    other = judge_settings(
        experiment(
            "vllm", "q", base_urls=["http://a/v1", "http://b/v1"], judge={"provider": "openai", "model": "gpt-4o"}
        ),
        ROOT,
    )
    assert (other.provider, other.model, other.base_urls, other.temperature) == ("openai", "gpt-4o", (), 0.0)
    own = mock_settings(experiment("vllm", "q", base_urls=["http://a/v1", "http://b/v1"]), ROOT)
    assert (own.provider, own.model, own.base_urls) == ("vllm", "q", ("http://a/v1", "http://b/v1"))
    assert mock_settings(experiment("local"), ROOT).model == EMBEDDED_MODEL
    assert mock_settings(experiment("openai", "gpt-4o", tool_mock={"model": "x"}), ROOT).model == "x"


@pytest.mark.parametrize("name", experiment_ids(ROOT))
def test_every_shipped_experiment_asks_models_that_live_in_2027(name: str) -> None:
    assert check_models(load_experiment(name, root=ROOT), today=datetime.date(2027, 1, 1), root=ROOT) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("api: messages", "api: mesages", "claude.defaults"),
        ("end_of_life: 2027-04-01", "end_of_life: soon", "end_of_life"),
        ("seed: true", "seeds: true", "seed"),
        ("  vllm:", "  vlm:", "vlm"),
        ("checked: 2026-11-20", "", "checked"),
    ],
)
def test_a_broken_table_of_models_is_one_clear_error(tmp_path: Path, old: str, new: str, told: str) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    table = tmp_path / "config/models.yaml"
    table.write_text(table.read_text().replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        facts_of("openai", "gpt-4o", root=tmp_path)
    assert told in str(caught.value)
    assert "config/models.yaml" in str(caught.value)
