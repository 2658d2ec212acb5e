"""Readies the process beside Snakemake's for `write_faults`: Python loads this file before all others."""

import json
import os
import sys
from pathlib import Path

if "retake.workflow.stage_server" in sys.orig_argv:
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
    import write_faults

    write_faults.install(**json.loads(os.environ["WRITE_FAULTS"]))
