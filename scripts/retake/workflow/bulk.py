"""Bulk answering as the plan sees it: who answers what, what a worker reads, and what was left unanswered."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from retake import paths
from retake.answer.manifest import Manifest, Unanswered, manifest_path, read_manifest
from retake.answer.waves import Unit, Waves, wave_path
from retake.calls.request import Call
from retake.calls.store import CallStore
from retake.errors import ConfigError
from retake.experiment.yaml_file import read_mapping
from retake.files import canonical_json, digest_of_bytes
from retake.samples.blocks import dataset_id
from retake.workflow import freshness
from retake.workflow.project import Project

VRAM_TABLE = "profiles/gpu/vram.yaml"


def starts_servers(project: Project, experiment: str) -> bool:
    """Return whether an experiment's workers start vLLM themselves, for want of an endpoint."""
    config = project.experiment(experiment)
    return config.workers > 0 and config.generator == "vllm" and not (config.base_url or config.base_urls)


def placed(project: Project, experiment: str) -> dict[Unit, int]:
    """Return the worker of every unit of an experiment, in the order of the table; {} where `generate` asks.

    The process that schedules writes a new wave down where units have no worker yet; jobs of a cluster only look.
    """
    if not project.is_bulk(experiment):
        return {}
    if experiment not in project.placed:
        prints: dict[tuple[str, str], str] = {}
        units: dict[Unit, str] = {}
        for variant, sample in project.units(experiment):
            kind = (variant, paths.split_of(sample))
            if kind not in prints:
                prints[kind] = _fingerprint(project, experiment, *kind)
            units[(variant, sample)] = prints[kind]
        kept = _Kept(project, experiment)
        count = max(1, project.experiment(experiment).workers)
        waves = Waves.read(project.root, experiment)
        if project.is_main:
            unpack(kept.store, [waves.manifest(worker) for worker in waves.workers()])
        project.placed[experiment] = waves.place(units, count=count, is_kept=kept, may_add=project.is_main)
    return project.placed[experiment]


def unpack(store: CallStore, manifests: Iterable[Manifest | None]) -> None:
    """Keep the calls that manifests carry home from machines that share no file system with this one."""
    for manifest in manifests:
        for digest, body in (manifest.carried if manifest else {}).items():
            if not store.has(digest):
                store.put(Call.from_dict(body))


def wave_file(project: Project, experiment: str, worker: int) -> list[str]:
    """Return the file that says which units are a worker's."""
    placed(project, experiment)
    wave = Waves.read(project.root, experiment).wave_of(worker)
    return [] if wave is None else [wave_path(experiment, wave.first)]


def units_of(project: Project, experiment: str, worker: int) -> list[Unit]:
    """Return the units of one worker, in the order of the table, as its wave was written down.

    A job on another machine reads the same, whatever has changed since the plan was made.
    """
    placed(project, experiment)
    units = project.units(experiment)
    return Waves.read(project.root, experiment).units_of(worker, units)


def answered(project: Project, experiment: str, variant: str, sample: str) -> list[str]:
    """Return the manifest that a (variant, sample) waits for; none for a live experiment."""
    worker = placed(project, experiment).get((variant, sample))
    return [] if worker is None else [manifest_path(experiment, worker)]


def blocks_of(project: Project, experiment: str, worker: int) -> list[str]:
    """Return the blocks of samples that a worker reads; for one that has a manifest, those that it did read."""
    manifest = read_manifest(project.root / manifest_path(experiment, worker))
    if manifest is not None:
        return manifest.blocks
    return sorted({project.block(experiment, sample) for _, sample in units_of(project, experiment, worker)})


def unanswered(project: Project, experiment: str) -> list[Unanswered]:
    """Return the candidates of an experiment that its workers could not answer, in the order of the table."""
    found: list[Unanswered] = []
    waves = Waves.read(project.root, experiment)
    by_unit: dict[int, dict[Unit, list[Unanswered]]] = {}
    count = project.experiment(experiment).num_candidates
    for unit, worker in placed(project, experiment).items():
        if worker not in by_unit:
            by_unit[worker] = {}
            manifest = waves.manifest(worker)
            for one in manifest.unanswered if manifest else []:
                by_unit[worker].setdefault((one.variant, one.sample_id), []).append(one)
        found += [one for one in by_unit[worker].get(unit, []) if one.candidate_idx < count]
    return found


def gpus(project: Project, experiment: str) -> int:
    """Return how many GPUs a worker's job needs; 0 where it starts no server."""
    return project.experiment(experiment).vllm_config.tensor_parallel_size if starts_servers(project, experiment) else 0


def offer(project: Project, experiment: str) -> str | None:
    """Return the Vast.ai search of an experiment's workers, by `min_vram` and `max_price`; None for no wish."""
    wanted = project.experiment(experiment).vllm_config
    parts = [f"gpu_ram>={wanted.min_vram:g}"] if wanted.min_vram is not None else []
    parts += [f"dph_total<={wanted.max_price:g}"] if wanted.max_price is not None else []
    return " ".join(parts) if parts and starts_servers(project, experiment) else None


def constraint(project: Project, experiment: str) -> str | None:
    """Return the Slurm constraint of an experiment's workers: the table's first line with at least `min_vram` GB.

    None where the experiment has no `min_vram`, or the table has no line.

    Raises:
        ConfigError: where the table has lines, and none is enough.
    """
    wanted = project.experiment(experiment).vllm_config.min_vram
    table = read_mapping(project.root / VRAM_TABLE, name=VRAM_TABLE) if (project.root / VRAM_TABLE).exists() else {}
    if wanted is None or not table or not starts_servers(project, experiment):
        return None
    sizes = sorted((float(size), str(name)) for size, name in table.items())
    for size, name in sizes:
        if size >= wanted:
            return name
    raise ConfigError(
        VRAM_TABLE,
        "",
        got=f"at most {sizes[-1][0]:g} GB",
        allowed=f"a line of {wanted:g} GB or more, the min_vram of {experiment}",
        remedy="Add the line of a larger GPU, or lower vllm_config.min_vram.",
    )


def _fingerprint(project: Project, experiment: str, variant: str, split: str) -> str:
    """Return a digest of all that the requests of a variant and split come from, but the samples themselves."""
    persona = project.persona(experiment)
    is_batch = project.experiment(experiment).transport == "batch"
    has_tools = project.has_tools(paths.sample_id(split, 1)) and not is_batch
    parts = [
        freshness.generate_spec(project, experiment, variant),
        dataset_id(project.experiment(experiment), split),
        None if persona is None else digest_of_bytes(persona.text.encode()),
        freshness.trace_spec(project, experiment) if has_tools else None,
    ]
    return digest_of_bytes(canonical_json(parts).encode())[:32]


class _Kept:
    """Whether what a manifest says of a unit still holds: files made from it are there, or its calls are."""

    def __init__(self, project: Project, experiment: str) -> None:
        self.project, self.experiment = project, experiment
        self.count = project.experiment(experiment).num_candidates
        self.store = CallStore(project.root / paths.STORE)
        self._families: dict[str, str] | None = None

    def __call__(self, manifest: Manifest, unit: Unit) -> bool:
        calls = manifest.calls(unit)
        if len(calls) < self.count or not self._has_todays_mocks(manifest, unit):
            return False
        if not self._lacks_files(unit):
            return True
        return manifest.is_whole(unit) and all(self.store.has(d) for its in calls[: self.count] for d in its)

    def _lacks_files(self, unit: Unit) -> bool:
        variant, sample = unit
        stages = ("raw", "trace") if self.project.has_tools(sample) else ("raw",)
        wanted = {f"{k}.json" for k in range(self.count)}
        folders = (self.project.root / paths.RESULTS / self.experiment / stage / variant / sample for stage in stages)
        return any(wanted - _names(folder) for folder in folders)

    def _has_todays_mocks(self, manifest: Manifest, unit: Unit) -> bool:
        used = manifest.families.get("/".join(unit))
        if not used:
            return True
        if self._families is None:
            from retake.tools.digests import current_family_digests

            self._families = current_family_digests()
        return all(self._families.get(family) == code for family, code in used.items())


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return set()
