"""Write the reference pages that are made from the code: docs/experiments.md and docs/data.md; --check says whether they are."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from retake.answer.manifest import Manifest, Unanswered
from retake.answer.waves import Wave
from retake.calls.request import Answer, Call, Request, Usage
from retake.experiment.reference import escaped, experiments_page
from retake.files import write_text
from retake.merge.schema import COLUMNS
from retake.merge.verdicts import COLUMNS as VERDICT_COLUMNS
from retake.providers.batch_state import Part
from retake.samples.adapters import adapters
from retake.samples.datasets import KNOWN
from retake.samples.sample import Sample
from retake.verify.judge_agreement import LabelledRow
from retake.verify.verdict import Check, Verdict
from retake.workflow import data_files

ROOT = Path(__file__).resolve().parent.parent

HEAD = """# Data: every file and its schema

*Made by `python scripts/make_docs.py` from the package's own dataclasses and columns; edit the descriptions there.*

JSON files are UTF-8 and canonical: sorted keys, no clock and no random value that is not an input, so that a rebuild is
byte-identical. The three files of a candidate and the stored calls carry a `checksum`, the SHA-256 of the rest; a file whose
bytes are not those that were written is named as damaged, never read. In paths, `<experiment>` is `<group>/<name>`,
`<sample>` is `<split>_<4 digits>`, `<candidate>` counts from 0. What begins with a dot, and every log, is for the workflow itself.
"""

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

KEYS = "| key | what it holds |\n|---|---|\n"

BULK = """## Bulk answering

`answer/<worker>.json` is a manifest, `answer/.wave_<worker>.json` a wave (named after its first worker). A batch under way has a sealed
file with its state, and its requests beside it, one a line, in `<id>.requests.jsonl`.

"""

METADATA = """## Metadata of the table

`pyarrow.parquet.read_table(file).schema.metadata` maps bytes to bytes; among its keys are `generated_at` (when the latest
answer was asked for), `model`, `num_candidates`, `temperature`, `splits`, `total_records`, `config_file` and `notes`.
"""


def data_page() -> str:
    """Return docs/data.md."""
    parts = [
        HEAD,
        "## Files\n",
        *(_files(title, lines) for title, lines in data_files.GROUPS),
        _datasets(),
        "## A sample\n\nOne line of a block; its `checksum` is of the line, and the first line's `rows` how many the block has.\n",
        _dataclass(Sample),
        "## A call\n\nWhat the store keeps, sealed with a `checksum`.\n",
        *map(_dataclass, (Call, Request, Answer, Usage)),
        _keys("A raw generation", data_files.RAW),
        _keys("A trace", data_files.TRACE),
        _keys("A verification", data_files.VERIFICATION),
        "What a verifier returns becomes the verdict's keys:\n",
        *map(_dataclass, (Verdict, Check)),
        _columns(),
        METADATA,
        _keys("metadata.json", data_files.METADATA),
        _verdicts(),
        _trajectories(),
        "## Exports\n",
        _keys("sft.jsonl", data_files.SFT, level=3),
        _keys("preferences.jsonl", data_files.PREFERENCES, level=3),
        BULK + _dataclass(Manifest),
        *map(_dataclass, (Unanswered, Wave, Part)),
        _labelled(),
    ]
    return "\n".join(parts)


def _files(title: str, lines: tuple[tuple[str, str], ...]) -> str:
    return f"**{title}**\n\n| file | what it is |\n|---|---|\n" + "".join(
        f"| `{path}` | {words} |\n" for path, words in lines
    )


def _keys(title: str, keys: dict[str, str], *, level: int = 2) -> str:
    rows = "".join(f"| `{key}` | {words} |\n" for key, words in keys.items())
    return f"{'#' * level} {title}\n\n{KEYS}{rows}"


def _verdicts() -> str:
    names = ", ".join(f"`{name}`" for name in VERDICT_COLUMNS)
    return f"## Verdicts\n\nA small table a version of the verifier, kept when a new one judges again: {names}.\n"


def _trajectories() -> str:
    parts = [
        "## Trajectories\n\n`index.json` has an entry a \\<variant>/\\<sample>:\n",
        KEYS + "".join(f"| `{key}` | {words} |\n" for key, words in data_files.INDEX.items()),
        _keys("trajectory.jsonl", data_files.MESSAGE, level=3),
        f"### agent_state.json\n\n{data_files.AGENT_STATE}\n",
        _keys("sample.json", data_files.TRAJECTORY_SAMPLE, level=3),
    ]
    return "\n".join(parts)


def _labelled() -> str:
    head = "## Rows with labels\n\nWhat `scripts/check_judge.py` reads, one a line of a .jsonl file.\n"
    return f"{head}\n{_dataclass(LabelledRow)}"


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
