"""What is only for the machine itself: rows over the Unix socket, metrics on loopback, health; and no Django anywhere."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time

import msgspec
import pytest

from samovar.engine.log import LogFull, Row
from samovar.engine.log_client import RemoteLog

ROWS = [Row(5, "import", "sealed", 1000, None, b'{"file": "a.parquet"}'), Row(6, "import", "sealed", 1, None, b"{}")]


def test_rows_from_inside_get_their_offsets_once_on_disk(edge):
    before = edge.reader.last_offset()
    assert RemoteLog(edge.workspace.socket_path("edge")).append_now(ROWS) == [before + 1, before + 2]
    first, second = edge.reader.read(before, 10_000)
    assert (first.received_us, first.source, first.kind, first.count, first.body) == (5, "import", "sealed", 1000, ROWS[0].body)
    assert second.received_us == 6


def test_no_rows_is_no_offset(edge):
    assert RemoteLog(edge.workspace.socket_path("edge")).append_now([]) == []


@pytest.mark.parametrize("what", ["append", "seal", "clear"])
def test_nothing_inside_is_reached_from_the_public_port(edge, what):
    before = edge.reader.last_offset()
    body = msgspec.msgpack.encode(ROWS)
    answer = edge.api.post(f"/internal/{what}", content=body, headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 404
    assert edge.reader.last_offset() == before


def test_a_sealed_month_is_noted_and_its_rows_are_removed_from_inside(make_edge):
    edge = make_edge().start()
    remote = RemoteLog(edge.workspace.socket_path("edge"))
    remote.append_now(ROWS * 150)
    with pytest.raises(ValueError, match="january"):
        remote.seal(300, "january.parquet")
    assert remote.clear_sealed() is False
    (edge.workspace.root / "january.parquet").touch()
    remote.seal(300, "january.parquet")
    assert [(span.after, span.last, span.path.name) for span in edge.reader.sealed()] == [(0, 300, "january.parquet")]
    assert [remote.clear_sealed() for _ in range(3)] == [True, False, False]
    with sqlite3.connect(edge.workspace.log_path) as log:
        assert log.execute("SELECT count(*) FROM log").fetchone() == (0,)
    assert remote.append_now(ROWS) == [301, 302]


@pytest.mark.parametrize("body", [b"", b"\xc1", b"[]", msgspec.msgpack.encode([["x"]]), msgspec.msgpack.encode({"a": 1})])
def test_bytes_that_are_no_rows_are_refused(edge, body):
    before = edge.reader.last_offset()
    answer = edge.inside.post("/internal/append", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_rows")
    assert edge.reader.last_offset() == before


def test_only_this_user_may_open_the_inner_socket(edge):
    assert edge.workspace.socket_path("edge").stat().st_mode & 0o777 == 0o600


def test_a_full_log_reaches_the_caller_inside(make_edge):
    edge = make_edge(log_bytes_max=100_000).start()
    remote = RemoteLog(edge.workspace.socket_path("edge"))
    with pytest.raises(LogFull):
        remote.append_now([Row(1, "import", "sealed", 1, None, b"x" * 200_000)])
    assert remote.append_now([Row(1, "import", "sealed", 1, None, b"x")]) == [1]


def test_without_an_edge_it_is_a_connection_error(tmp_path):
    with pytest.raises(OSError):
        RemoteLog(tmp_path / "absent.sock").append_now(ROWS)


def test_metrics_are_for_this_machine(edge):
    edge.post("/v1/track", {"userId": "a", "event": "E"})
    text = edge.api.get("/metrics").text
    assert 'samovar_edge_requests_total{route="/v1/track",status="200"}' in text
    assert 'samovar_edge_events_total{outcome="stored"}' in text
    assert edge.inside.get("/metrics").status_code == 200
    for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"Host": "evil.example"}):
        assert edge.api.get("/metrics", headers=headers).status_code == 404, headers


def test_metrics_hold_what_the_other_processes_counted_lately(make_edge):
    edge = make_edge().start()
    edge.workspace.metrics_path("worker").write_bytes(b"samovar_worker_events_total 12.0\n")
    edge.workspace.metrics_path("sender").write_bytes(b"samovar_sender_open_intents 3.0\n")
    old = time.time() - 60
    os.utime(edge.workspace.metrics_path("sender"), (old, old))
    text = edge.api.get("/metrics").text
    assert "samovar_worker_events_total 12.0\n" in text
    assert "samovar_edge_waiting_rows" in text
    assert "samovar_sender" not in text


def test_health_is_200_when_every_process_is_ready(make_edge):
    edge = make_edge().start(processes="edge,worker,sender")
    answer = edge.api.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["processes"]["worker"] == {"ready": False, "state": "absent"}
    edge.workspace.health_path("sender").write_text(json.dumps({"ready": True}))
    edge.workspace.health_path("worker").write_text(json.dumps({"ready": False, "lag_events": 12, "lag_s": 3.5}))
    state = edge.api.get("/healthz").json()["processes"]
    assert state["worker"] == {"ready": False, "state": "starting", "lag_events": 12, "lag_s": 3.5}
    edge.workspace.health_path("worker").write_text(json.dumps({"ready": True, "lag_events": 0, "lag_s": 0}))
    answer = edge.api.get("/healthz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    old = time.time() - 6
    os.utime(edge.workspace.health_path("sender"), (old, old))
    answer = edge.api.get("/healthz")
    assert (answer.status_code, answer.json()["processes"]["sender"]["state"]) == (503, "silent")


def test_a_second_edge_on_the_port_says_so(edge):
    environ = {**os.environ, "SAMOVAR_DATA": str(edge.workspace.root)}
    command = [sys.executable, "-m", "samovar.doors.edge", "--port", str(edge.port)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert edge.inside.get("/healthz").status_code == 200


def test_the_edge_never_imports_django():
    code = "import samovar.doors.edge.serve, sys; print([m for m in sys.modules if m.partition('.')[0] in ('django', 'duckdb')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
