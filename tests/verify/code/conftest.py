"""A Docker engine, its client and verifiers that leave nothing behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from retake.verify.code import engine
from retake.verify.code.verifier import CodeVerifier
from verify.code.containers import LIMITS


@pytest.fixture(scope="session")
def client() -> Iterator[object]:
    try:
        found = engine.connect(None, image=LIMITS.image)
    except engine.NoEngine as error:
        if os.environ.get("RETAKE_REQUIRE_DOCKER"):
            raise
        pytest.skip(str(error))
    yield found
    found.close()


@pytest.fixture(scope="module")
def verifier(client: object) -> Iterator[CodeVerifier]:
    made = CodeVerifier(settings=LIMITS)
    yield made
    made.close()
