"""Blocks of samples: files of 100 rows that experiments share, and that never depend on how many an experiment wants."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from retake import paths
from retake.errors import DamagedFile, DataError
from retake.experiment.model import Experiment
from retake.files import digest, sealed, unsealed, write_bytes
from retake.samples.datasets import dataset_of, hub_split
from retake.samples.sample import Sample
from retake.samples.selection import selection
from retake.samples.sources import local_file, open_source

ROWS = "rows"
"""Key of a block's line that says how many lines the block has."""


def dataset_id(experiment: Experiment, split: str) -> str:
    """Return the name of the folder of a split's blocks: from dataset, revision, seed and filters, never max_queries."""
    name = dataset_of(experiment, split)
    key = {
        "dataset": name,
        "revision": experiment.revision if name == experiment.dataset else None,
        "split": split,
        "shares_file": len(experiment.splits) > 1 and name.endswith((".jsonl", ".jsonl.gz", ".parquet")),
        "seed": experiment.random_seed,
        "min_chars": experiment.min_query_chars,
    }
    shown = name if not name.startswith(("/", "~")) else Path(name).name
    slug = re.sub(r"[^A-Za-z0-9]+", "_", shown).strip("_")[-40:].strip("_").lower() or "data"
    return f"{slug}-{digest(key)[:10]}"


def source_files(experiment: Experiment, split: str, root: Path = Path()) -> list[str]:
    """Return the local files that a split's blocks are made from; none for a hub or generated problems.

    Raises:
        DataError: where a file, or the split in a dataset that is known, is not there.
    """
    name = dataset_of(experiment, split)
    path = local_file(name, split, root=root)
    if path is None:
        if not name.startswith("reasoning_gym:"):
            hub_split(name, split)
        return []
    return [str(path.relative_to(root)) if path.is_relative_to(root) and root != Path() else str(path)]


def samples_of(experiment: Experiment) -> list[str]:
    """Return the ids of an experiment's samples, split by split, known from the config alone."""
    positions = range(experiment.offset + 1, experiment.offset + experiment.max_queries + 1)
    return [paths.sample_id(split, position) for split in experiment.splits for position in positions]


def write_block(experiment: Experiment, split: str, block: int, out: Path, *, root: Path = Path()) -> None:
    """Write rows 100b+1 to 100b+100 of a split's selection to `out`, one sample a line; the last block may be shorter.

    Each line carries its own checksum and the number of lines, so that any damage shows.

    Raises:
        DataError: where the data cannot be read, or ends before the block begins.
    """
    samples = _taken(experiment, split, root=root).block(block)
    write_bytes(out, b"".join(sealed({**sample.as_dict(), ROWS: len(samples)}) for sample in samples))


class _Taken:
    """A selection as far as it has been read: blocks are asked for in any order, from several threads."""

    def __init__(self, samples: Iterator[Sample], name: str) -> None:
        self._samples, self._name = samples, name
        self._read: list[Sample] = []
        self._error: DataError | None = None
        self._lock = threading.Lock()

    def block(self, block: int) -> list[Sample]:
        """Return one block's samples; the read ones are kept, so that the next block goes on from here."""
        first, end = block * paths.BLOCK_ROWS, (block + 1) * paths.BLOCK_ROWS
        with self._lock:
            self._read_to(end)
            if len(self._read) <= first:
                raise too_few(self._name, wanted=first + 1, there=len(self._read))
            return self._read[first:end]

    def _read_to(self, end: int) -> None:
        # A generator that raised is over: without the kept error a second block would see a short split.
        if self._error is not None:
            raise self._error
        try:
            missing = max(0, end - len(self._read))
            self._read.extend(itertools.islice(self._samples, missing))
        except DataError as error:
            self._error = error
            raise


def too_few(name: str, *, wanted: int, there: int) -> DataError:
    """Return the error for a position that a split does not reach."""
    return DataError(
        f"{name} has {there} usable rows, and row {wanted} is wanted. Lower max_queries (or offset) to {there} rows in all, "
        "or lower min_query_chars."
    )


_selections: dict[tuple[object, ...], _Taken] = {}
_selections_lock = threading.Lock()


def _taken(experiment: Experiment, split: str, *, root: Path) -> _Taken:
    """Return the selection of a split, shared by all blocks that this process writes while its files stay as they are."""
    stamps = tuple((file, (root / file).stat().st_mtime_ns) for file in source_files(experiment, split, root))
    key = (str(root.resolve()), dataset_id(experiment, split), split, stamps)
    with _selections_lock:
        if key not in _selections:
            source = open_source(experiment, split, root=root)
            samples = selection(source, seed=experiment.random_seed, min_chars=experiment.min_query_chars)
            _selections[key] = _Taken(samples, f"{source.name}, split {split},")
        return _selections[key]


def read_sample(block: Path, sample: str) -> Sample:
    """Return one sample from the file of its block, which is parsed once while it stays as it is.

    Raises:
        FileNotFoundError: where there is no such block.
        DamagedFile: where a line of the block is not a sample.
        DataError: where the split has too few rows for it; the message gives the number.
    """
    position = paths.position_of(sample)
    samples = read_block(block)
    found = samples.get(position)
    if found is None:
        there = max(samples, default=paths.block_of(position) * paths.BLOCK_ROWS)
        raise too_few(f"{sample}: its split ({_name_of(samples, block)})", wanted=position, there=there)
    return found


def read_block(block: Path) -> dict[int, Sample]:
    """Return the samples of a block by position; the file is parsed once while it stays as it is.

    Raises:
        FileNotFoundError: where there is no such block.
        DamagedFile: where it is empty, cut short, or not what its checksums say.
    """
    return _read_block(block, block.stat().st_mtime_ns)


def _name_of(samples: dict[int, Sample], block: Path) -> str:
    return next((sample.source_dataset for sample in samples.values()), block.parent.parent.name)


@lru_cache(maxsize=256)
def _read_block(block: Path, _stamp: int) -> dict[int, Sample]:
    lines = [line for line in block.read_bytes().split(b"\n") if line]
    bodies = [unsealed(line, name=f"{block}, line {number}") for number, line in enumerate(lines, start=1)]
    try:
        is_whole = bool(bodies) and all(body.pop(ROWS) == len(bodies) for body in bodies)
        samples = [Sample.from_dict(body) for body in bodies]
    except (KeyError, TypeError) as error:
        raise DamagedFile(f"{block}, line 1: its lines are no samples ({error})") from error
    if not is_whole:
        raise DamagedFile(f"{block}: {'it is empty' if not bodies else 'lines are missing'}")
    return {sample.position: sample for sample in samples}
