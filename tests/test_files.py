"""Sealed files are whole or absent, and say when they are damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retake.errors import DamagedFile
from retake.files import canonical_json, digest, read_sealed, sealed, unsealed, write_sealed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text().filter(lambda key: key != "checksum"), JSON, max_size=5))
def test_what_is_sealed_is_read_back(body: dict[str, object]) -> None:
    assert unsealed(sealed(body), name="x") == body


def test_the_order_of_keys_changes_no_digest() -> None:
    assert digest({"a": 1, "b": [1, {"y": 2, "x": 1}]}) == digest({"b": [1, {"x": 1, "y": 2}], "a": 1})


def test_half_a_surrogate_pair_survives(tmp_path: Path) -> None:
    write_sealed(tmp_path / "x.json", {"text": "\ud83d"})
    assert read_sealed(tmp_path / "x.json") == {"text": "\ud83d"}


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_truncated_file_is_damaged(cut: int) -> None:
    data = sealed({"answer": "42", "is_verified": True})
    with pytest.raises(DamagedFile):
        unsealed(data[:cut], name="x.json")


def test_every_flipped_bit_is_noticed() -> None:
    body = {"answer": "42"}
    data = sealed(body)
    for index in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[index // 8] ^= 1 << (index % 8)
        try:
            read = unsealed(bytes(flipped), name="x.json")
        except (DamagedFile, UnicodeDecodeError):
            continue
        assert read == body, f"bit {index} changed the content unnoticed"


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    write_sealed(path, {"n": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_sealed(path, {"n": 2})
    assert read_sealed(path) == {"n": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


def test_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"score": float("nan")})
