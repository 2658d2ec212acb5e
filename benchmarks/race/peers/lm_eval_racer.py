"""lm-eval as a racer, run by its own environment: a task of its own over the workload, with scoring and its request cache."""

import json
import sys
from pathlib import Path

import yaml
from order import ORDER, problems, tell

if __name__ == "__main__":
    folder = Path(ORDER["folder"])
    (folder / "task").mkdir(parents=True, exist_ok=True)
    data = folder / "task" / "rows.jsonl"
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
        "metric_list": [{"metric": "exact_match"}],
    }
    (folder / "task" / "race.yaml").write_text(yaml.safe_dump(task))
    model = f"model=mock-model,base_url={ORDER['url']}/v1/chat/completions,num_concurrent={ORDER['in_flight']}"
    sys.argv = [
        "lm-eval",
        "run",
        "--model",
        "local-chat-completions",
        "--tasks",
        "race",
        "--include_path",
        str(folder / "task"),
    ]
    sys.argv += ["--model_args", f"{model},max_retries=3,tokenizer_backend=none,eos_string=x", "--apply_chat_template"]
    sys.argv += ["--log_samples", "--output_path", str(folder / "out"), "--use_cache", str(folder / "cache")]
    from lm_eval.__main__ import cli_evaluate

    cli_evaluate()
    latest = max((folder / "out").rglob("samples_race*.jsonl"), key=lambda file: file.stat().st_mtime)
    lines = [json.loads(line) for line in latest.read_text().splitlines()]
    tell([text for line in lines for text in line["resps"][0]])
