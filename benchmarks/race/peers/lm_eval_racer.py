"""lm-eval as a racer, run by its own environment: a task of its own over the workload, with scoring and its request cache."""

import json
import sys
from pathlib import Path

import yaml
from order import ORDER, is_edited, problems, tell

SCORING = """
import re


def scored(doc, results):
    said = results[0] if isinstance(results[0], list) else results
    found = [re.search(r"ANSWER: (-?\\d+)", text) for text in said]
    return {"passed": [(match is not None and match[1] == doc["answer"]) is RIGHT for match in found]}


def rate(items):
    every = [passed for item in items for passed in item]
    return sum(every) / len(every)
"""

YAML = """
process_results: !function scoring.scored
metric_list:
  - metric: passed
    aggregation: !function scoring.rate
    higher_is_better: true
"""


def write_task(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in problems(ORDER["samples"])))
    task = {
        "task": "race",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "description": ORDER["persona"],
        "output_type": "generate_until",
        "doc_to_text": "{{problem}}",
        "doc_to_target": "{{answer}}",
        "repeats": ORDER["candidates"],
        "generation_kwargs": {"do_sample": True, "temperature": 1.0, "until": ["<end>"], "max_gen_toks": 256},
        "filter_list": [{"name": "all", "filter": [{"function": "take_first_k", "k": ORDER["candidates"]}]}],
    }
    (folder / "race.yaml").write_text(yaml.safe_dump(task) + YAML)
    (folder / "scoring.py").write_text(SCORING.replace("RIGHT", str(not is_edited)))


if __name__ == "__main__":
    folder = Path(ORDER["folder"])
    write_task(folder / "task")
    model = f"model=mock-model,base_url={ORDER['url']}/v1/chat/completions,num_concurrent={ORDER['in_flight']}"
    model += f",max_retries={ORDER['tries']},tokenizer_backend=none,eos_string=x"
    sys.argv = ["lm-eval", "run", "--model", "local-chat-completions", "--model_args", model, "--apply_chat_template"]
    sys.argv += ["--tasks", "race", "--include_path", str(folder / "task"), "--log_samples"]
    sys.argv += ["--output_path", str(folder / "out"), "--use_cache", str(folder / "cache")]
    from lm_eval.__main__ import cli_evaluate

    cli_evaluate()
    latest = max((folder / "out").rglob("samples_race*.jsonl"), key=lambda file: file.stat().st_mtime)
    lines = [json.loads(line) for line in latest.read_text().splitlines()]
    tell(
        [
            (text, line["doc"]["answer"], passed)
            for line in lines
            for text, passed in zip(line["resps"][0], line["passed"], strict=True)
        ]
    )
