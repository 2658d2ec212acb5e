"""Where rows come from: files of this machine, the embedded data, generated problems, or a hub."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.experiment.model import Experiment
from retake.files import digest_of_bytes
from retake.samples.datasets import dataset_of, unknown_split
from retake.samples.draft import plain

EMBEDDED = Path("config/data")
SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


@dataclass(frozen=True)
class Source:
    """The rows of one split: `rows` yields (index from 0, row); `name` and `revision` are what samples record of it.

    `is_ours` tells files that the user can mend from a hub's rows; `is_endless` says that rows never run out.
    """

    name: str
    split: str
    revision: str | None
    rows: Iterator[tuple[int, dict[str, Any]]]
    is_ours: bool
    is_endless: bool = False


def open_source(experiment: Experiment, split: str, *, root: Path) -> Source:
    """Return the rows of a split of an experiment.

    Raises:
        DataError: where the dataset, or the split in it, is not there; other faults of the data as rows are taken.
    """
    name = dataset_of(experiment, split)
    path = local_file(name, split, root=root)
    if path is not None:
        is_shared = path.name != f"{split}{_suffix(path)}" and len(experiment.splits) > 1
        rows = _of_split(_numbered(path), split, path) if is_shared else _numbered(path)
        # A path of this machine stays out of what is shared: only the file's name goes into the samples.
        told = name if not name.startswith(("/", "~")) else Path(name).name
        return Source(told, split, _sha256(path), rows, is_ours=True)
    if name.startswith("reasoning_gym:"):
        from retake.samples.generated import generated_rows

        rows, version = generated_rows(name.partition(":")[2], seed=experiment.random_seed or 0)
        return Source(name, split, version, rows, is_ours=False, is_endless=True)
    from retake.samples.hub import hub_rows

    revision = experiment.revision if name == experiment.dataset else None
    rows, found = hub_rows(name, split, revision=revision, streaming=experiment.streaming)
    return Source(name, split, found, rows, is_ours=False)


def local_file(dataset: str, split: str, *, root: Path) -> Path | None:
    """Return the file that holds a split of a dataset of this machine; None for a hub's or a generated one.

    Raises:
        DataError: where the name means files and they, or the split, are not there.
    """
    if dataset.startswith("reasoning_gym:"):
        return None
    if dataset.startswith("embedded:"):
        return _in_folder(root / EMBEDDED / _embedded_name(dataset, root), dataset, split)
    path = root / Path(dataset).expanduser()
    if path.is_dir():
        return _in_folder(path, dataset, split)
    if _suffix(path):
        if not path.is_file():
            raise DataError(
                f"dataset {dataset}: no such file (paths count from the project's folder). Correct dataset."
            )
        return path
    if dataset.startswith(("/", "./", "../", "~")) or dataset.count("/") > 1:
        raise DataError(
            f"dataset {dataset}: no such folder, nor a file that ends in {', '.join(SUFFIXES)}. Correct dataset."
        )
    return None


def _embedded_name(dataset: str, root: Path) -> str:
    name = dataset.partition(":")[2]
    known = sorted(path.name for path in (root / EMBEDDED).glob("*") if path.is_dir())
    if name not in known:
        raise DataError(
            f"dataset {dataset}: there is no embedded data set {name!r}; there are: {', '.join(known) or 'none'}."
        )
    return name


def _in_folder(folder: Path, dataset: str, split: str) -> Path:
    files = {file.name.removesuffix(_suffix(file)): file for file in sorted(folder.iterdir()) if _suffix(file)}
    if split not in files:
        raise unknown_split(dataset, split, files)
    return files[split]


def _suffix(path: Path) -> str:
    return next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), "")


def _sha256(path: Path) -> str:
    return digest_of_bytes(path.read_bytes())


def _of_split(
    rows: Iterator[tuple[int, dict[str, Any]]], split: str, path: Path
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows that a file shared by several splits marks as this one's, in a cell `split`."""
    for index, row in rows:
        if "split" not in row:
            raise DataError(
                f"{path.name}, row {index + 1}: one file for several splits needs a cell `split` in each row. "
                "Add it, or use a folder with one file a split."
            )
        if row["split"] == split:
            yield index, row


def _numbered(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _json_rows(path)
    return enumerate(rows)


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opened(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _json_row(line, f"{path.name}, line {number}")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path.name}: not a whole gzip file after line {number} ({error}). Fetch it again.") from error
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror or error}).") from error


def _json_row(line: bytes, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line.removeprefix(b"\xef\xbb\xbf"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 (byte {error.start}). Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}). Each line must be one JSON object.") from error
    if not isinstance(row, dict):
        raise DataError(f"{where}: a {type(row).__name__}, where each line must be one JSON object.")
    return row


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                yield from (plain(row) for row in batch.to_pylist())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(f"{path.name}: not a whole parquet file ({error}). Fetch it again.") from error
