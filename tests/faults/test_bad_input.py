"""Broken files and command lines, through the real command line: one clear error, nothing written, nobody asked.

tests/experiment has a hundred broken experiment files in-process; here each class of mistake goes the whole way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from workshop import Workshop
from zygote import Zygote

GOOD = "dataset: data/mine.jsonl\nsplits: [math]\nmax_queries: 2\nnum_candidates: 2\ngenerator: openai\nmodel: gpt-4.1-mini\nllm_judge_fallback: false\n"
ROWS = '{"question": "What is 2 + 3?", "answer": "5"}\n{"question": "What is 4 + 5?", "answer": "9"}\n'
MARKERS = "about: A voice.\nmarkers:\n  - {name: sigh, about: Weariness., pattern: 'sigh'}\n"
YAML, DATA = "experiments/test/sums.yaml", "data/mine.jsonl"
MARKERS_FILE = "personas/marvin_flexible.markers.yaml"
MARVIN = "persona: personas/marvin_flexible.txt\n"
TABLE = "results/test/sums.parquet"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join('*' + a for _ in range(10))}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)


@dataclass(frozen=True)
class Case:
    """What is broken (files and their contents), what is asked for, and what the error must say."""

    told: list[str]
    files: dict[str, str | bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=lambda: [TABLE])


def yaml(text: str, *told: str) -> Case:
    return Case([YAML, *told], {YAML: text})


def data(text: str | bytes, *told: str) -> Case:
    return Case(["mine.jsonl", *told], {DATA: text})


def config(setting: str, *told: str) -> Case:
    return Case(["--config", *told], asked=[TABLE, "--config", setting])


def target(path: str, *told: str) -> Case:
    return Case(list(told), asked=[path])


CASES: dict[str, Case] = {
    "an empty experiment": yaml("", "key: value"),
    "a tab in YAML": yaml("dataset: x\n\tsplits: y\n", "line 2"),
    "a key twice": yaml(GOOD + "max_queries: 3\n", "max_queries", "twice"),
    "an alias bomb": yaml(GOOD + LAUGHS, "aliases"),
    "a Python object": yaml(GOOD + "notes: !!python/object/apply:os.system [ls]\n", "tag"),
    "a misspelt key": yaml(GOOD + "temprature: 1\n", "temprature", "temperature"),
    "a value of a wrong type": yaml(GOOD.replace("max_queries: 2", "max_queries: many"), "max_queries", "whole number"),
    "a huge value": yaml(GOOD + "max_tokens: 99999999999999999999\n", "max_tokens", "at most"),
    "a persona that climbs": yaml(GOOD + "persona: ../../etc/passwd\n", "persona"),
    "a split that climbs": yaml(GOOD.replace("[math]", "[../x]"), "splits"),
    "a variant that is nowhere": yaml(GOOD + "variants: [presure]\n", "presure", "pressure"),
    "an experiment that is no text": Case([YAML, "UTF-8"], {YAML: GOOD.encode("utf-16")}),
    "a data file that is nowhere": Case(["dataset", "data/min.jsonl"], {YAML: GOOD.replace("mine", "min")}),
    "a data file that is empty": data("", "math"),
    "a data row that is no JSON": data(ROWS + "{'question': 1}\n", "line 3"),
    "a data row cut short": data(ROWS[:-20], "line 2"),
    "a data file that is no text": data(b"\xff\xfe\x00bad\n", "UTF-8"),
    "a missing column": data('{"prompt_x": "What?", "y": 1}\n', "question"),
    "fewer rows than asked for": data(ROWS.splitlines()[0] + "\n", "max_queries"),
    "markers that are no YAML": Case([MARKERS_FILE, "line"], {YAML: GOOD + MARVIN, MARKERS_FILE: "about: [\n"}),
    "a marker's pattern that is none": Case(
        [MARKERS_FILE, "pattern"], {YAML: GOOD + MARVIN, MARKERS_FILE: MARKERS.replace("'sigh'", "'(sigh'")}
    ),
    "a marker's misspelt key": Case(
        [MARKERS_FILE, "patern"], {YAML: GOOD + MARVIN, MARKERS_FILE: MARKERS.replace("pattern", "patern")}
    ),
    "a variant's misspelt key": Case(
        ["variants/pressure.yaml", "txt"], {YAML: GOOD + "variants: [pressure]\n", "variants/pressure.yaml": "txt: x\n"}
    ),
    "an unknown fact of a model": Case(
        ["config/models.yaml", "wit"], {"config/models.yaml": "checked: 2026-11-20\nwit: 3\nproviders: {}\n"}
    ),
    "a setting in the wrong file": Case(
        ["config/config.yaml", "max_queries"], {"config/config.yaml": "experiments: []\nmax_queries: 3\n"}, []
    ),
    "a misspelt experiment": target("results/test/sumz.parquet", "test/sumz", "results/test/sums.parquet"),
    "an experiment that climbs": target("results/../../secret.parquet", "secret"),
    "a sample that is none": target("results/test/sums/raw/control/math_0003/0.json", "math_0003", "math_0001"),
    "a candidate too many": target("results/test/sums/verification/control/math_0001/2.json", "candidate", "0, 1"),
    "a trace without tools": target("results/test/sums/trace/control/math_0001/0.json", "tool_calling"),
    "a file that no rule makes": target("results/test/sums/raport.html", "raport.html"),
    "a misspelt key of --config": config("max_querys=3", "max_querys", "max_queries"),
    "a value of --config of a wrong type": config("num_candidates=many", "num_candidates"),
    "a value of --config that is no YAML": config("variants=[control", "--config"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_one_clear_error_and_nothing_is_written(place: Workshop, zygote: Zygote, name: str) -> None:
    place.write(YAML, GOOD)
    place.write(DATA, ROWS)
    for file, content in CASES[name].files.items():
        place.path(file).parent.mkdir(parents=True, exist_ok=True)
        place.path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = place.snakemake(*CASES[name].asked, check=False, env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
    said = done.stdout
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert [word for word in CASES[name].told if word not in said] == [], said
    assert len(said) < 4000, said
    made = [
        file for file in place.path("results").rglob("*") if file.suffix in (".parquet", ".json", ".jsonl", ".html")
    ]
    assert [file for file in made if ".mocks" not in file.parts and "datasets" not in file.parts] == []
    assert not place.path(".retake/calls").exists()
