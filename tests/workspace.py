"""Where tests find the project and real data, and a workspace of their own to run Snakemake in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("Snakefile", "rules", "profiles", "config", "personas", "variants", "experiments")
TIMEOUT_S = 600


def shared_data(name: str) -> Path:
    """Return a real data file that lies beside the checkout; skip the test, loudly, where it is missing."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"real data {name} is not beside this checkout (looked in {path.parent})")
    return path


class Workspace:
    """A copy of the project in a folder of its own, without experiments but those that the test writes.

    `own_package=True` copies the package as well, for tests that edit its code.
    """

    def __init__(self, folder: Path, *, url: str | None = None, own_package: bool = False) -> None:
        self.folder = folder
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "ANTHROPIC_", "SNAKEMAKE_"))},
            "OPENAI_API_KEY": "test-openai-key",
            "ANTHROPIC_API_KEY": "test-anthropic-key",
            "HF_HUB_OFFLINE": "1",
        }
        if url is not None:
            self.env |= {"OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_BASE_URL": url}
        folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy(source, folder / name)
        shutil.rmtree(folder / "experiments", ignore_errors=True)
        self.write("config/config.yaml", "experiments: []\n")
        # The model that most tests ask must not die on a calendar day.
        models = self.path("config/models.yaml").read_text()
        lasting = re.sub(
            r"(gpt-4\.1(?:-mini)?: \{ efforts: \[\]), end_of_life: [\d-]+, replacement: [\w.-]+", r"\1", models
        )
        self.write("config/models.yaml", lasting)
        if own_package:
            shutil.copytree(
                ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
            self.env["PYTHONPATH"] = str(folder / "scripts")

    def path(self, name: str) -> Path:
        """Return a path of the workspace."""
        return self.folder / name

    def write(self, name: str, text: str) -> Path:
        """Write a file of the workspace."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def experiment(self, name: str = "test/sums", **keys: Any) -> str:
        """Write an experiment of 3 sums x 2 candidates from the fake OpenAI, changed by `keys`; return its id."""
        body = {
            "dataset": "embedded:sums",
            "splits": ["math"],
            "max_queries": 3,
            "num_candidates": 2,
            "generator": "openai",
            "model": "gpt-4.1-mini",
            "max_tokens": 256,
            "llm_judge_fallback": False,
            **keys,
        }
        self.write(f"experiments/{name}.yaml", yaml.safe_dump(body, sort_keys=True, allow_unicode=True))
        return name

    def run(
        self, *command: str, env: dict[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the workspace; show what it said where it fails."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-6000:]}"
            )
        return done

    def snakemake(
        self, *arguments: str, env: dict[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run snakemake in the workspace."""
        return self.run(sys.executable, "-m", "snakemake", *arguments, env=env, check=check)

    def script(
        self, name: str, *arguments: str, env: dict[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the project's scripts/ in the workspace."""
        own = self.path(f"scripts/{name}")
        return self.run(
            sys.executable, str(own if own.exists() else ROOT / "scripts" / name), *arguments, env=env, check=check
        )

    def build(self, *targets: str, config: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        """Make targets."""
        return self.snakemake(*targets, *self._config(config))

    def plan(self, *targets: str, config: dict[str, Any] | None = None) -> dict[str, int]:
        """Return what a dry run would do: {rule: jobs}, without the total."""
        done = self.snakemake(*targets, "--dry-run", *self._config(config))
        return plan_of(done.stdout + done.stderr)

    @staticmethod
    def _config(config: dict[str, Any] | None) -> list[str]:
        return ["--config", *(f"{key}={value}" for key, value in config.items())] if config else []

    def rows(self, experiment: str) -> list[dict[str, Any]]:
        """Return the rows of an experiment's table."""
        import pyarrow.parquet as pq

        return pq.read_table(self.path(f"results/{experiment}.parquet")).to_pylist()

    def body(self, name: str) -> dict[str, Any]:
        """Return the JSON of a file of the workspace."""
        return json.loads(self.path(name).read_text())


def plan_of(said: str) -> dict[str, int]:
    """Return {rule: jobs} from the job table that Snakemake prints first; {} where there is nothing to do."""
    plan: dict[str, int] = {}
    table = said.split("Job stats:")
    if len(table) < 2:
        return plan
    for line in table[1].splitlines():
        row = re.match(r"^(\w+)\s+(\d+)\s*$", line)
        if row and row[1] == "total":
            break
        if row:
            plan[row[1]] = int(row[2])
    return plan


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A workspace without a server: for plans and for errors that come before any call."""
    return Workspace(tmp_path / "project", url="http://127.0.0.1:9")
