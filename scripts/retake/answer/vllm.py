"""One vLLM server on this node: its command, its start, its health, its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retake.errors import RetakeError
from retake.experiment.model import VllmConfig

HEALTH_S = 10.0
POLL_S = 0.2
STOP_S = 25.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServerFailed(RetakeError):
    """A worker's server did not start, died, or answered nothing."""


def server_command(config: VllmConfig, model: str, port: int) -> list[str]:
    """Return the command line that serves `model` on a loopback port.

    After `... serve` the model stands alone, as `vllm serve` wants it; any other command (vLLM's server module, a container's
    entry point) gets it as `--model`. `{port}` in a word of the command becomes the port. A `model_path` is served under the
    model's name, so that no request names a folder of one machine.
    """
    command = [word.replace("{port}", str(port)) for word in config.command]
    options: dict[str, object] = {
        "--host": "127.0.0.1",
        "--port": port,
        "--gpu-memory-utilization": config.gpu_memory_utilization,
        "--max-model-len": config.max_model_len,
        "--tensor-parallel-size": config.tensor_parallel_size,
        "--served-model-name": model if config.model_path else None,
    }
    weights = config.model_path or model
    named = [weights] if command and command[-1] == "serve" else ["--model", weights]
    said = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    return [*command, *named, *said, *config.extra_args]


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class VllmServer:
    """A running server: `url` ends in /v1, `version` is what it says of itself, or None."""

    url: str
    process: subprocess.Popen[bytes]
    version: str | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process is there; a hung one is, too."""
        return self.process.poll() is None

    async def is_healthy(self) -> bool:
        """Return whether it says that it can serve."""
        return self.is_running and await asyncio.to_thread(_get, self.url.removesuffix("/v1") + "/health") is not None

    def stop(self) -> None:
        """End the server and all that it started; harmless when it has ended already."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the server at once, hung or not."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


async def start_vllm(config: VllmConfig, model: str, *, log: Path, env: Mapping[str, str]) -> VllmServer:
    """Start a server and return it once it is healthy; it dies with this process. What it says is added to `log`.

    Raises:
        ServerFailed: where it ends, or is not healthy within `startup_timeout_s`.
    """
    port, before = free_port(), log.stat().st_size if log.exists() else 0
    server = _spawned(server_command(config, model, port), log=log, env={**os.environ, **config.env, **env}, port=port)
    deadline = time.monotonic() + config.startup_timeout_s
    try:
        while not await server.is_healthy():
            if not server.is_running:
                raise ServerFailed(f"the server ended before it was ready; its last words: {last_words(log, before)}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"the server was not ready within startup_timeout_s={config.startup_timeout_s:g}")
            await asyncio.sleep(POLL_S)
        said = await asyncio.to_thread(_get, f"http://127.0.0.1:{port}/version")
    except BaseException:
        server.kill()
        raise
    server.version = said.get("version") if isinstance(said, dict) else None
    return server


def _spawned(command: list[str], *, log: Path, env: Mapping[str, str], port: int) -> VllmServer:
    log.parent.mkdir(parents=True, exist_ok=True)
    guarded = [sys.executable, "-P", str(Path(__file__).with_name("guard.py")), str(os.getpid()), *command]
    with log.open("ab") as out:
        process = subprocess.Popen(
            guarded,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(env),
            start_new_session=True,
        )
    return VllmServer(f"http://127.0.0.1:{port}/v1", process)


def _get(url: str) -> Any:
    """Return the JSON (or {} for other text) behind a URL; None where it does not answer 200 in time."""
    try:
        with _OPENER.open(url, timeout=HEALTH_S) as reply:
            text = reply.read()
    except (OSError, urllib.error.URLError):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return {}


def last_words(log: Path, start: int = 0, *, width: int = 300) -> str:
    """Return the end of what a server wrote into its log from byte `start` on, on one line."""
    try:
        text = log.read_bytes()[start:].decode(errors="replace")
    except FileNotFoundError:
        return "none"
    return " ".join(text[-4 * width :].split())[-width:] or "none"
