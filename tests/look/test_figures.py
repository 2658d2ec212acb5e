"""The tables and charts that Snakemake's own report lists."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from servers.provider import FakeProvider
from workspace import ROOT, Workspace

FOLDER = "results/test/sums/figures"


def test_snakemakes_report_lists_tables_and_charts_with_their_captions(tmp_path: Path) -> None:
    with FakeProvider() as server:
        place = Workspace(tmp_path / "project", url=server.url)
        shutil.copytree(ROOT / "docs/captions", place.path("docs/captions"))
        place.experiment()
        place.build(f"{FOLDER}/rates.csv")
    place.snakemake("--report", "report.html", f"{FOLDER}/rates.csv")
    page = place.path("report.html").read_text(encoding="utf-8")
    for caption in place.path("docs/captions").iterdir():
        assert caption.read_text(encoding="utf-8").strip().split("'")[0] in page
    for name in ("rates", "best_of_k"):
        assert f"{name}.csv" in page
        assert f"{name}.svg" in page
        assert list(csv.DictReader(place.path(f"{FOLDER}/{name}.csv").open(encoding="utf-8")))
        assert "<svg" in place.path(f"{FOLDER}/{name}.svg").read_text(encoding="utf-8")
