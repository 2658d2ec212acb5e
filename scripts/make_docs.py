"""Write the reference pages that are made from the code: docs/experiments.md and docs/data.md; --check says whether they are."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from retake import paths
from retake.calls.request import Answer, Call, Request, Usage
from retake.experiment.reference import escaped, experiments_page
from retake.files import write_text
from retake.merge.schema import COLUMNS
from retake.samples.adapters import adapters
from retake.samples.datasets import KNOWN
from retake.samples.sample import Sample
from retake.verify.verdict import Check, Verdict

ROOT = Path(__file__).resolve().parent.parent

HEAD = """# Data: every file and its schema

*Made by `python scripts/make_docs.py` from the package's own dataclasses and columns; edit the descriptions there.*

JSON files are UTF-8 and canonical: sorted keys, no clock and no random value that is not an input, so that a rebuild is
byte-identical. The three files of a candidate and the stored calls carry a `checksum`, the SHA-256 of the rest; a file whose
bytes are not those that were written is named as damaged, never read. In paths, `<experiment>` is `<group>/<name>`,
`<sample>` is `<split>_<4 digits>`, `<candidate>` counts from 0.

| file | what it is |
|---|---|
"""

FILES = (
    (
        paths.block_path("<dataset id>", "<split>", 0).replace("/0.", "/<block>."),
        "samples, in blocks of 100, shared by experiments",
    ),
    (f"{paths.STORE}/", "every call as it was paid for, by the digest of its request"),
    *(
        (paths.candidate_path(stage, "<experiment>", "<variant>", "<sample>", "<candidate>"), words)
        for stage, words in zip(
            paths.STAGES,
            ("the first answer", "the tool conversation after it", "the verdict, with its evidence"),
            strict=True,
        )
    ),
    (paths.parquet_path("<experiment>"), "the table: one row a candidate, with metadata in its schema"),
    ("results/<experiment>/metadata.json", "the experiment in sum: config, counts, rates, cost"),
    (
        "results/<experiment>/trajectories/<variant>/<sample>/",
        "trajectory.jsonl, agent_state.json, sample.json of the selected candidate",
    ),
    ("results/<experiment>/report.html", "the report, one file"),
    ("results/<experiment>/sft.jsonl, preferences.jsonl", "exports for training"),
)

DATASETS = """## Rows of a dataset

A row is read by the first adapter that its columns fit; each is one file of `scripts/retake/samples/adapters/`.

| adapter | layout |
|---|---|
{rows}
A file holds one JSON object a line (`.jsonl`, `.jsonl.gz`) or is `.parquet`; a folder holds one file a split, `<split>.*`. Splits
that are known by name, the hub's own and those that ship:

| dataset | splits |
|---|---|
{known}"""

SECTIONS: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    ("A sample", "One line of a block.", (Sample,)),
    ("A call", "What the store keeps, and what a raw generation holds.", (Call, Request, Answer, Usage)),
    ("A verdict", "What a verification holds.", (Verdict, Check)),
)

RAW = """A raw generation is a call with `sample_id`, `variant`, `candidate_idx`, `request_digest` (the call's key in the store) and
`error`: null, or `{type, message}` where no usable answer came; the row then stays in the table as an error row.
"""

METADATA = """## Metadata of the table

`pyarrow.parquet.read_table(file).schema.metadata` maps bytes to bytes; among its keys are `generated_at` (when the latest
answer was asked for), `model`, `num_candidates`, `temperature`, `splits`, `total_records`, `config_file` and `notes`.
"""


def data_page() -> str:
    """Return docs/data.md."""
    files = "".join(f"| `{path}` | {words} |\n" for path, words in FILES)
    sections = [
        f"## {title}\n\n{text}\n\n" + "\n".join(_dataclass(kind) for kind in kinds) for title, text, kinds in SECTIONS
    ]
    sections[1] += "\n" + RAW
    return "\n".join([HEAD + files, _datasets(), *sections, _columns(), METADATA])


def _datasets() -> str:
    """Return the section on what a dataset may look like, from the adapters and the known datasets."""
    lines = [
        (adapter.__name__.rpartition(".")[2], (adapter.__doc__ or "").strip().partition("\n")[0])
        for adapter in adapters()
    ]
    rows = "".join(f"| `{name}` | {escaped(text)} |\n" for name, text in lines)
    known = "".join(
        f"| `{name}` | {', '.join(f'`{s}`' for s in sorted(entry.splits))} |\n" for name, entry in KNOWN.items()
    )
    folders = sorted(path for path in (ROOT / "config/data").iterdir() if path.is_dir())
    own = "".join(
        f"| `embedded:{f.name}` | {', '.join(f'`{p.stem}`' for p in sorted(f.glob('*.jsonl')))} |\n" for f in folders
    )
    return DATASETS.format(rows=rows, known=known + own)


def _dataclass(kind: type) -> str:
    lines = [
        f"### {kind.__name__}\n",
        inspect.cleandoc(kind.__doc__ or "") + "\n",
        "| field | type | default |",
        "|---|---|---|",
    ]
    for field in dataclasses.fields(kind):
        lines.append(f"| `{field.name}` | `{_type(field.type)}` | {_default(field)} |")
    return "\n".join(lines) + "\n"


def _type(annotation: Any) -> str:
    return str(annotation).replace("|", "or")


def _default(field: Any) -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`" if not dataclasses.is_dataclass(field.default) else "empty"
    return "empty" if field.default_factory is not dataclasses.MISSING else "**needed**"


def _columns() -> str:
    rows = "".join(f"| `{column.name}` | {column.kind} | {escaped(column.meaning)} |\n" for column in COLUMNS)
    head = f"## The table\n\n{len(COLUMNS)} columns, one row a candidate, sorted by sample, variant and candidate.\n\n"
    return head + "| column | kind | meaning |\n|---|---|---|\n" + rows


PAGES = {"docs/experiments.md": experiments_page, "docs/data.md": data_page}


def stale_pages(root: Path) -> list[str]:
    """Return the pages under `root` that are not what the code says now."""
    return [
        name
        for name, page in PAGES.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where a page is not what the code says"
    )
    if parser.parse_args().check:
        for name in stale_pages(ROOT):
            print(f"error: {name} is not what the code says now. Run: python scripts/make_docs.py", file=sys.stderr)
        return 1 if stale_pages(ROOT) else 0
    for name in stale_pages(ROOT):
        write_text(ROOT / name, PAGES[name]())
        print(f"Wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
