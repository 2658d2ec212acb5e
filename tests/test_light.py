"""What a run does not load: half a second of its CPU, and of the wait for its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from workspace import ROOT, TIMEOUT_S

WRITES = """
import sys
import pyarrow as pa
from retake.merge.schema import spare_pandas
spare_pandas()
pa.Table.from_pylist([{"x": "one"}, {"x": None}])
print("pandas" in sys.modules)
import pandas
print(len(pandas.DataFrame({"x": [1]})))
"""


def test_a_table_is_written_without_pandas_and_pandas_works_after_it(tmp_path: Path) -> None:
    """Arrow asks pandas about every list, and imports it for that."""
    command = [sys.executable, "-c", WRITES]
    environment = {"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    assert done.stdout.split() == ["False", "1"]
