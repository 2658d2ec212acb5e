"""Shards: which worker answers a (variant, sample). The same whatever else the experiment holds."""

from __future__ import annotations

import hashlib

from retake import paths


def shard_of(sample: str, variant: str, count: int) -> int:
    """Return the shard, in [0, count), that all candidates of a (variant, sample) belong to.

    Neighbouring samples of a split go round the shards, from a start that a digest of (split, variant) gives: the shards
    of a split and variant differ by one sample at most, and growing an experiment by samples, variants or candidates
    moves none. Sizes of whole shards differ by at most the number of (split, variant) pairs.

    Raises:
        ValueError: for a count below 1.
    """
    if count < 1:
        raise ValueError(f"count: got {count}, allowed: 1 or more")
    start = hashlib.sha256(f"{paths.split_of(sample)}|{variant}".encode()).digest()
    return (int.from_bytes(start[:4], "big") + paths.position_of(sample) - 1) % count
