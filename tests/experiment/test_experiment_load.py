"""Loading experiments: every way of being broken is one clear error, and the command line wins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from retake.errors import ConfigError
from retake.experiment.checks import notices
from retake.experiment.load import experiment_ids, load_experiment, load_settings
from workspace import ROOT

GOOD = "dataset: embedded:sums\nsplits: [math]\ngenerator: local\n"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join('*' + a for _ in range(10))}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)

# What is written, then what the one error must say: the key, and a word of the rest.
BROKEN = {
    "an empty file": ("", "key: value"),
    "a list": ("- dataset\n", "key: value"),
    "a scalar": ("just text\n", "key: value"),
    "only comments": ("# nothing\n", "key: value"),
    "a tab": ("dataset: x\n\tsplits: y\n", "line 2"),
    "an open bracket": (GOOD + "variants: [control\n", "line"),
    "an open quote": (GOOD + 'notes: "abc\n', "line"),
    "a number as key": (GOOD + "3: x\n", "text"),
    "a list as key": (GOOD + "[a, b]: x\n", "line 4"),
    "a key twice": (GOOD + "max_queries: 3\nmax_queries: 4\n", "max_queries: got 'the key twice, in lines 4 and 5'"),
    "a nested key twice": (GOOD + "judge: {model: a, model: b}\n", "twice"),
    "an alias bomb": (GOOD + LAUGHS, "aliases"),
    "an alias to itself": (GOOD + "variants: &v [*v]\n", "alias to itself"),
    "an unknown alias": (GOOD + "notes: *nowhere\n", "alias"),
    "a Python object": (GOOD + "notes: !!python/object/apply:os.system [ls]\n", "tag"),
    "a date that is none": (GOOD + "notes: 2026-13-45\n", "month"),
    "deep nesting": (GOOD + "variants: " + "[" * 2000 + "]" * 2000 + "\n", "deep"),
    "two documents": (GOOD + "---\n" + GOOD, "document"),
    "a misspelt key": (GOOD + "max_querys: 3\n", "max_querys: got 3; allowed: a known key. Did you mean max_queries?"),
    "a key of old": (GOOD + "api_key: x\n", "Known:"),
    "a misspelt nested key": (GOOD + "judge: {modle: x}\n", "judge.modle"),
    "a misspelt variant key": (GOOD + "variants: [{name: a, txt: b}]\n", "variants[0].txt"),
    "an alias beside its key": (GOOD + "samples: 3\nmax_queries: 3\n", "samples"),
    "no dataset": ("splits: [math]\ngenerator: local\n", "dataset: got 'nothing'"),
    "no splits": ("dataset: embedded:sums\ngenerator: local\n", "splits"),
    "no generator": ("dataset: embedded:sums\nsplits: [math]\n", "generator"),
    "an unknown generator": (GOOD.replace("local", "clade"), "Did you mean claude?"),
    "empty splits": (GOOD.replace("[math]", "[]"), "splits"),
    "empty splits in text": (GOOD.replace("[math]", "','"), "splits"),
    "a split in capitals": (GOOD.replace("[math]", "[Math]"), "lower-case"),
    "a split that climbs": (GOOD.replace("[math]", "[../x]"), "splits"),
    "a split that is yes": (GOOD.replace("[math]", "[on]"), "splits"),
    "a split twice": (GOOD.replace("[math]", "[math, math]"), "each split once"),
    "another dataset for no split": (GOOD + "split_datasets: {mth: x/y}\n", "split_datasets.mth"),
    "no samples": (GOOD + "max_queries: 0\n", "at least 1"),
    "half a sample": (GOOD + "max_queries: 2.5\n", "whole number"),
    "samples that are yes": (GOOD + "max_queries: yes\n", "max_queries: got True"),
    "samples in words": (GOOD + "max_queries: many\n", "whole number"),
    "too many candidates": (GOOD + "num_candidates: 257\n", "at most 256"),
    "a temperature too high": (GOOD + "temperature: 2.5\n", "at most 2"),
    "a temperature that is no number": (GOOD + "temperature: .nan\n", "temperature"),
    "an infinite budget": (GOOD + "budget_usd: .inf\n", "budget_usd"),
    "a negative budget": (GOOD + "budget_usd: -1\n", "at least 0"),
    "top_p of nothing": (GOOD + "top_p: 0\n", "more than 0"),
    "a seed below nothing": (GOOD + "random_seed: -1\n", "at least 0"),
    "notes that are a number": (GOOD + "notes: 7\n", "quotes"),
    "a revision that is a number": (GOOD + "revision: 1234567\n", "quotes"),
    "an unknown transport": (GOOD + "transport: batches\n", "Did you mean batch?"),
    "a batch without an API": (GOOD + "transport: batch\n", "transport"),
    "an unknown effort": (GOOD + "reasoning_effort: hihg\n", "high"),
    "no model for Claude": (GOOD.replace("local", "claude"), "model"),
    "an empty model": (GOOD + "model: ''\n", "model"),
    "vllm without a server": (GOOD.replace("local", "vllm\nmodel: m"), "workers"),
    "an endpoint without a scheme": (GOOD + "model: m\nbase_url: localhost:8000\n", "base_url"),
    "an endpoint with a key": (GOOD + "model: m\nbase_url: http://me:secret@host/v1\n", "environment"),
    "an endpoint with a bad port": (GOOD + "model: m\nbase_url: http://host:99999/v1\n", "base_url"),
    "one endpoint and several": (GOOD + "model: m\nbase_url: http://a/v1\nbase_urls: [http://b/v1]\n", "base_urls"),
    "an endpoint twice": (GOOD + "model: m\nbase_urls: [http://b/v1, http://b/v1]\n", "once"),
    "a judge that is text": (GOOD + "judge: gpt-6-luna\n", "a mapping"),
    "a judge of nobody": (GOOD + "judge: {provider: openia}\n", "openai"),
    "a vllm judge without a server": (GOOD + "judge: {provider: vllm}\n", "judge"),
    "a variant twice": (GOOD + "variants: [control, control]\n", "each variant once"),
    "a variant that climbs": (GOOD + "variants: ['../../etc']\n", "variants[0]"),
    "a variant without a name": (GOOD + "variants: [{text: hello}]\n", "variants[0].name"),
    "a variant that is a number": (GOOD + "variants: [3]\n", "variants[0]"),
    "a control that changes something": (GOOD + "variants: [{name: control, text: x}]\n", "control"),
    "a variant of two minds": (GOOD + "variants: [{name: a, text: x, function: f}]\n", "not both"),
    "an unknown placement": (GOOD + "variants: [{name: a, placement: sufix, text: x}]\n", "suffix"),
    "a persona that is not there": (GOOD + "persona: personas/marvn_flexible.txt\n", "personas/marvin_flexible.txt"),
    "a persona that climbs": (GOOD + "persona: ../secret.txt\n", "persona"),
    "a persona elsewhere": (GOOD + "persona: /etc/passwd\n", "persona"),
    "an output of another kind": (GOOD + "output: table.csv\n", ".parquet"),
    "an output that climbs": (GOOD + "output: ../x.parquet\n", "output"),
    "an output over the table": (GOOD + "output: results/test/one.parquet\n", "another path"),
    "an output in an experiment's folder": (GOOD + "output: results/test/one/copy.parquet\n", "not test/one's"),
    "an embedded name that climbs": (GOOD.replace("embedded:sums", "embedded:../sums"), "dataset"),
    "a web address": (GOOD.replace("embedded:sums", "https://hub.example/datasets/a"), "address"),
    "a dataset of spaces": (GOOD.replace("embedded:sums", "'  '"), "dataset"),
    "a dataset with a wildcard": (GOOD.replace("embedded:sums", "'data/{x}.jsonl'"), "dataset"),
    "memory of too much": (GOOD + "vllm_config: {gpu_memory_utilization: 1.5}\n", "vllm_config.gpu_memory_utilization"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "experiments/test").mkdir(parents=True)
    shutil.copytree(ROOT / "personas", tmp_path / "personas")
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def write(project: Path, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (project / "experiments/test/one.yaml").write_bytes(data)


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_gets_one_clear_error(project: Path, text: str, told: str) -> None:
    write(project, text)
    with pytest.raises(ConfigError) as caught:
        load_experiment("test/one", root=project)
    message = str(caught.value)
    assert message.startswith("experiments/test/one.yaml")
    assert told in message
    assert "allowed: " in message
    assert "\n" not in message
    assert "pydantic" not in message
    assert len(message) < 1500


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (GOOD.encode("utf-16"), "UTF-8"),
        (GOOD.encode() + "notes: café\n".encode("latin-1"), "UTF-8"),
        (GOOD.encode() + b"notes: a\x00b\n", "YAML"),
        (GOOD.encode() + b"#" * 1_000_001, "bytes"),
    ],
    ids=["utf-16", "latin-1", "a NUL", "a megabyte"],
)
def test_bytes_that_are_no_text_get_one_clear_error(project: Path, data: bytes, told: str) -> None:
    write(project, data)
    with pytest.raises(ConfigError, match=told):
        load_experiment("test/one", root=project)


@pytest.mark.parametrize(
    "name", ["one", "test/", "/etc/passwd", "test/../../x", "test/one/two", "datasets/one", "", "te st/a"]
)
def test_an_id_that_is_none_is_refused(project: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        load_experiment(name, root=project)


def test_a_misspelt_id_suggests_the_nearest(project: Path) -> None:
    write(project, GOOD)
    with pytest.raises(ConfigError, match=r"Did you mean test/one\?"):
        load_experiment("test/onne", root=project)


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(project: Path) -> None:
    write(project, GOOD + "max_queries: 7\nnum_candidates: 2\njudge: {model: a, max_tokens: 99}\n")
    plain = load_experiment("test/one", root=project)
    assert (plain.max_queries, plain.num_candidates, plain.temperature) == (7, 2, None)
    told = load_experiment("test/one", overrides={"max_queries": 50, "judge": {"max_tokens": "64"}}, root=project)
    assert told.max_queries == type(told).model_fields["max_queries"].default == 50
    assert (told.judge.model, told.judge.max_tokens) == ("a", 64)


@pytest.mark.parametrize(
    ("key", "given", "wanted"),
    [
        ("max_queries", "3", 3),
        ("samples", "3", 3),
        ("temperature", "null", None),
        ("temperature", "", None),
        ("temperature", "1e-1", 0.1),
        ("model", 4, "4"),
        ("model", "null", None),
        ("notes", "12", "12"),
        ("notes", "a: b", "a: b"),
        ("splits", "math", ("math",)),
        ("variants", "control,pressure", ("control", "pressure")),
        ("variants", "[control, pressure]", ("control", "pressure")),
        ("llm_judge_fallback", "false", False),
        ("llm_judge_fallback", False, False),
        ("persona", "~", None),
    ],
)
def test_the_command_line_speaks_yaml(project: Path, key: str, given: object, wanted: object) -> None:
    write(project, GOOD + "temperature: 0.5\nmax_queries: 9\nmodel: m\n")
    told = load_experiment("test/one", overrides={key: given}, root=project)
    assert getattr(told, "max_queries" if key == "samples" else key) == wanted


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"max_querys": 3}, "--config: max_querys"),
        ({"max_queries": "none"}, "--config: max_queries"),
        ({"temperature": "warm"}, "--config: temperature"),
        ({"samples": 1, "max_queries": 2}, "--config: samples"),
        ({"variants": "[control"}, "--config"),
        ({"persona": "nobody.txt"}, "--config: persona"),
        ({"generator": "claude"}, "experiments/test/one.yaml: model"),
    ],
)
def test_an_error_names_where_the_value_came_from(project: Path, overrides: dict[str, object], told: str) -> None:
    write(project, GOOD)
    with pytest.raises(ConfigError) as caught:
        load_experiment("test/one", overrides=overrides, root=project)
    assert str(caught.value).startswith(told)


def test_keys_without_effect_say_so(project: Path) -> None:
    write(
        project, GOOD + "vllm_config: {min_vram: 12}\nmax_tool_turns: 3\nbudget_usd: 1\nstreaming: false\nworkers: 2\n"
    )
    told = notices(load_experiment("test/one", root=project))
    assert [sentence.split()[0] for sentence in told] == ["vllm_config", "budget_usd", "max_tool_turns", "streaming"]
    write(project, GOOD)
    assert notices(load_experiment("test/one", root=project)) == []


@pytest.mark.parametrize("name", experiment_ids(ROOT))
def test_every_shipped_experiment_loads_and_says_nothing_idle(name: str) -> None:
    assert notices(load_experiment(name, root=ROOT)) == []


def test_the_family_ships() -> None:
    wanted = {f"{p}/{g}_100x8" for p in ("marvin", "data", "j5") for g in ("openai", "claude")}
    wanted |= {"marvin/personality", "data/personality", "marvin/tool_calling", "j5/tool_calling"}
    wanted |= {f"baseline/{n}" for n in ("baseline", "high_throughput", "math_focused")}
    wanted |= {f"gsm8k/{n}" for n in ("emotional_pilot", "emotional_parallel", "custom_config")}
    wanted |= {f"demo/{n}" for n in ("first_takes", "prompt_variants", "tools", "calibration")}
    assert wanted <= set(experiment_ids(ROOT))
    for name in experiment_ids(ROOT):
        if name.endswith("_100x8"):
            experiment = load_experiment(name, root=ROOT)
            assert (experiment.max_queries, experiment.num_candidates) == (100, 8)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("experiment: [demo/first_takes]\n", "Did you mean experiments"),
        ("experiments: demo/first_takes\n", "a list of ids"),
        ("experiments: [demo/first_take]\n", "no such experiment"),
        ("experiments: [demo/first_takes]\nmax_queries: 3\n", "experiments' files"),
    ],
)
def test_the_workflows_settings_are_checked(project: Path, text: str, told: str) -> None:
    (project / "config/config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        load_settings(project)


def test_the_shipped_settings_name_the_demo() -> None:
    assert load_settings(ROOT) == {"experiments": ["demo/first_takes", "demo/prompt_variants"]}
