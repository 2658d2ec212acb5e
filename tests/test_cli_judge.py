"""The judge's agreement with labels as a command line: real HTTP, and every call kept."""

from __future__ import annotations

import json
from pathlib import Path

from servers.provider import FakeProvider
from workspace import Workspace


def test_a_judge_is_measured_on_labelled_rows_and_asked_once(tmp_path: Path) -> None:
    with FakeProvider() as server:
        place = Workspace(tmp_path / "project", url=server.url)
        place.experiment()
        rows = [
            {
                "task": "math",
                "question": f"What is {k} + 1?",
                "answer": f"The sum is {k + said}.",
                "reference": str(k + 1),
            }
            for k in range(5)
            for said in (1, 7)
        ]
        labelled = "".join(json.dumps({**row, "label": index % 2 == 0}) + "\n" for index, row in enumerate(rows))
        place.write("rows.jsonl", labelled)
        first = place.script("check_judge.py", "test/sums", "rows.jsonl")
        assert "# Judge " in first.stdout
        assert "| rows | 10 |" in first.stdout
        assert server.counts()["asked"] == 10
        again = place.script("check_judge.py", "test/sums", "rows.jsonl", "--output", "report.md")
        assert "report.md" in again.stdout
        assert place.path("report.md").read_text() == first.stdout
        assert server.counts()["asked"] == 10


def test_a_misspelt_experiment_is_one_line(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "project")
    place.experiment()
    place.write("rows.jsonl", '{"task": "math", "question": "q", "answer": "4", "label": true}\n')
    done = place.script("check_judge.py", "test/sum", "rows.jsonl", check=False)
    assert done.returncode == 2
    assert "test/sums" in done.stderr
    assert "Traceback" not in done.stderr
