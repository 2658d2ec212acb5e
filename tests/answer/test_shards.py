"""Laws of shards and waves: every unit of work belongs to exactly one worker, and keeps it."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retake.answer.manifest import Manifest, manifest_path, read_manifest, write_manifest
from retake.answer.shards import shard_of
from retake.answer.waves import Unit, Wave, Waves
from retake.paths import sample_id

SPLITS = st.lists(st.sampled_from(["math", "gsm8k", "code", "tool_calling"]), min_size=1, max_size=3, unique=True)
VARIANTS = st.lists(st.sampled_from(["control", "pressure", "frustration", "calm"]), min_size=1, unique=True)


def units(splits: list[str], variants: list[str], samples: int, offset: int = 0) -> list[Unit]:
    return [(v, sample_id(s, offset + n)) for s in splits for n in range(1, samples + 1) for v in variants]


@given(SPLITS, VARIANTS, st.integers(1, 60), st.integers(1, 9))
def test_shards_partition_the_work(splits: list[str], variants: list[str], samples: int, count: int) -> None:
    work = units(splits, variants, samples)
    shards = [[unit for unit in work if shard_of(unit[1], unit[0], count) == n] for n in range(count)]
    assert sorted(unit for shard in shards for unit in shard) == sorted(work)


@given(SPLITS, VARIANTS, st.integers(1, 60), st.integers(1, 9))
def test_shards_are_balanced(splits: list[str], variants: list[str], samples: int, count: int) -> None:
    for split in splits:
        for variant in variants:
            sizes = Counter(shard_of(sample, v, count) for v, sample in units([split], [variant], samples))
            every = [sizes[n] for n in range(count)]
            assert max(every) - min(every) <= 1
    whole = Counter(shard_of(sample, v, count) for v, sample in units(splits, variants, samples))
    every = [whole[n] for n in range(count)]
    assert max(every) - min(every) <= len(splits) * len(variants)


@given(VARIANTS, st.integers(1, 40), st.integers(0, 40), st.integers(1, 9))
def test_growing_an_experiment_moves_no_unit(variants: list[str], samples: int, more: int, count: int) -> None:
    before = {unit: shard_of(unit[1], unit[0], count) for unit in units(["math"], variants, samples)}
    grown = units(["math", "gsm8k"], [*variants, "another"], samples + more)
    after = {unit: shard_of(unit[1], unit[0], count) for unit in grown}
    assert before.items() <= after.items()


def test_eight_samples_of_four_variants_fall_evenly_on_two_workers() -> None:
    work = units(["gsm8k"], ["control", "frustration", "pressure", "encouragement"], 8)
    assert Counter(shard_of(sample, variant, 2) for variant, sample in work) == {0: 16, 1: 16}


def test_a_count_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        shard_of("math_0001", "control", 0)


def placed(
    root: Path, work: dict[Unit, str], *, count: int, may_add: bool = True, kept: bool = True
) -> dict[Unit, int]:
    def is_kept(manifest: Manifest, unit: Unit) -> bool:
        return kept and bool(manifest.calls(unit))

    return Waves.read(root, "a/b").place(work, count=count, is_kept=is_kept, may_add=may_add)


def answered(root: Path, worker: int, work: list[Unit]) -> None:
    done = Manifest("a/b", worker, {"/".join(unit): [["digest"]] for unit in work})
    write_manifest(root / manifest_path("a/b", worker), done)


def prints(work: list[Unit], print_: str = "x") -> dict[Unit, str]:
    return dict.fromkeys(work, print_)


def test_units_keep_their_worker_when_the_number_of_workers_changes(tmp_path: Path) -> None:
    work = prints(units(["math"], ["control"], 9))
    first = placed(tmp_path, work, count=3)
    assert set(first.values()) == {1, 2, 3}
    assert placed(tmp_path, work, count=5) == first
    for worker in (1, 2, 3):
        answered(tmp_path, worker, [unit for unit, its in first.items() if its == worker])
    assert placed(tmp_path, work, count=5) == first


def test_what_an_experiment_gains_goes_to_workers_that_count_on(tmp_path: Path) -> None:
    first = placed(tmp_path, prints(units(["math"], ["control"], 4)), count=2)
    for worker in (1, 2):
        answered(tmp_path, worker, [unit for unit, its in first.items() if its == worker])
    grown = placed(tmp_path, prints(units(["math"], ["control", "calm"], 6)), count=2)
    assert {unit: grown[unit] for unit in first} == first
    assert {worker for unit, worker in grown.items() if unit not in first} == {3, 4}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["samples", "variant", "candidates", "workers"]), st.integers(1, 5), st.booleans()
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=30)
@given(STEPS, st.integers(1, 5))
def test_however_an_experiment_grows_every_unit_has_one_worker_and_keeps_it(
    steps: list[tuple[str, int, bool]], count: int
) -> None:
    """Each step grows something, and may have every worker answer; only more candidates give a unit that is answered a new worker."""
    samples, variants, candidates = 3, ["control"], 1
    before: dict[Unit, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for what, size, is_run in [("workers", count, True), *steps]:
            samples += size * (what == "samples")
            variants += [f"variant{len(variants)}"] * (what == "variant")
            candidates += size * (what == "candidates")
            count = size if what == "workers" else count
            work = prints(units(["math"], variants, samples))

            def is_kept(manifest: Manifest, unit: Unit, wanted: int = candidates) -> bool:
                return len(manifest.calls(unit)) >= wanted

            now = Waves.read(Path(folder), "a/b").place(work, count=count, is_kept=is_kept, may_add=True)
            waves = Waves.read(Path(folder), "a/b")
            assert now.keys() == work.keys()
            assert all(waves.units_of(worker, [unit]) for unit, worker in now.items())
            for unit, worker in before.items():
                manifest = waves.manifest(worker)
                assert now[unit] == worker or (manifest is not None and len(manifest.calls(unit)) < candidates)
            for worker in set(now.values()) if is_run else ():
                if waves.manifest(worker) is None:
                    its = ["/".join(unit) for unit in waves.units_of(worker, now)]
                    done = Manifest("a/b", worker, {unit: [["digest"]] * candidates for unit in its})
                    write_manifest(Path(folder) / manifest_path("a/b", worker), done)
            before = now


def test_other_requests_are_other_work(tmp_path: Path) -> None:
    work = units(["math"], ["control"], 4)
    assert set(placed(tmp_path, prints(work), count=2).values()) == {1, 2}
    assert set(placed(tmp_path, prints(work, "y"), count=2).values()) == {3, 4}
    assert set(placed(tmp_path, prints(work), count=2).values()) == {1, 2}


def test_units_whose_answers_were_lost_get_a_new_worker_once(tmp_path: Path) -> None:
    work = prints(units(["math"], ["control"], 4))
    answered(tmp_path, 1, list(placed(tmp_path, work, count=1)))
    again = placed(tmp_path, work, count=1, kept=False)
    assert set(again.values()) == {2}
    assert placed(tmp_path, work, count=1, kept=False) == again
    answered(tmp_path, 2, list(work))
    assert placed(tmp_path, work, count=1) == again


def test_a_job_of_a_cluster_only_looks(tmp_path: Path) -> None:
    work = prints(units(["math"], ["control"], 4))
    assert set(placed(tmp_path, work, count=2, may_add=False).values()) == {0}
    planned = placed(tmp_path, work, count=2)
    assert placed(tmp_path, work, count=2, may_add=False) == planned
    waves = Waves.read(tmp_path, "a/b")
    assert [unit for n in waves.workers() for unit in waves.units_of(n, work)] == sorted(
        work, key=lambda unit: (planned[unit], unit)
    )


def test_never_more_workers_than_units(tmp_path: Path) -> None:
    wave = Wave.of(prints(units(["math"], ["control"], 2)), first=1, count=8)
    assert wave.count == 2


def test_a_manifest_reads_back_as_it_was_written_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    manifest = Manifest("a/b", 1, {"control/math_0001": [["d"]]}, partial="why", record={"asked": 1})
    write_manifest(path, manifest)
    assert read_manifest(path) == manifest
    path.write_bytes(path.read_bytes()[:-9])
    assert read_manifest(path) is None
    assert read_manifest(tmp_path / "2.json") is None
