"""Curator as a racer, run by its own environment. It scores nothing; one row a candidate, told apart by a number."""

import os
from importlib.util import find_spec
from pathlib import Path

tokenizers = Path(find_spec("litellm").origin).parent / "litellm_core_utils" / "tokenizers"
os.environ |= {"OPENAI_API_KEY": "x", "TELEMETRY_ENABLED": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
os.environ |= {"HF_HUB_OFFLINE": "1", "TIKTOKEN_CACHE_DIR": str(tokenizers), "CURATOR_VIEWER": "0"}

from bespokelabs import curator  # noqa: E402  (it reads its settings when it is imported)
from datasets import Dataset  # noqa: E402
from order import ORDER, problems, tell  # noqa: E402


class Racer(curator.LLM):
    """One answer a row."""

    def prompt(self, row: dict) -> str:
        return row["problem"]

    def parse(self, row: dict, response: str) -> dict:
        return {"text": response, "answer": row["answer"]}


if __name__ == "__main__":
    rows = [{**row, "candidate": k} for row in problems(ORDER["samples"]) for k in range(ORDER["candidates"])]
    limits = {
        "max_requests_per_minute": 1_000_000,
        "max_tokens_per_minute": 1_000_000_000,
        "max_retries": ORDER["tries"],
    }
    limits |= {"max_concurrent_requests": ORDER["in_flight"], "require_all_responses": False}
    racer = Racer(
        model_name="mock-model",
        backend="openai",
        backend_params={"base_url": f"{ORDER['url']}/v1", **limits},
        generation_params={"temperature": 1.0},
        system_prompt=ORDER["persona"],
    )
    answered = racer(Dataset.from_list(rows), working_dir=ORDER["folder"])
    told = getattr(answered, "dataset", answered)
    tell([(row["text"], row["answer"], None) for row in told])
