"""Closed months leave the log of a whole house by themselves, and everything it answers stays as it was."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from typing import Any

from samovar.engine.log import LogWriter, Row
from samovar.engine.log_reader import LogReader
from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone, parse_moment
from tests.system import System, samovar

BATCH, BATCHES, KILLS, SEAL_S_MAX = 10, 30, 6, 120
SEED = 20261125


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


def test_a_command_that_owns_the_directory_seals_what_has_closed(tmp_path):
    data = tmp_path / "shop"
    samovar("init", data)
    _append(data, "2025-01-10T10:00Z", range(BATCHES))
    (tmp_path / "people.csv").write_text("Number,E-mail\n1,olga@example.com\n")
    (tmp_path / "people.yaml").write_text("kind: people\nsource: till\ncolumns: {Number: external_id, E-mail: email}\n")
    samovar("import", tmp_path / "people.csv", "--mapping", tmp_path / "people.yaml", "--data", data)
    assert [(span.after, span.last) for span in LogReader(Workspace.open(data).log_path).sealed()] == [(0, BATCHES)]
    assert _live(data) == 1, "the import's own row"
    assert samovar("report", "summary", "--data", data)["orders"] == BATCH * BATCHES


def test_a_running_house_seals_what_has_closed_while_events_come_in_and_processes_are_killed(tmp_path):
    data, old = tmp_path / "shop", 1_500
    key = samovar("init", data)["write_key"]
    _append(data, "2025-01-10T10:00Z", range(old))
    system, sent, chance = System(data, key, tmp_path / "log"), old, random.Random(SEED)
    system.start()
    reader, deadline, kills = LogReader(Workspace.open(data).log_path), time.monotonic() + SEAL_S_MAX, 0
    next_kill_s = time.monotonic() + 0.5
    try:
        while time.monotonic() < deadline and not (kills >= KILLS and reader.sealed() and _live(data) == sent - old):
            if system.post("/v1/batch", {"batch": _orders(sent, "2025-01-10T10:00Z")}) == 200:
                sent += 1
            if kills < KILLS and time.monotonic() > next_kill_s:
                kills += bool(system.kill(chance.choice(["worker", "edge"])))
                next_kill_s = time.monotonic() + chance.uniform(0.3, 3)
            time.sleep(0.05)
    finally:
        system.stop()
    assert [(span.after, span.last) for span in reader.sealed()] == [(0, old)]
    rows = reader.read(0, 10**9)
    assert [row.offset for row in rows] == sorted({row.offset for row in rows})
    assert len(rows[:old]) == old == rows[old - 1].offset
    assert sent <= len(rows) <= sent + kills, "a batch whose answer a kill cut off was sent again"
    samovar("rebuild", "--data", data)
    assert samovar("report", "summary", "--data", data)["orders"] == sent * BATCH
