"""Which failures another attempt could mend, and how an attempt ends that could not."""

from __future__ import annotations

from pathlib import Path

import pytest
from retake.answer.generate import Failures, TooManyFailures
from retake.answer.supervisor import WorkerFailed
from retake.errors import (
    CallError,
    ConfigError,
    ConnectionFailed,
    DataError,
    Interrupted,
    NotAuthorised,
    Overloaded,
    Refused,
    RetakeError,
)
from retake.workflow.giving_up import AnswerFailed, check_marker, forget_markers, gave_up, is_final


def too_many(last: CallError) -> RetakeError:
    """Return what ends a worker at the failure that is one too many."""
    failures = Failures("a/b", 10, 0.0, answered=1, failed=9)
    try:
        try:
            raise last
        except CallError as error:
            failures.failure(error)
    except TooManyFailures as error:
        return error
    raise AssertionError("one failure more was allowed")


@pytest.mark.parametrize(
    ("error", "final"),
    [
        pytest.param(Refused("no such model", status=404), True, id="unknown_model"),
        pytest.param(NotAuthorised("wrong key", status=401), True, id="wrong_key"),
        pytest.param(ConfigError("f.yaml", "k", got=1, allowed="2", remedy="Mend it."), True, id="bad_config"),
        pytest.param(DataError("too few rows"), True, id="too_few_samples"),
        pytest.param(too_many(Refused("too long")), True, id="too_many_refused"),
        pytest.param(too_many(ConnectionFailed("gone")), False, id="too_many_lost"),
        pytest.param(WorkerFailed("its server failed 4 times"), False, id="servers_died"),
        pytest.param(Overloaded("503"), False, id="overloaded"),
        pytest.param(Interrupted("stopped"), False, id="interrupted"),
        pytest.param(RetakeError("this machine has 2 GPU(s)"), False, id="another_node_may_have_more"),
    ],
)
def test_another_attempt_is_made_only_where_it_may_fare_better(error: RetakeError, final: bool, tmp_path: Path) -> None:
    assert is_final(error) is final
    logs = [tmp_path / "logs/a/b/answer/2.log", tmp_path / "logs/a/b/answer/2.server.log"]
    told = gave_up(error, root=tmp_path, experiment="a/b", worker=2, logs=logs, kept=(3, 8), hint="")
    for part in ("worker 2 of a/b", str(error), "logs/a/b/answer/2.log", "3 of its 8", "on with: snakemake"):
        assert part in str(told)
    assert str(tmp_path) not in str(told)
    if not final:
        check_marker(tmp_path, "a/b", 2)
        return
    with pytest.raises(AnswerFailed) as again:
        check_marker(tmp_path, "a/b", 2)
    assert str(again.value) == str(told)
    forget_markers(tmp_path, ["a/b"])
    check_marker(tmp_path, "a/b", 2)
