"""Finds a Docker engine and clears away what earlier runs have left in it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from retake.errors import VerifierFailed

if TYPE_CHECKING:
    from docker import DockerClient

LABEL = "retake.sandbox"
OWNER = "retake.owner"
DEFAULT_SOCKET = "/var/run/docker.sock"
REMEDY = "Run: make sandbox"
PING_S = 20
CALL_S = 120


class NoEngine(VerifierFailed):
    """No Docker engine answers, or it lacks the sandbox's image."""


def private_socket() -> Path:
    """Return where `scripts/sandbox.sh` puts the socket of the engine that it starts."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(os.environ.get("RETAKE_ENGINE_DIR") or f"{state}/retake/engine") / "docker.sock"


def candidates_of(docker_host: str | None = None) -> list[str]:
    """Return the addresses to try, in order: the one given (then no other), DOCKER_HOST, the private one, the default."""
    if docker_host:
        return [docker_host]
    found = os.environ.get("DOCKER_HOST")
    return [*([found] if found else []), f"unix://{private_socket()}", f"unix://{DEFAULT_SOCKET}"]


def find_engine(docker_host: str | None = None) -> str:
    """Return the address of the first engine that answers.

    Raises:
        NoEngine: where none does; the message says what was tried and the one command that helps.
    """
    tried = []
    for address in candidates_of(docker_host):
        reason = _refusal(address)
        if reason is None:
            return address
        tried.append(f"{address} ({reason})")
    raise NoEngine(f"no Docker engine answers; tried {', '.join(tried)}. {REMEDY}")


def _refusal(address: str) -> str | None:
    """Return why the engine at `address` cannot be used; None where it answers."""
    import docker
    import requests

    path = address.removeprefix("unix://")
    if path != address and not Path(path).exists():
        return "no such socket"
    try:
        client = docker.DockerClient(base_url=address, timeout=PING_S)
        try:
            client.ping()
        finally:
            client.close()
    except (docker.errors.DockerException, requests.RequestException, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return None


def connect(docker_host: str | None, *, image: str) -> DockerClient:
    """Return a client of an engine that answers and holds `image`, cleared of what ended processes left there.

    Raises:
        NoEngine: where no engine answers, or it lacks the image.
    """
    import docker
    import requests

    address = find_engine(docker_host)
    client = docker.DockerClient(base_url=address, timeout=CALL_S, max_pool_size=32)
    try:
        client.api.inspect_image(image)
        reap(client)
    except docker.errors.ImageNotFound as error:
        client.close()
        raise NoEngine(f"the Docker engine at {address} has no image {image}. {REMEDY}") from error
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        client.close()
        raise NoEngine(f"the Docker engine at {address} failed: {error}. {REMEDY}") from error
    return client


def owner() -> str:
    """Return who makes a container: this machine, its process namespace, this process and when it was started."""
    import psutil

    pid = os.getpid()
    return f"{_place()}/{pid}/{psutil.Process(pid).create_time():.0f}"


def _place() -> str:
    try:
        namespace = os.readlink("/proc/self/ns/pid")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        namespace, boot = "", ""
    return f"{socket.gethostname()}{boot}{namespace}".replace("/", "_")


def is_orphan(label: str) -> bool:
    """Return whether the process that a container's label names has ended; False where that cannot be known from here."""
    import psutil

    place, _, rest = label.partition("/")
    pid, _, started = rest.partition("/")
    if place != _place() or not pid.isdigit() or not started.isdigit():
        return False
    try:
        created = psutil.Process(int(pid)).create_time()
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return abs(created - int(started)) > 5


def reap(client: DockerClient) -> int:
    """Remove the containers of processes that have ended (killed, perhaps) and return how many there were."""
    found = client.api.containers(all=True, filters={"label": LABEL})
    orphans = [each["Id"] for each in found if is_orphan(each.get("Labels", {}).get(OWNER, ""))]
    for container in orphans:
        remove(client, container)
    return len(orphans)


def remove(client: DockerClient, container: str) -> None:
    """Kill and remove a container; one that is gone, or going, is fine."""
    import docker

    try:
        client.api.remove_container(container, force=True, v=True)
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise
        _await_removal(client, container)


def _await_removal(client: DockerClient, container: str) -> None:
    import docker
    import requests

    try:
        client.api.wait(container, timeout=60, condition="removed")
    except (docker.errors.NotFound, requests.RequestException):
        return
