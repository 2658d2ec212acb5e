"""One sandbox container: made, asked, thrown away."""

from __future__ import annotations

import json
import socket
import time
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from retake.errors import VerifierFailed
from retake.verify.code.engine import LABEL, OWNER, owner, remove

if TYPE_CHECKING:
    from docker import DockerClient

    from retake.verify.code.settings import SandboxSettings

START_S = 120.0
GRACE_S = 60.0
# gVisor counts its own threads: with 32 it does not start, with 128 it does.
PIDS_OF_A_RUNTIME = 256
MIB = 2**20
PYTHON_FLAGS = ("-s", "-P", "-B")
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "HOME": "/tmp"}


class ContainerEnded(VerifierFailed):
    """The container ended, or said nothing any more, while it should have answered."""


@cache
def runner_text(*, is_checker: bool) -> str:
    """Return the program that a container runs: the packed values, the runner and, for a checker, the test code's host."""
    names = ["values.py", "inside.py", *(["checking.py"] if is_checker else []), "watching.py"]
    texts = [resources.files(__package__).joinpath(name).read_text(encoding="utf-8") for name in names]
    future = "from __future__ import annotations\n"
    return future + "".join(text.replace(future, "") for text in texts) + "\nmain()\n"


def make_options(settings: SandboxSettings, api: Any) -> dict[str, Any]:
    """Return what the engine is told of a container: no network, nothing writable but /tmp, no capability, its limits."""
    from docker.types import LogConfig, Ulimit

    memory = settings.memory_mb * MIB
    limits = {"core": 0, "nofile": settings.open_files + 64, "fsize": settings.file_mb * MIB, "stack": 64 * MIB}
    host = api.create_host_config(
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        pids_limit=settings.pids if settings.runtime is None else max(settings.pids, PIDS_OF_A_RUNTIME),
        mem_limit=memory,
        memswap_limit=memory,
        nano_cpus=int(settings.cpus * 1e9),
        ulimits=[Ulimit(name=name, soft=value, hard=value) for name, value in limits.items()],
        tmpfs={"/tmp": f"mode=1777,size={settings.tmp_mb}m,nr_inodes=1000,noexec,nosuid,nodev"},
        shm_size=MIB,
        ipc_mode="private",
        auto_remove=True,
        log_config=LogConfig(type="none"),
        runtime=settings.runtime,
    )
    return {
        "user": "65534:65534",
        "stdin_open": True,
        "working_dir": "/tmp",
        "environment": ENVIRONMENT,
        "host_config": host,
    }


class Container:
    """A container that runs one candidate's tests, one request at a time; not safe for two threads."""

    def __init__(self, client: DockerClient, settings: SandboxSettings, *, is_checker: bool = False) -> None:
        self.client, self.settings = client, settings
        self.is_usable = True
        self._buffer = bytearray()
        command = ["python3", *PYTHON_FLAGS, "-c", runner_text(is_checker=is_checker)]
        labels = {LABEL: "checker" if is_checker else "candidate", OWNER: owner()}
        options = make_options(settings, client.api)
        self.id = client.api.create_container(settings.image, command, labels=labels, **options)["Id"]
        try:
            stream = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            self._stream = client.api.attach_socket(self.id, params=stream)
            self._socket: socket.socket = getattr(self._stream, "_sock", self._stream)
            client.api.start(self.id)
        except BaseException:
            remove(client, self.id)
            raise

    def await_ready(self) -> None:
        """Wait until the runner inside has started."""
        if self.receive(START_S) != {"ready": True}:
            raise ContainerEnded("the runner in the container did not start")

    def is_alive(self) -> bool:
        """Return whether the runner inside still answers."""
        try:
            self.send({"op": "ping"})
            return self.receive(START_S) == {"ready": True}
        except ContainerEnded:
            return False

    def send(self, value: Any) -> None:
        """Send one request or answer.

        Raises:
            ContainerEnded: where the container takes nothing any more.
        """
        body = json.dumps(value).encode()
        try:
            self._socket.settimeout(START_S)
            self._socket.sendall(len(body).to_bytes(4, "big") + body)
        except OSError as error:
            self.is_usable = False
            raise ContainerEnded(f"the container takes no request: {error}") from error

    def receive(self, timeout_s: float) -> Any:
        """Return the next frame that the runner sends within `timeout_s` seconds.

        Raises:
            ContainerEnded: where none comes.
        """
        end = time.monotonic() + timeout_s
        self.is_usable = False
        size = int.from_bytes(self._take(4, end), "big")
        if size > 64 * MIB:
            raise ContainerEnded("the container sent no frame")
        try:
            value = json.loads(self._take(size, end))
        except (ValueError, RecursionError) as error:
            raise ContainerEnded("the container sent no JSON") from error
        self.is_usable = True
        return value

    def _take(self, size: int, end: float) -> bytes:
        while len(self._buffer) < size:
            head = self._read(8, end)
            part = self._read(int.from_bytes(head[4:], "big"), end)
            if head[0] == 1:
                self._buffer += part
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _read(self, size: int, end: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                part = self._socket.recv(min(size - len(parts), MIB))
            except OSError as error:
                raise ContainerEnded(f"the container does not answer: {error}") from error
            if not part:
                raise ContainerEnded("the container has ended")
            parts += part
        return bytes(parts)

    def remove(self) -> None:
        """Throw the container away, with every process in it."""
        self.is_usable = False
        self._stream.close()
        remove(self.client, self.id)
