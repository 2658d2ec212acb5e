"""Keys stay in the environment: no file, no output and no command line ever holds one, whatever happens to a run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from servers.faults import Fault
from servers.provider import FakeProvider
from workshop import Workshop

KEY = "sk-marked-0f3a9c771e5b4d"
ANTHROPIC = "sk-ant-marked-88d1c0aa41f7"
NAME = "test/secret"
TARGETS = (
    f"results/{NAME}.parquet",
    f"results/{NAME}/trajectories/index.json",
    f"results/{NAME}/report.html",
    f"results/{NAME}/sft.jsonl",
)


def command_lines() -> str:
    """Return the command lines of all processes of this machine."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(lines)


def holders(place: Workshop) -> list[str]:
    """Return the files of the workspace (tables as text too) that hold a key."""
    import pyarrow.parquet as pq

    marks = [KEY, ANTHROPIC]
    found = []
    for file in sorted(place.folder.rglob("*")):
        if not file.is_file():
            continue
        data = file.read_bytes().decode("utf-8", "replace")
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            data += repr(table.to_pylist()) + repr(table.schema.metadata)
        if any(mark in data for mark in marks):
            found.append(str(file.relative_to(place.folder)))
    return found


@pytest.fixture
def marked(place: Workshop) -> Workshop:
    place.env |= {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": ANTHROPIC}
    return place


@pytest.mark.parametrize(
    ("settings", "faults", "model"),
    [
        pytest.param({}, [], {}, id="success"),
        pytest.param({"keys": ["another"]}, [], {}, id="a wrong key that the error repeats"),
        pytest.param(
            {"keys": ["another"]}, [], {"generator": "claude", "model": "claude-sonnet-5"}, id="a wrong key of Claude"
        ),
        pytest.param(
            {},
            [Fault("server_error", share=0.4, message=f"upstream failed for Bearer {KEY} in tenant 7")],
            {},
            id="server errors that repeat the key",
        ),
        pytest.param(
            {},
            [Fault("bad_request", ordinals=[4, 5], message=f"cannot serve {KEY} or {ANTHROPIC}")],
            {},
            id="a refusal that repeats the key",
        ),
    ],
)
def test_no_run_leaves_a_key_anywhere(
    marked: Workshop, server: FakeProvider, settings: dict, faults: list[Fault], model: dict[str, str]
) -> None:
    marked.experiment(
        NAME, dataset="embedded:basics", splits=["math", "tool_calling"], llm_judge_fallback=True, max_failures=1.0,
        max_tries=1, max_queries=2, concurrency=1, **model,
    )  # fmt: skip
    server.set(latency_s=0.05, **settings)
    server.plan(*faults)
    run = marked.start(*TARGETS)
    while run.poll() is None:
        lines = command_lines()
        assert KEY not in lines
        assert ANTHROPIC not in lines
        time.sleep(0.1)
    assert (run.status == 0) == (not settings), run.said
    assert server.counts()["asked"] > 0
    assert KEY not in run.said
    assert ANTHROPIC not in run.said
    assert holders(marked) == []
    if faults:
        assert [row["error_type"] for row in marked.rows(NAME) if row["error_type"]]


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        pytest.param({}, [], id="success"),
        pytest.param({"keys": ["another"]}, [], id="a wrong key that the error repeats"),
        pytest.param(
            {}, [Fault("item_bad_request", share=0.5, message=f"cannot serve {KEY} or {ANTHROPIC}")], id="items that repeat the key"
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "model", [{}, {"generator": "claude", "model": "claude-sonnet-5"}], ids=["OpenAI", "Anthropic"]
)
def test_no_batch_leaves_a_key_anywhere(
    marked: Workshop, server: FakeProvider, settings: dict, faults: list[Fault], model: dict[str, str]
) -> None:
    marked.env["RETAKE_BATCH_POLL_S"] = "0.2"
    marked.experiment(NAME, transport="batch", max_failures=1.0, **model)
    server.set(batch_polls=5, **settings)
    server.plan(*faults)
    run = marked.start(*TARGETS)
    while run.poll() is None:
        lines = command_lines()
        assert KEY not in lines
        assert ANTHROPIC not in lines
        time.sleep(0.1)
    assert (run.status == 0) == (not settings), run.said
    assert server.counts()["batches"] == (0 if settings else 1)
    assert KEY not in run.said
    assert ANTHROPIC not in run.said
    assert holders(marked) == []
    if faults:
        assert [row["error_type"] for row in marked.rows(NAME) if row["error_type"]]
