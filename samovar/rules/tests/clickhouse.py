"""ClickHouse's engine in this process, with the histories' facts in its own tables. A process can have one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chdb import session

from samovar.engine.warehouse import schema
from samovar.rules.tests.histories import Histories

TYPES = {"BIGINT": "Int64", "INTEGER": "Int32", "VARCHAR": "String", "BOOLEAN": "Bool", "BLOB": "String"}
TABLES = {name: columns for name, columns in schema.TABLES.items() if "STRUCT" not in columns}


class Engine:
    """Each of the histories is a database."""

    def __init__(self, histories: dict[int, Histories], folder: Path) -> None:
        self._session = session.Session()
        self._session.query("SET max_query_size = 100000000")  # a limit that no text can raise itself
        for seed, history in histories.items():
            self._fill(f"h{seed}", history, folder)

    def close(self) -> None:
        self._session.close()

    def rows(self, seed: int, text: str) -> list[tuple[Any, ...]]:
        self._session.query(f"USE h{seed}")
        table = self._session.query(text, "ArrowTable")
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def _fill(self, database: str, history: Histories, folder: Path) -> None:
        self._session.query(f"CREATE DATABASE {database}")
        for name, columns in TABLES.items():
            pairs = [column.split() for column in columns.split(", ")]
            typed = ", ".join(f"{column} Nullable({TYPES[stored]})" for column, stored in pairs)
            self._session.query(f"CREATE TABLE {database}.{name} ({typed}) ENGINE = Memory")
            path = folder / f"{database}_{name}.parquet"
            history.cursor.execute(f"COPY {name} TO '{path}' (FORMAT parquet)")
            self._session.query(f"INSERT INTO {database}.{name} SELECT * FROM file('{path}', Parquet)")
