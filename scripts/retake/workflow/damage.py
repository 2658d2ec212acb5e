"""Damaged files: how they are known, and how they are set aside so that the next run makes them again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from retake import paths
from retake.calls.request import Call
from retake.errors import DamagedFile
from retake.files import read_sealed
from retake.samples.blocks import read_block
from retake.verify.verification import FIELDS, PLACE_FIELDS
from retake.workflow.project import Project

ASIDE = ".retake/damaged"
PLACE = frozenset({"sample_id", "variant", "candidate_idx"})
KEYS: dict[str, frozenset[str]] = {
    "raw": PLACE | {"request_digest", "error", "asked_at", "latency_s", "worker", "cost_usd", "is_batch", "tries", "request", "answer"},
    "trace": PLACE | {"turns", "final_answer", "stop", "error", "usage", "cost_usd", "calls", "mock_usage", "mock_cost_usd", "mock_calls", "families", "matches", "retry"},
    "verification": frozenset(FIELDS) | frozenset(PLACE_FIELDS),
}  # fmt: skip
"""The keys that every file of a stage holds."""


def candidate_body(root: Path, file: str) -> dict[str, Any]:
    """Return the body of the candidate file at `results/.../<stage>/<variant>/<sample>/<candidate>.json`.

    Raises:
        FileNotFoundError: where there is none.
        DamagedFile: where its bytes, its keys or the place that it names are not those of such a file.
    """
    body = read_sealed(root / file)
    stage, variant, sample, name = Path(file).parts[-4:]
    lacking = sorted(KEYS[stage] - body.keys())
    if lacking:
        raise DamagedFile(f"{file}: it lacks the key(s) {', '.join(lacking)}")
    named = (body["variant"], body["sample_id"], f"{body['candidate_idx']}.json")
    if named != (variant, sample, name):
        raise DamagedFile(f"{file}: it is the file of {'/'.join(map(str, named))}")
    return body


def call_in(path: Path) -> Call:
    """Return the call in a file of the store, which its name must fit.

    Raises:
        DamagedFile: where it is no whole call, or another one's.
    """
    try:
        call = Call.from_dict(read_sealed(path))
    except (KeyError, TypeError) as error:
        raise DamagedFile(f"{path}: it is no call ({error})") from error
    if call.digest != path.stem:
        raise DamagedFile(f"{path}: it holds another request's answer")
    return call


def set_aside(root: Path, file: str) -> str:
    """Move a file under `root` into `.retake/damaged`, at the same path, and return where it lies now."""
    target = root / ASIDE / file
    target.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    while target.exists():
        number += 1
        target = (root / ASIDE / file).with_name(f"{Path(file).name}.{number}")
    with suppress(FileNotFoundError):
        os.replace(root / file, target)
    return target.relative_to(root).as_posix()


def damaged_inputs(project: Project, experiment: str) -> Iterator[tuple[str, str]]:
    """Yield (file, what is wrong) of every damaged candidate file and block that an experiment's jobs read, in order."""
    for block in project.blocks(experiment):
        if (project.root / block).exists():
            yield from _told(block, lambda block=block: read_block(project.root / block))
    for file in files_of(project, experiment):
        if (project.root / file).exists():
            yield from _told(file, lambda file=file: candidate_body(project.root, file))


def _told(file: str, read: Any) -> Iterator[tuple[str, str]]:
    try:
        read()
    except DamagedFile as error:
        yield file, what_is_wrong(error, file)


def what_is_wrong(error: DamagedFile, file: str) -> str:
    """Return an error's message without the path that it begins with."""
    text = str(error)
    at = text.find(Path(file).name)
    return text[at + len(Path(file).name) :].lstrip(":, ") if at >= 0 else text


def check_table(root: Path, file: str) -> None:
    """Refuse a table that is no whole parquet file, and set it aside; damage inside its pages is the doctor's to find.

    Raises:
        DamagedFile: with what to do.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(root / file)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        aside = set_aside(root, file)
        wrong = str(error).splitlines()[0]
        raise DamagedFile(
            f"{file}: damaged ({wrong}). Set aside as {aside}. Run the same command again: it is merged again."
        ) from None


def files_of(project: Project, experiment: str) -> Iterable[str]:
    """Yield the paths of all candidate files of an experiment, in the order of the table."""
    for variant, sample in project.units(experiment):
        for stage in paths.STAGES if project.has_tools(sample) else ("raw", "verification"):
            yield from project.candidate_files(stage, experiment, variant, sample)


def set_damaged_inputs_aside(project: Project, experiment: str, first: DamagedFile) -> DamagedFile:
    """Set every damaged file that an experiment's jobs read aside; return the error that says what to do.

    `first` is the damage that a job met.
    """
    found = list(damaged_inputs(project, experiment))
    for file, _ in found:
        set_aside(project.root, file)
    if not found:
        return DamagedFile(f"{first}. To find and mend it: python scripts/doctor.py --mend")
    named = "; ".join(f"{file} ({wrong})" for file, wrong in found[:10])
    more = f"; and {len(found) - 10} more" if len(found) > 10 else ""
    return DamagedFile(
        f"damaged: {named}{more}. Set aside in {ASIDE}. Run the same command again: what is missing is made again from the call store."
    )
