"""Verifiers of one's own: found by the names of their splits, and the example."""

from __future__ import annotations

import pytest
from retake.samples.sample import Sample
from retake.verify.own import file_of, verifier_of
from retake.verify.own.exact import verify
from retake.workflow.freshness import PACKAGE, verifier_version


def sample(reference: str | None) -> Sample:
    return Sample(split="exact", position=1, query_id="q", question="Capital of France?", ground_truth=reference)


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        pytest.param("It is \\boxed{Paris}", "paris", True, id="boxed"),
        pytest.param("Let me think.\n\nAnswer: **Paris**.", "Paris", True, id="last_line"),
        pytest.param("The answer is the  City of\tLight", "the city of light", True, id="spaces"),
        pytest.param("\\boxed{Lyon}", "Paris", False, id="another_word"),
        pytest.param("Paris\nor Lyon", "Paris", False, id="only_the_last_line_counts"),
        pytest.param("  \n ", "Paris", None, id="no_answer"),
        pytest.param("Paris", None, None, id="no_reference"),
    ],
)
def test_an_answer_is_the_reference_word_for_word(text: str, reference: str | None, expected: bool | None) -> None:
    assert verify(text, sample(reference)).is_verified is expected


def test_a_split_names_its_verifier_before_any_row_is_read() -> None:
    found = verifier_of("exact_capitals")
    assert found is not None
    assert (found.NAME, (PACKAGE / file_of(found)).is_file()) == ("exact", True)
    assert verifier_of("math") is verifier_of("tool_calling") is None


def test_its_code_counts_for_its_own_splits_alone() -> None:
    assert verifier_version("exact") != verifier_version("trivia")
    assert verifier_version("exact") == verifier_version("exact_capitals")
