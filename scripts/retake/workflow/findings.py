"""What the doctor may find, and how each kind is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from retake import paths

KINDS: dict[str, str] = {
    "broken": "an experiment's file cannot be used",
    "damaged": "a file's bytes are not those that were written",
    "duplicate": "one answer stands twice",
    "leftover": "a write that was cut short left its temporary file",
    "mixed": "a file contradicts those that it was made from",
    "orphan": "a file that no experiment wants today",
    "stale": "a file that today's experiment would make otherwise",
}
MENDABLE = frozenset({"damaged", "duplicate", "leftover", "mixed"})
"""Kinds whose files are set aside by --mend; `snakemake` mends what is stale, and orphans may stay."""

SHOWN = 20


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong with one file; `experiment` is None for a block, a call, or a file of none."""

    path: str
    kind: str
    detail: str
    experiment: str | None = None

    @property
    def is_mendable(self) -> bool:
        """Whether setting the file aside lets the next run make it again."""
        return self.kind in MENDABLE

    def line(self) -> str:
        """Return the finding as one line."""
        return f"{self.kind:<9}  {self.path}: {self.detail}"


def shown(findings: Iterable[Finding], *, every: bool = False) -> list[str]:
    """Return the findings as lines, and what to do; of many alike in one experiment only the first, unless `every`."""
    found = sorted(findings)
    counts = Counter((finding.kind, finding.experiment) for finding in found)
    lines, told = [], Counter()
    for finding in found:
        key = (finding.kind, finding.experiment)
        told[key] += 1
        if every or told[key] <= SHOWN:
            lines.append(finding.line())
        elif told[key] == counts[key]:
            lines.append(f"{finding.kind:<9}  ... and {counts[key] - SHOWN} more like it (--json lists all)")
    return [*lines, "", _summary(found), *advice(found)]


def _summary(found: list[Finding]) -> str:
    kinds = Counter(finding.kind for finding in found)
    named = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{len(found)} finding(s): {named}."


def advice(found: list[Finding]) -> list[str]:
    """Return the commands that mend what was found, in the order in which they are run."""
    lines = []
    if any(finding.is_mendable for finding in found):
        lines.append(f"To set {sum(f.is_mendable for f in found)} file(s) aside: python scripts/doctor.py --mend")
    again = sorted({f.experiment for f in found if f.experiment and f.kind not in ("orphan", "broken", "leftover")})
    if again:
        lines.append(f"To make again what is missing or stale: snakemake {' '.join(map(paths.parquet_path, again))}")
    elif any(finding.is_mendable and finding.kind != "leftover" for finding in found):
        lines.append("The next run makes again what it needs of them.")
    if any(finding.kind == "orphan" for finding in found):
        lines.append(
            "Orphans are in no table, and may stay. To set them aside: python scripts/doctor.py --mend --orphans"
        )
    if any(finding.kind == "broken" for finding in found):
        lines.append("Mend the experiments' files first; their candidates were checked without them.")
    return lines
