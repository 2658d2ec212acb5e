"""Rows of a Hugging Face dataset, read by a child process that can be ended at any time.

The child, because a streamed parquet dataset that is not read to its end aborts the interpreter at exit, and because
`datasets` takes a second to import. It waits on its pipe while nobody takes rows.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.experiment.model_errors import did_you_mean
from retake.samples.datasets import KNOWN, hub_split, unknown_split

_children: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def hub_rows(
    dataset: str, split: str, *, revision: str | None, streaming: bool
) -> tuple[Iterator[tuple[int, dict[str, Any]]], str | None]:
    """Return the rows of a hub's split with their indexes from 0, and the revision (a commit) that they are of.

    Raises:
        DataError: where the hub cannot be reached, or the dataset or split is missing or gated; with what to do.
    """
    configuration, name = hub_split(dataset, split)
    asked = {"dataset": dataset, "configuration": configuration, "split": name, "revision": revision}
    child = _started({**asked, "streaming": streaming})
    first = _line(child, dataset)
    if "error" in first:
        child.wait()
        raise _told(first, dataset=dataset, split=split, revision=revision)
    return _rows(child, dataset), first.get("revision")


def _started(asked: dict[str, Any]) -> subprocess.Popen[bytes]:
    package = str(Path(__file__).resolve().parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([package, os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }
    environment |= {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TQDM_DISABLE": "1"}
    command = [sys.executable, "-m", "retake.samples.hub_child", json.dumps(asked)]
    # A process group of its own: Ctrl-C reaches the parent alone, which then ends the child.
    child = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _children.add(child)
    return child


@atexit.register
def _end_children() -> None:
    for child in list(_children):
        if child.poll() is None:
            child.kill()
            child.wait()


def _line(child: subprocess.Popen[bytes], dataset: str) -> dict[str, Any]:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line.endswith(b"\n"):
        code = child.wait()
        raise DataError(
            f"dataset {dataset}: the reading process ended early (exit code {code}). Run again; it may be memory."
        )
    return json.loads(line)


def _rows(child: subprocess.Popen[bytes], dataset: str) -> Iterator[tuple[int, dict[str, Any]]]:
    index = 0
    while True:
        said = _line(child, dataset)
        if "error" in said:
            raise DataError(
                f"dataset {dataset}, row {index + 1}: {said['message']}. Run again; the rows read so far are kept."
            )
        if "row" not in said:
            child.wait()
            return
        yield index, said["row"]
        index += 1


def _told(said: dict[str, Any], *, dataset: str, split: str, revision: str | None) -> DataError:
    kind, message = said["error"], said.get("message", "")
    if kind == "split":
        return unknown_split(dataset, split, said.get("splits", []))
    words = {
        "package": "the package datasets is not installed. Run: pip install datasets==5.2.0",
        "offline": f"the hub cannot be reached ({message}). Check the network (or HF_ENDPOINT), or use a local copy: a .jsonl "
        "or .parquet file, or a folder with <split>.parquet",
        "gated": "the dataset is gated. Accept its terms on its page, and set HF_TOKEN to a token of that account",
        "missing": f"the hub has no such dataset. {did_you_mean(dataset, KNOWN)}",
        "revision": f"the hub has no revision {revision!r} of it. Correct revision, or remove it",
        "configuration": f"it has several configurations ({message}), and which one holds the split {split} is not known here. "
        "Save the split as a .jsonl or .parquet file and name that",
    }
    return DataError(f"dataset {dataset}: {words.get(kind, message)}.".replace("..", "."))
