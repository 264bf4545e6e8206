"""A small house: a log, a worker and its warehouse in a directory of their own, on the test's operational store."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samovar.collect import operations
from samovar.collect.quality import jobs as quality_jobs
from samovar.doors.worker.tick import Ticker
from samovar.engine.log import LogWriter, Row
from samovar.engine.warehouse import client, schema
from samovar.engine.warehouse.owner import Warehouse, discard
from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone, parse_moment
from samovar.staff.actors import Actor
from samovar.understand import jobs

UTC = Zone("UTC")
NOW = parse_moment("2026-11-01T00:00Z", UTC)
BOB = Actor("staff", "2", "Bob")


def us(text: str) -> int:
    return parse_moment(text, UTC)


class House:
    """What a test does to the house, in short words."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=NOW)
        operations.create_source(name="server", kind="server", actor=BOB, at_us=NOW)
        operations.create_source(name="site", kind="browser", actor=BOB, at_us=NOW)
        self.log = LogWriter(self.workspace.log_path)
        self._ids = itertools.count(1)
        self.open()

    def open(self) -> None:
        self.warehouse = Warehouse(self.workspace)
        client.use(self.warehouse)
        self.ticker = Ticker(self.workspace, self.warehouse)

    def reopen(self, *, rebuild: bool = False) -> None:
        """As after a crash: everything in memory is gone; with `rebuild` the warehouse too."""
        self.ticker.close()
        self.warehouse.close()
        if rebuild:
            discard(self.workspace.warehouse_path)
        self.open()

    def send(self, *events: dict[str, Any], source: str = "server", received: str = "2026-11-01T00:00Z") -> None:
        """Append events to the log as one request."""
        told = [{"messageId": f"m{next(self._ids)}", **event} for event in events]
        self.log.append_now([Row(us(received), source, "events", len(told), None, json.dumps(told).encode())])

    def seal(self, orders: list[dict[str, Any]], *, time_us: int) -> None:
        """Append completed orders as an import seals them, and tick."""
        columns = ["user_id", "external_id", "email", "phone", "card", "anonymous_id", "traits", "properties"]
        rows = [
            {"type": "track", "event": "Order Completed", "message_id": f"s{n}", "time_us": time_us, "line": n,
             **dict.fromkeys(columns), "external_id": "e1", **told}
            for n, told in enumerate(orders, 1)
        ]  # fmt: skip
        text = pa.schema([(name, pa.string()) for name in columns])
        table = pa.Table.from_pylist(rows)
        for name in columns:
            table = table.set_column(table.column_names.index(name), name, table.column(name).cast(text.field(name).type))
        name = f"{next(self._ids)}.parquet"
        pq.write_table(table, self.workspace.sealed_dir / name)
        body = json.dumps({"file": name, "rows": len(rows), "source": "import:till"}).encode()
        self.log.append_now([Row(NOW, "import:till", "sealed", len(rows), None, body)])
        self.tick()

    def tick(self) -> None:
        """Turn until nothing waits; whatever came, `people` is what its profiles say."""
        while self.ticker.tick(NOW):
            pass
        assert self.rows("SELECT * FROM people ORDER BY ALL") == self.rows(f"{schema.people_sql()} ORDER BY ALL")

    def take(self, *events: dict[str, Any], **where: Any) -> None:
        """Send and tick."""
        self.send(*events, **where)
        self.tick()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(self.warehouse.loop.execute(sql).fetchall())

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in an order that does not depend on how it came there."""
        tables = [name for (name,) in self.rows("SELECT table_name FROM duckdb_tables() WHERE NOT temporary")]
        return {t: sorted(self.rows(f"SELECT * FROM {t}"), key=repr) for t in tables}

    def close(self) -> None:
        self.log.close()
        client.release(self.warehouse)
        self.ticker.close()
        self.warehouse.close()


@pytest.fixture
def house(tmp_path: Path, db: None) -> Iterator[House]:
    made = House(tmp_path / "house")
    yield made
    made.close()


def track(event: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": event, "timestamp": at, **fields}


def order(
    order_id: str, at: str, *, user: str = "alice", verb: str = "Completed", message: str = "", **properties: Any
) -> dict[str, Any]:
    told = track(f"Order {verb}", at, userId=user, properties={"order_id": order_id, **properties})
    return {**told, "messageId": message} if message else told


@pytest.fixture(autouse=True)
def no_words_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's loop counts words, and the quality of what comes, in threads, which would store them outside of the test's
    transaction."""
    monkeypatch.setattr(jobs, "WORDS_START_S", 3_600.0)
    monkeypatch.setattr(quality_jobs, "START_S", 3_600.0)
