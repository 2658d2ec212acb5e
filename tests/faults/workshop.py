"""A workspace whose Snakemake runs are forked, and what fault tests ask of it."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from workspace import Workspace
from zygote import Run, Zygote

UNSTABLE = (".stamp",)
"""Files under results/ that say what happened, not what came out."""


class Workshop(Workspace):
    """A workspace with quick Snakemake runs."""

    def __init__(self, folder: Path, zygote: Zygote, *, url: str | None = None, own_package: bool = False) -> None:
        super().__init__(folder, url=url, own_package=own_package)
        self.zygote = zygote
        self.env["DOCKER_HOST"] = "unix:///nowhere/docker.sock"

    def start(self, *arguments: str, env: dict[str, str] | None = None, writes: dict[str, Any] | None = None) -> Run:
        """Start snakemake, and go on."""
        return self.zygote.start(*arguments, folder=self.folder, env={**self.env, **(env or {})}, writes=writes)

    def snakemake(
        self,
        *arguments: str,
        env: dict[str, str] | None = None,
        check: bool = True,
        writes: dict[str, Any] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run snakemake; standard output and standard error come together, as `stdout`."""
        run = self.start(*arguments, env=env, writes=writes)
        status = run.wait()
        if check and status != 0:
            raise AssertionError(f"snakemake {' '.join(arguments)} ended with {status}:\n{run.said[-6000:]}")
        return subprocess.CompletedProcess(["snakemake", *arguments], status, run.said, "")

    def verbose(self) -> None:
        """Have Snakemake's own console list every job, for `jobs`."""
        profile = self.path("profiles/default/profile.yaml")
        profile.write_text(profile.read_text().replace("logger: retake\n", ""))

    def jobs(self, *targets: str) -> dict[str, dict[str, int]]:
        """Return what a dry run would do, an experiment at a time: {experiment: {rule: jobs}}; needs `verbose`."""
        said = self.snakemake(*targets, "--dry-run", "--nocolor").stdout
        found: dict[str, dict[str, int]] = {}
        for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", said):
            rule, name = (
                re.match(r"(?:local)?rule (\w+):", block),
                re.search(r"wildcards:.*?experiment=([^\s,]+)", block),
            )
            if rule:
                jobs = found.setdefault(name[1] if name else "", {})
                jobs[rule[1]] = jobs.get(rule[1], 0) + 1
        return found

    def outputs(self) -> dict[str, str]:
        """Return the SHA-256 of every file under results/."""
        root = self.path("results")
        files = sorted(file for file in root.rglob("*") if file.is_file() and file.name not in UNSTABLE)
        return {file.relative_to(root).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    def stored(self) -> int:
        """Return how many calls the store holds."""
        return len(list(self.path(".retake/calls").glob("??/*.json")))

    def clear(self, *names: str) -> None:
        """Remove folders of the workspace: by default all that runs make."""
        for name in names or ("results", ".snakemake", ".retake", "logs"):
            shutil.rmtree(self.path(name), ignore_errors=True)

    def undisturbed(self, folder: Path, *targets: str) -> dict[str, str]:
        """Return the outputs of one run in a fresh folder from a copy of this one's call store, with nobody to ask."""
        fresh = Workshop(folder, self.zygote, url="http://127.0.0.1:9")
        shutil.copytree(self.path("experiments"), fresh.path("experiments"), dirs_exist_ok=True)
        shutil.copytree(self.path(".retake/calls"), fresh.path(".retake/calls"))
        fresh.build(*targets)
        return fresh.outputs()


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the files that are not the same in two listings."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
