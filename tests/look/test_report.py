"""The report page: the same bytes every time, nothing from outside, and what a reader does with it in Chromium."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from look.browsing import chromium, hostile, opened, settled
from look.synthetic import synthetic_parquet
from retake.errors import DataError
from retake.look.report import write_report
from retake.merge.schema import arrow_schema
from workspace import ROOT

SPLITS = ("math", "code", "tool_calling", "calibration")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 24 samples x 2 variants x 4 candidates, a hostile twin, and a report of each."""
    folder = tmp_path_factory.mktemp("report")
    variants = ("control", "pressure")
    table = synthetic_parquet(
        folder / "t.parquet", samples=6, candidates=4, variants=variants, splits=SPLITS, retries=False
    )
    write_report(table, folder / "t.html")
    write_report(hostile(table, folder / "hostile.parquet"), folder / "hostile.html")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def test_the_same_table_gives_the_same_bytes_in_another_process(folder: Path) -> None:
    again = folder / "again.html"
    program = "import sys; from pathlib import Path; from retake.look.report import write_report; write_report(*map(Path, sys.argv[1:]))"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT / "scripts"), "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", program, folder / "t.parquet", again], check=True, env=environment)
    assert again.read_bytes() == (folder / "t.html").read_bytes()


def marks_alone(html: str) -> str:
    return re.sub(r'<script type="module">.*?</script>', "", html, flags=re.S)


def test_the_page_names_no_address_to_fetch_and_runs_nothing_but_its_own_scripts(folder: Path) -> None:
    html = (folder / "t.html").read_text(encoding="utf-8")
    assert not re.search(r"<(?:link|img|iframe)\b|<script[^>]*\bsrc=|@import|url\(", marks_alone(html))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    assert str(folder) not in html


def test_no_text_of_a_model_stands_unescaped_in_the_html(folder: Path) -> None:
    html = (folder / "hostile.html").read_text(encoding="utf-8")
    assert html.count("</script>") == 3
    for sign in ("<script>", "<img", "<svg", "<iframe", "<u>", "<b>"):
        assert sign not in marks_alone(html)


@pytest.mark.parametrize("rows", [0, 1], ids=["no row", "one row of nulls"])
def test_a_table_with_nothing_in_it_gives_a_page(tmp_path: Path, rows: int) -> None:
    columns = {field.name: pa.nulls(rows, field.type) for field in arrow_schema()}
    keys = {"experiment": "a/b", "sample_id": "math_0001", "query_id": "q", "split": "math", "variant": "control"}
    columns |= {name: pa.array([value] * rows, pa.string()) for name, value in keys.items()}
    columns["candidate_idx"] = pa.array([0] * rows, pa.int64())
    pq.write_table(pa.table(columns, schema=arrow_schema()), tmp_path / "t.parquet")
    write_report(tmp_path / "t.parquet", tmp_path / "t.html")
    assert "undefined" in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.parquet"):
        write_report(tmp_path / "none.parquet", tmp_path / "t.html")


@pytest.mark.browser
def test_filters_narrow_the_grid_and_the_address_keeps_them(browser: Any, folder: Path) -> None:
    rows = pq.read_table(folder / "t.parquet").to_pylist()
    with opened(browser, (folder / "t.html").as_uri()) as (page, trouble):
        settled(page, f"{len(rows)} candidates in 48 lines")
        page.select_option("#filter-split", "code")
        settled(page, "48 candidates in 12 lines")
        page.select_option("#filter-verdict", "verified")
        right = sum(bool(r["is_verified"]) and r["split"] == "code" for r in rows)
        settled(page, f"{right} candidates in")
        assert page.locator("#grid-lines .cell.verified:not(.miss)").count() == right
        address = page.url
        page.fill("#filter-text", "no such words anywhere")
        settled(page, "0 candidates")
        assert page.locator("#grid-empty").is_visible()
        page.click("#clear")
        settled(page, f"{len(rows)} candidates")
        page.fill("#filter-text", "PLANET")
        said = sum("planet" in (r["output_messages"] or "").lower() for r in rows)
        settled(page, f"{said} candidates")
        assert trouble == []
    with opened(browser, address) as (page, _):
        settled(page, f"{right} candidates in")
        assert page.input_value("#filter-split") == "code"


@pytest.mark.browser
def test_the_keyboard_alone_opens_compares_and_closes(browser: Any, folder: Path) -> None:
    with opened(browser, (folder / "t.html").as_uri()) as (page, trouble):
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "filter-text"
        page.locator('#grid-lines .cell[tabindex="0"]').focus()
        for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        chosen = page.evaluate("document.activeElement.dataset.key")
        page.keyboard.press("Enter")
        page.wait_for_selector("#viewer[open] .pane")
        assert dict(page.evaluate("[...new URLSearchParams(location.hash.slice(6))]"))["open"] == chosen
        title = page.text_content(".pane h3")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("title => document.querySelector('.pane h3').textContent !== title", arg=title)
        page.keyboard.press("c")
        page.wait_for_selector("#panes.two .pane:nth-child(2)")
        address = page.url
        page.keyboard.press("c")
        page.wait_for_selector("#panes:not(.two)")
        page.keyboard.press("Escape")
        page.wait_for_selector("#viewer", state="hidden")
        assert page.evaluate("document.activeElement.classList.contains('cell')")
        assert trouble == []
    with opened(browser, address) as (page, _):
        page.wait_for_selector("#panes.two .pane:nth-child(2)")


@pytest.mark.browser
def test_a_conversation_shows_formulas_tools_and_evidence(browser: Any, folder: Path) -> None:
    with opened(browser, (folder / "t.html").as_uri()) as (page, _):
        page.locator("#grid-lines tr", has_text="math_0001").first.locator(".cell").first.click()
        page.wait_for_selector("#viewer[open] .pane")
        assert page.locator(".pane math").count() > 0
        assert "Confidence" in page.text_content(".pane aside dl")
        page.keyboard.press("Escape")
        page.select_option("#filter-split", "tool_calling")
        settled(page, "48 candidates")
        for cell in page.locator("#grid-lines .cell").all()[:8]:
            cell.click()
            page.wait_for_selector("#viewer[open] .pane")
            folds = page.locator(".pane details.fold").count()
            page.keyboard.press("Escape")
            page.wait_for_selector("#viewer", state="hidden")
            if folds:
                break
        assert folds > 0


@pytest.mark.browser
def test_side_by_side_takes_any_candidate_of_the_same_sample(browser: Any, folder: Path) -> None:
    with opened(browser, (folder / "t.html").as_uri()) as (page, _):
        page.locator("#grid-lines .cell").first.click()
        page.wait_for_selector("#viewer[open] .pane")
        page.click("#compare")
        page.wait_for_selector("#panes.two .pane:nth-child(2)")
        second = page.locator(".pane:nth-child(2) select")
        assert second.locator("option").count() == 8
        wanted = second.locator("option").nth(6).get_attribute("value")
        second.select_option(wanted)
        page.wait_for_function("key => new URLSearchParams(location.hash.slice(6)).get('with') === key", arg=wanted)
        page.wait_for_function(
            "() => document.querySelector('.pane:nth-child(2) h3').textContent.includes('candidate 2')"
        )


@pytest.mark.browser
def test_hostile_text_is_shown_and_never_run(browser: Any, folder: Path) -> None:
    with opened(browser, (folder / "hostile.html").as_uri()) as (page, trouble):
        for number in range(10):
            page.locator("#grid-lines .cell").nth(number).click()
            page.wait_for_selector("#viewer[open] .pane")
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            inside = "#viewer :is(script, img, svg, iframe, style, a, [onload], [onerror], [href], [src])"
            assert page.locator(inside).count() == 0
            page.keyboard.press("Escape")
            page.wait_for_selector("#viewer", state="hidden")
        page.fill("#filter-text", "</script><script>window.pwned=2")
        page.wait_for_function("() => document.getElementById('matched').textContent.includes('lines match')")
        assert page.evaluate("window.pwned") is None
        assert trouble == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_scrolls_sideways_and_every_chart_is_drawn(browser: Any, folder: Path, width: int, scheme: str) -> None:
    with opened(browser, (folder / "t.html").as_uri(), width=width, scheme=scheme) as (page, trouble):
        page.wait_for_function("() => [...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg'))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRAST) == []
        page.locator("#grid-lines .cell").first.click()
        page.wait_for_selector("#viewer[open] .pane")
        assert page.evaluate("document.getElementById('panes').scrollWidth") <= width
        assert page.evaluate(CONTRAST) == []
        assert trouble == []


# WCAG 2.2: the contrast of every visible text with what lies behind it; 4.5, or 3 for large text.
CONTRAST = """() => {
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const bad = new Set();
  const open = document.getElementById('viewer').open;
  for (const element of document.querySelectorAll(open ? '#viewer *' : 'body *')) {
    if (element.closest('svg, option, script') || element.disabled || !element.checkVisibility()) continue;
    if (![...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(behind(element))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight, 10) >= 700) ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < least) bad.add(`${element.tagName} ${element.className} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return [...bad];
}"""
