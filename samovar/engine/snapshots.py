"""What the edge must know without Django: keys by their hash and limits, in one file that is swapped whole.

The office writes it after each change of keys or settings, the edge reads it again when it changes. No secret is in it: a
key is known by its SHA-256, and signing keys stay in keys.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

import msgspec

from samovar.engine.workspace import Workspace, write_whole


class SourceKey(msgspec.Struct, frozen=True):
    """A write key's facts: whose events it brings, and whether a server or a browser holds it."""

    source: str
    kind: Literal["server", "browser"]


class EdgeSettings(msgspec.Struct, frozen=True):
    """Settings of the edge. A rate is a bucket that holds `*_burst` events and refills by `*_per_s`."""

    public_url: str = ""
    body_bytes_max: int = 500 * 1024  # a batch
    event_bytes_max: int = 32 * 1024
    server_events_per_s: int = 400_000
    server_events_burst: int = 800_000
    browser_events_per_s: int = 5_000
    browser_events_burst: int = 20_000
    address_events_per_s: int = 100
    address_events_burst: int = 1_000
    waiting_rows_max: int = 50_000
    log_bytes_max: int = 0  # 0: as much as the disk takes
    proxies: str = ""  # addresses, separated by commas, whose X-Forwarded-For is believed


class EdgeSnapshot(msgspec.Struct, frozen=True):
    """The file: `version` grows by one at each write; `keys` by the SHA-256 of the key in hex; ids of the link ring."""

    version: int = 0
    keys: dict[str, SourceKey] = {}
    settings: EdgeSettings = EdgeSettings()
    link_ring: tuple[str, ...] = ()


def key_hash(key: str) -> str:
    """The name of a write key in the snapshot and in the store: its SHA-256 in hex."""
    return sha256(key.encode()).hexdigest()


def write_edge_snapshot(
    workspace: Workspace, *, keys: Mapping[str, SourceKey | Mapping[str, str]], settings: Mapping[str, object] | None = None
) -> EdgeSnapshot:
    """Replace the snapshot: all keys by hash, and the settings that differ from their defaults.

    Raises `msgspec.ValidationError` for a value of the wrong kind. Unknown settings are left out: they belong to others.
    """
    known = {name: value for name, value in (settings or {}).items() if name in EdgeSettings.__struct_fields__}
    snapshot = EdgeSnapshot(
        version=read_edge_snapshot(workspace).version + 1,
        keys={hashed: msgspec.convert(key, SourceKey, from_attributes=True) for hashed, key in keys.items()},
        settings=msgspec.convert(known, EdgeSettings),
        link_ring=tuple(workspace.keys.get("link_ring", {})),
    )
    write_whole(workspace.edge_snapshot_path, msgspec.json.encode(snapshot).decode(), 0o600)
    return snapshot


def read_edge_snapshot(workspace: Workspace) -> EdgeSnapshot:
    """The snapshot as it stands; an empty one when none was written yet."""
    try:
        return msgspec.json.decode(workspace.edge_snapshot_path.read_bytes(), type=EdgeSnapshot)
    except FileNotFoundError:
        return EdgeSnapshot()
