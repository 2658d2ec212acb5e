"""datatrove as a racer, run by its own environment. It scores nothing.

Its client for local addresses tries once: 429 and 500 end the whole run. So the rollout, which is the user's, tries again.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceError, InferenceRunner
from datatrove.pipeline.inference.servers.base import ServerError
from datatrove.pipeline.writers import JsonlWriter
from order import ORDER, problems, tell


async def rollout(document: Document, generate: Callable[[dict[str, Any]], Awaitable[Any]]) -> Any:
    system = {"role": "system", "content": ORDER["persona"]}
    for done in range(1, ORDER["tries"] + 1):
        try:
            messages = [system, {"role": "user", "content": document.text}]
            return await generate({"messages": messages, "temperature": 1.0})
        except (InferenceError, ServerError):
            if done == ORDER["tries"]:
                raise
            await asyncio.sleep(random.uniform(0.5, 1.5) * min(8.0, 0.5 * 2**done))
    raise AssertionError


def told(folder: Path) -> list[tuple[str, str, None]]:
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text(encoding="utf-8").splitlines()]
    found = [json.loads(line)["metadata"] for line in lines]
    return [(result["text"], one["answer"], None) for one in found for result in one["rollout_results"]]


if __name__ == "__main__":
    folder = ORDER["folder"]
    rows = enumerate(problems(ORDER["samples"]))
    documents = [Document(text=row["problem"], id=str(n), metadata={"answer": row["answer"]}) for n, row in rows]
    config = InferenceConfig(
        server_type="endpoint",
        endpoint_url=ORDER["url"],
        model_name_or_path="mock-model",
        rollouts_per_document=ORDER["candidates"],
        max_concurrent_generations=ORDER["in_flight"],
        max_concurrent_documents=ORDER["in_flight"],
        metric_interval=600,
    )
    writer = JsonlWriter(f"{folder}/data", output_filename="${rank}_chunk_${chunk_index}.jsonl", compression=None)
    runner = InferenceRunner(
        rollout_fn=rollout,
        config=config,
        records_per_chunk=50,
        checkpoints_local_dir=f"{folder}/checkpoints",
        skip_bad_requests=True,
        output_writer=writer,
    )
    LocalPipelineExecutor([documents, runner], logging_dir=f"{folder}/logs", tasks=1).run()
    tell(told(Path(folder) / "data"))
