"""Tables and charts of an experiment as files of their own, which Snakemake's report lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retake.files import write_text
from retake.look.inspect import summary_tables
from retake.look.page import charts
from retake.look.page.charts import Chart
from retake.look.records import Summary
from retake.look.summary import summarise
from retake.look.tables import Table, as_csv

WIDTH_PX = 560


def write_figures(parquet: Path, *, rates: Path, curve: Path, rates_chart: Path, curve_chart: Path) -> None:
    """Write an experiment's rates and its best-of-k curve, each as CSV and as SVG; the same table gives the same bytes.

    Raises:
        DataError: where `parquet` is missing, damaged, or no table of retake.
    """
    summary = summarise([parquet])
    tables = {table.title: table for table in summary_tables(summary)}
    write_text(rates, _csv(tables["Verified"]))
    write_text(curve, _csv(tables["Best of k"]))
    write_text(rates_chart, _svg(_rates(summary)))
    write_text(curve_chart, _svg(charts.curve(summary.overall.curve)))


def _rates(summary: Summary) -> Chart:
    cells = [(g.split or "", g.variant or "", g.verified) for g in summary.groups if g.split and g.variant]
    return charts.rates(
        "rates", "Verified, by split and variant", "Points are rates, lines their 95 % intervals.", cells
    )


def _csv(table: Table) -> str:
    return as_csv([dict(zip(table.columns, row, strict=True)) for row in table.rows])


def _svg(chart: Chart) -> str:
    import vl_convert

    legend = "   ".join(f"{glyph} {name}" for _, glyph, name in chart.series)
    title = {"text": chart.title, "subtitle": legend} if legend else chart.title
    spec: dict[str, Any] = {**chart.spec, "width": WIDTH_PX, "title": title, "background": "white"}
    spec.pop("autosize", None)
    return vl_convert.vegalite_to_svg(spec)
