"""GSM8K and what is laid out like it: `question`, and an `answer` whose last line is `#### 72`."""

from __future__ import annotations

import re

from retake.samples.draft import Draft, Row, question_of, text_of

ORDER = 30

_MARK = re.compile(r"<<[^<>]*>>")


def fits(row: Row) -> bool:
    """Return whether the row is a question with a GSM8K answer."""
    return "question" in row and isinstance(row.get("answer"), str) and "####" in row["answer"]


def read(row: Row, *, split: str) -> list[Draft]:
    """Return the question with the number after the last `####`, without thousands commas and dollar signs."""
    solution, _, gold = row["answer"].rpartition("####")
    metadata = {"solution": _MARK.sub("", solution).strip()}
    metadata |= {key: row[key] for key in ("cleaning_status", "original_index") if row.get(key) is not None}
    number = gold.strip().replace(",", "").replace("$", "").strip()
    return [
        Draft(
            question_of(row["question"]),
            query_id=text_of(row.get("uuid")) or None,
            ground_truth=number or None,
            ground_truth_source="dataset" if number else None,
            source_metadata=metadata,
            category=text_of(row.get("category")) or None,
        )
    ]
