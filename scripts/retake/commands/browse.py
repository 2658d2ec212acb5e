"""Serve the report page and its reading room over any number of tables, on this machine alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from retake.errors import RetakeError
from retake.look.serve import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve until interrupted; 1 for a user's mistake."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parquet",
        nargs="*",
        type=Path,
        default=[Path("results/*/*.parquet")],
        help="tables or globs; default: all of results/",
    )
    parser.add_argument("--port", type=int, default=8642, help="port on 127.0.0.1; 0 takes a free one (default: 8642)")
    options = parser.parse_args(arguments)
    try:
        serve(options.parquet, port=options.port)
    except RetakeError as error:
        print(f"browse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0
