"""One function a rule, in the order of the flow. Each is what a rule's `run:` line calls."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from retake.errors import DamagedFile, RetakeError
from retake.files import remedy_of
from retake.samples.blocks import read_sample, write_block
from retake.samples.sample import Sample
from retake.workflow.project import Project

if TYPE_CHECKING:
    from retake.workflow.services import Services


@contextmanager
def told(log: str) -> Iterator[None]:
    """Have a RetakeError reach the user as it is written, and the job's log as well."""
    try:
        yield
    except RetakeError as error:
        with suppress(OSError):
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            Path(log).write_text(f"{type(error).__name__}: {error}\n")
        raise workflow_error(str(error)) from None
    except OSError as error:
        raise workflow_error(f"{type(error).__name__}: {error}. {remedy_of(error)}") from None


def workflow_error(text: str) -> Exception:
    """Return what Snakemake shows as `text` alone; imported here, since a process that only works need not load Snakemake."""
    from snakemake.exceptions import WorkflowError

    return WorkflowError(text)


@contextmanager
def _undamaged(mend: Callable[[DamagedFile], DamagedFile]) -> Iterator[None]:
    """Have a job that meets a damaged file set it aside, and say what to do."""
    try:
        yield
    except DamagedFile as error:
        raise mend(error) from None


class Stages:
    """The stages of one Snakemake run; what they share (event loop, clients, pools) is made when first needed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._services: Services | None = None
        self._lock = threading.Lock()
        self._damage: dict[str, DamagedFile] = {}

    @property
    def services(self) -> Services:
        """The shared runtime and what runs on it."""
        from retake.workflow.services import Services

        with self._lock:
            if self._services is None:
                self._services = Services(self.project)
            return self._services

    def wake_on_interrupt(self) -> None:
        """Have Ctrl-C wake the jobs that wait for answers, then do what it did before; call it from the main thread.

        Snakemake waits for the threads of its pool to end, and these wait for the event loop.
        """
        before = signal.getsignal(signal.SIGINT)

        def handler(number: int, frame: FrameType | None) -> None:
            self.wake()
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGINT, handler)

    def wake(self) -> None:
        """End every job that waits; safe in a signal handler."""
        if self._services is not None:
            self._services.runtime.wake()

    def stop(self) -> None:
        """End every job that waits, keep what is on its way, close what was opened."""
        if self._services is not None:
            self._services.runtime.stop()

    def write_samples(self, output: str, wildcards: Any, log: str) -> None:
        """Write one block of samples."""
        with told(log):
            user = self.project.user_of_dataset(wildcards.dataset, wildcards.split)
            write_block(user, wildcards.split, int(wildcards.block), Path(output), root=self.project.root)

    def answer(self, manifest: str, wildcards: Any, log: str) -> None:
        """Answer the units of one worker into the call store, and write its manifest."""
        from retake.workflow.workers import answer

        with self._job(wildcards.experiment, log):
            worker = int(wildcards.worker)
            answer(self.services, wildcards.experiment, worker, manifest=Path(manifest), log=Path(log))

    def generate(self, outputs: Sequence[str], block: str, wildcards: Any, log: str) -> None:
        """Ask for the candidates of one (sample, variant), and write their first answers."""
        from retake.workflow.generating import generate

        with self._job(wildcards.experiment, log):
            generate(
                self.services, wildcards.experiment, wildcards.variant, self._sample(block, wildcards), outputs=outputs
            )

    def trace(self, outputs: Sequence[str], raws: Sequence[str], block: str, wildcards: Any, log: str) -> None:
        """Hold the tool conversations that follow the first answers of one (sample, variant)."""
        from retake.workflow.tracing import trace

        with self._job(wildcards.experiment, log):
            trace(
                self.services,
                wildcards.experiment,
                wildcards.variant,
                self._sample(block, wildcards),
                raws=raws,
                outputs=outputs,
            )

    def verify(self, outputs: Sequence[str], block: str, wildcards: Any, log: str) -> None:
        """Judge the candidates of one (sample, variant)."""
        from retake.workflow.verifying import verify

        with self._job(wildcards.experiment, log):
            verify(
                self.services, wildcards.experiment, wildcards.variant, self._sample(block, wildcards), outputs=outputs
            )

    def merge(self, table: str, metadata: str, wildcards: Any, log: str) -> None:
        """Write the table of an experiment and its metadata.json."""
        from retake.workflow.merging import merge

        with self._job(wildcards.experiment, log):
            merge(self.project, wildcards.experiment, Path(table), Path(metadata))

    def trajectories(self, index: str, table: str, wildcards: Any, log: str) -> None:
        """Write the trajectory folders of an experiment."""
        from retake.merge.trajectories import write_trajectories

        with self._on_table(table, log):
            write_trajectories(Path(table), Path(index).parent)

    def report(self, page: str, table: str, log: str) -> None:
        """Write the report of an experiment."""
        from retake.look.report import write_report

        with self._on_table(table, log):
            write_report(Path(table), Path(page))

    def figures(self, outputs: Any, table: str, log: str) -> None:
        """Write an experiment's tables and charts for Snakemake's report."""
        from retake.look.figures import write_figures

        with self._on_table(table, log):
            write_figures(Path(table), **{name: Path(path) for name, path in outputs.items()})

    def exports(self, outputs: Any, table: str, log: str) -> None:
        """Write training data and a dataset card."""
        from retake.merge.exports import write_preferences, write_sft
        from retake.merge.exports_card import write_dataset_card

        with self._on_table(table, log):
            sft, preferences = Path(outputs.sft), Path(outputs.preferences)
            write_sft(Path(table), sft)
            write_preferences(Path(table), preferences)
            write_dataset_card(Path(table), Path(outputs.card), sft=sft, preferences=preferences)

    def inspect_log(self, folder: str, table: str, log: str) -> None:
        """Write an experiment as Inspect AI's logs."""
        from retake.merge.exports_inspect_ai import write_inspect_log

        with self._on_table(table, log):
            write_inspect_log(Path(table), Path(folder))

    @contextmanager
    def _on_table(self, table: str, log: str) -> Iterator[None]:
        from retake.workflow.damage import check_table

        with told(log):
            check_table(self.project.root, table)
            yield

    @contextmanager
    def _job(self, experiment: str, log: str) -> Iterator[None]:
        with told(log), _undamaged(lambda error: self._mended(experiment, error)):
            yield

    def _mended(self, experiment: str, error: DamagedFile) -> DamagedFile:
        """Set an experiment's damaged files aside, once a run: whichever job meets them first tells of all."""
        from retake.workflow.damage import set_damaged_inputs_aside

        with self._lock:
            if experiment not in self._damage:
                self._damage[experiment] = set_damaged_inputs_aside(self.project, experiment, error)
            return self._damage[experiment]

    def _sample(self, block: str, wildcards: Any) -> Sample:
        return read_sample(Path(block), wildcards.sample)
