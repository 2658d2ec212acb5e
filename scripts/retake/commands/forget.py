"""Drop the calls behind candidate files, to draw them afresh: python scripts/forget.py results/.../raw/.../3.json ..."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from retake.errors import RetakeError
from retake.workflow.forgetting import forget


def main(arguments: Sequence[str] | None = None) -> int:
    """Forget the calls of the named files (or of all files under the named folders), and say how many there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="raw, trace or verification files, or folders of them")
    given = parser.parse_args(arguments)
    try:
        forgotten = forget(given.paths, root=Path.cwd())
    except RetakeError as error:
        print(f"forget: {error}", file=sys.stderr)
        return 2
    print(f"{forgotten} call(s) forgotten; the next run asks for them again")
    return 0
