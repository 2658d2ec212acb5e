"""The floor: a bare aiohttp client that writes one atomic JSON file a candidate, and nothing else. What no pipeline can beat.

What fails is asked again until it is answered.

Run: python floor.py URL FOLDER SAMPLES CANDIDATES IN_FLIGHT [PERSONA]
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import aiohttp
from workload import MODEL, PERSONA, problems


async def main(url: str, folder: Path, samples: int, candidates: int, in_flight: int, persona: str) -> None:
    turns = asyncio.Semaphore(in_flight)
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def asked(body: dict[str, Any]) -> Any:
            while True:
                async with turns, session.post(f"{url}/v1/chat/completions", json=body) as reply:
                    answer = await reply.json()
                if reply.status == 200:
                    return answer
                await asyncio.sleep(random.uniform(0.1, 1.0))

        async def one(sample: int, problem: str, candidate: int) -> None:
            path = folder / f"{sample}" / f"{candidate}.json"
            if path.exists():
                return
            messages = [{"role": "system", "content": persona}, {"role": "user", "content": problem}]
            body = {"model": MODEL, "messages": messages, "seed": candidate, "temperature": 1.0}
            answer = await asked(body)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(answer))
            os.replace(temporary, path)

        rows = problems(samples)
        await asyncio.gather(*(one(n, row["problem"], k) for n, row in enumerate(rows) for k in range(candidates)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:6]), *(sys.argv[6:] or [PERSONA])))
