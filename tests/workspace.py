"""Where tests find the project and real data, and a workspace of their own to run Snakemake in."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_data(name: str) -> Path:
    """Return a real data file that lies beside the checkout; skip the test, loudly, where it is missing."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"real data {name} is not beside this checkout (looked in {path.parent})")
    return path
