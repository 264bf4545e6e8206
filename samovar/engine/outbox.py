"""What the house makes happen, told in the same transaction as the change, under a key that makes a repeat insert nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from samovar.engine import store

_encode = json.JSONEncoder(ensure_ascii=False).encode  # dumps() with an option makes an encoder at each call


@dataclass(frozen=True)
class Announcement:
    """One event of the house. `key` is deterministic: (definition version, profile, cause)."""

    key: str
    name: str
    time_us: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    profile_id: int | None = None


def emit(rows: Iterable[Announcement]) -> int:
    """Insert announcements that are not there yet; call inside `store.transaction()`. Returns how many were new."""
    values = [(r.key, r.name, r.profile_id, r.time_us, _encode(r.payload)) for r in rows]
    if not values:
        return 0
    store.serialize_outbox()
    return store.execute_many(
        "INSERT INTO engine_outbox (key, name, profile_id, time_us, payload) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (key) DO NOTHING",
        values,
    )


@dataclass(frozen=True)
class OutboxRow:
    """An announcement as it is read back."""

    id: int
    key: str
    name: str
    profile_id: int | None
    time_us: int
    payload: dict[str, Any]


def read(after_id: int, limit: int) -> list[OutboxRow]:
    """Up to `limit` rows after an id, in order."""
    rows = store.fetch(
        "SELECT id, key, name, profile_id, time_us, payload FROM engine_outbox WHERE id > %s ORDER BY id LIMIT %s",
        [after_id, limit],
    )
    return [OutboxRow(i, k, n, p, t, load if isinstance(load, dict) else json.loads(load)) for i, k, n, p, t, load in rows]


def last_id() -> int:
    """The id of the newest row, 0 when there is none."""
    return int(store.fetch("SELECT coalesce(max(id), 0) FROM engine_outbox")[0][0])
