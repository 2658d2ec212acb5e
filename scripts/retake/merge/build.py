"""Merge: from candidates' files to the table and metadata.json, a (sample, variant) at a time, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.files import canonical_json, write_json
from retake.merge.schema import arrow_schema, spare_pandas
from retake.merge.summary import Tallies, public_config

ROW_GROUP_ROWS = 4096
VERSION = "0.1.0"


@dataclass(frozen=True)
class About:
    """What the table's metadata says besides its rows; `missing` lists candidates that could not be answered, with why."""

    experiment: str
    config: Mapping[str, Any]
    config_file: str
    persona: str | None
    persona_digest: str | None
    variants: tuple[str, ...]
    price_date: str
    missing: tuple[dict[str, Any], ...] = ()


def write_table(groups: Iterable[list[dict[str, Any]]], table: Path, metadata: Path, *, about: About) -> None:
    """Write the rows of `groups` (one list a sample and variant, in order) to `table`, and their sums to `metadata`.

    Equal rows give equal bytes. Both files appear whole or not at all.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    spare_pandas()
    schema, tallies, revisions = arrow_schema(), Tallies(), {}
    temporary = table.with_name(f".{table.name}.{os.getpid()}.tmp")
    table.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Without a stored Arrow schema, metadata that is added at the end is the table's own.
        with pq.ParquetWriter(
            temporary, schema, compression="zstd", store_schema=False, write_page_checksum=True
        ) as writer:
            pending: list[dict[str, Any]] = []
            for rows in groups:
                for row in rows:
                    tallies.add(row)
                    revisions[row["source_dataset"]] = row["source_revision"]
                pending += rows
                if len(pending) >= ROW_GROUP_ROWS:
                    writer.write_table(pa.Table.from_pylist(pending, schema=schema))
                    pending = []
            if pending or not tallies.whole.rows:
                writer.write_table(pa.Table.from_pylist(pending, schema=schema))
            writer.add_key_value_metadata(_table_metadata(about, tallies, revisions))
        _sync(temporary)
        os.replace(temporary, table)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    write_json(metadata, metadata_of(about, tallies, revisions))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _table_metadata(about: About, tallies: Tallies, revisions: Mapping[str, str | None]) -> dict[str, str]:
    config = about.config
    values: dict[str, Any] = {
        "experiment": about.experiment,
        "experiment_name": config["experiment_name"] or about.experiment,
        "generated_at": tallies.latest,
        "model": config["model"] or ", ".join(sorted(tallies.models)),
        "provider": config["generator"],
        "num_candidates": config["num_candidates"],
        "temperature": config["temperature"],
        "max_tokens": config["max_tokens"],
        "splits": ",".join(config["splits"]),
        "variants": ",".join(about.variants),
        "total_records": tallies.whole.rows + tallies.whole.retries,
        "config_file": about.config_file,
        "notes": config["notes"],
        "config": canonical_json(public_config(config)),
        "dataset_revisions": canonical_json(dict(revisions)),
        "random_seed": config["random_seed"],
        "persona": about.persona or "",
        "persona_digest": about.persona_digest or "",
        "retake_version": VERSION,
        "price_date": about.price_date,
        "missing": canonical_json(list(about.missing)),
    }
    return {key: "" if value is None else str(value) for key, value in values.items()}


def metadata_of(about: About, tallies: Tallies, revisions: Mapping[str, str | None]) -> dict[str, Any]:
    """Return metadata.json: the experiment's keys, then its sums, by variant, and by sample."""
    config = public_config(about.config)
    vllm = config["vllm_config"]
    return {
        "experiment": about.experiment,
        "experiment_name": config["experiment_name"] or about.experiment,
        "timestamp": tallies.latest,
        "samples": config["max_queries"],
        "variants": list(about.variants),
        "workers": config["workers"],
        "random_seed": config["random_seed"],
        "model": config["model"] or ", ".join(sorted(tallies.models)),
        "served_models": sorted(tallies.models),
        "vllm_config": {key: vllm[key] for key in ("min_vram", "max_price", "gpu_memory_utilization", "max_model_len")},
        "config": config,
        "config_file": about.config_file,
        "dataset_revisions": dict(revisions),
        "persona": about.persona,
        "persona_digest": about.persona_digest,
        "notes": config["notes"],
        "price_date": about.price_date,
        "retake_version": VERSION,
        "is_complete": not about.missing,
        "missing": list(about.missing),
        "totals": tallies.whole.as_dict(),
        "by_variant": {name: tally.as_dict() for name, tally in sorted(tallies.by_variant.items())},
        "by_sample": tallies.by_sample,
    }
