"""The operational store: Django's `default` database on SQLite or PostgreSQL, and what both need said the same way.

`transaction()` is the unit of every write. On SQLite it begins IMMEDIATE (a deferred transaction that reads and then
writes loses to another writer at once); a write transaction lasts at most 50 ms, so batches are cut to fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db import transaction as django_transaction

WRITE_MS_MAX = 50  # how long a write transaction may keep others waiting
_OUTBOX_LOCK = 0x5A4D_0001


@contextmanager
def transaction() -> Iterator[None]:
    """One atomic, durable change."""
    with django_transaction.atomic():
        yield


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def execute(sql: str, params: Sequence[Any] = ()) -> int:
    """Run one statement with %s placeholders; the number of rows changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def execute_many(sql: str, rows: Iterable[Sequence[Any]]) -> int:
    """Run one statement for each row; the number of rows changed in all."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))
        return int(cursor.rowcount)


def fetch(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def serialize_outbox() -> None:
    """Make commits with outbox rows happen in the order of their ids.

    PostgreSQL gives ids out before commit, so a reader could pass an id whose transaction is still open and lose it.
    SQLite has one writer at a time and needs nothing.
    """
    if is_postgres():
        execute("SELECT pg_advisory_xact_lock(%s)", [_OUTBOX_LOCK])


def flush() -> None:
    """Leave no older version of any row where the database can help it: an erasure asks for it when it ends.

    SQLite overwrites what it frees; its write-ahead log is emptied here unless a reader stands in the way, and then by the next
    checkpoint. PostgreSQL lets the old rows go; its own logs and backups keep them as long as its operator says. Inside a
    transaction there is nothing older yet, and nothing happens.
    """
    if connection.in_atomic_block:
        return
    if is_postgres():
        execute("VACUUM")
    else:
        fetch("PRAGMA wal_checkpoint(TRUNCATE)")
