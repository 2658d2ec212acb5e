"""Puts a page together: the template, its scripts and styles, the data, and the policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from retake.look.page.story import Story

SCRIPTS = ("nodes.js", "source.js", "room.js", "viewer.js", "charts.js")


def page(told: Story, data: dict[str, Any], *, room_note: str, connects: bool) -> tuple[str, str]:
    """Return the page's HTML and its Content-Security-Policy; `connects` lets it ask the server that it came from."""
    from markupsafe import Markup

    css, scripts = _asset("page.css"), (_vega(), "\n".join(_asset(name) for name in SCRIPTS))
    policy = _policy(css, scripts, connects=connects)
    body = {**data, "charts": {chart.name: chart.spec for chart in told.charts}}
    html = _template().render(
        **vars(told),
        room_note=room_note,
        policy=policy,
        meta_policy=not connects,
        css=Markup(css),
        scripts=[Markup(script) for script in scripts],
        data=Markup(embedded_json(body)),
    )
    return html, policy


def embedded_json(value: Any) -> str:
    """Return JSON that may stand inside a script element: no `<`, `>` or `&`, and no line separators of JavaScript."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _policy(css: str, scripts: tuple[str, ...], *, connects: bool) -> str:
    allowed = " ".join(_hash(script) for script in scripts)
    rules = [
        "default-src 'none'", f"script-src {allowed}", f"style-src {_hash(css)}", "img-src data:",
        "connect-src 'self'" if connects else "connect-src 'none'",
        "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types default",
    ]  # fmt: skip
    return "; ".join([*rules, "frame-ancestors 'none'"] if connects else rules)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@lru_cache(maxsize=8)
def _asset(name: str) -> str:
    return files("retake.look.page").joinpath(name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _vega() -> str:
    import vl_convert

    # Inside a script element only `</script` and `<!--` matter; in JavaScript's strings these spellings mean the same.
    bundle = vl_convert.javascript_bundle()
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    return environment.from_string(_asset("page.html"))
