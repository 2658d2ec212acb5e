"""Numbers as the page writes them; what is undefined is said so."""

from __future__ import annotations

import math
from typing import Any

UNDEFINED = "undefined"


def share(value: float) -> str:
    """Return a share as a percentage: 0.5 is 50.0 %."""
    return UNDEFINED if math.isnan(value) else f"{100 * value:.1f}\u00a0%"


def interval(estimate: Any) -> str:
    """Return the 95 % interval of a rate."""
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return "no interval"
    return f"{100 * estimate.low:.1f} to {100 * estimate.high:.1f}\u00a0%"


def rate(estimate: Any) -> str:
    """Return a rate with its interval."""
    return f"{share(estimate.value)} ({interval(estimate)})" if estimate.is_defined else UNDEFINED


def points(value: float) -> str:
    """Return a difference of rates in percentage points, signed."""
    return UNDEFINED if math.isnan(value) else f"{100 * value:+.1f}".replace("-", "\u2212")


def probability(p: float) -> str:
    """Return a p value."""
    return UNDEFINED if math.isnan(p) else "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"


def dollars(value: float) -> str:
    """Return dollars: cents from one dollar up, two significant digits below."""
    if math.isnan(value):
        return "unknown"
    return (
        f"${value:,.2f}"
        if abs(value) >= 1 or value == 0
        else f"${value:.2g}"
        if abs(value) >= 0.001
        else f"${value:.6f}"
    )


def whole(value: float) -> str:
    """Return a whole number with thousands separators."""
    if math.isnan(value):
        return UNDEFINED
    return "no number would" if math.isinf(value) else f"{round(value):,}"


def seconds(value: float) -> str:
    """Return seconds with two decimals."""
    return "unknown" if math.isnan(value) else f"{value:,.2f} s"
