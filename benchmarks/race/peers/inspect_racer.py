"""Inspect AI as a racer, run by its own environment: `eval_set` with scoring, and without its realtime log, which costs it CPU.

The persona is an argument of the task: one that stands in the dataset or in code would be stale after an edit. An edited
scorer is stale with `eval_set` in any case; what Inspect offers for it is `inspect score --overwrite`, and that is run.
"""

import os

from inspect_ai import Epochs, Task, eval_set, score, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log, write_eval_log
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, match, scorer
from inspect_ai.solver import TaskState, generate, system_message
from order import ORDER, is_edited, problems, tell

os.environ |= {"MOCK_API_KEY": "x", "MOCK_BASE_URL": f"{ORDER['url']}/v1", "INSPECT_DISPLAY": "none"}
LOGS = f"{ORDER['folder']}/logs"


@scorer(metrics=[accuracy()], name="match")
def edited() -> Scorer:
    judged = match(numeric=True)

    async def opposite(state: TaskState, target: Target) -> Score:
        said = await judged(state, target)
        return Score(value=INCORRECT if said.value == CORRECT else CORRECT, answer=said.answer)

    return opposite


@task
def race(persona: str) -> Task:
    rows = problems(ORDER["samples"])
    samples = [Sample(id=n, input=row["problem"], target=row["answer"]) for n, row in enumerate(rows)]
    return Task(
        dataset=MemoryDataset(samples),
        solver=[system_message(persona), generate()],
        scorer=match(numeric=True),
        epochs=Epochs(ORDER["candidates"], ["mean"]),
    )


def answered() -> EvalLog:
    settings = {"max_connections": ORDER["in_flight"], "max_samples": ORDER["in_flight"], "max_tasks": 1}
    tolerant = {"fail_on_error": False, "retry_on_error": 3, "log_realtime": False, "log_dir_allow_dirty": True}
    model = "openai-api/mock/mock-model"
    _, logs = eval_set(race(ORDER["persona"]), model=model, log_dir=LOGS, temperature=1.0, **settings, **tolerant)
    return read_eval_log(logs[0].location)


def scored_again() -> EvalLog:
    latest = max(list_eval_logs(LOGS), key=lambda log: log.mtime)
    log = score(read_eval_log(latest), edited(), action="overwrite")
    write_eval_log(log)
    return log


if __name__ == "__main__":
    samples = (scored_again() if is_edited else answered()).samples
    verdicts = [sample.scores["match"].value == CORRECT if sample.scores else None for sample in samples]
    tell([(sample.output.completion, sample.target, passed) for sample, passed in zip(samples, verdicts, strict=True)])
