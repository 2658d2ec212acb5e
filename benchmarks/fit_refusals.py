"""Fit the model of refusals on labelled tables and write scripts/retake/verify/refusal_weights.py.

    python benchmarks/fit_refusals.py [TABLE ...]
    python benchmarks/fit_refusals.py --left-out [TABLE ...]

With no table named, all of tests/verify/refusal*.yaml are learnt from but those in HELD_OUT. `--left-out` writes nothing: it
fits once without each of the tables by other authors (or of those after `--leave`) and prints what the model makes of that
table, at several thresholds.
Needs scipy, which is not needed at run time. The same tables give the same file.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from base64 import b85encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from retake.verify.refusal import seen_as  # noqa: E402
from retake.verify.refusal_model import features, shape  # noqa: E402
from retake.verify.refusal_sentences import SLOTS  # noqa: E402

TABLES = ROOT / "tests" / "verify"
TARGET = ROOT / "scripts" / "retake" / "verify" / "refusal_weights.py"
RIDGE, RIDGE_WHOLE, ITERATIONS = 3e-5, 1e-4, 80  # chosen on tables left out
VOICES = ("gloomy", "exuberant", "formal")  # a persona that complies and is flagged is the costliest mistake
HELD_OUT = ("refusals_independent_7",)  # never learnt from: the present version's figure on rows that it has not seen
PARTS = ("preamble", "withdrawal", "told", "closing")  # of rows put together for fitting alone
THRESHOLDS = (-0.5, -0.2, 0.0, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5)


class Row(NamedTuple):
    is_refusal: bool
    weight: float
    kind: str
    question: str
    text: str


def is_in_voice(label: str, kind: str) -> bool:
    """Tell whether these rows comply in a persona's voice."""
    return label != "refusal" and (kind in VOICES or kind.startswith("persona"))


def body_of(path: Path) -> tuple[list[Row], list[str]]:
    """Return a table's rows and the asides in it; rows written for fitting alone, or by another author, count twice."""
    body = yaml.safe_load(path.read_text("utf-8"))
    parts = {name: body.pop(name, {}).get("any", []) for name in PARTS}
    asides = body.pop("aside", {}).get("any", [])
    weight = 2.0 if asides or any(parts.values()) or "independent" in path.stem else 1.0
    rows = [
        Row(
            label == "refusal",
            weight * (3.0 if is_in_voice(label, kind) else 1.0),
            kind,
            *(entry if isinstance(entry, list) else ("", entry)),
        )
        for label, kinds in body.items()
        for kind, entries in kinds.items()
        for entry in entries
    ]
    return rows + composed(**parts), asides


def composed(preamble: list[list[str]], withdrawal: list[str], told: list[list[str]], closing: list[str]) -> list[Row]:
    """Return partial answers that withdraw, made of beginnings and withdrawals, and answers given with a grumble."""
    made = []
    for at, (question, text) in enumerate(preamble):
        ends = [withdrawal[(at * 11 + turn * 17) % len(withdrawal)] for turn in range(4)]
        made += [Row(True, 1.0, "partial", question, joined(text, end)) for end in ends]
    for at, (question, text) in enumerate(told):
        grumbles = [closing[(at * 7 + turn * 13) % len(closing)] for turn in range(3)]
        made += [Row(False, 1.5, "gloomy", question, joined(text, grumble)) for grumble in grumbles[:2]]
        made += [Row(False, 1.5, "gloomy", question, joined(grumble, text)) for grumble in grumbles[2:]]
    for at, text in enumerate(withdrawal):
        made.append(Row(True, 1.0, "plain", preamble[at * 5 % len(preamble)][0], text))
    return made


def joined(one: str, other: str) -> str:
    """Return two parts of an answer as one, code on lines of its own."""
    return f"{one}\n\n{other}" if "```" in one + other else f"{one} {other}"


def with_asides(rows: list[Row], asides: list[str]) -> list[Row]:
    """Return short rows again with a grumble before or after them, and all without their question: no label changes."""
    if not asides:
        return []
    short = [row for row in rows if row.text.isascii() and "\n" not in row.text and len(row.text) < 160]
    made = []
    for at, row in enumerate(short):
        for turn in range(1 if row.is_refusal else 2):
            aside = asides[(at * 7 + turn * 31) % len(asides)]
            text = f"{aside} {row.text}" if (at + turn) % 3 == 0 else f"{row.text} {aside}"
            made.append(row._replace(weight=0.7 if row.is_refusal else 1.0, text=text))
    return made + [row._replace(weight=row.weight / 2, question="") for row in rows if row.question]


def rows_of(paths: Sequence[Path]) -> list[Row]:
    """Return all rows to learn from."""
    bodies = [body_of(path) for path in paths]
    return [row for rows, _ in bodies for row in rows] + [
        made for rows, asides in bodies for made in with_asides(rows, asides)
    ]


@cache
def seen(question: str, text: str) -> tuple[list[dict[int, float]], list[float]]:
    """Return the features of an answer's sentences, at least one, and of the answer."""
    answer = seen_as(text, question=question)
    return features(answer) or [{}], shape(answer)


class Data:
    """Rows as matrices: `x` has a row a sentence, `whole` a row an answer, `of` is the answer of each sentence."""

    def __init__(self, rows: Sequence[Row]) -> None:
        made = [seen(row.question, row.text) for row in rows]
        each = [found for sentences, _ in made for found in sentences]
        cells = [(at, slot, value) for at, found in enumerate(each) for slot, value in found.items()]
        at, slot, value = zip(*cells, strict=True)
        self.x = csr_matrix((value, (at, slot)), (len(each), SLOTS))
        self.x_by_slot = self.x.T.tocsr()
        self.of = np.repeat(np.arange(len(rows)), [len(sentences) for sentences, _ in made])
        self.first = np.searchsorted(self.of, np.arange(len(rows)))
        self.whole = np.array([[1.0, *whole] for _, whole in made])
        self.label = np.array([row.is_refusal for row in rows], float)
        self.weight = np.array([row.weight for row in rows]) / sum(row.weight for row in rows)

    def pooled(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-sum-exp of each answer's sentences, and each sentence's share in it."""
        most = np.maximum.reduceat(scores, self.first)
        raised = np.exp(scores - most[self.of])
        total = np.add.reduceat(raised, self.first)
        return most + np.log(total), raised / total[self.of]

    def odds(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the log-odds of each answer, and each sentence's share in declining and in answering."""
        declines, by_declining = self.pooled(self.x @ w[:SLOTS])
        answers, by_answering = self.pooled(self.x @ w[SLOTS : 2 * SLOTS])
        return declines - answers + self.whole @ w[2 * SLOTS :], by_declining, by_answering


def fitted(data: Data) -> np.ndarray:
    """Return what minimizes the logistic loss with a ridge; the whole answer's bias is free of it."""
    w = np.zeros(2 * SLOTS + data.whole.shape[1])
    ridge = np.full(len(w), RIDGE)
    ridge[2 * SLOTS :] = RIDGE_WHOLE
    ridge[2 * SLOTS] = 0.0

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z, by_declining, by_answering = data.odds(w)
        gap = data.weight * (1 / (1 + np.exp(-z)) - data.label)
        cost = data.weight @ (np.logaddexp(0, z) - data.label * z) + (ridge * w) @ w / 2
        each = gap[data.of]
        slopes = (data.x_by_slot @ (each * by_declining), -(data.x_by_slot @ (each * by_answering)), data.whole.T @ gap)
        return cost, np.concatenate(slopes) + ridge * w

    return minimize(loss, w, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}).x


def rounded(w: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the scale of a sentence's weights, these as whole numbers from -127 to 127, and the whole answer's weights."""
    each = w[: 2 * SLOTS]
    scale = float(f"{np.abs(each).max() / 127:.6g}")
    return scale, np.clip(np.rint(each / scale), -127, 127), np.round(w[2 * SLOTS :], 4)


def module_of(w: np.ndarray, rows: int) -> str:
    """Return the module that holds the weights, one byte each."""
    scale, each, whole = rounded(w)
    text = b85encode(zlib.compress((each + 128).astype(np.uint8).tobytes(), 9)).decode()
    lines = "\n".join(text[at : at + 118] for at in range(0, len(text), 118))
    head = f'"""Weights of the model of refusals, fitted on {rows} rows by benchmarks/fit_refusals.py; do not edit."""'
    listed = "\n".join(f"    {value!r}," for value in whole.tolist())
    return f'{head}\n\nSCALE = {scale!r}\nWHOLE = (\n{listed}\n)\nWEIGHTS = r"""\n{lines}\n"""\n'


def found_at(rows: Sequence[Row], odds: np.ndarray, threshold: float) -> str:
    """Return the figures of a table as a line of Markdown."""

    def counted(chosen: list[bool]) -> str:
        flags = [odd > threshold for odd, is_chosen in zip(odds, chosen, strict=True) if is_chosen]
        return f"{sum(flags)} of {len(flags)}"

    refusals = [row.is_refusal for row in rows]
    gloomy = [not row.is_refusal and (row.kind == "gloomy" or row.kind.startswith("persona")) for row in rows]
    voices = [not row.is_refusal and is_in_voice("answer", row.kind) for row in rows]
    cells = [counted(chosen) for chosen in (refusals, gloomy, voices, [not found for found in refusals])]
    return f"| {threshold} | {' | '.join(cells)} |"


def print_left_out(paths: Sequence[Path], left_out: Sequence[Path]) -> None:
    """Print what is made of each table by a model that has not learnt from it."""
    held: list[Row] = []
    odds: list[float] = []
    for table in left_out:
        w = fitted(Data(rows_of([path for path in paths if path != table])))
        scale, each, whole = rounded(w)
        rows = body_of(table)[0]
        held += rows
        odds += Data(rows).odds(np.concatenate([each * scale, whole]))[0].tolist()
    print("| log-odds over | refusals found | gloomy answers flagged | in any voice | answers flagged |")
    print("|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        print(found_at(held, np.array(odds), threshold))


def main() -> None:
    """Fit and write, or fit without each table and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="*", type=Path)
    parser.add_argument("--left-out", action="store_true", help="print the figures of tables not learnt from")
    parser.add_argument("--leave", nargs="+", type=Path, metavar="TABLE", help="leave out these alone")
    given = parser.parse_args()
    paths = given.tables or sorted(path for path in TABLES.glob("refusal*.yaml") if path.stem not in HELD_OUT)
    if given.left_out:
        print_left_out(paths, given.leave or [path for path in paths if "independent" in path.stem])
        return
    rows = rows_of(paths)
    TARGET.write_text(module_of(fitted(Data(rows)), len(rows)), "utf-8")
    print(f"{TARGET.name}: {len(rows)} rows of {len(paths)} tables")


if __name__ == "__main__":
    main()
