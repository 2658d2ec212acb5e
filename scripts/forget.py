"""Drop the calls behind candidate files, to draw them afresh: python scripts/forget.py results/.../raw/.../3.json ..."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from retake.errors import RetakeError
from retake.workflow.forgetting import forget


def main() -> int:
    """Forget the calls of the named files (or of all files under the named folders), and say how many there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, help="raw, trace or verification files, or folders of them")
    arguments = parser.parse_args()
    try:
        forgotten = forget(arguments.paths, root=Path.cwd())
    except RetakeError as error:
        print(f"forget.py: {error}", file=sys.stderr)
        return 2
    print(f"{forgotten} call(s) forgotten; the next run asks for them again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
