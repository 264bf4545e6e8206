"""What the house makes happen, told in the same transaction as the change, under a key that makes a repeat insert nothing.

A row stays for ever with its key, name and moment; of closed months the payload moves to Parquet (`engine.sealing`) and is
read from there. How far that has come stands in `engine_offset`: up to which id the files hold the rows, and up to which id
the payloads are gone from the table, which is never further.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samovar.engine import store
from samovar.engine.months import MonthReader, Span, chain

SEALED, CLEARED = "outbox-sealed", "outbox-cleared"
CLEAR_ROWS_MAX = 250  # of one transaction: about 10 ms, so that it stays far below the 50 others may be kept waiting

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


def read(after_id: int, limit: int, months: Path) -> list[OutboxRow]:
    """Up to `limit` rows after an id, in order; `months` is the folder of the sealed files. Raises `MonthUnreadable`."""
    rows = live(after_id, limit)
    # Asked after the rows: a payload that is gone from them was sealed before, so it is never missed.
    sealed_id = sealed_up_to() if rows else 0
    if rows and rows[0][0] <= sealed_id:
        found = list(MonthReader().rows(chain(months, sealed_id), after_id, min(rows[-1][0], sealed_id)))
        rows[: len(found)] = found
    return [OutboxRow(id_, key, name, profile, time_us, json.loads(text)) for id_, time_us, key, name, profile, text in rows]


def live(after_id: int, limit: int) -> list[tuple[Any, ...]]:
    """Rows as they lie in the table, in the order of columns of the sealed files: the payload is JSON text."""
    rows = store.fetch(
        "SELECT id, time_us, key, name, profile_id, payload FROM engine_outbox WHERE id > %s ORDER BY id LIMIT %s",
        [after_id, limit],
    )
    return [(*row, load if isinstance(load, str) else json.dumps(load, ensure_ascii=False)) for *row, load in rows]


def sealed_up_to() -> int:
    """Up to which id the sealed files hold the rows."""
    return _position(SEALED)


def sealed(months: Path) -> list[Span]:
    """The sealed files, in order. Raises `MonthUnreadable` when one is gone."""
    return chain(months, sealed_up_to())


def seal(last: int) -> None:
    """Say that the rows up to an id are in sealed files: from now on their payloads are read there."""
    with store.transaction():
        _move(SEALED, last)


def clear_sealed() -> bool:
    """Empty a slice of the payloads that sealed files hold; whether some are left."""
    cleared, sealed_id = _position(CLEARED), sealed_up_to()
    if cleared < sealed_id:
        up_to = min(cleared + CLEAR_ROWS_MAX, sealed_id)
        with store.transaction():
            _empty(cleared, up_to)
            _move(CLEARED, cleared := up_to)
    return cleared < sealed_id


def _empty(after_id: int, up_to_id: int) -> None:
    """Take rows out and put them back without payload: SQLite gives no page free for rows that shrink where they lie."""
    store.serialize_outbox()
    span = [after_id, up_to_id]
    rows = store.fetch(
        "SELECT id, key, name, profile_id, time_us FROM engine_outbox WHERE id > %s AND id <= %s ORDER BY id", span
    )
    store.execute("DELETE FROM engine_outbox WHERE id > %s AND id <= %s", span)
    store.execute_many(
        "INSERT INTO engine_outbox (id, key, name, profile_id, time_us, payload) VALUES (%s, %s, %s, %s, %s, '{}')", rows
    )


def _position(name: str) -> int:
    rows = store.fetch("SELECT position FROM engine_offset WHERE reader = %s", [name])
    return int(rows[0][0]) if rows else 0


def _move(name: str, position: int) -> None:
    store.execute(
        "INSERT INTO engine_offset (reader, position) VALUES (%s, %s) "
        "ON CONFLICT (reader) DO UPDATE SET position = excluded.position",
        [name, position],
    )


def last_id() -> int:
    """The id of the newest row, 0 when there is none."""
    return int(store.fetch("SELECT coalesce(max(id), 0) FROM engine_outbox")[0][0])
