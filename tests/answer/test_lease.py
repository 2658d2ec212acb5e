"""Leases of GPUs: each device has one holder, and comes free when the holder is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from retake.answer.lease import devices_here, try_lease
from retake.errors import RetakeError

HOLDER = """
import sys, time
from pathlib import Path
from retake.answer.lease import try_lease
lease = try_lease(["0", "1"], 1, folder=Path(sys.argv[1]))
print(lease.devices[0], flush=True)
time.sleep(600)
"""


def test_each_device_has_one_holder(tmp_path: Path) -> None:
    first = try_lease(["0", "1"], 1, folder=tmp_path)
    second = try_lease(["0", "1"], 1, folder=tmp_path)
    assert first is not None
    assert second is not None
    assert {*first.devices, *second.devices} == {"0", "1"}
    assert second.env == {"CUDA_VISIBLE_DEVICES": second.devices[0]}
    assert try_lease(["0", "1"], 1, folder=tmp_path) is None
    first.release()
    assert try_lease(["0", "1"], 2, folder=tmp_path) is None
    second.release()
    both = try_lease(["0", "1"], 2, folder=tmp_path)
    assert both is not None
    assert both.env == {"CUDA_VISIBLE_DEVICES": "0,1"}
    both.release()


def test_a_device_comes_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "0"
    lease = try_lease(["0"], 1, folder=tmp_path)
    assert lease is None
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    deadline = time.monotonic() + 60
    while lease is None and time.monotonic() < deadline:
        lease = try_lease(["0"], 1, folder=tmp_path)
    assert lease is not None
    lease.release()


def test_more_devices_than_there_are_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RetakeError, match="tensor_parallel_size is 4"):
        try_lease(["0", "1"], 4, folder=tmp_path)


@pytest.mark.parametrize(
    ("env", "devices"),
    [
        pytest.param({"CUDA_VISIBLE_DEVICES": "2,GPU-abc"}, ["2", "GPU-abc"], id="named"),
        pytest.param({"CUDA_VISIBLE_DEVICES": ""}, [], id="none_visible"),
        pytest.param({"CUDA_VISIBLE_DEVICES": "0", "SLURM_JOB_ID": "7"}, [], id="a_slurm_job_owns_its_devices"),
    ],
)
def test_devices_come_from_the_environment(env: dict[str, str], devices: list[str]) -> None:
    assert devices_here(env) == devices
