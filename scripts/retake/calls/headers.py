"""What a provider's response headers say about its limits: Retry-After, and what is left of requests and tokens."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Left:
    """What is left of one limit: `remaining` units now, all `limit` of them again in `reset_s` seconds; None is unsaid."""

    remaining: int | None = None
    limit: int | None = None
    reset_s: float | None = None


@dataclass(frozen=True)
class RateHints:
    """What one response says of the provider's limits."""

    requests: Left = Left()
    tokens: tuple[Left, ...] = ()


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the provider asks to wait, in seconds; None where it does not say. An HTTP date counts from `Date`."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    return seconds if seconds is not None else _until(_http_date(text), headers)


def rate_hints(headers: Mapping[str, str]) -> RateHints:
    """Return the limits that OpenAI's (x-ratelimit-*) or Anthropic's (anthropic-ratelimit-*) headers tell."""
    if any(name.startswith("anthropic-ratelimit-") for name in headers):
        tokens = tuple(_anthropic(headers, kind) for kind in ("tokens", "input-tokens", "output-tokens"))
        return RateHints(_anthropic(headers, "requests"), tuple(left for left in tokens if left != Left()))
    tokens = (_openai(headers, "tokens"),)
    return RateHints(_openai(headers, "requests"), tuple(left for left in tokens if left != Left()))


def _openai(headers: Mapping[str, str], kind: str) -> Left:
    remaining, limit = (_number(headers.get(f"x-ratelimit-{which}-{kind}")) for which in ("remaining", "limit"))
    return Left(_whole(remaining), _whole(limit), _duration(headers.get(f"x-ratelimit-reset-{kind}")))


def _anthropic(headers: Mapping[str, str], kind: str) -> Left:
    prefix = f"anthropic-ratelimit-{kind}"
    remaining, limit = (_number(headers.get(f"{prefix}-{which}")) for which in ("remaining", "limit"))
    return Left(_whole(remaining), _whole(limit), _until(_iso_date(headers.get(f"{prefix}-reset")), headers))


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e12 else None


def _duration(text: str | None) -> float | None:
    """Return the seconds in `1s`, `6m0s`, `20ms` or a plain number."""
    parts = _PART.findall(text or "")
    if parts:
        return sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
    return _number(text)


def _http_date(text: str) -> datetime.datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except ValueError:
        return None


def _iso_date(text: str | None) -> datetime.datetime | None:
    try:
        return _aware(datetime.datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None


def _aware(moment: datetime.datetime) -> datetime.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _until(moment: datetime.datetime | None, headers: Mapping[str, str]) -> float | None:
    """Return the seconds from the response's own `Date` to `moment`: the two clocks are then one."""
    now = _http_date(headers.get("date", ""))
    if moment is None or now is None:
        return None
    return max(0.0, (moment - now).total_seconds())
