"""What a racer is told (a JSON argument: url, folder, samples, candidates, in_flight, persona, out), and how it tells its answers."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from workload import problems

__all__ = ["ORDER", "problems", "tell"]

ORDER = json.loads(sys.argv[1])


def tell(texts: list[str]) -> None:
    """Write the texts of all answers, for whoever counts the stale ones."""
    Path(ORDER["out"]).write_text(json.dumps(texts), encoding="utf-8")
