"""docs/data.md knows every file that runs leave behind, and the keys of each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from retake.answer.manifest import Manifest
from retake.answer.waves import Wave
from retake.calls.request import Call
from retake.merge.verdicts import COLUMNS
from retake.samples.sample import Sample
from retake.workflow import data_files
from servers.faults import Fault
from servers.provider import FakeProvider
from workspace import ROOT, Workspace

OURS = ("results/", "logs/", ".retake/", ".snakemake/")
SEAL = {"checksum"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A folder after runs with tools, a judge, workers, a batch that failed in part, exports, and a damaged file."""
    folder = tmp_path_factory.mktemp("walk")
    with FakeProvider() as server:
        place = Workspace(folder / "project", url=server.url)
        place.env |= {"RETAKE_BATCH_POLL_S": "0.1", "FAKE_VLLM_LOG": str(folder / "asked.jsonl")}
        judged = {"splits": ["math", "tool_calling"], "llm_judge_fallback": True, "judge_threshold": 1.0}
        voices = {"persona": "personas/marvin_flexible.txt", "variants": ["control", "frustration"]}
        place.experiment("test/tools", dataset="embedded:basics", max_queries=2, **judged, **voices)
        served = {"command": [sys.executable, str(ROOT / "tests/servers/vllm.py"), "serve"]}
        place.experiment("test/workers", generator="vllm", model="some/model", workers=2, vllm_config=served)
        place.experiment("test/batch", transport="batch", max_failures=1.0, generator="claude", model="claude-sonnet-5")
        first = json.loads((ROOT / "config/data/sums/math.jsonl").read_text().splitlines()[0])
        server.plan(Fault("item_bad_request", contains=first["problem"]))
        of_table = ("report.html", "trajectories/index.json", "sft.jsonl", "inspect_log", "figures/rates.csv")
        tables = [f"results/test/{name}.parquet" for name in ("tools", "workers", "batch")]
        place.build(*tables, *(f"results/test/tools/{name}" for name in of_table))
        raw = place.path("results/test/workers/raw/control/math_0001/0.json")
        raw.write_bytes(raw.read_bytes()[:-40])
        place.snakemake(tables[1], check=False)
        place.build(tables[1])
        yield place


def files_of(place: Workspace) -> list[str]:
    found = (path.relative_to(place.folder).as_posix() for path in place.folder.rglob("*") if path.is_file())
    return sorted(file for file in found if file.startswith(OURS))


def test_every_file_of_a_run_is_one_that_the_page_knows(place: Workspace) -> None:
    left = files_of(place)
    assert not [file for file in left if not data_files.is_known(file)]
    kinds = (
        "/trace/",
        "/answer/1.json",
        "/.wave_1.json",
        "/verdicts/",
        "/.mocks/",
        ".eval",
        ".retake/failures/",
        ".retake/damaged/",
    )
    assert all(any(kind in file for file in left) for kind in kinds)


def names(kind: type) -> set[str]:
    return {field.name for field in fields(kind)}


KEYS: dict[str, tuple[str, set[str]]] = {
    "block": ("results/datasets/*/*/0.jsonl", names(Sample) | SEAL | {"rows"}),
    "call": (".retake/calls/*/*.json", names(Call) | SEAL),
    "raw": ("results/test/*/raw/*/*/0.json", set(data_files.RAW) | SEAL),
    "trace": ("results/test/tools/trace/*/*/0.json", set(data_files.TRACE) | SEAL),
    "verification": ("results/test/*/verification/*/*/0.json", set(data_files.VERIFICATION) | SEAL),
    "manifest": ("results/test/*/answer/1.json", names(Manifest) | SEAL),
    "wave": ("results/test/*/answer/.wave_1.json", names(Wave)),
    "metadata": ("results/test/*/metadata.json", set(data_files.METADATA)),
    "message": ("results/test/tools/trajectories/*/*/trajectory.jsonl", set(data_files.MESSAGE)),
    "sample": ("results/test/tools/trajectories/*/*/sample.json", set(data_files.TRAJECTORY_SAMPLE)),
}


@pytest.mark.parametrize("kind", KEYS)
def test_the_keys_of_a_file_are_those_of_the_page(place: Workspace, kind: str) -> None:
    pattern, known = KEYS[kind]
    found = sorted(place.folder.glob(pattern))
    assert found
    for file in found:
        assert set(_first(file)) == known, file


def test_the_other_keys_are_those_of_the_page(place: Workspace) -> None:
    import pyarrow.parquet as pq

    own = place.path("results/test/tools")
    for entry in json.loads((own / "trajectories/index.json").read_text()).values():
        assert set(entry) == set(data_files.INDEX)
    for name, known in (("sft.jsonl", data_files.SFT), ("preferences.jsonl", data_files.PREFERENCES)):
        assert all(set(json.loads(line)) == set(known) for line in (own / name).read_text().splitlines())
    assert all(pq.read_schema(file).names == list(COLUMNS) for file in own.glob("verdicts/*.parquet"))


def _first(file: Path) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    return json.loads(text.splitlines()[0] if file.suffix == ".jsonl" else text)
