"""The dataset card: what the exported files hold, how they were made, and what they cannot promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.files import write_text
from retake.merge.exports import parquet_digest
from retake.merge.schema import COLUMNS

_COUNTS = """
select split, variant, count(*) as candidates, count(distinct sample_id) as samples,
  count(*) filter (is_verified) as verified, count(*) filter (is_verified = false) as wrong,
  count(*) filter (is_verified is null) as ungraded, count(*) filter (refusal_is_refusal) as refused,
  count(*) filter (is_truncated) as truncated
from read_parquet(?) where not coalesce(is_retry, false) group by split, variant order by split, variant
"""
_SOURCES = """
select distinct coalesce(source_dataset, 'unknown'), coalesce(source_revision, 'unknown'), coalesce(ground_truth_source, 'none')
from read_parquet(?) order by all
"""
_VERIFIERS = """
select verifier_name, coalesce(verifier_version, 'unknown'), count(*) from read_parquet(?)
where verifier_name is not null and not coalesce(is_retry, false) group by all order by all
"""
_MODELS = "select distinct model, coalesce(persona, 'none'), temperature from read_parquet(?) order by all"


def write_dataset_card(parquet: Path, out: Path, *, sft: Path | None = None, preferences: Path | None = None) -> None:
    """Write the card (Markdown with YAML front matter) of a table and, where given, of its two exports.

    Raises:
        DataError: where `parquet` or an export is missing, or is no table of retake.
    """
    import duckdb

    source = parquet_digest(parquet)
    with duckdb.connect(":memory:") as connection:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query, [str(parquet)]).fetchall()

        try:
            facts = {
                name: ask(q)
                for name, q in (
                    ("counts", _COUNTS),
                    ("sources", _SOURCES),
                    ("verifiers", _VERIFIERS),
                    ("models", _MODELS),
                )
            }
        except duckdb.Error as error:
            raise DataError(f"{parquet}: cannot be read as retake's table ({error})") from error
    exports = {path.name: (_lines(path), role) for path, role in ((sft, "sft"), (preferences, "preferences")) if path}
    parts = (
        _front(exports),
        _opening(parquet, source, _metadata(parquet), exports),
        _tables(facts),
        _limits(),
        _columns(),
    )
    write_text(out, "\n".join(parts))


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such export. Run: snakemake {path}") from error


def _metadata(parquet: Path) -> dict[str, str]:
    import pyarrow.parquet as pq

    told = pq.read_schema(parquet).metadata or {}
    return {key.decode(): value.decode("utf-8", "replace") for key, value in told.items()}


def _front(exports: dict[str, tuple[int, str]]) -> str:
    rows = sum(count for count, _ in exports.values())
    size = next(
        (name for most, name in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")) if rows < most),
        "100K<n<1M",
    )
    configs = [f"  - config_name: {role}\n    data_files: {name}" for name, (_, role) in sorted(exports.items())]
    listed = "\n".join(["configs:", *configs, ""]) if configs else ""
    return (
        "---\npretty_name: Best-of-N candidates with verdicts\nlanguage: en\ntask_categories:\n  - text-generation\n"
        f"tags:\n  - synthetic\n  - best-of-n\n  - retake\nsize_categories:\n  - {size}\n{listed}---\n"
    )


def _opening(parquet: Path, source: str, told: dict[str, str], exports: dict[str, tuple[int, str]]) -> str:
    name = told.get("experiment") or parquet.stem
    words = {
        "sft": "selected candidates as OpenAI `messages`: verified, no refusal, substantive unless the filter was changed",
        "preferences": "`prompt`, `chosen`, `rejected` in TRL's conversational form: verified against not verified, same sample",
    }
    listed = [f"- `{file}`, {count:,} lines: {words[role]}." for file, (count, role) in sorted(exports.items())]
    notes = [f"\n{told['notes']}"] if told.get("notes") else []
    lines = [
        f"# {name}", "", "Answers of a language model, several candidates a question, each with a verdict. Made with retake.", *notes, "",
        "| fact | value |", "|---|---|", f"| table | `{parquet.name}` |", f"| SHA-256 of the table | `{source}` |",
        *(f"| {key.replace('_', ' ')} | {_cell(told[key])} |" for key in ("generated_at", "model", "num_candidates", "temperature", "persona", "splits", "total_records") if told.get(key)),
        "", *listed,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _tables(facts: dict[str, list[tuple[Any, ...]]]) -> str:
    return "\n".join(
        [
            "## Candidates", "", *_table(("split", "variant", "candidates", "samples", "verified", "not verified", "ungraded", "refused", "truncated"), facts["counts"]), "",
            "## Made from", "", *_table(("source dataset", "revision", "reference answers from"), facts["sources"]), "",
            *_table(("model", "persona", "temperature"), facts["models"]), "",
            "## Judged by", "", *_table(("verifier", "version", "candidates"), facts["verifiers"]), "",
        ]
    )  # fmt: skip


def _table(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    head = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return head + [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]


def _cell(value: Any) -> str:
    text = "not sent" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _limits() -> str:
    return (
        "## Limits\n\n"
        "- A verdict is a verifier's, not a person's: some verified answers are wrong, and some rejected ones right.\n"
        "- Ungraded candidates (the verifier could not judge) are in no export.\n"
        "- All answers are synthetic. The terms of the model's provider and the licence of each source dataset apply; this card grants none.\n"
        "- Verified samples are the easier ones: training on them alone shifts the distribution of questions.\n"
    )


def _columns() -> str:
    rows = [(f"`{column.name}`", column.kind, column.meaning) for column in COLUMNS]
    return "\n".join(["## Columns of the table", "", *_table(("column", "kind", "meaning"), rows), ""])
