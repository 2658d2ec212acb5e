"""The child of hub.py: probes the hub, then writes a dataset's rows to stdout, one JSON line each, as they are taken."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any, NoReturn

PROBE_TIMEOUT_S = 10.0


def main() -> NoReturn:
    """Write one line about the dataset (revision or error), then {"row": ...} lines, then {"end": true}."""
    asked = json.loads(sys.argv[1])
    # Everything that a library prints goes away from the pipe.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    try:
        _serve(asked, out)
        out.flush()
    except BrokenPipeError:
        pass
    finally:
        # No normal exit: a half-read stream aborts the interpreter there (exit code 134).
        os._exit(0)


def _serve(asked: dict[str, Any], out: Any) -> None:
    if importlib.util.find_spec("datasets") is None:
        _say(out, {"error": "package"})
        return
    problem, revision = _probed(asked["dataset"], asked["revision"])
    if problem:
        _say(out, problem)
        return
    opened = _opened(asked, revision)
    if isinstance(opened, dict):
        _say(out, opened)
        return
    _say(out, {"revision": revision})
    try:
        for row in opened:
            _say(out, {"row": _plain(row)}, flush=False)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        _say(out, {"error": "rows", "message": _short(error)})
        return
    _say(out, {"end": True})


def _say(out: Any, body: dict[str, Any], *, flush: bool = True) -> None:
    out.write(json.dumps(body, default=str) + "\n")
    if flush:
        out.flush()


def _probed(dataset: str, revision: str | None) -> tuple[dict[str, Any] | None, str | None]:
    """Return what is wrong, or None, with the commit that `revision` means: seconds, where `datasets` retries for half a minute."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if constants.HF_HUB_OFFLINE:
        return None, revision
    try:
        info = HfApi().dataset_info(dataset, revision=revision, timeout=PROBE_TIMEOUT_S)
    except GatedRepoError:
        return {"error": "gated"}, None
    except RevisionNotFoundError:
        return {"error": "revision"}, None
    except RepositoryNotFoundError:
        return {"error": "missing"}, None
    except (HTTPError, HfHubHTTPError, OSError, ValueError) as error:
        return {"error": "offline", "message": _short(error)}, None
    if info.gated and not _has_token():
        return {"error": "gated"}, None
    return None, info.sha


def _has_token() -> bool:
    from huggingface_hub import get_token

    return bool(get_token())


def _opened(asked: dict[str, Any], revision: str | None) -> Any:
    import datasets

    datasets.disable_progress_bars()
    name, configuration = asked["dataset"], asked["configuration"]
    try:
        return datasets.load_dataset(
            name,
            configuration,
            split=asked["split"],
            revision=revision or asked["revision"],
            streaming=asked["streaming"],
        )
    except datasets.exceptions.DatasetNotFoundError as error:
        return {"error": "gated" if "gated" in str(error).lower() else "missing"}
    except (ValueError, KeyError) as error:
        return _split_or_configuration(asked, revision, error)
    except (OSError, RuntimeError) as error:
        return {"error": "offline", "message": _short(error)}


def _split_or_configuration(asked: dict[str, Any], revision: str | None, error: Exception) -> dict[str, Any]:
    import datasets

    try:
        configurations = datasets.get_dataset_config_names(asked["dataset"], revision=revision)
        if asked["configuration"] is None and len(configurations) > 1:
            return {"error": "configuration", "message": ", ".join(configurations[:12])}
        splits = datasets.get_dataset_split_names(asked["dataset"], asked["configuration"], revision=revision)
    except (OSError, ValueError, RuntimeError) as second:
        return {"error": "other", "message": _short(second)}
    if asked["split"] not in splits:
        return {"error": "split", "splits": splits}
    return {"error": "other", "message": _short(error)}


def _plain(row: dict[str, Any]) -> Any:
    from retake.samples.draft import plain

    return plain(row)


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}"


if __name__ == "__main__":
    main()
