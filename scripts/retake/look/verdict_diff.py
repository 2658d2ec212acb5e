"""Which candidates flipped between versions of a verifier: the kept verdicts against those of the table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retake.errors import DataError
from retake.look.data import Rows, expanded, literal, open_rows
from retake.look.inspect import Wishes, laid_out
from retake.look.records import plain
from retake.look.tables import Table, as_csv, number, percent

COLUMNS = ("sample_id", "variant", "candidate_idx", "verifier_name", "is_verified", "verification_confidence")
_KINDS = ("true", "false", "ungraded")
_WORD = "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' ELSE 'ungraded' END"


@dataclass(frozen=True)
class VerdictFlip:
    """A candidate whose verdict changed: `before` and `now` are true, false or ungraded."""

    sample_id: str
    variant: str
    candidate_idx: int
    verifier_name: str
    before: str
    now: str
    confidence_before: float | None
    confidence_now: float | None


@dataclass(frozen=True)
class VerdictChange:
    """One kept version against the table: `moves` counts candidates by (before, now), flips first in no order but theirs.

    `only_before` and `only_now` count candidates that one side alone has.
    """

    file: str
    version: str
    current: tuple[str, ...]
    candidates: int
    flipped: int
    moves: dict[str, int]
    only_before: int
    only_now: int
    flips: tuple[VerdictFlip, ...]


def verdict_folder(parquet: str | Path) -> Path:
    """Return where the old verdicts of a table lie: results/<experiment>/verdicts beside results/<experiment>.parquet."""
    return Path(parquet).with_suffix("") / "verdicts"


def verdict_changes(
    paths: Sequence[str | Path],
    versions: Sequence[str] = (),
    *,
    where: str | None = None,
    split: str | Sequence[str] | None = None,
    flips: int = 100,
) -> list[VerdictChange]:
    """Return, for each table and each kept version (or those named), which candidates flipped; at most `flips` listed.

    Raises:
        DataError: for a table without kept verdicts, a version that was not kept, or a file that holds no verdicts.
    """
    changes = []
    for path in expanded(paths):
        kept = _kept(path, versions)
        with open_rows([path], where=where, split=split, also=kept) as rows:
            changes += [_change(rows, path, file, flips) for file in kept]
    return changes


def _kept(path: str, versions: Sequence[str]) -> list[str]:
    folder = verdict_folder(path)
    found = {file.stem: str(file) for file in sorted(folder.glob("*.parquet"))}
    if not found:
        raise DataError(f"{path}: no verdicts of another verifier version are kept in {folder}")
    missing = [version for version in versions if version not in found]
    if missing:
        raise DataError(f"--verdict-diff {missing[0]}: not kept in {folder}; there are {', '.join(found)}")
    return [found[version] for version in versions] if versions else list(found.values())


def _change(rows: Rows, path: str, file: str, limit: int) -> VerdictChange:
    rows.make("before", f"SELECT {', '.join(COLUMNS)} FROM read_parquet({literal(str(Path(file).absolute()))})")
    rows.make("now", f"SELECT {', '.join(COLUMNS)} FROM all_rows WHERE NOT coalesce(is_retry, false)")
    was, now = _WORD.format("b.is_verified"), _WORD.format("n.is_verified")
    both = "FROM before AS b JOIN now AS n USING (sample_id, variant, candidate_idx)"
    moves = {
        f"{a} -> {b}": count
        for a, b, count in rows.tuples(f"SELECT {was} AS a, {now} AS b, count(*) {both} GROUP BY ALL ORDER BY ALL")
    }
    total, flipped = rows.tuples(f"SELECT count(*), count(*) FILTER ({was} <> {now}) {both}")[0]
    sizes = [rows.tuples(f"SELECT count(*) FROM {table}")[0][0] for table in ("before", "now")]
    listed = rows.tuples(
        f"SELECT sample_id, variant, candidate_idx, n.verifier_name, {was} AS a, {now} AS c, b.verification_confidence, "
        f"n.verification_confidence {both} WHERE a <> c ORDER BY sample_id, variant, candidate_idx LIMIT {int(limit)}"
    )
    current = rows.tuples(
        "SELECT DISTINCT verifier_version FROM all_rows WHERE verifier_version IS NOT NULL ORDER BY 1"
    )
    return VerdictChange(
        path, Path(file).stem, tuple(v for (v,) in current), total, flipped, moves, sizes[0] - total, sizes[1] - total,
        tuple(VerdictFlip(*row) for row in listed),
    )  # fmt: skip


def verdicts_compared(paths: Sequence[str | Path], versions: Sequence[str], wishes: Wishes) -> str:
    """Return what `--verdict-diff` prints. Raises as `verdict_changes`."""
    changes = verdict_changes(paths, versions, where=wishes.where, split=wishes.split, flips=wishes.flips)
    if wishes.format == "json":
        return (
            json.dumps(plain([asdict(change) for change in changes]), ensure_ascii=False, indent=2, allow_nan=False)
            + "\n"
        )
    if wishes.format == "csv":
        return as_csv([{"version": c.version, **asdict(flip)} for c in changes for flip in c.flips] or [_no_flip()])
    return laid_out([table for change in changes for table in _tables(change)], wishes)


def _no_flip() -> dict[str, Any]:
    return dict.fromkeys(("version", *VerdictFlip.__dataclass_fields__))


def _tables(change: VerdictChange) -> list[Table]:
    share = percent(change.flipped / change.candidates) if change.candidates else "NaN"
    title = f"{change.file}: {change.version} -> {', '.join(change.current) or 'unknown'}"
    note = f"{number(change.flipped)} of {number(change.candidates)} candidates flipped ({share})."
    if change.only_before or change.only_now:
        note += f" Only before: {number(change.only_before)}; only now: {number(change.only_now)}."
    moves = tuple((b, *(number(change.moves.get(f"{b} -> {n}", 0)) for n in _KINDS)) for b in _KINDS)
    listed = tuple(
        (f.sample_id, f.variant, str(f.candidate_idx), f.verifier_name or "", f.before, f.now,
         number(f.confidence_before, digits=2), number(f.confidence_now, digits=2))
        for f in change.flips
    )  # fmt: skip
    columns = ("sample", "variant", "candidate", "verifier", "before", "now", "confidence before", "now")
    tables = [Table(title, ("before \\ now", *_KINDS), moves, note)]
    return [*tables, Table("Flipped candidates", columns, listed)] if listed else tables
