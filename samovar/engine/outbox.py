"""What the house makes happen, told in the same transaction as the change, under a key that makes a repeat insert nothing.

A row stays for ever with its key, name and moment; of closed months the payload moves to Parquet (`engine.sealing`) and is
read from there (`engine.outbox_reader`). How far that has come stands in `engine_offset`: up to which id the files hold the
rows, and up to which id the payloads are gone from the table, which is never further.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from samovar.engine import store

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
    values = list(_rows_of(rows))
    if not values:
        return 0
    store.serialize_outbox()
    return store.execute_many(
        "INSERT INTO engine_outbox (key, name, profile_id, time_us, payload) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT (key) DO NOTHING",
        values,
    )


def _rows_of(told: Iterable[Announcement]) -> Iterator[tuple[str, str, int | None, int, str]]:
    """Announcements as rows; neighbours often share a payload, which is written out once."""
    last: Mapping[str, Any] | None = None
    text = ""
    for one in told:
        if one.payload is not last:
            last, text = one.payload, _encode(one.payload)
        yield one.key, one.name, one.profile_id, one.time_us, text


def take_numbers(name: str, count: int) -> int:
    """The first of so many numbers that nobody else is given, for keys; call inside the transaction that uses them."""
    rows = store.fetch(
        "INSERT INTO engine_offset (reader, position) VALUES (%s, %s) "
        "ON CONFLICT (reader) DO UPDATE SET position = engine_offset.position + excluded.position RETURNING position",
        [name, count],
    )
    return int(rows[0][0]) - count + 1


def sealed_up_to() -> int:
    """Up to which id the sealed files hold the rows."""
    return _position(SEALED)


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
