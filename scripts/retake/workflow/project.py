"""The project as the rules see it: its experiments, their samples, variants and candidates, known from the config alone."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from retake import paths
from retake.errors import ConfigError, RetakeError
from retake.experiment.load import COMMAND_LINE, experiment_ids, load_experiment
from retake.experiment.model import Experiment, Variant
from retake.prompts.personas import Persona, load_persona, persona_files
from retake.prompts.variants import load_variants
from retake.samples.blocks import dataset_id, samples_of, source_files

TOOL_SPLITS = ("tool_calling",)


class Project:
    """A checkout: its root folder and what `--config` overrides. Experiments are loaded once, when first asked for.

    `is_main` tells the process that schedules from a cluster's job, `shares_files` one that works in this very folder. `attempt` counts a cluster's job from 1.
    `placed` remembers `bulk.placed` by experiment.
    """

    def __init__(self, root: Path, overrides: Mapping[str, object] | None = None) -> None:
        self.root = root
        self.overrides = dict(overrides or {})
        self._experiments: dict[str, Experiment] = {}
        self._personas: dict[str, Persona | None] = {}
        self._variants: dict[str, dict[str, Variant]] = {}
        self.is_main = self.shares_files = True
        self.attempt = 1
        self.placed: dict[str, dict[tuple[str, str], int]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process gets: all that was loaded, so that an edit meanwhile concerns both or neither.

        Each table is copied at once, since other threads may be adding to it. Errors stay here: not all can be pickled.
        """
        kept = {name: value for name, value in dict(vars(self)).items() if name != "broken"}
        return {name: dict(value) if isinstance(value, dict) else value for name, value in kept.items()}

    @cached_property
    def ids(self) -> list[str]:
        """The ids of all experiments, sorted."""
        return experiment_ids(self.root)

    def experiment(self, experiment: str) -> Experiment:
        """Return one experiment.

        Raises:
            ConfigError: where its file, or an override, cannot be used.
        """
        if experiment not in self._experiments:
            self._experiments[experiment] = load_experiment(experiment, overrides=self.overrides, root=self.root)
        return self._experiments[experiment]

    @cached_property
    def broken(self) -> dict[str, RetakeError]:
        """The experiments that cannot be used, with what is wrong: an error only for whom asks for one of them."""
        errors: dict[str, RetakeError] = {}
        for name in self.ids:
            try:
                self.experiment(name)
                self.variants(name)
            except RetakeError as error:
                errors[name] = error
        return errors | self._clashing([name for name in self.ids if name not in errors])

    def _clashing(self, names: list[str]) -> dict[str, RetakeError]:
        """Return an error for each experiment that wants its copy where another one does."""
        wanted: dict[str, list[str]] = {}
        for name in names:
            output = self.experiment(name).output
            if output is not None:
                wanted.setdefault(os.path.normpath(self.root / output), []).append(name)
        return {name: self._clash(name, sharing) for sharing in wanted.values() if len(sharing) > 1 for name in sharing}

    def _clash(self, name: str, sharing: list[str]) -> ConfigError:
        file = COMMAND_LINE if "output" in self.overrides else str(paths.experiment_file(name))
        others = [str(paths.experiment_file(other)) for other in sharing if other != name]
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        return ConfigError(
            file,
            "output",
            got=f"{self.experiment(name).output}, which {shown} asks for as well",
            allowed="a path that no other experiment copies its table to",
            remedy="Name another file in one of them.",
        )

    @cached_property
    def counts(self) -> dict[int, list[str]]:
        """The usable experiments by their number of candidates."""
        counts: dict[int, list[str]] = {}
        for name in self.ids:
            if name not in self.broken:
                counts.setdefault(self.experiment(name).num_candidates, []).append(name)
        return dict(sorted(counts.items()))

    @cached_property
    def copied(self) -> dict[str, str]:
        """The experiments that want a copy of their table, by the copy's path; one of those that want the same."""
        readable = [name for name in self.ids if name not in self.broken or name in self._experiments]
        wanted = {name: self.experiment(name).output for name in readable}
        return {Path(copy).as_posix(): name for name, copy in wanted.items() if copy}

    def pattern(self, names: list[str]) -> str:
        """Return a wildcard pattern that matches exactly these experiments (one that matches nothing for none)."""
        return "|".join(re.escape(name) for name in names) or "no-such/experiment"

    @property
    def pattern_of_all(self) -> str:
        """The wildcard pattern of every usable experiment."""
        return self.pattern([name for name in self.ids if name not in self.broken])

    def is_bulk(self, experiment: str) -> bool:
        """Return whether `rule answer` fills the store before generate reads it."""
        config = self.experiment(experiment)
        has_workers = config.workers > 0 and config.generator in ("vllm", "local")
        return has_workers or config.transport == "batch"

    def variants(self, experiment: str) -> dict[str, Variant]:
        """Return an experiment's variants by name, in its order."""
        if experiment not in self._variants:
            file = str(paths.experiment_file(experiment))
            loaded = load_variants(self.experiment(experiment), root=self.root, file=file)
            self._variants[experiment] = {variant.name: variant for variant in loaded}
        return self._variants[experiment]

    def persona(self, experiment: str) -> Persona | None:
        """Return an experiment's persona, or None.

        Raises:
            ConfigError: where its files cannot be used.
        """
        if experiment not in self._personas:
            path = self.experiment(experiment).persona
            file = str(paths.experiment_file(experiment))
            self._personas[experiment] = None if path is None else load_persona(path, root=self.root, file=file)
        return self._personas[experiment]

    def persona_files(self, experiment: str) -> list[str]:
        """Return the files of an experiment's persona: its text, then its markers if it has any; none without a persona."""
        path = self.experiment(experiment).persona
        return [] if path is None or self.persona(experiment) is None else persona_files(path, root=self.root)

    def samples(self, experiment: str) -> list[str]:
        """Return the ids of an experiment's samples, split by split."""
        return samples_of(self.experiment(experiment))

    def units(self, experiment: str) -> list[tuple[str, str]]:
        """Return an experiment's (variant, sample) pairs, in the order of the table: sample, then variant."""
        return [(variant, sample) for sample in self.samples(experiment) for variant in self.variants(experiment)]

    def block(self, experiment: str, sample: str) -> str:
        """Return the path of the block that holds a sample."""
        split = paths.split_of(sample)
        number = paths.block_of(paths.position_of(sample))
        return paths.block_path(dataset_id(self.experiment(experiment), split), split, number)

    def blocks(self, experiment: str) -> list[str]:
        """Return the blocks that an experiment's samples lie in, each once, in order."""
        return list(dict.fromkeys(self.block(experiment, sample) for sample in self.samples(experiment)))

    @cached_property
    def _splits_of_datasets(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for name in self.ids:
            if name not in self.broken:
                for split in self.experiment(name).splits:
                    found.setdefault((dataset_id(self.experiment(name), split), split), name)
        return found

    def user_of_dataset(self, dataset: str, split: str) -> Experiment:
        """Return an experiment that reads this split of this dataset.

        Raises:
            ConfigError: where none does.
        """
        name = self._splits_of_datasets.get((dataset, split))
        if name is None:
            raise ConfigError(
                "experiments/",
                "dataset",
                got=f"{dataset}/{split}",
                allowed="a dataset of an experiment",
                remedy="Ask for an experiment's own files.",
            )
        return self.experiment(name)

    def sources(self, dataset: str, split: str) -> list[str]:
        """Return the local files that a split of a dataset is read from; none for a hub."""
        return source_files(self.user_of_dataset(dataset, split), split, self.root)

    def has_tools(self, sample: str) -> bool:
        """Return whether a sample's candidates are tool conversations, which have a trace."""
        return paths.split_of(sample) in TOOL_SPLITS

    def candidate_files(self, stage: str, experiment: str, variant: str, sample: str) -> list[str]:
        """Return the paths of one stage's files for all candidates of a (variant, sample)."""
        count = self.experiment(experiment).num_candidates
        return [paths.candidate_path(stage, experiment, variant, sample, k) for k in range(count)]

    def all_files(self, stage: str, experiment: str) -> list[str]:
        """Return the paths of one stage's files of an experiment, in the order of the table."""
        return [
            file
            for variant, sample in self.units(experiment)
            if stage != "trace" or self.has_tools(sample)
            for file in self.candidate_files(stage, experiment, variant, sample)
        ]

    def settings(self) -> dict[str, Any]:
        """Return config/config.yaml as plain data."""
        return self._settings

    @cached_property
    def _settings(self) -> dict[str, Any]:
        from retake.experiment.load import load_settings

        return load_settings(self.root)
