"""The served page: any number of tables, this machine alone, and 10,000 rows without a freeze."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from look.browsing import chromium, hostile, opened, settled
from look.synthetic import synthetic_parquet
from workspace import ROOT

BROWSE = [sys.executable, str(ROOT / "scripts" / "browse.py")]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve 10,000 rows of one experiment, the same samples by another model, and a hostile table."""
    folder = tmp_path_factory.mktemp("browse")
    shape = {"samples": 625, "candidates": 8, "splits": ("math",), "retries": False}
    synthetic_parquet(folder / "a.parquet", variants=("control", "pressure"), experiment="marvin/a", **shape)
    synthetic_parquet(folder / "b.parquet", seed=1, experiment="data/b", model="gpt-5", **{**shape, "samples": 20})
    small = synthetic_parquet(folder / "small.parquet", samples=6, candidates=2, splits=("code",), retries=False)
    hostile(small, folder / "c.parquet")
    paths = [str(folder / "[ab].parquet"), str(folder / "c.parquet")]
    errors = (folder / "errors").open("w+")
    process = subprocess.Popen([*BROWSE, *paths, "--port", "0"], stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        first = process.stdout.readline() if process.stdout else ""
        errors.seek(0)
        assert first.startswith("http://127.0.0.1:"), errors.read()
        yield first.split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        errors.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def asked(
    address: str, path: str, *, host: str | None = None, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    told = {name.lower(): value for name, value in answer.getheaders()}
    body = answer.read()
    connection.close()
    return answer.status, told, body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0"])
def test_a_request_under_another_host_name_is_refused(address: str, host: str) -> None:
    status, _, body = asked(address, "/api/grid?limit=1", host=host)
    assert status == 400
    assert b"candidate" not in body


def test_only_this_machine_is_listened_to(address: str) -> None:
    port = urlsplit(address).port
    lines = Path("/proc/net/tcp").read_text().splitlines() if Path("/proc/net/tcp").exists() else []
    places = {line.split()[1] for line in lines[1:] if line.split()[3] == "0A"}
    assert {place for place in places if place.endswith(f":{port:04X}")} <= {f"0100007F:{port:04X}"}


def test_every_answer_carries_the_policy(address: str) -> None:
    for path in ("/", "/api/grid?limit=1", "/api/row?key=x"):
        _, told, _ = asked(address, path)
        assert "default-src 'none'" in told["content-security-policy"]
        assert "unsafe" not in told["content-security-policy"]
        assert told["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in told


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/row?key=" + quote("a~b~c~1"), 404),
        ("/api/row?key=" + quote("marvin/a~control~math_0001~999999999999"), 404),
        ("/api/row", 404),
        ("/api/grid?offset=-1&limit=abc", 200),
        ("/api/grid?verdict=" + quote("' or 1=1 --"), 200),
        ("/api/grid?text=" + quote("%'\"\\_"), 200),
        ("/../../etc/passwd", 404),
    ],
)
def test_odd_requests_are_answered_calmly(address: str, path: str, status: int) -> None:
    assert asked(address, path)[0] == status


def test_a_quote_in_a_filter_finds_nothing_rather_than_everything(address: str) -> None:
    assert json.loads(asked(address, "/api/grid?verdict=" + quote("' or 1=1 --"))[2])["rows"] == 0


def test_nothing_can_be_changed(address: str) -> None:
    assert asked(address, "/api/grid", method="POST")[0] == 405


@pytest.mark.parametrize("arguments", [["none.parquet"], ["--port", "1", "none.parquet"]])
def test_a_users_mistake_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    done = subprocess.run([*BROWSE, *arguments], cwd=tmp_path, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 2
    assert "none.parquet" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.browser
def test_ten_thousand_rows_are_filtered_and_turned_without_a_freeze(browser: Any, address: str) -> None:
    with opened(browser, address) as (page, trouble):
        settled(page, "10,172 candidates in 1,282 lines")
        # The page's own clock ticks through all that follows: a freeze would be a gap between two frames.
        page.evaluate(
            "() => { window.frames_seen = 0; const f = () => { window.frames_seen++; requestAnimationFrame(f); }; f(); }"
        )
        assert page.locator("#grid-lines tr").count() == 50
        page.select_option("#filter-experiment", "marvin/a")
        settled(page, "10,000 candidates in 1,250 lines")
        page.fill("#filter-text", "planet")
        page.wait_for_function("() => !document.getElementById('matched').textContent.startsWith('10,000')")
        page.click("#clear")
        settled(page, "10,172 candidates")
        page.click("#later")
        page.wait_for_function("() => document.getElementById('matched').textContent.includes('lines 51 to 100')")
        assert page.locator("#grid-lines tr").count() == 50
        assert page.evaluate("window.frames_seen") > 0
        assert trouble == []


@pytest.mark.browser
def test_two_experiments_stand_side_by_side_on_the_same_sample(browser: Any, address: str) -> None:
    with opened(browser, address + "#room?experiment=data%2Fb") as (page, trouble):
        settled(page, "160 candidates in 20 lines")
        page.locator("#grid-lines .cell").first.click()
        page.wait_for_selector("#viewer[open] .pane")
        page.keyboard.press("c")
        page.wait_for_selector("#panes.two .pane:nth-child(2)")
        names = page.locator(".pane h3 small").all_text_contents()
        assert sorted(names) == ["data/b", "marvin/a"]
        queries = page.locator(".pane dt:text-is('Query') + dd").all_text_contents()
        assert len(queries) == 2
        assert len(set(queries)) == 1
        assert trouble == []


@pytest.mark.browser
def test_hostile_text_is_served_and_never_run(browser: Any, address: str) -> None:
    with opened(browser, address + "#room?split=code") as (page, trouble):
        settled(page, "12 candidates")
        for number in range(10):
            page.locator("#grid-lines .cell").nth(number).click()
            page.wait_for_selector("#viewer[open] .pane")
            assert page.locator("#viewer :is(script, img, svg, iframe, style, a, [onload], [href], [src])").count() == 0
            page.keyboard.press("Escape")
            page.wait_for_selector("#viewer", state="hidden")
        assert page.evaluate("window.pwned") is None
        assert trouble == []
