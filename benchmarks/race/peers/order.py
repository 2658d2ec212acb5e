"""What a racer is told, as a JSON argument (racers.py says what), and how it tells its candidates."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

from workload import problems

__all__ = ["ORDER", "is_edited", "problems", "tell"]

ORDER = json.loads(sys.argv[1])
is_edited = ORDER["verifier"] == "edited"


def tell(rows: list[tuple[str, str, bool | None]]) -> None:
    """Write the candidates (text, reference, verdict), for whoever counts the missing and the stale ones."""
    named = [{"text": text or "", "reference": reference, "passed": passed} for text, reference, passed in rows]
    Path(ORDER["out"]).write_text(json.dumps(named), encoding="utf-8")
