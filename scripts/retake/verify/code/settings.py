"""What a candidate's program may use: the limits of the sandbox."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import Any

IMAGE = "retake-sandbox:1"


def _processors() -> int:
    return max(1, min(8, os.cpu_count() or 1))


@dataclass(frozen=True)
class SandboxSettings:
    """The limits of one candidate's container and of one test in it.

    `cpu_s` is the CPU time of one test, all its processes together, in seconds: a busy machine changes no verdict. A test
    that is idle (asleep, waiting for nothing) for `idle_s` seconds in all has timed out too; `wall_s` is the backstop, in
    seconds, far above both; `total_s` bounds the CPU and idle seconds of all tests of a candidate. `memory_mb` bounds the container's memory, without swap; `tmp_mb` its /tmp, `file_mb` one file,
    all in MiB. `output_bytes` bounds what a test may write to stdout, to stderr, and return. `parallel` containers run at
    once, `ready` more wait made ahead. `runtime` is None (the engine's default) or one that the engine knows (`runsc`).
    """

    image: str = IMAGE
    runtime: str | None = None
    docker_host: str | None = None
    cpu_s: float = 8.0
    idle_s: float = 8.0
    wall_s: float = 120.0
    total_s: float = 120.0
    memory_mb: int = 512
    cpus: float = 1.0
    pids: int = 64
    tmp_mb: int = 32
    file_mb: int = 16
    open_files: int = 256
    output_bytes: int = 4 * 2**20
    parallel: int = field(default_factory=_processors)
    ready: int = 2

    def test_limits(self) -> dict[str, Any]:
        """Return the limits of one test, as the runner inside the container reads them."""
        return {
            "cpu_s": self.cpu_s,
            "idle_s": self.idle_s,
            "wall_s": self.wall_s,
            "cpu_hard_s": math.ceil(self.cpu_s) + 1,
            "file_bytes": self.file_mb * 2**20,
            "open_files": self.open_files,
            "output_bytes": self.output_bytes,
        }
