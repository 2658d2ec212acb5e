"""distilabel as a racer, run by its own environment: n candidates a request. It scores nothing."""

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from order import ORDER, problems, tell

if __name__ == "__main__":
    with Pipeline("race", cache_dir=f"{ORDER['folder']}/cache") as pipeline:
        rows = LoadDataFromDicts(
            data=[{"instruction": row["problem"], "answer": row["answer"]} for row in problems(ORDER["samples"])]
        )
        model = OpenAILLM(model="mock-model", base_url=f"{ORDER['url']}/v1", api_key="x", max_retries=ORDER["tries"])
        task = TextGeneration(
            llm=model,
            system_prompt=ORDER["persona"],
            num_generations=ORDER["candidates"],
            group_generations=True,
            input_batch_size=max(1, ORDER["in_flight"] // ORDER["candidates"]),
        )
        rows >> task
    made = pipeline.run(use_cache=True)
    told = made["default"]["train"]
    tell([(text, row["answer"], None) for row in told for text in row["generation"]])
