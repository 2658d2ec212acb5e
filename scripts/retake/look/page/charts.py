"""The charts: each a Vega-Lite specification made with Altair, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from retake.look.page import words
from retake.look.page.measures import Dollars, Histogram

Row = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """A chart for the page: `spec` is Vega-Lite; `columns` and `rows` are the same numbers as a table; `series` is its legend."""

    name: str
    title: str
    caption: str
    spec: dict[str, Any]
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    series: tuple[tuple[int, str, str], ...] = ()
    is_wide: bool = False


SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
GLYPHS = "●■▲◆✚▼"


def _key(series: Sequence[str], *, bars: bool = False) -> tuple[tuple[int, str, str], ...]:
    """Return the legend, which the page writes itself so that it wraps: (colour from 1, glyph, name)."""
    if len(series) < 2:
        return ()
    return tuple((n % 6 + 1, "■" if bars else GLYPHS[n % 6], name) for n, name in enumerate(series))


def _spec(chart: Any, *, height: Any, description: str) -> dict[str, Any]:
    made = chart.properties(width="container", height=height, description=description)
    spec = made.to_dict()
    # The page's own palette takes the place of Altair's default theme.
    spec.pop("config", None)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def _percent(alt: Any) -> Any:
    return alt.Axis(format=".0%", tickCount=5, labelOverlap=True, labelSeparation=6)


def rates(
    name: str,
    title: str,
    caption: str,
    found: Iterable[tuple[str, str, Any]],
    *,
    is_wide: bool = False,
    is_small: bool = False,
) -> Chart:
    """Return a chart of rates with intervals: (group on the axis, series within it, Estimate).

    The axis spans 0 to 100 %, or, with `is_small`, no more than the intervals need.
    """
    import altair as alt

    told = [(group, series, e) for group, series, e in found if e.is_defined]
    rows = [_estimate_row(group, series, e) for group, series, e in told]
    series = list(dict.fromkeys(row["series"] for row in rows))
    groups = list(dict.fromkeys(row["group"] for row in rows))
    colour = alt.Color("series:N", sort=series, legend=None)
    most = min(1.0, 1.1 * max((row["high"] for row in rows), default=1.0)) if is_small else 1.0
    offset = alt.YOffset("series:N", sort=series)
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("group:N", sort=groups, title=None, axis=_names(alt)))
    line = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=None, axis=_percent(alt), scale=alt.Scale(domain=[0, round(most, 6)])),
        x2="high:Q", yOffset=offset, color=colour,
    )  # fmt: skip
    point = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="value:Q",
        yOffset=offset,
        color=colour,
        shape=_shape(alt, series),
    )
    height = max(60, len(groups) * max(34, 16 * len(series)))
    return Chart(
        name, title, caption, _spec(line + point, height=height, description=title),
        ("Group", "Series", "Rate", "95 % interval", "Counted", "Samples"),
        [(g, s, words.share(e.value), words.interval(e), f"{e.n:,}", f"{e.clusters:,}") for g, s, e in told],
        _key(series), is_wide,
    )  # fmt: skip


def _names(alt: Any) -> Any:
    return alt.Axis(labelLimit=150, grid=True)


def _shape(alt: Any, series: Sequence[str]) -> Any:
    return alt.Shape("series:N", sort=series, legend=None, scale=alt.Scale(range=list(SHAPES)))


def _estimate_row(group: str, series: str, estimate: Any) -> Row:
    low, high = estimate.low, estimate.high
    value = estimate.value
    return {
        "group": group, "series": series, "value": round(value, 6),
        "low": round(low, 6) if low == low else round(value, 6), "high": round(high, 6) if high == high else round(value, 6),
    }  # fmt: skip


def curve(points: Sequence[Any]) -> Chart:
    """Return the best-of-N curve: oracle, verifier-selected and majority for every k, with intervals."""
    import altair as alt

    named = [
        (p.k, name, estimate)
        for p in points
        for name, estimate in (("oracle (pass@k)", p.oracle), ("selected", p.selected), ("majority", p.majority))
        if estimate.is_defined
    ]
    rows = [{"k": k, **_estimate_row(str(k), name, e)} for k, name, e in named]
    series = list(dict.fromkeys(name for _, name, _ in named))
    ticks = sorted({k for k, _, _ in named})
    colour = alt.Color("series:N", sort=series, legend=None)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "k:Q",
            title="candidates, k",
            axis=alt.Axis(values=ticks if len(ticks) <= 16 else alt.Undefined, format="d", grid=False),
        ),
        color=colour,
    )
    axis = alt.Y("value:Q", title=None, axis=_percent(alt), scale=alt.Scale(zero=False))
    drawn = (
        base.mark_area(opacity=0.12).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
        + base.mark_line(strokeWidth=2).encode(y=axis, strokeDash=alt.StrokeDash("series:N", sort=series, legend=None))
        + base.mark_point(filled=True, size=55, opacity=1).encode(y=axis, shape=_shape(alt, series))
    )
    return Chart(
        "curve", "Best of N",
        "The chance that the best of k candidates is right: an oracle's choice, the verifier's selection, the majority's answer.",
        _spec(drawn, height=230, description="Best-of-N curve"),
        ("k", "Choice", "Rate", "95 % interval"),
        [(str(k), name, words.share(e.value), words.interval(e)) for k, name, e in named],
        _key(series),
    )  # fmt: skip


def index(shares: Sequence[Any]) -> Chart:
    """Return how often each candidate index was the selected one."""
    import altair as alt

    rows = [_estimate_row(str(s.index), "selected", s.share) for s in shares if s.share.is_defined]
    order = [row["group"] for row in rows]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("group:O", sort=order, title="candidate", axis=alt.Axis(labelAngle=0, labelOverlap=True))
    )
    axis = alt.Y("low:Q", title=None, axis=_percent(alt), scale=alt.Scale(zero=True))
    drawn = base.mark_rule(strokeWidth=2).encode(y=axis, y2="high:Q")
    drawn += base.mark_point(filled=True, size=70, opacity=1).encode(y="value:Q")
    return Chart(
        "index", "Which candidate is selected",
        "Does the first win? Of equally good candidates the lowest index is taken, so a lead of the first is expected.",
        _spec(drawn, height=230, description="Share of samples by index of the selected candidate"),
        ("Candidate", "Selected", "Share", "Its own rate"),
        [(str(s.index), f"{s.selected:,}", words.share(s.share.value), words.rate(s.verified)) for s in shares],
    )  # fmt: skip


def histogram(name: str, title: str, caption: str, found: Histogram, *, unit: str) -> Chart:
    """Return a chart of a histogram."""
    import altair as alt

    bins = [
        {
            "from": round(found.start + n * found.width, 6),
            "to": round(found.start + (n + 1) * found.width, 6),
            "count": c,
        }
        for n, c in enumerate(found.counts)
    ]
    drawn = (
        alt.Chart(alt.Data(values=bins))
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("from:Q", bin="binned", title=unit, axis=alt.Axis(tickCount=6, grid=False)),
            x2="to:Q",
            y=alt.Y("count:Q", title="candidates"),
        )
    )
    return Chart(
        name, title, caption, _spec(drawn, height=190, description=title), ("From", "To", "Candidates"),
        [(f"{b['from']:,.6g}", f"{b['to']:,.6g}", f"{b['count']:,}") for b in bins if b["count"]],
    )  # fmt: skip


def amounts(
    name: str, title: str, caption: str, found: Sequence[tuple[str, str, float]], *, unit: str, form: str
) -> Chart:
    """Return a chart of grouped bars: (group, series, amount); `form` is how an amount is written (d3 and Python)."""
    import altair as alt

    rows = [{"group": g, "series": s, "value": round(v, 8)} for g, s, v in found if v]
    series, groups = list(dict.fromkeys(s for _, s, _ in found)), list(dict.fromkeys(g for g, _, _ in found))
    # A quarter more than the longest bar, for the number beside it.
    room = round(1.25 * max((row["value"] for row in rows), default=1.0), 8)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("group:N", sort=groups, title=None, axis=alt.Axis(labelLimit=150)),
        yOffset=alt.YOffset("series:N", sort=series),
        x=alt.X(
            "value:Q", title=unit, axis=alt.Axis(tickCount=4, labelOverlap=True), scale=alt.Scale(domain=[0, room])
        ),
    )
    drawn = base.mark_bar().encode(color=alt.Color("series:N", sort=series, legend=None))
    drawn += base.mark_text(align="left", dx=4, fontSize=11).encode(text=alt.Text("value:Q", format=form))
    height = max(60, len(groups) * max(26, 18 * len(series)))
    return Chart(
        name, title, caption, _spec(drawn, height=height, description=title), ("Group", "Series", unit.capitalize()),
        [(g, s, format(v, form)) for g, s, v in found], _key(series, bars=True),
    )  # fmt: skip


def spent(found: Sequence[Dollars]) -> Chart | None:
    """Return what was paid and saved, or None where nothing is known to have cost or saved anything."""
    named = [
        (d.group, series, amount)
        for d in found
        for series, amount in (
            ("generation", d.generation),
            ("judging", d.judging),
            ("saved by the provider's cache", d.saved),
        )
    ]
    used = {series for _, series, amount in named if amount}
    rows = [row for row in named if row[1] in used]
    if not rows:
        return None
    caption = "Known prices only, retries included. Savings are what cached input would have cost at the full price."
    return amounts("cost", "Dollars", caption, rows, unit="dollars", form=",.4f")
