"""A rented machine without the rent: each job runs in a folder of its own, which has the sources and the job's inputs and nothing else.

Only its outputs come home. RETAKE_ELSEWHERE names the folder of the machines' folders.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
from snakemake_interface_executor_plugins.jobs import JobExecutorInterface
from snakemake_interface_executor_plugins.settings import CommonSettings

common_settings = CommonSettings(
    non_local_exec=True,
    implies_no_shared_fs=True,
    job_deploy_sources=True,
    pass_default_storage_provider_args=True,
    pass_default_resources_args=True,
    pass_envvar_declarations_to_cmd=False,
    can_transfer_local_files=True,
    auto_deploy_default_storage_provider=False,
    init_seconds_before_status_checks=1,
)


class Executor(RemoteExecutor):
    def __post_init__(self) -> None:
        self.machines = Path(os.environ["RETAKE_ELSEWHERE"])
        self.machines.mkdir(parents=True, exist_ok=True)
        self.archive = self.machines / "sources.tar.xz"
        self.workflow.write_source_archive(self.archive)

    def run_job(self, job: JobExecutorInterface) -> None:
        machine = self.machines / f"{job.jobid}_{job.attempt}"
        machine.mkdir()
        with tarfile.open(self.archive) as sources:
            sources.extractall(machine, filter="tar")
        for file in map(str, job.input):
            (machine / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, machine / file)
        with (machine / "console.log").open("w") as said:
            command = ["bash", "-c", self.format_job_exec(job)]
            running = subprocess.Popen(command, cwd=machine, stdout=said, stderr=said)
        self.report_job_submission(SubmittedJobInfo(job, aux={"running": running, "machine": machine}))

    async def check_active_jobs(self, active_jobs: list[SubmittedJobInfo]) -> AsyncIterator[SubmittedJobInfo]:
        for one in active_jobs:
            code = one.aux["running"].poll()
            if code is None:
                yield one
            elif code:
                self.report_job_error(one, msg=(one.aux["machine"] / "console.log").read_text()[-2000:])
            else:
                for file in map(str, one.job.output):
                    Path(file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(one.aux["machine"] / file, file)
                self.report_job_success(one)

    def cancel_jobs(self, active_jobs: list[SubmittedJobInfo]) -> None:
        for one in active_jobs:
            one.aux["running"].kill()
