"""Closed months leave the log of a whole house by themselves, and everything it answers stays as it was."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from typing import Any

from samovar.engine.log import LogWriter, Row
from samovar.engine.log_reader import LogReader
from samovar.engine.workspace import Workspace
from samovar.kit.clock import RealClock, Zone, parse_moment
from tests.system import System, samovar

BATCH, BATCHES, SEAL_S_MAX = 10, 30, 60


def _orders(batch: int, at: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "track", "userId": f"u{n}", "messageId": f"o-{batch}-{n}", "event": "Order Completed", "timestamp": at,
            "properties": {"order_id": f"o-{batch}-{n}", "revenue": 10.5, "currency": "RUB"},
        }
        for n in range(BATCH)
    ]  # fmt: skip


def _append(data, at: str, batches: range) -> None:
    at_us = parse_moment(at, Zone("UTC"))
    writer = LogWriter(Workspace.open(data).log_path)
    for batch in batches:
        writer.append_now([Row(at_us + batch, "server", "events", BATCH, None, json.dumps(_orders(batch, at)).encode())])
    writer.close()


def _live(data) -> int:
    with closing(sqlite3.connect(data / "log.sqlite3")) as log:
        return log.execute("SELECT count(*) FROM log").fetchone()[0]


def test_months_pass_and_a_rebuild_and_a_restored_backup_answer_the_same(tmp_path):
    data, back = tmp_path / "shop", tmp_path / "back"
    samovar("init", data, "--clock", "virtual", "--at", "2025-12-10T00:00")
    _append(data, "2025-12-10T10:00Z", range(BATCHES))
    samovar("run", "--until", "2026-01-31T00:00", "--data", data)
    before = samovar("report", "summary", "--data", data)
    assert (before["orders"], _live(data)) == (BATCH * BATCHES, BATCHES)
    samovar("run", "--until", "2026-02-01T12:00", "--data", data)
    assert _live(data) == 0
    samovar("backup", tmp_path / "out", "--data", data)
    samovar("restore", tmp_path / "out", "--data", back)
    samovar("rebuild", "--data", data)
    for place in (data, back):
        assert samovar("report", "summary", "--data", place)["orders"] == before["orders"]
        assert samovar("customers", "show", "user_id:u3", "--data", place)["orders"] == BATCHES
        found = {finding["id"]: finding for finding in samovar("doctor", "--data", place)["findings"]}
        assert (found["S003"]["level"], found["S006"]["level"], found["S011"]["level"]) == ("ok", "ok", "ok")
    _append(back, "2026-02-01T08:00Z", range(BATCHES, BATCHES + 1))
    assert samovar("report", "summary", "--data", back)["orders"] == before["orders"] + BATCH


def test_a_running_house_seals_what_has_closed_while_events_come_in(tmp_path):
    data = tmp_path / "shop"
    key = samovar("init", data)["write_key"]
    _append(data, "2025-01-10T10:00Z", range(BATCHES))
    system, sent = System(data, key, tmp_path / "log"), BATCHES
    system.start()
    reader, deadline = LogReader(Workspace.open(data).log_path), time.monotonic() + SEAL_S_MAX
    try:
        while time.monotonic() < deadline and not (reader.sealed() and _live(data) == sent - BATCHES):
            assert system.post("/v1/batch", {"batch": _orders(sent, "2025-01-10T10:00Z")}) == 200
            sent += 1
            time.sleep(0.05)
    finally:
        system.stop()
    assert [span.path.name for span in reader.sealed()] == [f"2025-01.0-{BATCHES}.parquet"]
    assert [row.offset for row in reader.read(0, 10**9)] == list(range(1, sent + 1))
    assert all(row.received_us > RealClock().now_us() - 3_600_000_000 for row in reader.read(BATCHES, 10**9))
    samovar("rebuild", "--data", data)
    assert samovar("report", "summary", "--data", data)["orders"] == sent * BATCH
