"""Stable hashes: the same answer in every process, release and machine. Never Python's `hash()`, which is salted per process."""

from __future__ import annotations

from hashlib import blake2b


def hash64(*parts: str) -> int:
    """A signed 64-bit hash of texts; parts are separated so that ("ab", "c") and ("a", "bc") differ."""
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8).digest(), "little", signed=True)


def bucket(salt: str, key: str | int, buckets: int) -> int:
    """The bucket, 0 to `buckets` - 1, that `key` falls into under `salt`: assignment of people to groups."""
    return int.from_bytes(blake2b(f"{salt}\x1f{key}".encode(), digest_size=8).digest(), "little") % buckets
