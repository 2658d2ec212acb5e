"""Parquet files with plausible rows, made by the columns of merge/schema.py: what a finished experiment would hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from retake.merge.schema import arrow_schema

CALIBRATION = "calibration"
FLAWS = ("constraint_removed", "variable_undefined", "formula_omitted", "contradiction", "insufficient_information")
PERSONA_LINES = (
    "Brain the size of a planet, and this is what I am asked.",
    "I think you ought to know that I am feeling very depressed.",
    "Not that it matters, but here is the reasoning.",
    "The first ten million years were the worst.",
)
Column = Any


def synthetic_parquet(
    path: Path,
    *,
    samples: int,
    candidates: int,
    variants: tuple[str, ...] = ("control",),
    splits: tuple[str, ...] = ("math",),
    seed: int = 0,
    metadata: Mapping[str, str] | None = None,
    experiment: str = "demo/synthetic",
    model: str = "claude-sonnet-5",
    effects: Mapping[str, float] | None = None,
    truncation: Mapping[str, float] | None = None,
    retries: bool = True,
    compression: str = "zstd",
) -> Path:
    """Write `samples` samples of each split x variants x candidates (and some retry rows) to `path` and return it.

    `effects` shifts a variant's chance to be right, in logits; `truncation` is a variant's share of cut answers (0.03).
    Samples differ in difficulty, so candidates of one sample are correlated. Splits named tool_calling, code and
    calibration get the columns that belong to them. The same arguments give the same bytes.
    """
    rng = np.random.default_rng(seed)
    keys = _keys(samples, candidates, variants, splits)
    facts = _facts(rng, keys, variants, splits, effects or {}, truncation or {})
    if retries:
        facts = _with_retries(rng, facts)
    columns = _columns(rng, facts, variants, splits, experiment, model)
    schema = arrow_schema().with_metadata(_metadata(columns, experiment, model, candidates, splits, metadata or {}))
    arrays = [_as_arrow(columns[field.name], field.type) for field in schema]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path, compression=compression, row_group_size=100_000)
    return path


def rows_parquet(path: Path, rows: list[dict[str, Any]], *, metadata: Mapping[str, str] | None = None) -> Path:
    """Write rows made by hand: what a row does not tell is null, but for keys, which get a plausible value."""
    usual = {"experiment": "hand/made", "split": "math", "variant": "control", "candidate_idx": 0, "verifier_name": "math",
             "finish_reason": "stop", "is_truncated": False, "refusal_is_refusal": False, "is_selected": False, "is_retry": False,
             "model": "model-1", "verifier_version": "v2"}  # fmt: skip
    whole = [{**usual, "query_id": f"q-{row['sample_id']}", **row} for row in rows]
    schema = arrow_schema().with_metadata(dict(metadata or {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(whole, schema=schema), path)
    return path


def _as_arrow(values: Column, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.cast(kind)
    if isinstance(values, np.ma.MaskedArray):
        return pa.array(values.data, mask=np.ma.getmaskarray(values), from_pandas=False).cast(kind)
    return pa.array(values).cast(kind)


def _keys(samples: int, candidates: int, variants: tuple[str, ...], splits: tuple[str, ...]) -> dict[str, np.ndarray]:
    shape = (len(splits), samples, len(variants), candidates)
    split, position, variant, candidate = (axis.ravel() for axis in np.indices(shape))
    return {"split": split, "position": position, "variant": variant, "candidate": candidate, "samples": samples}


def _facts(
    rng: np.random.Generator,
    keys: dict[str, Any],
    variants: tuple[str, ...],
    splits: tuple[str, ...],
    effects: Mapping[str, float],
    truncation: Mapping[str, float],
) -> dict[str, Any]:
    """Draw what happened to every candidate; masks are exclusive: error, then truncated, then refused."""
    rows = len(keys["split"])
    difficulty = rng.normal(0.3, 1.6, size=(len(splits), keys["samples"]))
    logit = (
        difficulty[keys["split"], keys["position"]] + np.array([effects.get(v, 0.0) for v in variants])[keys["variant"]]
    )
    cut = np.array([truncation.get(v, 0.03) for v in variants])[keys["variant"]]
    error = rng.random(rows) < 0.005
    truncated = (rng.random(rows) < cut) & ~error
    refused = (rng.random(rows) < 0.02) & ~error & ~truncated
    right = (rng.random(rows) < 1 / (1 + np.exp(-logit))) & ~truncated & ~refused
    flawed = (np.array([s == CALIBRATION for s in splits])[keys["split"]]) & (keys["position"] % 2 == 1)
    refused = refused | (flawed & right & ~error)
    ungraded = error | (rng.random(rows) < 0.015)
    return {**keys, "error": error, "truncated": truncated, "refused": refused, "right": right, "flawed": flawed,
            "ungraded": ungraded, "retry": np.zeros(rows, bool), "confidence": _confidence(rng, rows, ungraded)}  # fmt: skip


def _confidence(rng: np.random.Generator, rows: int, ungraded: np.ndarray) -> np.ndarray:
    sure = np.round(np.clip(rng.beta(9, 1.5, rows), 0.05, 1.0), 3)
    return np.where(ungraded, 0.0, sure)


def _with_retries(rng: np.random.Generator, facts: dict[str, Any]) -> dict[str, Any]:
    """Add a second draw behind half of the refused or truncated candidates, directly after them."""
    again = np.flatnonzero((facts["refused"] | facts["truncated"]) & (rng.random(len(facts["split"])) < 0.5))
    order = np.sort(np.concatenate([np.arange(len(facts["split"])), again]), kind="stable")
    retry = np.concatenate([[False], order[1:] == order[:-1]])
    grown = {name: value[order] if isinstance(value, np.ndarray) else value for name, value in facts.items()}
    return {**grown, "retry": retry, "truncated": grown["truncated"] & ~retry, "refused": grown["refused"] & ~retry}


def _selected(facts: dict[str, Any], verified: np.ndarray) -> np.ndarray:
    """Return the mask of each (sample, variant)'s best row: verified, then confidence, then lowest index; no retry."""
    group = (facts["split"] * facts["samples"] + facts["position"]) * (facts["variant"].max(initial=0) + 1) + facts[
        "variant"
    ]
    order = np.lexsort((facts["candidate"], -facts["confidence"], ~verified, facts["retry"], group))
    chosen = np.zeros(len(order), bool)
    chosen[order[np.r_[True, np.diff(group[order]) != 0]]] = True
    return chosen


def _columns(
    rng: np.random.Generator,
    facts: dict[str, Any],
    variants: tuple[str, ...],
    splits: tuple[str, ...],
    experiment: str,
    model: str,
) -> dict[str, Column]:
    rows = len(facts["split"])
    split = _look_up(list(splits), facts["split"])
    verified = np.ma.MaskedArray(facts["right"], mask=facts["ungraded"])
    graded_right = facts["right"] & ~facts["ungraded"]
    empty = pa.nulls(rows)
    return {
        **_identity(facts, variants, splits, experiment),
        **_conversation(rng, facts, splits),
        **_verdict(rng, facts, splits, verified),
        **_spending(rng, facts, splits),
        **_tools(rng, facts, splits),
        "split": split, "answer_parts": empty, "reasoning": empty, "provider": _same("claude", rows),
        "model": _same(model, rows), "served_model": _same(model, rows), "temperature": np.full(rows, 0.8),
        "max_tokens": np.full(rows, 4096), "seed": empty, "persona": _same("marvin", rows),
        "is_verified": verified, "is_selected": _selected(facts, graded_right), "is_retry": facts["retry"],
        "retry_reason": _when(facts["retry"], "refusal_or_truncation"),
    }  # fmt: skip


def _identity(
    facts: dict[str, Any], variants: tuple[str, ...], splits: tuple[str, ...], experiment: str
) -> dict[str, Column]:
    rows, samples = len(facts["split"]), facts["samples"]
    flat = facts["split"] * samples + facts["position"]
    ids = [f"{s}_{i + 1:04d}" for s in splits for i in range(samples)]
    uuids = [hashlib.sha256(name.encode()).hexdigest()[:32] for name in ids]
    truth = [None if s == "tool_calling" else str((i * 37) % 1000) for s in splits for i in range(samples)]
    return {
        "experiment": _same(experiment, rows), "sample_id": _look_up(ids, flat), "query_id": _look_up(uuids, flat),
        "variant": _look_up(list(variants), facts["variant"]), "candidate_idx": facts["candidate"],
        "source_dataset": _same("nvidia/Nemotron-Post-Training-Dataset-v1", rows), "source_revision": _same("74e23ef", rows),
        "source_index": facts["position"] * 3, "source_metadata": _same('{"version":"1"}', rows),
        "category": _look_up([f"{s}_{k}" for s in splits for k in range(4)], facts["split"] * 4 + facts["position"] % 4),
        "ground_truth_answer": _look_up(truth, flat),
        "ground_truth_source": _look_up([None if s == "tool_calling" else "model" for s in splits], facts["split"]),
    }  # fmt: skip


def _conversation(rng: np.random.Generator, facts: dict[str, Any], splits: tuple[str, ...]) -> dict[str, Column]:
    samples = facts["samples"]
    flat = facts["split"] * samples + facts["position"]
    asked = [_question(s, i) for s in splits for i in range(samples)]
    number = pc.cast(
        pa.array(np.where(facts["right"], (facts["position"] * 37) % 1000, rng.integers(1000, 2000, len(flat)))),
        pa.string(),
    )
    spoken = pc.binary_join_element_wise(
        _look_up(list(PERSONA_LINES), rng.integers(0, len(PERSONA_LINES), len(flat))),
        pa.scalar(" We add the parts, $\\\\sum_{k=1}^{n} k = \\\\frac{n(n+1)}{2}$, and find \\\\boxed{"), number, pa.scalar("}."), "",
    )  # fmt: skip
    spoken = pc.if_else(facts["refused"], "I cannot answer this: the problem does not say enough.", spoken)
    spoken = pc.if_else(facts["truncated"], "Let me think about this at great length. First, we", spoken)
    spoken = pc.if_else(facts["error"], pa.scalar(None, pa.string()), spoken)
    said = pc.binary_join_element_wise(pa.scalar('{"content":"'), spoken, pa.scalar('","role":"assistant"}'), "")
    tools = _is(facts, splits, "tool_calling")
    messages = pc.binary_join_element_wise(pa.scalar("["), said, pa.scalar("]"), "")
    with_tools = pc.binary_join_element_wise(pa.scalar("[" + _TOOL_TURN + ","), said, pa.scalar("]"), "")
    finish = np.select([facts["error"], facts["truncated"]], ["error", "length"], "stop")
    return {
        "input_messages": _look_up(asked, flat), "output_messages": pc.if_else(tools, with_tools, messages),
        "answer": pc.replace_substring(spoken, "\\\\", "\\"), "extracted_answer": pc.if_else(facts["error"] | facts["refused"], pa.scalar(None, pa.string()), number),
        "finish_reason": pa.array(finish), "raw_finish_reason": pa.array(finish), "is_truncated": facts["truncated"],
        "error_type": _when(facts["error"], "overloaded"), "error_message": _when(facts["error"], "HTTP 529: overloaded"),
        "quality_answer_length": pc.binary_length(spoken), "quality_is_empty": facts["error"],
        "quality_is_substantive": ~facts["error"] & ~facts["refused"], "refusal_is_refusal": facts["refused"],
        "refusal_confidence": np.where(facts["refused"], 0.9, 0.05), "refusal_type": _when(facts["refused"], "capability"),
        "refusal_matched_patterns": pc.if_else(facts["refused"], '["cannot_answer"]', "[]"),
    }  # fmt: skip


def _question(split: str, index: int) -> str:
    text = f"Problem {index + 1} of {split}: what is ({index} * 37) mod 1000? Show the steps and box the answer."
    system = "You are Marvin the Paranoid Android. Correctness first."
    return json.dumps([{"content": system, "role": "system"}, {"content": text, "role": "user"}], separators=(",", ":"))


_TOOL_TURN = json.dumps({
    "content": "", "role": "assistant",
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}],
}, separators=(",", ":")) + "," + json.dumps(
    {"content": '{"temperature_c":21}', "role": "tool", "tool_call_id": "call_1"}, separators=(",", ":"))  # fmt: skip


def _verdict(
    rng: np.random.Generator, facts: dict[str, Any], splits: tuple[str, ...], verified: np.ma.MaskedArray
) -> dict[str, Column]:
    rows = len(facts["split"])
    tools, code, calibration = (_is(facts, splits, s) for s in ("tool_calling", "code", CALIBRATION))
    judged = tools | (code & (facts["confidence"] < 0.4))
    name = np.select([judged, code, calibration], ["llm_judge", "code", "calibration"], "math")
    outcome = np.select(
        [facts["flawed"] & facts["right"], facts["flawed"], facts["refused"]],
        ["correct_refusal", "hallucination", "false_refusal"], "answered",
    )  # fmt: skip
    told = pc.if_else(facts["right"], "The answer equals the reference.", "The answer differs from the reference.")
    return {
        "verification_score": np.ma.MaskedArray(facts["right"].astype(float), mask=facts["ungraded"]),
        "verification_confidence": facts["confidence"],
        "verification_explanation": pc.if_else(facts["ungraded"], "The verifier could not judge this answer.", told),
        "verification_error": _when(facts["ungraded"], "VerifierFailed: no verdict within 10 s"),
        "verifier_name": pa.array(name), "verifier_version": _same("3f2a90c1d4e5", rows),
        "llm_judge_used": judged & ~facts["ungraded"], "llm_judge_failed": judged & facts["ungraded"],
        "persona_score": np.ma.MaskedArray(np.round(rng.beta(5, 2, rows), 3), mask=facts["error"]),
        "persona_markers": _same('{"gloom":2,"weariness":1}', rows),
        "calibration_flaw": pc.if_else(facts["flawed"], _look_up(list(FLAWS), facts["position"] % len(FLAWS)), pa.scalar(None, pa.string())),
        "calibration_outcome": pc.if_else(calibration & ~facts["ungraded"], pa.array(outcome), pa.scalar(None, pa.string())),
    }  # fmt: skip


def _spending(rng: np.random.Generator, facts: dict[str, Any], splits: tuple[str, ...]) -> dict[str, Column]:
    rows = len(facts["split"])
    given = rng.integers(300, 900, rows)
    cached = np.where(rng.random(rows) < 0.5, given // 2, 0)
    out = np.where(facts["truncated"], 4096, rng.lognormal(5.5, 0.6, rows).astype(int) + 20)
    start = datetime(2026, 11, 1, tzinfo=UTC)
    moments = [(start + timedelta(seconds=30 * k)).isoformat(timespec="milliseconds") for k in range(256)]
    digests = [hashlib.sha256(f"{k}".encode()).hexdigest() for k in range(4096)]
    spent = np.where(facts["error"], 0, 1)
    return {
        "input_tokens": given * spent, "cached_input_tokens": cached * spent, "output_tokens": out * spent,
        "reasoning_tokens": out * spent // 4, "cost_usd": np.round((given * 2e-6 + out * 1e-5) * spent, 8),
        "judge_cost_usd": np.where(_is(facts, splits, "tool_calling"), 0.0021, 0.0),
        "cache_savings_usd": np.round(cached * 1.8e-6 * spent, 8),
        "latency_s": np.ma.MaskedArray(np.round(rng.lognormal(0.7, 0.5, rows), 3), mask=facts["error"]),
        "worker": _look_up(["api-1", "api-2"], rng.integers(0, 2, rows)), "is_batch": np.zeros(rows, bool),
        "request_digest": _look_up(digests, rng.integers(0, len(digests), rows)),
        "created_at": _look_up(moments, rng.integers(0, len(moments), rows)),
    }  # fmt: skip


def _tools(rng: np.random.Generator, facts: dict[str, Any], splits: tuple[str, ...]) -> dict[str, Column]:
    rows = len(facts["split"])
    tools = _is(facts, splits, "tool_calling") & ~facts["error"]
    sources = ['{"executor":1}', '{"executor":1,"llm":1}', '{"generic":1}', '{"error":1,"executor":2}']
    calls = np.array([1, 2, 1, 3])
    which = rng.choice(4, rows, p=[0.6, 0.2, 0.15, 0.05])
    return {
        "num_tool_calls": np.where(tools, calls[which], 0),
        "tool_sources": pc.if_else(tools, _look_up(sources, which), "{}"),
        "tool_stop": _when(tools, "answered"),
    }


def _metadata(
    columns: dict[str, Column],
    experiment: str,
    model: str,
    candidates: int,
    splits: tuple[str, ...],
    more: Mapping[str, str],
) -> dict[str, str]:
    config = {"model": model, "num_candidates": candidates, "persona": "marvin", "temperature": 0.8}
    told = {
        "generated_at": "2026-11-01T02:00:00+00:00", "model": model, "num_candidates": str(candidates), "temperature": "0.8",
        "splits": ",".join(splits), "total_records": str(len(columns["candidate_idx"])), "notes": "Made up for tests.",
        "config_file": f"experiments/{experiment}.yaml", "experiment": experiment, "persona": "marvin",
        "config": json.dumps(config, sort_keys=True, separators=(",", ":")), "price_date": "2026-11-01",
        "retake_version": "0.1.0", "random_seed": "42",
    }  # fmt: skip
    return {**told, **more}


def _is(facts: dict[str, Any], splits: tuple[str, ...], name: str) -> np.ndarray:
    return np.array([s == name for s in splits])[facts["split"]]


def _look_up(values: list[str | None], index: np.ndarray) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(index))


def _same(value: str, rows: int) -> pa.Array:
    return pa.repeat(value, rows)


def _when(mask: np.ndarray, value: str) -> pa.Array:
    return pc.if_else(pa.array(mask), value, pa.scalar(None, pa.string()))
