"""datatrove as a racer, run by its own environment. It scores nothing."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
from datatrove.pipeline.writers import JsonlWriter
from order import ORDER, problems, tell


async def rollout(document: Document, generate: Callable[[dict[str, Any]], Awaitable[Any]]) -> Any:
    system = {"role": "system", "content": ORDER["persona"]}
    return await generate({"messages": [system, {"role": "user", "content": document.text}], "temperature": 1.0})


def texts_of(folder: Path) -> list[str]:
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        lines = file.read_text(encoding="utf-8").splitlines()
        found += [result["text"] for line in lines for result in json.loads(line)["metadata"]["rollout_results"]]
    return found


if __name__ == "__main__":
    folder = ORDER["folder"]
    documents = [Document(text=row["problem"], id=str(n)) for n, row in enumerate(problems(ORDER["samples"]))]
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
    tell(texts_of(Path(folder) / "data"))
