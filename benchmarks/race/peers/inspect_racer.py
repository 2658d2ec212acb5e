"""Inspect AI as a racer, run by its own environment: `eval_set` with scoring, and without its realtime log, which costs it CPU."""

import os

from inspect_ai import Epochs, Task, eval_set
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.scorer import match
from inspect_ai.solver import generate, system_message
from order import ORDER, problems, tell

os.environ |= {"MOCK_API_KEY": "x", "MOCK_BASE_URL": f"{ORDER['url']}/v1", "INSPECT_DISPLAY": "none"}


def race() -> Task:
    rows = problems(ORDER["samples"])
    samples = [Sample(id=n, input=row["problem"], target=row["answer"]) for n, row in enumerate(rows)]
    return Task(
        dataset=MemoryDataset(samples),
        solver=[system_message(ORDER["persona"]), generate()],
        scorer=match(numeric=True),
        epochs=Epochs(ORDER["candidates"], ["mean"]),
        name="race",
    )


if __name__ == "__main__":
    logs = f"{ORDER['folder']}/logs"
    settings = {"max_connections": ORDER["in_flight"], "max_samples": ORDER["in_flight"], "max_tasks": 1}
    tolerant = {"fail_on_error": False, "retry_on_error": 3, "log_realtime": False, "temperature": 1.0}
    eval_set(race(), model="openai-api/mock/mock-model", log_dir=logs, **settings, **tolerant)
    latest = max(list_eval_logs(logs), key=lambda log: log.mtime)
    tell([sample.output.completion for sample in read_eval_log(latest).samples])
