"""A fake provider of models over real HTTP: chat completions, Responses, Messages, their batches, and faults on plan.

In a test: `with FakeProvider(latency_s=0.1) as server: ... server.url ...`. As a program of its own:
`python -m servers.provider --port 0` (from the folder tests) prints its URL as its first line.
OpenAI's base URL is `server.openai_url` (it ends in /v1), Anthropic's is `server.url`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

from servers.faults import Fault


class FakeProvider:
    """A running fake provider; settings are the fields of `servers.app.Settings`, and `faults` a list of `Fault`.

    With `process=True` it runs in a process of its own (no callable in the settings then).
    """

    def __init__(self, *, process: bool = False, port: int = 0, faults: list[Fault] = (), **settings: Any) -> None:
        self._settings, self._faults, self._port, self._in_process = settings, list(faults), port, process
        self.url = ""
        self._child: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> FakeProvider:
        (self._start_process if self._in_process else self._start_thread)()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def set(self, **settings: Any) -> None:
        """Change settings while it runs: latency_s, wrong_share, keys, models, capacity, ..."""
        self._control("settings", settings)

    def plan(self, *faults: Fault) -> None:
        """Replace the plan of faults; ordinals count from the next request."""
        self._control("faults", [fault.as_dict() for fault in faults])

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far: ordinal, try, api, path, digest, model, text, seed, body, outcome, status, is_batch."""
        return self._control("requests")

    def counts(self) -> dict[str, Any]:
        """Counts so far: asked, answered, failed, in_flight, max_in_flight, by_outcome, by_path, batches, batch_items."""
        return self._control("counts")

    def reset(self) -> None:
        """Forget all requests, batches and the prompt cache; settings and the plan stay."""
        self._control("reset", {})

    def stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child.stdout.close()
            self._child = None
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()
            self._thread = None

    def _control(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_control/{what}", data=data)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as reply:
            return json.load(reply)

    def _start_process(self) -> None:
        root = Path(__file__).resolve().parent.parent
        plan = json.dumps({"settings": self._settings, "faults": [f.as_dict() for f in self._faults]})
        command = [sys.executable, "-m", "servers.provider", "--port", str(self._port), "--plan", plan]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        self._child = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
        self.url = self._child.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("the fake provider did not start")

    def _start_thread(self) -> None:
        started = threading.Event()

        def main() -> None:
            asyncio.run(self._serve(started))

        self._thread = threading.Thread(target=main, name="fake-provider", daemon=True)
        self._thread.start()
        started.wait()
        if not self.url:
            raise RuntimeError("the fake provider did not start")

    async def _serve(self, started: threading.Event) -> None:
        from servers.app import running

        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with running(self._port, self._settings, self._faults) as self.url:
                started.set()
                await self._ended.wait()
        finally:
            started.set()


async def _serve_for_ever(port: int, plan: dict[str, Any]) -> None:
    from servers.app import running

    async with running(port, plan.get("settings", {}), [Fault(**f) for f in plan.get("faults", [])]) as url:
        print(url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--plan", default="{}", help='JSON: {"settings": {...}, "faults": [{...}]}')
    arguments = parser.parse_args()
    asyncio.run(_serve_for_ever(arguments.port, json.loads(arguments.plan)))


if __name__ == "__main__":
    main()
