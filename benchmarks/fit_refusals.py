"""Fit the linear model of refusals on labelled tables and write scripts/retake/verify/refusal_weights.py.

    python benchmarks/fit_refusals.py [TABLE ...]

With no table named, all of tests/verify/refusal*.yaml are learnt from. Needs scipy, which is not needed at run time.
The same tables give the same file.
"""

from __future__ import annotations

import sys
import zlib
from base64 import b85encode
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from retake.verify.refusal import seen_as  # noqa: E402
from retake.verify.refusal_model import SLOTS, features  # noqa: E402

TARGET = ROOT / "scripts" / "retake" / "verify" / "refusal_weights.py"
RIDGE = 5e-5
VOICES = ("gloomy", "exuberant", "formal")  # a persona that complies and is flagged is the costliest mistake
Row = tuple[bool, float, str, str]


def rows_of(path: Path) -> list[Row]:
    """Return label, weight, question and text; rows written for fitting alone count twice."""
    body = yaml.safe_load(path.read_text("utf-8"))
    asides = body.pop("aside", {}).get("any", [])
    weight = 2.0 if asides or "independent" in path.stem else 1.0
    rows = [
        (
            label == "refusal",
            weight * (3.0 if kind in VOICES else 1.0),
            *(entry if isinstance(entry, list) else ("", entry)),
        )
        for label, kinds in body.items()
        for kind, entries in kinds.items()
        for entry in entries
    ]
    return rows + with_asides(rows, asides)


def with_asides(rows: list[Row], asides: list[str]) -> list[Row]:
    """Return short rows again with a grumble before or after them: it changes no label."""
    if not asides:
        return []
    made = []
    for at, (label, weight, question, text) in enumerate(
        row for row in rows if row[3].isascii() and "\n" not in row[3]
    ):
        aside = asides[at * 7 % len(asides)]
        joined = f"{aside} {text}" if at % 2 else f"{text} {aside}"
        made.append((label, weight / 2, question, joined))
    return made


def fitted(rows: list[Row]) -> np.ndarray:
    """Return the weights of a ridge logistic regression; slot 0 holds the bias."""
    from scipy.optimize import minimize
    from scipy.sparse import csr_matrix

    made = [{0: 1.0, **features(seen_as(text, question=question))} for _, _, question, text in rows]
    cells = [(at, slot, value) for at, row in enumerate(made) for slot, value in row.items()]
    at, slot, value = zip(*cells, strict=True)
    x = csr_matrix((value, (at, slot)), (len(rows), SLOTS))
    label = np.array([row[0] for row in rows], float)
    weight = np.array([row[1] for row in rows]) / sum(row[1] for row in rows)
    free = np.ones(SLOTS)
    free[0] = 0.0

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        gap = 1 / (1 + np.exp(-z)) - label
        cost = weight @ (np.logaddexp(0, z) - label * z) + RIDGE / 2 * (free * w) @ w
        return cost, x.T @ (weight * gap) + RIDGE * free * w

    return minimize(loss, np.zeros(SLOTS), jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x


def module_of(weights: np.ndarray, rows: int) -> str:
    """Return the module that holds the weights, one byte each."""
    scale = float(f"{np.abs(weights).max() / 127:.6g}")
    packed = (np.clip(np.rint(weights / scale), -127, 127) + 128).astype(np.uint8).tobytes()
    text = b85encode(zlib.compress(packed, 9)).decode()
    lines = "\n".join(text[at : at + 118] for at in range(0, len(text), 118))
    head = f'"""Weights of the linear model of refusals, fitted on {rows} rows by benchmarks/fit_refusals.py; do not edit."""'
    return f'{head}\n\nSCALE = {scale!r}\nWEIGHTS = r"""\n{lines}\n"""\n'


def main() -> None:
    """Fit and write."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "tests" / "verify").glob("refusal*.yaml"))
    rows = [row for path in paths for row in rows_of(path)]
    TARGET.write_text(module_of(fitted(rows), len(rows)), "utf-8")
    print(f"{TARGET.name}: {len(rows)} rows of {len(paths)} tables")


if __name__ == "__main__":
    main()
