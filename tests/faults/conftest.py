"""What the fault tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.provider import FakeProvider
from workshop import Workshop
from zygote import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    running = Zygote()
    yield running
    running.stop()


@pytest.fixture
def place(tmp_path: Path, zygote: Zygote, server: FakeProvider) -> Workshop:
    return Workshop(tmp_path / "project", zygote, url=server.url)
