"""Leases of this machine's GPUs: one worker a device, by locks that die with their holder."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retake.errors import RetakeError

_ASSIGNED = ("SLURM_JOB_ID", "KUBERNETES_SERVICE_HOST")
"""In a job of these, the devices that it sees are its own; and two jobs on one node may both call theirs 0."""

POLL_S = 0.5


@dataclass
class Lease:
    """The devices that a worker holds: names as CUDA_VISIBLE_DEVICES takes them. Empty: there are none to share."""

    devices: tuple[str, ...] = ()
    _handles: list[int] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """What a server's environment needs to use these devices and no others."""
        return {"CUDA_VISIBLE_DEVICES": ",".join(self.devices)} if self.devices else {}

    def release(self) -> None:
        """Give the devices back; harmless when done twice."""
        while self._handles:
            os.close(self._handles.pop())


def devices_here(env: Mapping[str, str] | None = None) -> list[str]:
    """Return the GPUs that workers on this machine share: those of CUDA_VISIBLE_DEVICES, else all that the driver lists.

    None in a cluster's job: its devices are its own already.
    """
    env = os.environ if env is None else env
    if any(name in env for name in _ASSIGNED):
        return []
    if "CUDA_VISIBLE_DEVICES" in env:
        return [name.strip() for name in env["CUDA_VISIBLE_DEVICES"].split(",") if name.strip()]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False, timeout=60).stdout
    return [str(n) for n, line in enumerate(listed.splitlines()) if line.startswith("GPU ")]


def try_lease(devices: Sequence[str], count: int, *, folder: Path | None = None) -> Lease | None:
    """Return a lease of `count` of `devices`, or None while too few are free; an empty lease where there are no devices.

    Locks lie in a folder of this machine (never on a shared file system), and end with the process that holds them.

    Raises:
        RetakeError: where more devices are wanted than there are.
    """
    if not devices:
        return Lease()
    if count > len(devices):
        raise RetakeError(
            f"tensor_parallel_size is {count}, and this machine has {len(devices)} GPU(s) to use; lower it, or take a larger machine"
        )
    folder = folder or Path(tempfile.gettempdir()) / f"retake-gpus-{os.getuid()}"
    folder.mkdir(parents=True, exist_ok=True)
    lease = Lease()
    for device in devices:
        handle = _locked(folder / f"{device.replace('/', '_')}.lock")
        if handle is not None:
            lease = Lease((*lease.devices, device), [*lease._handles, handle])
        if len(lease.devices) == count:
            return lease
    lease.release()
    return None


async def lease_devices(devices: Sequence[str], count: int) -> Lease:
    """Wait until `count` of `devices` are free, and return their lease."""
    while True:
        lease = try_lease(devices, count)
        if lease is not None:
            return lease
        await asyncio.sleep(POLL_S)


def _locked(path: Path) -> int | None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
