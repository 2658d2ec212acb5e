"""What becomes of a model's text before it reaches a page, and the index behind the reading room."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from look.browsing import ATTACKS
from look.synthetic import synthetic_parquet
from retake.errors import DataError
from retake.look.page.compose import embedded_json
from retake.look.page.detail import detail
from retake.look.page.mathml import ATTRIBUTES, TAGS, math
from retake.look.page.prose import prose
from retake.look.page.room import Filters, Room
from retake.merge.schema import arrow_schema

HTML_TAGS = {"p", "ul", "ol", "li", "blockquote", "strong", "em", "s", "code", "pre", "span", "br", "hr"}
HTML_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}


def walked(node: Any) -> list[tuple[str, dict[str, str]]]:
    if not isinstance(node, list):
        assert isinstance(node, str)
        return []
    tag, *rest = node
    attributes = rest.pop(0) if rest and isinstance(rest[0], dict) else {}
    return [(tag, attributes), *(found for child in rest for found in walked(child))]


def text_of(node: Any) -> str:
    if not isinstance(node, list):
        return node
    return "".join(text_of(child) for child in node[1:] if not isinstance(child, dict))


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([*ATTACKS, "$", "\\[", "\\(", "{", "}", "`", "\n", "|"])).map("".join)
)
def test_any_text_becomes_only_known_elements_with_harmless_attributes(text: str) -> None:
    for node in prose(text, limit=5_000):
        for tag, attributes in walked(node):
            assert tag in HTML_TAGS | TAGS
            assert set(attributes) <= ATTRIBUTES | {"class", "tabindex", "alttext"}


@pytest.mark.parametrize("attack", ATTACKS[:4])
def test_html_in_an_answer_stays_text(attack: str) -> None:
    assert attack in "".join(text_of(node) for node in prose(attack, limit=5_000))


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("so $x^2$ it is", "msup"),
        ("so \\(\\frac{1}{2}\\) it is", "mfrac"),
        ("\\[\nx\n= \\sqrt{3}\n- 4\n\\]", "msqrt"),
        ("$$\\sum_{k=1}^n k$$", "math"),
        ("therefore \\boxed{42}.", "mn"),
        ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", "mtable"),
        ("```python\nx = 1\n```", "pre"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "table"),
        ("1. one\n2. two", "ol"),
    ],
)
def test_markdown_formulas_and_code_are_read(text: str, tag: str) -> None:
    assert tag in {found for node in prose(text, limit=5_000) for found, _ in walked(node)}


@pytest.mark.parametrize("text", ["it costs $5 and $6", "\\$x\\$", "`$x$`", "```\n$x$\n```", "a $ b $ c"])
def test_what_is_no_formula_stays_text(text: str) -> None:
    assert "math" not in {found for node in prose(text, limit=5_000) for found, _ in walked(node)}


@pytest.mark.parametrize(
    "tex", ["\\frac{1}", "{" * 500, "\\left(", "a^b^c", "\\color", "x" * 5_000, "\\begin{cases}x & y"]
)
def test_tex_that_cannot_be_converted_is_shown_as_it_is_written(tex: str) -> None:
    node = math(tex, is_display=False)
    assert node[0] == "math" or node == ["code", {"class": "tex"}, tex]


def test_a_long_message_is_cut_and_says_so() -> None:
    assert "90 more characters" in text_of(prose("a" * 100, limit=10)[-1])


@given(
    st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
    )
)
def test_embedded_json_reads_back_and_cannot_end_its_element(value: Any) -> None:
    text = embedded_json([value, "</script><!--\u2028"])
    assert json.loads(text) == [value, "</script><!--\u2028"]
    assert not set("<>&\u2028\u2029") & set(text)


def test_a_row_of_nothing_but_nulls_can_be_shown() -> None:
    shown = detail(dict.fromkeys(arrow_schema().names), limit=100)
    assert shown == {"input": [], "output": [], "evidence": []}


@pytest.mark.parametrize(
    "text", ["not json", '{"a": 1}', "[1, null]", '[{"role": 5, "content": {"a": [1]}, "tool_calls": [null]}]']
)
def test_messages_of_any_shape_can_be_shown(text: str) -> None:
    record = {**dict.fromkeys(arrow_schema().names), "input_messages": text, "output_messages": text, "answer": "42"}
    assert json.dumps(detail(record, limit=100))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("room") / "t.parquet"
    return synthetic_parquet(path, samples=60, candidates=8, variants=("control", "pressure"), splits=("math", "code"))


def test_every_filter_counts_what_a_plain_query_counts(table: Path) -> None:
    room = Room([table])
    rows = pq.read_table(table).to_pylist()

    def count(**filters: str) -> int:
        return room.grid(Filters(**filters), offset=0, limit=5)["rows"]

    assert count() == len(rows)
    assert count(split="code", variant="pressure") == sum(
        r["split"] == "code" and r["variant"] == "pressure" for r in rows
    )
    assert count(verdict="ungraded") == sum(r["is_verified"] is None and r["error_type"] is None for r in rows)
    assert count(verdict="wrong", truncated="yes") == sum(
        r["is_verified"] is False and bool(r["is_truncated"]) and r["error_type"] is None for r in rows
    )
    assert count(refused="no") == sum(not r["refusal_is_refusal"] for r in rows)
    assert count(text="PLANET") == sum("planet" in (r["output_messages"] or "").lower() for r in rows)
    assert count(text='%"_') == 0


def test_pages_of_the_grid_hold_every_line_once(table: Path) -> None:
    room = Room([table])
    lines = [room.grid(Filters(), offset=n, limit=50)["page"] for n in range(0, 300, 50)]
    names = [(line["experiment"], line["variant"], line["sample"]) for page in lines for line in page]
    assert len(names) == len(set(names)) == 240


def test_a_big_table_is_sampled_by_whole_queries_the_same_ones_every_time(table: Path) -> None:
    rooms = [Room([table], most=500) for _ in range(2)]
    lines = rooms[0].everything()
    assert lines == rooms[1].everything()
    assert rooms[0].is_sampled
    assert 400 < sum(len(line["cells"]) for line in lines) <= 500
    by_query: dict[str, set[str]] = {}
    for line in lines:
        by_query.setdefault(line["query"], set()).add(line["variant"])
    assert set(map(frozenset, by_query.values())) == {frozenset({"control", "pressure"})}


def test_two_files_of_one_experiment_are_told_apart(table: Path, tmp_path: Path) -> None:
    other = tmp_path / "u.parquet"
    other.write_bytes(table.read_bytes())
    room = Room([table, other])
    assert len(room.choices()["experiment"]) == 2


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(DataError, match=r"x\.parquet"):
        Room([path])
