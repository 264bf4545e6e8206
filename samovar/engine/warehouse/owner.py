"""The process that owns the warehouse file: one connection, cursors for the loop and for the readers.

DuckDB keeps the file to one process. It is opened with no access to other files, no extension loading, a memory limit and
its own temp directory, and then locked against changes of these.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from samovar.engine.warehouse import registry, schema
from samovar.engine.warehouse.client import Asker, WarehouseBusy
from samovar.engine.workspace import Workspace, sync_directory
from samovar.kit.errors import Refusal

MEMORY_LIMIT = "4GB"
COMMAND_MEMORY_LIMIT = "512MB"  # of a command: it has no readers to be quick for
APPENDING_MEMORY_LIMIT = "256MB"  # of an import: it appends, and reads again only the orders that change
CHECKPOINT_BYTES = "1GB"  # the writer checkpoints by hand; an automatic one stalls a commit by 350 ms
UNWRITTEN_BYTES_MAX = 128 << 20  # of the write-ahead log: what it holds lies in memory until a checkpoint
QUERY_S_MAX = 25.0
INTERRUPT_EVERY_S = 0.05  # when closing: one that comes before its query has begun to run is lost


class QueryTooLong(Refusal):
    """A query ran past its time limit."""

    status = 503


class Warehouse(Asker):
    """The opened file: the workspace's, or the one made anew at `path`. The loop uses `loop`; `query` gives every caller's
    thread a cursor of its own.

    `query_ended` hears the name of each query and its seconds, on the thread that asked.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        memory_limit: str = MEMORY_LIMIT,
        path: Path | None = None,
        query_ended: Callable[[str, float], object] | None = None,
    ) -> None:
        self.path, self._query_ended = path or workspace.warehouse_path, query_ended
        self.context = registry.Context(zone=workspace.zone, currency=workspace.currency)
        workspace.temp_dir.mkdir(exist_ok=True)
        self._wal_path = self.path.with_name(self.path.name + ".wal")
        self._connection = duckdb.connect(
            str(self.path),
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(workspace.temp_dir),
                "checkpoint_threshold": CHECKPOINT_BYTES,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
            },
        )
        self.loop = self._connection.cursor()
        # Sealed batches are read by path, so the folder stays readable; everything else outside is closed.
        folder = str(workspace.sealed_dir).replace("'", "''")
        self.loop.execute(f"SET allowed_directories = ['{folder}/']")
        self.loop.execute("SET enable_external_access = false")
        self.loop.execute("SET lock_configuration = true")
        schema.create(self.loop)
        self._local = threading.local()
        self._asked = threading.Condition()
        self._answering: set[Any] = set()  # the cursors at a query now
        self._is_closing = False

    def query(self, name: str, /, **params: Any) -> pa.Table:
        """Answer a named query on this thread's cursor, within the time limit. Raises `QueryTooLong`, `Refusal`, and
        `WarehouseBusy` when it is closed before or meanwhile.
        """
        began_s = time.monotonic()
        try:
            with self._answering_cursor() as cursor:
                return registry.answer(name, cursor, self.context, params)
        except duckdb.InterruptException as error:
            if self._is_closing:
                raise closing() from error
            raise QueryTooLong("query_too_long", "The answer takes too long. Narrow the question.", name=name) from error
        finally:
            if self._query_ended is not None and registry.is_known(name):
                self._query_ended(name, time.monotonic() - began_s)

    @contextlib.contextmanager
    def _answering_cursor(self) -> Iterator[Any]:
        """This thread's cursor, interrupted after the time limit and at the close, which waits for the end of the block."""
        with self._asked:
            if self._is_closing:
                raise closing()
            cursor = getattr(self._local, "cursor", None)
            if cursor is None:
                cursor = self._local.cursor = self.cursor()
            self._answering.add(cursor)
        timer = threading.Timer(QUERY_S_MAX, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield cursor
        finally:
            timer.cancel()
            with self._asked:
                self._answering.discard(cursor)
                self._asked.notify_all()

    def cursor(self) -> Any:
        """A DuckDB cursor of one's own, for one thread at a time."""
        return self._connection.cursor()

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the file; False when a reader's transaction stands in the way."""
        try:
            self.loop.execute("CHECKPOINT")
        except duckdb.TransactionException:
            return False
        return True

    def is_checkpoint_due(self) -> bool:
        """Whether so much is not in the file yet that a checkpoint should not wait for a rest."""
        return bool(self._wal_path.exists() and self._wal_path.stat().st_size > UNWRITTEN_BYTES_MAX)

    def close(self) -> None:
        """Interrupt the queries that run, wait for their threads to let go, and close the file."""
        with self._asked:
            self._is_closing = True
            while self._answering:
                for cursor in self._answering:
                    cursor.interrupt()
                self._asked.wait(INTERRUPT_EVERY_S)
        self._connection.close()

    def take_place_of(self, other: Warehouse) -> None:
        """Become the warehouse that another, closed like this one, has been so far."""
        other._wal_path.unlink(missing_ok=True)
        self.path.replace(other.path)
        sync_directory(other.path.parent)


def closing() -> WarehouseBusy:
    """What a query hears of a warehouse that is closed or about to be."""
    return WarehouseBusy("warehouse_closed", "The warehouse is being closed. Try again in a moment.")


def discard(path: Path) -> None:
    """Remove a warehouse that nobody has open; the next owner makes it again."""
    for file in (path, path.with_name(f"{path.name}.wal")):
        file.unlink(missing_ok=True)
