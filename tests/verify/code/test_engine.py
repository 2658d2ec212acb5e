"""Without an engine a candidate is ungraded; with one, nothing is left in it, not even after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from retake.samples.sample import Sample
from retake.verify.code import engine
from retake.verify.code.container import Container, make_options
from retake.verify.code.settings import SandboxSettings
from retake.verify.code.verifier import CodeVerifier
from verify.code.containers import LIMITS, ours
from verify.code.honest import HONEST, STDIN
from workspace import ROOT

TASK = Sample("code", 1, "q", "Return twice n.", tests=STDIN)
ANSWER = f"```python\n{HONEST['stdin']}\n```"


def eventually(is_so: Callable[[], bool], *, seconds: float = 120) -> bool:
    """Return whether `is_so()` came true within a generous time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def test_without_an_engine_the_program_is_ungraded_and_the_error_names_the_remedy(tmp_path: Path) -> None:
    marker = tmp_path / "ran-on-the-host"
    verifier = CodeVerifier(settings=SandboxSettings(docker_host=f"unix://{tmp_path}/none.sock"))
    verdict = verifier.verify(f"```python\nopen({str(marker)!r}, 'w')\n```", TASK)
    verifier.close()
    assert (verdict.is_verified, verdict.confidence, verdict.score) == (None, 0.0, None)
    assert verdict.error["type"] == "NoEngine"
    assert f"unix://{tmp_path}/none.sock (no such socket)" in verdict.error["message"]
    assert "make sandbox" in verdict.error["message"]
    assert not marker.exists()


def test_the_engine_is_looked_for_in_three_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("RETAKE_ENGINE_DIR", raising=False)
    private = f"unix://{tmp_path}/retake/engine/docker.sock"
    assert engine.candidates_of() == ["unix:///nowhere/docker.sock", private, "unix:///var/run/docker.sock"]


def test_the_script_and_the_package_mean_the_same_image() -> None:
    assert f"IMAGE={SandboxSettings().image}\n" in (ROOT / "scripts" / "sandbox.sh").read_text()


def test_a_sample_without_tests_is_ungraded_and_says_so() -> None:
    verifier = CodeVerifier(settings=SandboxSettings(docker_host="unix:///nowhere/docker.sock"))
    verdict = verifier.verify(ANSWER, Sample("code", 1, "q", "Write a function that doubles."))
    verifier.close()
    assert (verdict.is_verified, verdict.confidence, verdict.error) == (None, 0.0, None)
    assert "no tests" in verdict.explanation


@pytest.mark.docker
def test_the_container_holds_what_the_settings_say(client: object) -> None:
    options = make_options(LIMITS, client.api)["host_config"]
    held = {
        key: options[key] for key in ("NetworkMode", "ReadonlyRootfs", "CapDrop", "SecurityOpt", "PidsLimit", "ShmSize")
    }
    assert held == {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "PidsLimit": 64,
        "ShmSize": 2**20,
    }
    assert options["Memory"] == options["MemorySwap"] == 256 * 2**20
    assert {limit["Name"] for limit in options["Ulimits"]} == {"core", "fsize", "nofile", "stack"}


@pytest.mark.docker
def test_the_reaper_removes_what_dead_processes_left_and_nothing_else(client: object) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    place = engine.owner().split("/")[0]
    labels = [f"{place}/{dead.pid}/1", f"{place}/{os.getpid()}/1", engine.owner(), "elsewhere/1/1"]
    made = [
        client.api.create_container(LIMITS.image, ["true"], labels={engine.LABEL: "test", engine.OWNER: label})["Id"]
        for label in labels
    ]
    engine.reap(client)
    left = {each["Id"] for each in client.api.containers(all=True, filters={"label": f"{engine.LABEL}=test"})}
    for container in made[2:]:
        engine.remove(client, container)
    assert [container in left for container in made] == [False, False, True, True]


@pytest.mark.docker
def test_a_pipeline_ended_by_kill_9_leaves_no_container(client: object) -> None:
    script = (
        "import sys\nfrom retake.samples.sample import Sample\nfrom retake.verify.code import engine\n"
        "from retake.verify.code.verifier import CodeVerifier\nprint(engine.owner(), flush=True)\n"
        f"sample = Sample('code', 1, 'q', 'q', tests={STDIN!r})\n"
        "CodeVerifier().verify('```python\\nimport time\\nprint(6)\\ntime.sleep(7)\\n```', sample)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    pipeline = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    label = pipeline.stdout.readline().strip()
    try:
        assert eventually(lambda: len(ours(client, owner=label)) > 0)
    finally:
        pipeline.send_signal(signal.SIGKILL)
        pipeline.wait()
        pipeline.stdout.close()

    def is_clear() -> bool:
        engine.reap(client)
        return ours(client, owner=label) == []

    assert eventually(is_clear)


@pytest.mark.docker
def test_a_container_that_dies_while_it_waits_is_replaced(client: object) -> None:
    verifier = CodeVerifier(settings=LIMITS)
    assert verifier.verify(ANSWER, TASK).is_verified is True
    for container in ours(client):
        engine.remove(client, container)
    assert verifier.verify(ANSWER, TASK).is_verified is True
    verifier.close()
    assert verifier.verify(ANSWER, TASK).is_verified is None


@pytest.mark.docker
def test_a_container_ends_by_itself_when_its_stdin_does(client: object) -> None:
    container = Container(client, LIMITS)
    container.await_ready()
    container._stream.close()
    container._socket.close()

    def is_gone() -> bool:
        return all(each["Id"] != container.id for each in client.api.containers(all=True))

    assert eventually(is_gone)
