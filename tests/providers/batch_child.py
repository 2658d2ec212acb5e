"""A process of its own that runs a batch job into a call store, and may kill itself at one of its steps."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from retake.calls.request import Request
from retake.calls.store import CallStore
from retake.calls.transport import TransportSettings
from retake.providers.batches import run_batch


def main(plan: dict[str, str]) -> None:
    folder = Path(plan["folder"])
    store = CallStore(folder / "calls")
    lines = (folder / "requests.jsonl").read_text().splitlines()
    requests = [request for line in lines if store.get((request := Request(**json.loads(line))).digest) is None]

    def step(name: str) -> None:
        if name == plan.get("die_at"):
            os.kill(os.getpid(), signal.SIGKILL)

    settings = TransportSettings(provider=plan["provider"], base_urls=(plan["url"],))
    more = {
        "state_folder": folder / "batches",
        "settings": settings,
        "on_answer": store.put,
        "poll_s": 0.05,
        "step": step,
    }
    report = asyncio.run(run_batch(requests, **more))
    print(json.dumps({"answered": report.answered, "failed": len(report.failed)}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
