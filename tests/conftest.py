"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
from servers.provider import FakeProvider

hypothesis.settings.register_profile("retake", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.load_profile("retake")


@pytest.fixture
def server() -> Iterator[FakeProvider]:
    """A provider of this test's own; a module whose tests share one says so itself."""
    with FakeProvider() as running:
        yield running
