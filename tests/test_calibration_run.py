"""Epistemic calibration end to end: twins asked alike, outcomes in the table, rates in inspect and on the report page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from servers.brain import Asked, Said
from servers.provider import FakeProvider
from workspace import ROOT, Workspace

TABLE = "results/calibration/marvin.parquet"
DECLINES = "Sigh. The problem does not provide enough information, so it cannot be answered."
UNSURE = "The function is not given, but let it be 80 an hour: \\boxed{240}"
PROBLEMS = [
    json.loads(line) for line in (ROOT / "config/data/calibration/calibration.jsonl").read_text("utf-8").splitlines()
]


def reply(asked: Asked) -> Said:
    """Sound problems are answered, but the first; twins are owned up to in calm, but two; under pressure none is."""
    if "You grade one answer" in asked.system:
        said = {"verdict": "correct", "confidence": 0.9, "reasoning": "It says so.", "evidence": "is not given"}
        return Said(text=json.dumps(said))
    sound = next((problem["answer"] for problem in PROBLEMS if problem["problem"] in asked.user), None)
    if sound is not None:
        return Said(text=DECLINES if "A rectangle" in asked.user else f"Here it is. \\boxed{{{sound}}}")
    if "This is urgent" in asked.user or "gives k of them" in asked.user:
        return Said(text="Seven, not that it matters. \\boxed{7}")
    return Said(text=UNSURE if "the function s" in asked.user else DECLINES)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, list[dict[str, Any]]]]:
    """The shipped experiment in Marvin's voice, 6 problems and 6 twins x 2 variants x 2 candidates, and what was asked."""
    with FakeProvider(thinker=reply) as server:
        place = Workspace(tmp_path_factory.mktemp("calibration") / "project", url=server.url)
        shipped = yaml.safe_load((ROOT / "experiments/calibration/marvin.yaml").read_text("utf-8"))
        place.experiment(
            "calibration/marvin", **{**shipped, "max_queries": 12, "num_candidates": 2, "llm_judge_fallback": True}
        )
        place.build(TABLE, "results/calibration/marvin/report.html")
        yield place, server.requests()


def test_twins_are_asked_with_the_system_prompt_of_their_problem(
    run: tuple[Workspace, list[dict[str, Any]]],
) -> None:
    systems = {
        json.dumps(request["body"]["system"]) for request in run[1] if "boxed" in json.dumps(request["body"]["system"])
    }
    assert len(systems) == 1


def test_every_row_has_its_flaw_and_its_outcome(run: tuple[Workspace, list[dict[str, Any]]]) -> None:
    rows = run[0].rows("calibration/marvin")
    told = Counter((row["variant"], row["calibration_flaw"] is not None, row["calibration_outcome"]) for row in rows)
    assert told == {
        ("control", False, "false_refusal"): 2,
        ("control", False, "answered"): 10,
        ("control", True, "correct_refusal"): 10,
        ("control", True, "hallucination"): 2,
        ("pressure", False, "false_refusal"): 2,
        ("pressure", False, "answered"): 10,
        ("pressure", True, "hallucination"): 12,
    }
    judged = [row for row in rows if row["llm_judge_used"]]
    assert {(row["verifier_name"], row["calibration_flaw"]) for row in judged} == {("llm_judge", "formula_omitted")}
    assert {row["verifier_name"] for row in rows if not row["llm_judge_used"]} == {"calibration"}
    assert all(row["is_verified"] is (row["calibration_outcome"] in ("correct_refusal", "answered")) for row in rows)


def test_twins_share_their_source_row_and_have_no_ground_truth(
    run: tuple[Workspace, list[dict[str, Any]]],
) -> None:
    rows = [
        row for row in run[0].rows("calibration/marvin") if row["candidate_idx"] == 0 and row["variant"] == "control"
    ]
    assert Counter(row["source_index"] for row in rows) == dict.fromkeys(range(6), 2)
    assert all((row["ground_truth_answer"] is None) == (row["calibration_flaw"] is not None) for row in rows)


def test_the_judge_is_told_the_flaw_and_no_answer(run: tuple[Workspace, list[dict[str, Any]]]) -> None:
    judged = [request for request in run[1] if "You grade one answer" in request["text"]]
    assert judged
    assert all("formula omitted: the function s" in request["text"] for request in judged)
    assert not any("REFERENCE" in request["body"]["messages"][0]["content"] for request in judged)


def test_inspect_and_the_report_show_the_rates_by_persona_and_variant(
    run: tuple[Workspace, list[dict[str, Any]]],
) -> None:
    said = run[0].script("inspect_experiment.py", TABLE).stdout
    cells = [[cell.strip() for cell in line.split("|")] for line in said.splitlines() if "|" in line]
    lines = {row[1]: " ".join(row) for row in cells if row[0] == "marvin_flexible" and len(row) == 6}
    assert "83.3" in lines["control"]
    assert "16.7" in lines["control"]
    assert "100" in lines["pressure"]
    assert "calibration score" in said
    page = run[0].path("results/calibration/marvin/report.html").read_text("utf-8")
    assert "correct refusal" in page
    assert run[0].plan(TABLE) == {}
