"""Rows: what one candidate's files become in the table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retake.calls.prices import price_of
from retake.calls.request import Usage
from retake.files import canonical_json
from retake.merge.schema import NAMES
from retake.merge.selection import selected
from retake.samples.sample import Sample
from retake.verify.final import final_of, output_messages
from retake.verify.verification import columns_of

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Candidate:
    """The bodies of one candidate's files; `trace` is None where there is no tool conversation."""

    raw: Body
    trace: Body | None
    verification: Body


def rows_of(
    sample: Sample,
    candidates: Sequence[Candidate],
    *,
    experiment: str,
    variant: str,
    sample_id: str,
    persona: str | None,
) -> list[dict[str, Any]]:
    """Return the rows of one (sample, variant): one a candidate, in order, each followed by its retry row if it has one."""
    best = selected([candidate.verification for candidate in candidates])
    shared = {
        "experiment": experiment,
        "variant": variant,
        "sample_id": sample_id,
        "persona": persona,
        **_of_sample(sample),
    }
    rows: list[dict[str, Any]] = []
    for index, candidate in enumerate(candidates):
        row = {**shared, **_of_raw(candidate.raw), **_of_verification(candidate.verification), "candidate_idx": index}
        row |= _of_conversation(candidate.raw, candidate.trace)
        row |= {"is_selected": index == best, "is_retry": False, "retry_reason": None}
        rows.append(_complete(row))
        retry = (candidate.trace or {}).get("retry")
        if retry:
            rows.append(_retry_row(row, candidate.raw, retry))
    return rows


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in NAMES}


def _of_sample(sample: Sample) -> dict[str, Any]:
    return {
        "query_id": sample.query_id,
        "split": sample.split,
        "source_dataset": sample.source_dataset,
        "source_revision": sample.source_revision,
        "source_index": sample.source_index,
        "source_metadata": canonical_json(sample.source_metadata),
        "category": sample.category,
        "ground_truth_answer": sample.ground_truth,
        "ground_truth_source": sample.ground_truth_source,
    }


def _of_raw(raw: Body) -> dict[str, Any]:
    request = raw["request"]
    params = request["params"]
    return {
        "input_messages": canonical_json(request["messages"]),
        "provider": request["provider"],
        "model": request["model"],
        "temperature": params.get("temperature"),
        "max_tokens": params.get("max_tokens"),
        "seed": params.get("seed"),
        "latency_s": raw["latency_s"],
        "worker": raw["worker"],
        "is_batch": raw["is_batch"],
        "request_digest": raw["request_digest"],
        "created_at": raw["asked_at"],
    }


def _of_conversation(raw: Body, trace: Body | None) -> dict[str, Any]:
    source = raw if trace is None else trace
    error = raw["error"] or (trace or {}).get("error") or {}
    final, turns = final_of(raw, trace), [] if trace is None else trace["turns"]
    usage = raw["answer"]["usage"] if trace is None else trace["usage"]
    parts = final["parts"]
    return {
        "error_type": error.get("type"),
        "error_message": error.get("message"),
        "output_messages": canonical_json([] if error else output_messages(final, turns)),
        "answer": None if error else final["text"],
        "answer_parts": None if parts is None else canonical_json(parts),
        "reasoning": final["reasoning"],
        "finish_reason": final["finish_reason"],
        "raw_finish_reason": final["raw_finish_reason"],
        "is_truncated": final["finish_reason"] == "length",
        "served_model": final["served_model"],
        **{name: usage[name] for name in ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens")},
        "cost_usd": _sum(source["cost_usd"], source.get("mock_cost_usd")),
        "cache_savings_usd": _savings(raw, usage),
        **_of_turns(turns, trace),
    }


def _sum(cost: float | None, mock_cost: float | None) -> float | None:
    return cost if cost is None or mock_cost is None else cost + mock_cost


def _savings(raw: Body, usage: Body) -> float | None:
    """Return what reading from the provider's cache saved, at the prices of the day; None where unknown."""
    request = raw["request"]
    told = Usage(**{name: usage[name] for name in Usage.__dataclass_fields__})
    price = price_of(
        request["model"], request["provider"], told, is_batch=raw["is_batch"], asked_at=raw["asked_at"] or ""
    )
    return price.savings_usd


def _of_turns(turns: Sequence[Body], trace: Body | None) -> dict[str, Any]:
    results = [result for turn in turns for result in turn["results"]]
    sources: dict[str, int] = {}
    for result in results:
        sources[result["source"]] = sources.get(result["source"], 0) + 1
    return {
        "num_tool_calls": len(results),
        "tool_sources": canonical_json(sources) if trace is not None else None,
        "tool_stop": None if trace is None else trace["stop"],
    }


def _of_verification(verification: Body) -> dict[str, Any]:
    extras = verification.get("extras") or {}
    return {
        **columns_of(dict(verification)),
        "verifier_version": verification["verifier_version"],
        "judge_cost_usd": verification["judge_cost_usd"],
        "calibration_flaw": extras.get("calibration_flaw"),
        "calibration_outcome": extras.get("calibration_outcome"),
    }


def _retry_row(row: dict[str, Any], raw: Body, retry: Body) -> dict[str, Any]:
    """Return the row of a conversation that was drawn a second time: same candidate, judged by nobody, never selected."""
    own = {**row, **_of_conversation(raw, retry)}
    unjudged = {
        name: None
        for name in NAMES
        if name.startswith(("verif", "llm_judge", "judge_", "refusal_", "persona_m", "persona_s", "quality_"))
    }
    own |= unjudged | {
        "is_verified": None,
        "extracted_answer": None,
        "is_selected": False,
        "is_retry": True,
        "retry_reason": retry["reason"],
    }
    return _complete(own)


def parsed(text: str | None) -> Any:
    """Return the value of a JSON column; None for null."""
    return None if text is None else json.loads(text)
