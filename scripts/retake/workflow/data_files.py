"""Every file that a run leaves behind, in one line each, and the keys of those that no dataclass describes: for docs/data.md."""

from __future__ import annotations

import re

from retake import paths
from retake.answer.manifest import manifest_path
from retake.answer.waves import wave_path
from retake.verify.verification import FIELDS, PLACE_FIELDS
from retake.workflow.batching import STATE
from retake.workflow.damage import ASIDE
from retake.workflow.giving_up import marker_path
from retake.workflow.targets import FAILURES
from retake.workflow.workers import STARTS

_E, _V, _S, _K = "<experiment>", "<variant>", "<sample>", "<candidate>"
_OWN = f"{paths.RESULTS}/{_E}"
_WORKER = manifest_path(_E, 0).replace("/0.", "/<worker>.")


def _of_candidate(stage: str) -> str:
    return paths.candidate_path(stage, _E, _V, _S, _K)


GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Results",
        (
            (
                paths.block_path("<dataset>", "<split>", 0).replace("/0.", "/<block>."),
                "[samples](#a-sample), in blocks of 100, shared by experiments",
            ),
            (_of_candidate("raw"), "[the first answer](#a-raw-generation)"),
            (_of_candidate("trace"), "[the tool conversation after it](#a-trace), where the sample has tools"),
            (_of_candidate("verification"), "[the verdict, with its evidence](#a-verification)"),
            (paths.parquet_path(_E), "[the table](#the-table): one row a candidate, with metadata in its schema"),
            (f"{_OWN}/metadata.json", "[the experiment in sum](#metadatajson): config, counts, rates, cost"),
            (f"{_OWN}/verdicts/<version>.parquet", "[the verdicts](#verdicts) of each version of the verifier"),
            (f"{_OWN}/report.html", "the report, one file that works offline"),
            (f"{_OWN}/trajectories/index.json", "[what is selected](#trajectories), with the digests of the files"),
            (f"{_OWN}/trajectories/{_V}/{_S}/<file>", "[conversation, state and sample](#trajectories) of the selected candidate"),
            (f"{_OWN}/trajectories/{_V}/{_S}/candidates/{_K}/<file>", "the same of each candidate; `<candidate>_retry` of a retry"),
            (f"{_OWN}/sft.jsonl", "[training data](#exports): the selected candidates that are verified"),
            (f"{_OWN}/preferences.jsonl", "[training data](#exports): pairs of a verified candidate and one that is not"),
            (f"{_OWN}/dataset_card.md", "where the two come from, and how they were chosen"),
            (f"{_OWN}/inspect_log/<file>.eval", "a log for Inspect AI's viewer, one a variant, in its format"),
            (f"{_OWN}/figures/<file>", "rates and best-of-k curve as .csv and .svg, for Snakemake's own report"),
        ),
    ),
    (
        "Answers, and what keeps them safe",
        (
            (f"{paths.STORE}/<two digits>/<digest>.json", "[a call](#a-call) as it was paid for, by the digest of its request: keep these"),
            (_WORKER, "[what a worker did](#bulk-answering): which calls answer its samples, what got no answer"),
            (wave_path(_E, 0).replace("_0.", "_<worker>."), "[which samples are whose](#bulk-answering), as it was planned"),
            (f"{STATE}/{_E}/<worker>/<provider>/<file>", "[batches](#bulk-answering) that are under way; gone when they are collected"),
            (f"{STATE}/{_E}/<worker>/judge/<provider>/<file>", "the same for the judge's calls"),
            (f"{STARTS}/{_E}/<worker>", "how often a worker has been started and not ended by itself, a number"),
            (marker_path(_E, "<worker>"), "why no other attempt of a worker can fare better, a message"),
            (f"{FAILURES}/{_E}/{_V}/{_S}/{_K}", "why a candidate has no answer: the next run asks for these, and no others"),
            (f"{ASIDE}/<path>", "a damaged file, at its path, set aside; delete it when you have seen it"),
            (".retake/lock", "the process that works in this folder; its lock ends with it"),
        ),
    ),
    (
        "What tells Snakemake of a change",
        (
            (paths.stamp_path(_E), "`complete`, or a digest of the files that are missing beside a finished table"),
            (f"{_OWN}/.mocks/{_V}/{_S}.json", "digests of the tool mocks that a trace used, and of which mock answers which tool"),
            (f"{_OWN}/inspect_log/.snakemake_timestamp", "Snakemake's mark of a finished folder"),
            (".snakemake/<path>", "Snakemake's own records of how each file was made; without them only the times of files tell it of a change"),
        ),
    ),
    (
        "Logs",
        (
            ("logs/<path>.log", "what a job had to say, at the path of what it makes; empty where all went well"),
            ("logs/<path>.tsv", "seconds and memory of a job, as Snakemake measures them"),
            ("logs/limits-<provider>-<id>.jsonl", "the limiter of a provider and key: requests in flight and allowed, pauses, and why"),
            ("logs/embedded_model.log", "the embedded model's server, in its own words"),
            (f"logs/{_E}/answer/<worker>.server.log", "a worker's vLLM server, in its own words"),
        ),
    ),
)  # fmt: skip
"""Title, and (path, what it is) of each file; `<path>` stands for anything."""

_WILDCARDS = {"experiment": r"(?!datasets/)[^/]+/[^/]+", "path": r".+"}


def is_known(file: str) -> bool:
    """Return whether a path, relative to the project's root, is that of a file that a line of GROUPS describes."""
    return any(_pattern(path).fullmatch(file) for _, lines in GROUPS for path, _ in lines)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"<([a-z ]+)>", path)
    made = [_WILDCARDS.get(part, "[^/]+") if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(made))


RAW: dict[str, str] = {
    "sample_id": "Id of the sample.",
    "variant": "Prompt variant.",
    "candidate_idx": "Index of the candidate, from 0.",
    "request_digest": "The call's key in the call store.",
    "request": "What was asked: a [Request](#request).",
    "answer": "What came: an [Answer](#answer); empty where nothing did.",
    "error": "Null, or {type, message} where no usable answer came; the row then stays in the table as an error row.",
    "asked_at": "When it was asked for, UTC, ISO 8601; null where nothing came, as in the next four.",
    "latency_s": "Seconds of the request that was answered.",
    "worker": "Endpoint or worker that answered.",
    "cost_usd": "Price, dollars; null where unknown.",
    "is_batch": "Answered through a batch API.",
    "tries": "The tries that failed before: kind, message, status, endpoint.",
}

TRACE: dict[str, str] = {
    "sample_id": "Id of the sample.",
    "variant": "Prompt variant.",
    "candidate_idx": "Index of the candidate, from 0.",
    "turns": "The model's turns: message, finish_reason, reasoning, served_model, request_digest, and `results`, one a tool call: "
    "name, arguments as written, content, source (executor, generic, llm or error), category, confidence, coercions.",
    "final_answer": "The last message's text; null where the conversation did not end with one.",
    "stop": "answered, max_turns or error.",
    "error": "Null, or what ended the conversation: {kind, message, is_transient}.",
    "usage": "Tokens of all calls to the generator, the first included.",
    "cost_usd": "Their price, dollars; null where one is unknown.",
    "mock_usage": "Tokens of all calls to the LLM mock.",
    "mock_cost_usd": "Their price, dollars; null where one is unknown.",
    "calls": "Digests of the generator's calls, in order.",
    "mock_calls": "Digests of the LLM mock's calls, in order.",
    "families": "Digest of the code of each family of mocks that played.",
    "matches": "Which mock answers each declared tool.",
    "retry": "Null, or the same keys of the conversation drawn again with the LLM mock, and its `reason`.",
}

VERIFICATION: dict[str, str] = {**PLACE_FIELDS, **FIELDS}

METADATA: dict[str, str] = {
    "experiment": "Id of the experiment.",
    "experiment_name": "Its title for people.",
    "timestamp": "When the latest answer was asked for, UTC, ISO 8601.",
    "samples": "`max_queries`: samples a split.",
    "variants": "Names of its variants.",
    "workers": "Workers of the bulk answering.",
    "random_seed": "Seed of the selection and of the candidates.",
    "model": "The model that was asked for.",
    "served_models": "The models that answered, by their own names.",
    "vllm_config": "What of `vllm_config` tells of the machine.",
    "config": "Every key of the experiment but those that name a machine.",
    "config_file": "Its file.",
    "dataset_revisions": "Revision, or SHA-256, of each dataset that was read.",
    "persona": "Name of the persona.",
    "persona_digest": "SHA-256 of its text.",
    "notes": "The experiment's notes.",
    "price_date": "Of when the prices are.",
    "retake_version": "Version of retake.",
    "is_complete": "False where workers left candidates unanswered and `allow_partial` was set.",
    "missing": "Those candidates, each with its reason.",
    "totals": "Sums over all candidates: rows, retries, verified, wrong, ungraded, refused, truncated, failed, judged, tokens, dollars.",
    "by_variant": "The same sums by variant.",
    "by_sample": "By \\<variant>/\\<sample>: query_id, verified, candidates, selected.",
}

INDEX: dict[str, str] = {
    "selected": "Index of the selected candidate.",
    "candidates": "How many candidates, retries included.",
    "files": "SHA-256 of the selected candidate's files.",
}

MESSAGE: dict[str, str] = {
    "role": "system, user, assistant or tool.",
    "content": "Text.",
    "reasoning_content": "Thinking text of the last answer; else null.",
    "tool_calls": "Calls of tools, in OpenAI's form; else null.",
    "tool_call_id": "The call that a tool's message answers; else null.",
}

AGENT_STATE = "The columns of the table that tell how it was answered, and `stop`: tool_stop, else finish_reason."

TRAJECTORY_SAMPLE: dict[str, str] = {
    "sample_id": "Id of the sample.",
    "variant": "Prompt variant.",
    "worker_id": "Worker or endpoint that answered.",
    "processing_time": "Seconds of the first answer's request.",
    "sample_data": "{question, answer (the reference), query_id}.",
    "metrics": "{correctness (1, 0 or null for ungraded), score, confidence, persona}.",
    "verification": "{verifier_name, extracted_answer, verification_explanation, verification_error}.",
    "is_truncated": "Cut off at max_tokens.",
}

SFT: dict[str, str] = {
    "messages": "The conversation, in OpenAI's form, without thinking.",
    "metadata": "experiment, sample_id, variant, candidate_idx and the like, and `parquet_sha256`: the table it was made from.",
}

PREFERENCES: dict[str, str] = {
    "prompt": "The opening messages.",
    "chosen": "What a verified candidate answered.",
    "rejected": "What a not verified one of the same sample and variant answered.",
    "metadata": "As in sft.jsonl, and `rejected_idx`.",
}
