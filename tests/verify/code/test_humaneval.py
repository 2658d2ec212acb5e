"""HumanEval in real containers: every canonical solution passes, and each with an empty body fails."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from retake.samples.sample import Sample
from retake.verify.code.verifier import CodeVerifier
from workspace import shared_data

pytestmark = pytest.mark.docker


def rows() -> list[dict[str, str]]:
    return [json.loads(line) for line in shared_data("humaneval/HumanEval.jsonl").read_text().splitlines()]


def task(row: dict[str, str]) -> Sample:
    tests = {"kind": "humaneval", **{key: row[key] for key in ("prompt", "test", "entry_point")}}
    return Sample("code", 1, row["task_id"], row["prompt"], tests=tests)


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("is_solved", [True, False], ids=["canonical", "empty"])
def test_the_canonical_solution_passes_and_an_empty_body_fails(
    part: int, is_solved: bool, verifier: CodeVerifier
) -> None:
    chosen = rows()[part::4]
    assert len(chosen) == 41

    def verdict_of(row: dict[str, str]) -> tuple[str, bool | None, bool, str]:
        body = row["canonical_solution"] if is_solved else "    pass\n"
        verdict = verifier.verify(f"```python\n{row['prompt']}{body}```", task(row))
        return row["task_id"], verdict.is_verified, verdict.confidence >= 0.7, verdict.explanation

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(verdict_of, chosen))
    assert [each for each in found if each[1] is not is_solved or not each[2]] == []
