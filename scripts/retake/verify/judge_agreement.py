"""How far a judge can be trusted, measured on labelled rows: accuracy, error rates, and Cohen's kappa with its interval."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retake.calls.request import Ask
from retake.errors import CallError, DataError
from retake.verify.judge import (
    JudgeSettings,
    UnusableVerdict,
    decided_without_asking,
    judge_request,
    tool_judge_request,
    verdict_of,
)

TASKS = ("math", "gsm8k", "code", "tool_calling", "open")
RESAMPLES = 2_000
TRUSTED, USABLE = 0.8, 0.6


@dataclass(frozen=True)
class LabelledRow:
    """An answer whose verdict is known: `label` is True where it is right. `transcript` belongs to tool_calling."""

    task: str
    question: str
    answer: str
    label: bool
    reference: str | None = None
    transcript: str = ""


@dataclass(frozen=True)
class Agreement:
    """What a judge did on labelled rows; a rate with nothing to count is None.

    `false_positive_rate` is the share of wrong answers called right, `false_negative_rate` of right ones called wrong, both
    among the rows that got a verdict. `kappa` is Cohen's (1960), `kappa_low` and `kappa_high` its 95 % percentile bootstrap
    interval over rows, seeded. Abstentions and failures are counted apart and are in no rate.
    """

    rows: int
    graded: int
    abstained: int
    failed: int
    accuracy: float | None
    false_positive_rate: float | None
    false_negative_rate: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None


async def agreement(rows: list[LabelledRow], *, ask: Ask, settings: JudgeSettings, seed: int = 0) -> Agreement:
    """Return what the judge does on `rows`; all are asked at once, within the limits of `ask`.

    Raises:
        CallError: a fatal one; any other counts the row as failed.
    """
    found = await asyncio.gather(*(_verdict(row, ask=ask, settings=settings) for row in rows))
    return measured([row.label for row in rows], list(found), seed=seed)


def measured(labels: list[bool], found: list[bool | str], *, seed: int = 0) -> Agreement:
    """Return the figures of `found` (True, False, "abstained" or "failed") against `labels`."""
    pairs = [(label, told) for label, told in zip(labels, found, strict=True) if isinstance(told, bool)]
    low, high = _interval(pairs, seed=seed)
    return Agreement(
        rows=len(labels),
        graded=len(pairs),
        abstained=found.count("abstained"),
        failed=found.count("failed"),
        accuracy=_share([label == told for label, told in pairs]),
        false_positive_rate=_share([told for label, told in pairs if not label]),
        false_negative_rate=_share([not told for label, told in pairs if label]),
        kappa=kappa_of(pairs),
        kappa_low=low,
        kappa_high=high,
    )


def kappa_of(pairs: list[tuple[bool, bool]]) -> float | None:
    """Return Cohen's kappa of pairs; None without pairs, or where both sides always say the same one thing."""
    if not pairs:
        return None
    count = len(pairs)
    agreed = sum(label == told for label, told in pairs) / count
    right, told_right = sum(label for label, _ in pairs) / count, sum(told for _, told in pairs) / count
    by_chance = right * told_right + (1 - right) * (1 - told_right)
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def read_rows(path: Path) -> list[LabelledRow]:
    """Return the labelled rows of a .jsonl file: task, question, answer, label (true or false), reference, transcript.

    Raises:
        DataError: naming the line that is not such a row, or the file that cannot be read.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise DataError(f"{path}: cannot be read ({why}). Name a .jsonl file of labelled rows.") from error
    rows = [_row(line, where=f"{path}, line {at}") for at, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise DataError(f"{path}: holds no row. Write one JSON object a line: task, question, answer, label.")
    return rows


def report(found: Agreement, *, settings: JudgeSettings, source: str) -> str:
    """Return the agreement as a small Markdown page."""
    figures = "\n".join(f"| {name} | {_shown(value)} |" for name, value in _named(found))
    return (
        f"# Judge {settings.model} on {source}\n\n{_advice(found)}\n\n| figure | value |\n|---|---|\n{figures}\n\n"
        "Rates count the rows that got a verdict. A false positive is a wrong answer called right: the worst error,\n"
        "because it enters training data as right.\n"
    )


async def _verdict(row: LabelledRow, *, ask: Ask, settings: JudgeSettings) -> bool | str:
    decided = decided_without_asking(row.answer, reference=row.reference)
    if decided is not None:
        return bool(decided.is_verified)
    if row.task == "tool_calling":
        request = tool_judge_request(
            question=row.question, transcript=row.transcript, answer=row.answer, settings=settings
        )
    else:
        request = judge_request(
            row.task, question=row.question, answer=row.answer, reference=row.reference, settings=settings
        )
    try:
        verdict = verdict_of((await ask(request)).answer, answer=row.answer, request=request)
    except UnusableVerdict:
        return "failed"
    except CallError as error:
        if error.is_fatal:
            raise
        return "failed"
    return "abstained" if verdict.is_verified is None else verdict.is_verified


def _interval(pairs: list[tuple[bool, bool]], *, seed: int) -> tuple[float | None, float | None]:
    if kappa_of(pairs) is None:
        return None, None
    import numpy as np

    draws = np.random.default_rng(seed).integers(0, len(pairs), size=(RESAMPLES, len(pairs)))
    labels, told = (np.array([pair[side] for pair in pairs], dtype=float)[draws] for side in (0, 1))
    agreed, right, told_right = (labels == told).mean(axis=1), labels.mean(axis=1), told.mean(axis=1)
    by_chance = right * told_right + (1 - right) * (1 - told_right)
    defined = by_chance < 1
    kappas = (agreed[defined] - by_chance[defined]) / (1 - by_chance[defined])
    low, high = np.percentile(kappas, [2.5, 97.5])
    return float(low), float(high)


def _share(flags: list[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None


def _row(line: str, *, where: str) -> LabelledRow:
    try:
        body = json.loads(line)
        row = LabelledRow(**body)
    except (ValueError, TypeError) as error:
        raise DataError(f"{where}: not a labelled row ({error}). It needs task, question, answer, label.") from error
    texts = (row.task, row.question, row.answer, row.reference or "", row.transcript)
    if row.task not in TASKS or not isinstance(row.label, bool) or not all(isinstance(text, str) for text in texts):
        raise DataError(f"{where}: task must be one of {', '.join(TASKS)}, label true or false, the rest text.")
    return row


def _named(found: Agreement) -> list[tuple[str, Any]]:
    return [(name.replace("_", " "), value) for name, value in asdict(found).items()]


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _advice(found: Agreement) -> str:
    if found.kappa is None:
        return "Kappa is undefined: the rows, or the verdicts, are all alike. Give right and wrong answers."
    if found.kappa < USABLE:
        return f"Do not use this judge: kappa {found.kappa:.2f} is below {USABLE}."
    if found.kappa < TRUSTED:
        return f"Use this judge with care: kappa {found.kappa:.2f} is below {TRUSTED}."
    return f"Kappa {found.kappa:.2f}: this judge agrees with the labels well."
