"""Writing the event log: one SQLite file, append-only, where acknowledged means on disk.

`LogWriter` is the one writer at a time. The edge hands rows to `append` or `submit`, which a thread commits in groups; a command
that owns the directory calls `append_now`. Its closed months move to Parquet (`engine.sealing`): `seal` notes the file,
`clear_sealed` removes the rows. Only an erasure changes what was written: `replace` puts other bodies in their place, and what
is removed or replaced is overwritten in the file. `engine.log_reader` reads beside it. Bodies are opaque here;
docs/architecture.md lists the kinds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import msgspec

from samovar.engine.workspace import sync_directory
from samovar.kit.errors import Refusal

SCHEMA_VERSION = 2
PAGE_BYTES = 8192
PAGES_MAX = 0xFFFF_FFFE  # what SQLite allows
WAITING_ROWS_MAX = 50_000  # rows accepted and not yet on disk
WAITING_BYTES_MAX = 64 << 20  # their bodies
COMMIT_ROWS_MAX = 2_000  # rows of one transaction
COMMIT_BYTES_MAX = 8 << 20  # their bodies, so that one commit stays far below the promised 50 ms
STATEMENT_ROWS_MAX = 500
CHECKPOINT_PAGES = 1_000  # 8 MiB: a checkpoint stalls the answers behind it, so it stays short
RETRY_AFTER_S = 1
BUSY_MS = 5_000  # how long a write waits for another process's
# Of one removal of sealed rows: a millisecond or two beside its sync, so that the appends behind it hardly notice.
CLEAR_ROWS_MAX = 200
CLEAR_BYTES_MAX = 1 << 20

logger = logging.getLogger("samovar.log")

COLUMNS = "received_us, source, kind, count, sent_us, body"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
    "offset" INTEGER PRIMARY KEY AUTOINCREMENT,
    received_us INTEGER NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    sent_us INTEGER,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS sealed (
    last INTEGER PRIMARY KEY,  -- every row up to this offset is in a file named here
    file TEXT NOT NULL         -- beside the log
);
"""


class LogUnavailable(Exception):
    """Nothing of the request was stored; the same request may be sent again after `RETRY_AFTER_S`."""


class LogBusy(LogUnavailable):
    """More is waiting for the disk than the limits allow, or another process is writing."""


class LogFull(LogUnavailable):
    """The disk refused: full, over its quota, or failing. Writing works again by itself once the disk accepts."""


class LogTooNew(Refusal):
    """The file was written by a newer Samovar."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What is appended. `count` events in `body`; `sent_us` is the sender's own clock when it sent them, if it said."""

    received_us: int
    source: str
    kind: str
    count: int
    sent_us: int | None
    body: bytes


def _open_for_writing(path: Path) -> sqlite3.Connection:
    is_new = not path.exists()
    # Autocommit: a group of rows in one statement is one transaction and one step, and the interpreter's lock is let go once.
    connection = sqlite3.connect(
        path, timeout=BUSY_MS / 1_000, isolation_level=None, check_same_thread=False, cached_statements=600
    )
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        connection.close()
        raise LogTooNew(
            "log_too_new", f"{path} has schema version {version}; this Samovar knows {SCHEMA_VERSION}. Install a later one."
        )
    if is_new:
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=1")
    connection.execute("PRAGMA secure_delete=ON")  # what an erasure or a sealing removes leaves no bytes behind
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={64 << 20}")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    if is_new:
        sync_directory(path.parent)
    return connection


def _insert_sql(rows: int) -> str:
    return f"INSERT INTO log ({COLUMNS}) VALUES " + ",".join(["(?,?,?,?,?,?)"] * rows)


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[at : at + STATEMENT_ROWS_MAX] for at in range(0, len(rows), STATEMENT_ROWS_MAX))


class _Waiting(NamedTuple):
    rows: Sequence[Row]
    bytes: int
    done: Callable[[int | LogUnavailable], None]


class LogWriter:
    """The writer of the file at `path`.

    `bytes_max` caps the size of the file; 0 means as much as the disk takes. All methods but `append_now` belong to one
    event loop.
    """

    def __init__(
        self,
        path: Path,
        *,
        bytes_max: int = 0,
        waiting_rows_max: int = WAITING_ROWS_MAX,
        waiting_bytes_max: int = WAITING_BYTES_MAX,
    ) -> None:
        self._path, self._bytes_max = path, bytes_max
        self._waiting_rows_max, self._waiting_bytes_max = waiting_rows_max, waiting_bytes_max
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._fault = ""
        try:
            self._opened()
        except (sqlite3.Error, OSError) as error:  # a disk that is full right now: each append tries again
            self._tell(str(error))
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting_rows = self._waiting_bytes = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def limit(self, *, bytes_max: int, waiting_rows_max: int) -> None:
        """Change the cap on the file's size and on what may wait; they hold from the next append."""
        self._waiting_rows_max = waiting_rows_max
        if bytes_max == self._bytes_max:
            return
        with self._lock:
            self._bytes_max = bytes_max
            if self._connection is not None:
                self._cap(self._connection)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = _open_for_writing(self._path)
            self._cap(connection)
            self._connection = connection
        return self._connection

    def _tell(self, fault: str) -> None:
        """Log when writing begins to fail, fails otherwise, or works again; not each of thousands of refused commits."""
        if fault != self._fault:
            self._fault = fault
            if fault:
                logger.error("log takes nothing", extra={"facts": {"error": fault}})
            else:
                logger.info("log takes rows again")

    def _cap(self, connection: sqlite3.Connection) -> None:
        page_bytes = int(connection.execute("PRAGMA page_size").fetchone()[0])
        pages = -(-self._bytes_max // page_bytes) if self._bytes_max else PAGES_MAX
        connection.execute(f"PRAGMA max_page_count={pages}")

    @property
    def fault(self) -> str:
        """Why the last commit failed, in the disk's words; empty while writing works."""
        return self._fault

    @property
    def waiting_rows(self) -> int:
        """Rows accepted and not yet on disk."""
        return self._waiting_rows

    def append(self, rows: Sequence[Row]) -> asyncio.Future[int]:
        """Rows to commit together; the future gives the first one's offset once all are on disk, the others follow it.

        Raises `LogBusy` at once; the future raises `LogUnavailable` when nothing was stored.
        """
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def done(outcome: int | LogUnavailable) -> None:
            if future.done():  # a request whose client went away has cancelled it
                return
            if isinstance(outcome, int):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)

        self.submit(rows, done)
        return future

    def submit(self, rows: Sequence[Row], done: Callable[[int | LogUnavailable], None]) -> None:
        """`append` for thousands a second: `done` is called in the loop, with the first offset or with what went wrong.

        Raises `LogBusy` at once.
        """
        size = sum(len(row.body) for row in rows)
        if self._waiting_rows + len(rows) > self._waiting_rows_max or self._waiting_bytes + size > self._waiting_bytes_max:
            raise LogBusy("too much is waiting for the disk")
        if self._thread is None:
            self._start()
        self._waiting_rows += len(rows)
        self._waiting_bytes += size
        self._queue.put(_Waiting(rows, size, done))

    def append_now(self, rows: Sequence[Row]) -> list[int]:
        """Commit rows and return their offsets; for code without an event loop. Raises `LogUnavailable`."""
        if not rows:
            return []
        first = self._commit(rows)
        return list(range(first, first + len(rows)))

    def seal(self, last: int, file: str) -> None:
        """Say that the rows up to offset `last` are in a file, named from beside the log: from now on they are read there.

        Said again it changes nothing. Raises `LogUnavailable`, and ValueError when there is no such file.
        """
        if not (self._path.parent / file).is_file():
            raise ValueError(f"there is no {file}")
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO sealed (last, file) VALUES (?, ?)", [last, file])

    def clear_sealed(self) -> bool:
        """Remove a slice of the rows that sealed files hold; whether some are left. Raises `LogUnavailable`."""
        with self._writing() as connection:
            rows = connection.execute(
                'SELECT "offset", length(body) FROM log '
                'WHERE "offset" <= (SELECT max(last) FROM sealed) ORDER BY "offset" LIMIT ?',
                [CLEAR_ROWS_MAX + 1],
            ).fetchall()
            if not rows:
                return False
            sizes = accumulate(size for _, size in rows[:CLEAR_ROWS_MAX])
            fitting = max(sum(size <= CLEAR_BYTES_MAX for size in sizes), 1)
            connection.execute('DELETE FROM log WHERE "offset" <= ?', [rows[fitting - 1][0]])
            return bool(fitting < len(rows))

    def replace(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Put other bodies in the place of those at these offsets, together. Raises `LogUnavailable`.

        Who erases a person calls it with a few rows at a time, so that the appends behind it hardly notice.
        """
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany('UPDATE log SET body = ? WHERE "offset" = ?', [(body, offset) for offset, body in bodies])
            connection.execute("COMMIT")

    def flush(self) -> bool:
        """Bring the write-ahead log into the file and empty it; False while a reader stands in the way."""
        with self._writing() as connection:
            connection.execute("PRAGMA busy_timeout=0")  # appends wait behind this: they must not wait for a reader
            try:
                return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            finally:
                connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")

    def close(self) -> None:
        """Commit what waits and close the file."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write_groups, name="log-writer", daemon=True)
        self._thread.start()

    def _write_groups(self) -> None:
        while (first := self._queue.get()) is not None:
            group, is_last = self._drain(first)
            rows = [row for waiting in group for row in waiting.rows]
            try:
                outcome: int | LogUnavailable = self._commit(rows)
            except LogUnavailable as error:
                outcome = error
            assert self._loop is not None
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits for the answer
                self._loop.call_soon_threadsafe(self._settle, group, outcome)
            if is_last:
                return

    def _drain(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What waits now, as much as one transaction may hold, and whether the writer is asked to end."""
        group, rows, size = [first], len(first.rows), first.bytes
        while rows < COMMIT_ROWS_MAX and size < COMMIT_BYTES_MAX:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                return group, True
            group.append(waiting)
            rows += len(waiting.rows)
            size += waiting.bytes
        return group, False

    def _settle(self, group: list[_Waiting], outcome: int | LogUnavailable) -> None:
        for rows, size, done in group:
            self._waiting_rows -= len(rows)
            self._waiting_bytes -= size
            try:
                done(outcome)
            except Exception:  # one answer that cannot be given must not cost the others theirs
                logger.exception("an append's end was not told")
            if isinstance(outcome, int):
                outcome += len(rows)

    def _commit(self, rows: Sequence[Row]) -> int:
        """One transaction; the offset of its first row."""
        with self._writing() as connection:
            if len(rows) <= STATEMENT_ROWS_MAX:
                cursor = _insert(connection, rows)
            else:
                connection.execute("BEGIN IMMEDIATE")
                for chunk in _chunks(rows):
                    cursor = _insert(connection, chunk)
                connection.execute("COMMIT")
            assert cursor.lastrowid is not None
            return cursor.lastrowid - len(rows) + 1

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The connection for one transaction. Raises `LogUnavailable`, after which nothing of it is in the file."""
        with self._lock:
            try:
                yield self._opened()
            except (sqlite3.Error, OSError) as error:
                # The connection stays: its rolled-back frames are overwritten by the next commit, whereas a reopened file
                # could take frames for committed that the failed sync never brought to the disk.
                if self._connection is not None and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self._tell(str(error))
                raise _unavailable(error) from error
            self._tell("")


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> sqlite3.Cursor:
    return connection.execute(_insert_sql(len(rows)), [value for row in rows for value in msgspec.structs.astuple(row)])


def _unavailable(error: sqlite3.Error | OSError) -> LogUnavailable:
    if isinstance(error, sqlite3.Error) and (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LogBusy(str(error))
    return LogFull(str(error))
