"""A variant in Python, for what a text before or after the question cannot say."""

from __future__ import annotations

from typing import Any

from retake.prompts.variants import variant_function


@variant_function("question_twice")
def question_twice(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages with the user's text repeated below itself."""
    last = messages[-1]
    return [*messages[:-1], {**last, "content": f"{last['content']}\n\nRead it again: {last['content']}"}]
