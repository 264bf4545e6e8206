"""Copies of the two stores while they are in use: SQLite files page by page, PostgreSQL table by table.

Each copy is one snapshot: what was committed before it began is in it whole, what came later is not in it at all.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

PAGES_PER_STEP = 2_048
Progress = Callable[[str, int, int], None]


def no_progress(part: str, done: int, total: int) -> None:
    """Tell nobody."""


def copy_sqlite(source: Path, target: Path, *, progress: Progress = no_progress) -> None:
    """Copy a database that others may be writing; durable when it returns.

    An open read transaction pins the snapshot: without it, a writer's commit between two steps starts the copy afresh.
    """
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=30, isolation_level=None)) as reader,
        closing(sqlite3.connect(target, isolation_level=None)) as writer,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # The copy is written once, by nobody else and synced at the end: a journal would only write everything twice.
        writer.execute("PRAGMA synchronous=OFF")
        reader.backup(
            writer, pages=PAGES_PER_STEP, progress=lambda status, left, total: progress(source.name, total - left, total)
        )
        reader.execute("COMMIT")
    sync_file(target)


def sync_file(path: Path) -> None:
    """Bring a file to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def dump_postgres(url: str, target: Path, *, progress: Progress = no_progress) -> dict[str, list[str]]:
    """Copy every table of the store into `target/<table>.copy`, all as of one moment; the columns of each table."""
    target.mkdir()
    tables: dict[str, list[str]] = {}
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = connection.execute(
            "SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position) FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        for done, (table, columns) in enumerate(found):
            tables[table] = columns
            with (
                (target / f"{table}.copy").open("wb") as out,
                connection.cursor().copy(_copy(table, columns, "TO STDOUT")) as rows,
            ):
                for block in rows:
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
            progress("ops", done + 1, len(found))
    return tables


def load_postgres(cursor: psycopg.Cursor[Any], source: Path, tables: dict[str, list[str]]) -> None:
    """Replace the rows of all tables by those of a dump; part of the caller's transaction. Sequences go on after them."""
    names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
    cursor.execute(sql.SQL("TRUNCATE {}").format(names))
    for table, columns in tables.items():
        with (source / f"{table}.copy").open("rb") as rows, cursor.copy(_copy(table, columns, "FROM STDIN")) as target:
            while block := rows.read(1 << 20):
                target.write(block)
    for table, columns in tables.items():
        if "id" in columns:
            cursor.execute(
                sql.SQL(
                    "SELECT setval(s.name, (SELECT greatest(coalesce(max(id), 0), 1) FROM {table}), "
                    "EXISTS (SELECT 1 FROM {table})) FROM (SELECT pg_get_serial_sequence(%s, 'id') AS name) s "
                    "WHERE s.name IS NOT NULL"
                ).format(table=sql.Identifier(table)),
                [f'"{table}"'],
            )


def _copy(table: str, columns: list[str], direction: str) -> sql.Composed:
    listed = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    return sql.SQL("COPY {} ({}) " + direction).format(sql.Identifier(table), listed)
