"""A DuckDB file for the length of one import: the file's rows as texts, and what was found wrong with them.

The file lies in the workspace's temp folder with a bounded memory, so that an import of any size keeps its memory flat. Its
columns are called c0, c1, ... whatever the header says, and words of the mapping travel as parameters: nothing a stranger
wrote becomes part of a query.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa

from samovar.kit.ids import token

MEMORY_LIMIT = "256MB"
THREADS = 2
FILE_PREFIX = "import-"

# (stage, done, total): how far a stage has come, in bytes or rows; total 0 where it cannot be known.
Progress = Callable[[str, int, int], None]
RAW_TYPES = pa.schema([("line", pa.int64())])
BAD_TYPES = pa.schema([("line", pa.int64()), ("reason", pa.string()), ("detail", pa.string()), ("text", pa.string())])


class Staging:
    """`with Staging(folder, readable=[...]) as staging:` the file is deleted at the end, and left ones at the next start."""

    def __init__(self, folder: Path, *, readable: Sequence[Path] = (), memory_limit: str = MEMORY_LIMIT) -> None:
        self.header: list[str] = []
        self._path = folder / f"{FILE_PREFIX}{token(64)}.duckdb"
        folder.mkdir(exist_ok=True)
        self.connection: Any = duckdb.connect(
            str(self._path),
            config={
                "memory_limit": memory_limit, "threads": THREADS, "temp_directory": str(folder),
                "preserve_insertion_order": "false",
                "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
            },
        )  # fmt: skip
        self._close_outside(folder, readable)
        self._bad: list[tuple[int, str, str, str]] = []
        self.run("CREATE TABLE bad(line BIGINT, reason VARCHAR, detail VARCHAR, text VARCHAR)")

    def _close_outside(self, folder: Path, readable: Sequence[Path]) -> None:
        folders = [str(folder), *(str(path) for path in readable if path.is_dir())]
        files = [str(path) for path in readable if not path.is_dir()]
        for name, values in (("allowed_directories", folders), ("allowed_paths", files)):
            quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
            self.run(f"SET {name} = [{quoted}]")
        self.run("SET TimeZone = 'UTC'")
        self.run("SET enable_external_access = false")

    def run(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement."""
        self.connection.execute(sql, list(params)).fetchall()

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a small query."""
        return list(self.connection.execute(sql, list(params)).fetchall())

    def count(self, sql: str, params: Sequence[Any] = ()) -> int:
        """The one number a query gives, 0 for none."""
        return int(self.rows(sql, params)[0][0] or 0)

    def batches(self, sql: str, rows: int, params: Sequence[Any] = ()) -> Iterator[pa.RecordBatch]:
        """A query's answer in its order, in batches of about `rows`, on a cursor of its own, never whole in memory."""
        cursor = self.connection.cursor()
        try:
            # Without this an answer handed over as Arrow may lose its ORDER BY.
            cursor.execute("SET preserve_insertion_order = true").fetchall()
            yield from cursor.sql(sql, params=list(params)).to_arrow_reader(rows)
        finally:
            cursor.close()

    def open_table(self, header: Sequence[str]) -> None:
        """Begin the table of raw rows: `line` and one text column for each name of the header."""
        self.header = list(header)
        columns = "".join(f", c{place} VARCHAR" for place in range(len(header)))
        self.run(f"CREATE TABLE raw(line BIGINT{columns})")

    def add(self, lines: Any, columns: Sequence[pa.Array | pa.ChunkedArray]) -> None:
        """Append rows: their line numbers and one text array for each column."""
        names = ["line", *(f"c{place}" for place in range(len(columns)))]
        self.insert("raw", pa.table([pa.array(lines, pa.int64()), *columns], names=names))

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append an Arrow table to a table of the staging file; columns by position."""
        self.connection.register("incoming", rows)
        self.run(f"INSERT INTO {table} SELECT * FROM incoming")
        self.connection.unregister("incoming")

    def add_bad(self, line: int, reason: str, text: str, detail: str = "") -> None:
        """Note a row that cannot be read at all."""
        self._bad.append((line, reason, detail, text))
        if len(self._bad) >= 10_000:
            self.flush_bad()

    def flush_bad(self) -> None:
        """Write down the rows noted so far."""
        if self._bad:
            columns = [pa.array(column, kind.type) for column, kind in zip(zip(*self._bad, strict=True), BAD_TYPES, strict=True)]
            self.insert("bad", pa.table(columns, schema=BAD_TYPES))
            self._bad = []

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(duckdb.Error):
            self.connection.close()
        for path in (self._path, self._path.with_name(self._path.name + ".wal")):
            path.unlink(missing_ok=True)
