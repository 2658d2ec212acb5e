"""retake as a racer: a copy of the project in a folder of its own, with one experiment over the race's workload."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from race.measure import Measured, run, warm
from race.workload import MODEL, PERSONA, write_problems

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("Snakefile", "rules", "profiles", "config", "variants")
EXPERIMENT = "bench/race"
TABLE = f"results/{EXPERIMENT}.parquet"


class Retake:
    """A project in `folder` whose one experiment asks `url`."""

    def __init__(self, folder: Path, url: str, *, samples: int, candidates: int = 8, **keys: Any) -> None:
        self.folder, self.url, self.package = folder, url, ROOT / "scripts"
        warm(self.package)
        folder.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name)
            elif (ROOT / name).exists():
                shutil.copy(ROOT / name, folder / name)
        (folder / "config" / "config.yaml").write_text("experiments: []\n")
        (folder / "personas").mkdir()
        self.persona(PERSONA)
        if "dataset" not in keys:
            write_problems(folder / "data" / "math.jsonl", samples + 100)
        self.keys = {
            "dataset": "data",
            "splits": ["math"],
            "max_queries": samples,
            "num_candidates": candidates,
            "generator": "vllm",
            "model": MODEL,
            "base_url": f"{url}/v1",
            "temperature": 1.0,
            "max_tokens": 256,
            "concurrency": 64,
            "llm_judge_fallback": False,
            "persona": "personas/marvin.txt",
            **keys,
        }
        self.experiment()

    def experiment(self, **keys: Any) -> None:
        """Write the experiment's file, changed by `keys`."""
        self.keys |= keys
        path = self.folder / "experiments" / f"{EXPERIMENT}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(self.keys))

    def persona(self, text: str) -> None:
        """Write the persona's text."""
        (self.folder / "personas" / "marvin.txt").write_text(text)

    def run(self, *arguments: str, **measuring: Any) -> Measured:
        """Build the table (or what `arguments` say) with snakemake, measured."""
        command = [sys.executable, "-m", "snakemake", *(arguments or (TABLE,))]
        return run(command, cwd=self.folder, env=self.environment(), **measuring)

    def environment(self) -> dict[str, str]:
        """Return what the run's environment has besides this one's: the package of this checkout, the keys."""
        return {"PYTHONPATH": str(self.package), "HF_HUB_OFFLINE": "1", "VLLM_API_KEY": "none"}
