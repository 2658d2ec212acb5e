"""Containers made ahead, used once and thrown away."""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from retake.errors import VerifierFailed
from retake.verify.code.container import Container
from retake.verify.code.engine import connect

if TYPE_CHECKING:
    from docker import DockerClient

    from retake.verify.code.settings import SandboxSettings


class Pool:
    """Fresh containers for candidates, and reusable ones for the datasets' own test code; safe for threads.

    The engine is looked for when the first container is asked for. What an earlier process left behind is removed then.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self._client: DockerClient | None = None
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(settings.parallel)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox")
        self._ahead: deque[Future[Container]] = deque()
        self._checkers: list[Container] = []
        self._live: set[Container] = set()
        self._is_closed = False
        atexit.register(self.close)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the places in which candidates run; ask for containers inside it."""
        with self._slots:
            yield

    @contextmanager
    def candidate(self) -> Iterator[Container]:
        """Lend a container that nothing has run in; it is thrown away afterwards.

        Raises:
            VerifierFailed: where no engine answers, or it makes no container.
        """
        container = self._fresh()
        try:
            yield container
        finally:
            self._discard(container)

    @contextmanager
    def checker(self) -> Iterator[Container]:
        """Lend a container for a dataset's test code; it is kept for the next unless it failed."""
        with self._lock:
            container = self._checkers.pop() if self._checkers else None
        if container is not None and not container.is_alive():
            self._discard(container)
            container = None
        container = container or self._made(is_checker=True)
        is_whole = False
        try:
            yield container
            is_whole = True
        finally:
            if is_whole and container.is_usable and not self._is_closed:
                with self._lock:
                    self._checkers.append(container)
            else:
                self._discard(container)

    def _fresh(self) -> Container:
        self._connected()
        with self._lock:
            waiting = self._ahead.popleft() if self._ahead else None
            self._fill()
        if waiting is not None:
            with suppress(VerifierFailed):
                container = waiting.result()
                if container.is_alive():
                    return container
                self._discard(container)
        return self._made()

    def _fill(self) -> None:
        while not self._is_closed and len(self._ahead) < self.settings.ready:
            self._ahead.append(self._threads.submit(self._made))

    def _connected(self) -> DockerClient:
        with self._lock:
            if self._is_closed:
                raise VerifierFailed("the code verifier is closed")
            if self._client is None:
                self._client = connect(self.settings.docker_host, image=self.settings.image)
            return self._client

    def _made(self, *, is_checker: bool = False) -> Container:
        import docker
        import requests

        client = self._connected()
        try:
            container = Container(client, self.settings, is_checker=is_checker)
        except (docker.errors.DockerException, requests.RequestException, OSError) as error:
            self._forget(client)
            raise VerifierFailed(f"the Docker engine made no container: {error}") from error
        with self._lock:
            self._live.add(container)
        try:
            container.await_ready()
        except VerifierFailed:
            self._discard(container)
            raise
        return container

    def check(self) -> None:
        """Ask the engine whether it is there.

        Raises:
            VerifierFailed: where it is not.
        """
        import docker
        import requests

        client = self._connected()
        try:
            client.ping()
        except (docker.errors.DockerException, requests.RequestException, OSError) as error:
            self._forget(client)
            raise VerifierFailed(f"the Docker engine has gone away: {error}") from error

    def _forget(self, client: DockerClient) -> None:
        """Look for an engine anew next time: this one may have gone away."""
        with self._lock:
            if self._client is client:
                self._client = None

    def _discard(self, container: Container) -> None:
        try:
            self._threads.submit(self._remove, container)
        except RuntimeError:
            self._remove(container)

    def _remove(self, container: Container) -> None:
        import docker
        import requests

        try:
            container.remove()
        except (docker.errors.DockerException, requests.RequestException, OSError):
            self._forget(container.client)
        with self._lock:
            self._live.discard(container)

    def close(self) -> None:
        """Throw every container away and leave none; a second call does nothing."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        atexit.unregister(self.close)
        self._threads.shutdown(wait=True)
        for container in list(self._live):
            self._remove(container)
        if self._client is not None:
            self._client.close()
