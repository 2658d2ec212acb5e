"""A fake `vllm` command: the fake provider behind vLLM's command line, health and version, with ends and hangs on plan.

`python tests/servers/vllm.py serve MODEL --port N ...`. Beside the answers of `servers.provider`: FAKE_VLLM_LOG names a file to
which every request is added as it arrives; FAKE_VLLM_PLAN is JSON: {"latency_s", "die_after": n answers, "hang_after": n, "lives": how many servers
do so (counted in the file FAKE_VLLM_LOG.lives), "start_s": seconds until healthy, "refuse_start": true, "quorum": n servers must have been started before any answers}.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aiohttp import web
from aiohttp.typedefs import Handler


def _life(log: Path) -> int:
    """Return the number of this server's life, from 1; servers that start at once get numbers of their own."""
    number = 1
    while True:
        try:
            os.close(os.open(f"{log}.life.{number}", os.O_CREAT | os.O_EXCL))
            return number
        except FileExistsError:
            number += 1


def _log(path: Path, **line: object) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


async def _serve(port: int, model: str, plan: dict, log: Path) -> None:
    from servers.app import State, application

    life = _life(log)
    strikes = life <= plan.get("lives", 1)
    app = application(State({"latency_s": plan.get("latency_s", 0.0), "models": [model]}, []))
    answered = 0

    @web.middleware
    async def planned(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal answered
        if not request.path.startswith("/v1/chat"):
            return await handler(request)
        seed = json.loads(await request.read()).get("seed")
        _log(log, seed=seed, arrived=time.time(), life=life, pid=os.getpid(), server=os.environ.get("SLURMD_NODENAME"))
        while not Path(f"{log}.life.{plan.get('quorum', 1)}").exists():
            await asyncio.sleep(0.1)
        if strikes and "hang_after" in plan and answered >= plan["hang_after"]:
            await asyncio.sleep(3600)
        if strikes and "die_after" in plan and answered >= plan["die_after"]:
            os._exit(9)
        reply = await handler(request)
        answered += 1
        return reply

    async def version(_: web.Request) -> web.Response:
        return web.json_response({"version": "0.0.fake"})

    app.middlewares.append(planned)
    app.router.add_get("/version", version)
    if plan.get("refuse_start"):
        sys.exit("no GPU of this kind")
    await asyncio.sleep(plan.get("start_s", 0.0))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    print(f"life {life} serves {model} on CUDA devices {os.environ.get('CUDA_VISIBLE_DEVICES')}", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("serve")
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    known, _ = parser.parse_known_args()
    plan = json.loads(os.environ.get("FAKE_VLLM_PLAN", "{}"))
    asyncio.run(_serve(known.port, known.model, plan, Path(os.environ["FAKE_VLLM_LOG"])))


if __name__ == "__main__":
    main()
