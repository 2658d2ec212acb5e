"""Chromium for the tests that look at pages, and tables whose text tries to break out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

PATIENCE_MS = 120_000
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
ATTACKS = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script>",
    "<img src=x onerror='window.pwned=3'>",
    "<svg/onload=window.pwned=4>",
    "[click](javascript:window.pwned=5) ![i](https://example.invalid/x.png)",
    "$\\href{javascript:window.pwned=6}{x}$ $\\text{<script>window.pwned=7</script>}$",
    "<!-- <script> <iframe src='javascript:window.pwned=8'></iframe>",
    "```html\n<script>window.pwned=9</script>\n```",
    "{{ 7*7 }} {% raw %} \u2028 \u2029 \x00 \U0001f600",
    "<math><mtext></mtext><script>window.pwned=10</script></math><style>*{display:none}</style>",
)


@contextmanager
def chromium() -> Iterator[Any]:
    """Give a headless Chromium, or skip where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium on PATH (scripts/browser.sh installs it)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), timeout=PATIENCE_MS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, address: str, *, width: int = 1280, scheme: str = "light") -> Iterator[tuple[Any, list[str]]]:
    """Give a page at `address` whose grid is drawn, and the list of what went wrong in it so far."""
    context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page, trouble = context.new_page(), []
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request", lambda request: trouble.append(f"asked {request.url}") if _is_foreign(request.url, address) else None
    )
    page.goto(address, wait_until="load", timeout=PATIENCE_MS)
    page.wait_for_selector('#room[aria-busy="false"]')
    yield page, trouble
    context.close()


def _is_foreign(url: str, address: str) -> bool:
    return not (url.startswith(("data:", "blob:")) or url.partition("#")[0].startswith(address.partition("#")[0]))


def settled(page: Any, count: str) -> None:
    """Wait until the grid says `count`, a text such as "3 candidates"."""
    page.wait_for_function("text => document.getElementById('matched').textContent.startsWith(text)", arg=count)


def hostile(source: Path, out: Path) -> Path:
    """Write the table `source` again with attacks as its texts."""
    table = pq.read_table(source)
    attack = [ATTACKS[n % len(ATTACKS)] for n in range(table.num_rows)]
    talk = [json.dumps([{"role": "user", "content": text}]) for text in attack]
    call = {"id": "1", "type": "function", "function": {"name": "<b>f</b>", "arguments": '{"a": "</script>"}'}}
    said = [
        json.dumps(
            [
                {"role": "assistant", "content": text, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "name": "<i>f</i>", "content": text},
                {"role": "<script>", "content": f"{text} half a pair: \ud83d"},
            ]
        )
        for text in attack
    ]
    told = {"input_messages": talk, "output_messages": said}
    for name in ("answer", "reasoning", "verification_explanation", "extracted_answer", "ground_truth_answer", "model"):
        told[name] = attack
    told["variant"] = ["control" if n % 2 else "<u>v</u>" for n in range(table.num_rows)]
    for name, values in told.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.string()))
    metadata = {**(table.schema.metadata or {}), b"notes": ATTACKS[1].encode(), b"experiment": ATTACKS[0].encode()}
    pq.write_table(table.replace_schema_metadata(metadata), out)
    return out
