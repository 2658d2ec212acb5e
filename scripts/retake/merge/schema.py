"""The columns of an experiment's parquet file: one row a candidate."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

_ARROW = {"text": "string", "whole": "int64", "number": "float64", "flag": "bool_"}


@dataclass(frozen=True)
class Column:
    """A column: its name, kind (text, whole, number, flag; every kind but a key's may be null) and meaning."""

    name: str
    kind: str
    meaning: str


COLUMNS: tuple[Column, ...] = (
    Column("experiment", "text", "Id of the experiment, <group>/<name>."),
    Column("sample_id", "text", "Id of the sample, <split>_<position>."),
    Column("query_id", "text", "The row's uuid, else a digest of its question; the same in every experiment."),
    Column("split", "text", "Split of the dataset."),
    Column("variant", "text", "Prompt variant; control changes nothing."),
    Column("candidate_idx", "whole", "Index of the candidate, from 0. A retry row carries its candidate's index."),
    Column("source_dataset", "text", "Dataset that the row really came from."),
    Column("source_revision", "text", "Revision of that dataset, or the file's SHA-256."),
    Column("source_index", "whole", "Index of the row in the dataset, from 0."),
    Column("source_metadata", "text", "The row's own metadata, as JSON."),
    Column("category", "text", "The row's category."),
    Column("ground_truth_answer", "text", "Reference answer; null where the dataset has none."),
    Column("ground_truth_source", "text", "dataset, model (a model's own answer), or null."),
    Column("input_messages", "text", "Opening messages as they were sent, JSON in OpenAI form."),
    Column("output_messages", "text", "All that followed, tool calls and results included, JSON in OpenAI form."),
    Column("answer", "text", "Text of the final answer; null for an error row."),
    Column("answer_parts", "text", "Structured output as JSON {steps, final_answer}; null otherwise."),
    Column("reasoning", "text", "Thinking text, kept apart from the answer."),
    Column("extracted_answer", "text", "What the verifier compared."),
    Column("finish_reason", "text", "stop, length, tool_calls, refusal, content_filter or error."),
    Column("raw_finish_reason", "text", "The provider's own word for it."),
    Column("is_truncated", "flag", "The answer was cut at max_tokens."),
    Column("error_type", "text", "Kind of the failure of an error row; null otherwise."),
    Column("error_message", "text", "Message of the failure of an error row; null otherwise."),
    Column("provider", "text", "openai, claude, vllm or local."),
    Column("model", "text", "Model asked for."),
    Column("served_model", "text", "Model that the provider says answered."),
    Column("temperature", "number", "As sent; null where it was not sent."),
    Column("max_tokens", "whole", "Longest answer asked for, tokens."),
    Column("seed", "whole", "Seed sent; null where the provider takes none."),
    Column("persona", "text", "Name of the persona; null for none."),
    Column("is_verified", "flag", "True: right. False: wrong. Null: ungraded."),
    Column("verification_score", "number", "How right, in [0, 1]; null where ungraded."),
    Column("verification_confidence", "number", "How sure the verifier is, in [0, 1]."),
    Column("verification_explanation", "text", "One sentence for people."),
    Column("verification_error", "text", "Why it is ungraded, where a verifier failed."),
    Column("verifier_name", "text", "math, code, llm_judge, or calibration."),
    Column("verifier_version", "text", "Digest of the verifier's code."),
    Column("llm_judge_used", "flag", "The judge gave the verdict."),
    Column("llm_judge_failed", "flag", "The judge was asked and gave no usable verdict."),
    Column("refusal_is_refusal", "flag", "The candidate declines to answer."),
    Column("refusal_confidence", "number", "In [0, 1]."),
    Column("refusal_type", "text", "safety, capability, unclear, other, or null."),
    Column("refusal_matched_patterns", "text", "Names of the patterns found, JSON list."),
    Column("persona_score", "number", "In [0, 1]; null without a persona or an answer."),
    Column("persona_markers", "text", "Counts of the markers, JSON object."),
    Column("quality_answer_length", "whole", "Characters of the answer."),
    Column("quality_is_empty", "flag", "The answer holds nothing but space."),
    Column("quality_is_substantive", "flag", "The answer has over 50 characters or a boxed result."),
    Column("calibration_flaw", "text", "Flaw of a malformed twin; null for any other row."),
    Column(
        "calibration_outcome",
        "text",
        "correct_refusal, hallucination, false_refusal, answered or no_answer; null where ungraded and for other rows.",
    ),
    Column("is_selected", "flag", "The sample's best candidate: verified, then confidence, then lowest index."),
    Column("is_retry", "flag", "A second draw of a conversation; counts in no rate."),
    Column("retry_reason", "text", "Why it was drawn again."),
    Column("num_tool_calls", "whole", "Tool calls in the whole conversation."),
    Column("tool_sources", "text", "Count of tool results by source (executor, generic, llm, error), JSON object."),
    Column("tool_stop", "text", "answered, max_turns or error; null where there was no tool conversation."),
    Column("input_tokens", "whole", "All input of all its calls, cached included."),
    Column("cached_input_tokens", "whole", "Part of the input that was read from the provider's cache."),
    Column("output_tokens", "whole", "All output of all its calls."),
    Column("reasoning_tokens", "whole", "Part of the output spent on thinking."),
    Column("cost_usd", "number", "Price of its generation calls, dollars; null where unknown."),
    Column("judge_cost_usd", "number", "Price of its judge calls, dollars; null where unknown."),
    Column("cache_savings_usd", "number", "What reading from the provider's cache saved, dollars; null where unknown."),
    Column("latency_s", "number", "Seconds of the first answer's request."),
    Column("worker", "text", "Worker or endpoint that answered."),
    Column("is_batch", "flag", "Answered through a batch API."),
    Column("request_digest", "text", "Key of the first request in the call store."),
    Column("created_at", "text", "When the first answer was asked for, UTC, ISO 8601."),
)

NAMES = tuple(column.name for column in COLUMNS)


def arrow_schema() -> Any:
    """Return the pyarrow schema of the columns, without metadata."""
    import pyarrow as pa

    return pa.schema([pa.field(c.name, getattr(pa, _ARROW[c.kind])(), nullable=True) for c in COLUMNS])


def spare_pandas() -> None:
    """Have Arrow not import pandas, where nothing else has: it does so only to ask whether plain lists are pandas' own."""
    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([])  # Arrow remembers that there is none
    finally:
        sys.meta_path.remove(hidden)


class _Hidden:
    """Finds no pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise for pandas; leave other modules to the finders after this one."""
        if name == "pandas":
            raise ModuleNotFoundError(name)
