"""The limits that tests run under, and what the engine still holds of this process."""

from __future__ import annotations

from retake.verify.code import engine
from retake.verify.code.settings import SandboxSettings

LIMITS = SandboxSettings(parallel=2, ready=2, cpu_s=2.0, idle_s=2.0, memory_mb=256)


def ours(client: object, *, owner: str | None = None) -> list[str]:
    """Return the containers of this process (or of `owner`) that the engine still has."""
    label = f"{engine.OWNER}={owner or engine.owner()}"
    return [each["Id"] for each in client.api.containers(all=True, filters={"label": label})]
