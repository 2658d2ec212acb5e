import pytest
from retake.verify.quality import Quality, quality_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Quality(0, True, False)),
        (" \n\t", Quality(0, True, False)),
        ("<think>" + "long " * 100 + "</think>", Quality(0, True, False)),
        ("<think>never closed", Quality(0, True, False)),
        ("4", Quality(1, False, False)),
        ("\\boxed{4}", Quality(9, False, True)),
        ("\\boxed{}", Quality(8, False, False)),
        ("a" * 50, Quality(50, False, False)),
        ("a" * 51, Quality(51, False, True)),
    ],
)
def test_quality_counts_the_answer_and_not_the_thinking(text: str, expected: Quality) -> None:
    assert quality_of(text) == expected
