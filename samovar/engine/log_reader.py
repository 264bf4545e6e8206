"""Reading the event log, from any process and beside its writer: sealed months and the live file as one sequence.

The log's file says up to which row it is sealed and in which files (table `sealed`). Everything up to there is read from
them and only what comes after from its own rows, both seen in one snapshot, so a row that is in both is read once.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from samovar.engine.log import COLUMNS
from samovar.engine.months import MonthReader, Span


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row as it is read back; offsets grow and are never used twice."""

    offset: int
    received_us: int
    source: str
    kind: str
    count: int
    sent_us: int | None
    body: bytes


@dataclass(frozen=True)
class Lag:
    """What a reader has not read: events, and when the oldest of them was received (None when nothing waits)."""

    events: int
    oldest_us: int | None


class LogReader:
    """A reader of the file at `path`; an absent file reads as empty. Raises `MonthUnreadable` where a sealed file is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._is_sealable = False
        self._months = MonthReader()

    def read(self, after_offset: int, limit_events: int) -> list[LogRow]:
        """Rows after an offset, in order, until they hold `limit_events` events; at least one row when there is one."""
        found: list[LogRow] = []
        with contextlib.closing(self._rows(after_offset)) as rows:
            for row in rows:
                found.append(row)
                limit_events -= row.count
                if limit_events <= 0:
                    break
        return found

    def read_span(self, after_offset: int, up_to_offset: int) -> list[LogRow]:
        """Every row after an offset up to another, inclusive."""
        with contextlib.closing(self._rows(after_offset, up_to_offset)) as rows:
            return list(rows)

    def of_kind(self, kind: str) -> list[LogRow]:
        """Every row of a kind, in order; it looks through the whole log."""
        with self._snapshot() as connection:
            if connection is None:
                return []
            months = self._sealed(connection)
            live = connection.execute(
                f'SELECT "offset", {COLUMNS} FROM log WHERE "offset" > ? AND kind = ? ORDER BY "offset"',
                [months[-1].last if months else 0, kind],
            ).fetchall()
        return [LogRow(*values) for values in chain(self._months.where(months, "kind", kind), live)]

    def last_offset(self) -> int:
        """The offset of the newest row, 0 when there is none."""
        with self._snapshot() as connection:
            if connection is None:
                return 0
            live = int(connection.execute('SELECT coalesce(max("offset"), 0) FROM log').fetchone()[0])
            return max([live, *(span.last for span in self._sealed(connection)[-1:])])

    def lag(self, after_offset: int) -> Lag:
        """What lies after an offset."""
        with self._snapshot() as connection:
            if connection is None:
                return Lag(0, None)
            months = self._sealed(connection)
            sealed_up_to = months[-1].last if months else 0
            events, oldest_us = connection.execute(
                'SELECT coalesce(sum(count), 0), min(received_us) FROM log WHERE "offset" > ?', [max(after_offset, sealed_up_to)]
            ).fetchone()
        for values in self._months.rows(months, after_offset, sealed_up_to):
            row = LogRow(*values)
            events, oldest_us = events + row.count, min(row.received_us, oldest_us or row.received_us)
        return Lag(events, oldest_us)

    def sealed(self) -> list[Span]:
        """The sealed files, in order; the first begins after row 0 and each where the one before ends."""
        with self._snapshot() as connection:
            return [] if connection is None else self._sealed(connection)

    def close(self) -> None:
        self._months.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self, after: int, up_to: int = 2**63 - 1) -> Generator[LogRow]:
        with self._snapshot() as connection:
            if connection is None:
                return
            months = self._sealed(connection)
            sealed_up_to = months[-1].last if months else 0
            live = connection.execute(
                f'SELECT "offset", {COLUMNS} FROM log WHERE "offset" > ? AND "offset" <= ? ORDER BY "offset"',
                [max(after, sealed_up_to), up_to],
            )
            with contextlib.closing(live):
                for values in chain(self._months.rows(months, after, min(up_to, sealed_up_to)), live):
                    yield LogRow(*values)

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection | None]:
        """One moment of the file: what is sealed while we look does not take rows away from under us."""
        connection = self._opened()
        if connection is None:
            yield None
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("COMMIT")

    def _sealed(self, connection: sqlite3.Connection) -> list[Span]:
        if not self._is_sealable:  # a log of an earlier release until its writer has opened it
            named = "SELECT 1 FROM sqlite_master WHERE name = 'sealed'"
            self._is_sealable = connection.execute(named).fetchone() is not None
        if not self._is_sealable:
            return []
        found: list[Span] = []
        for last, file in connection.execute("SELECT last, file FROM sealed ORDER BY last"):
            found.append(Span(found[-1].last if found else 0, last, self._path.parent / file))
        return found

    def _opened(self) -> sqlite3.Connection | None:
        if self._connection is None:
            if not self._path.exists():
                return None
            uri = f"file:{quote(str(self._path))}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone():
                connection.close()
                return None
            self._connection = connection
        return self._connection
