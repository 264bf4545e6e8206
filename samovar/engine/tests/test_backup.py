"""A backup is whole, is one moment, and comes back as it was, with sending paused."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading

import psycopg
import pytest

from samovar.engine import backup as backups
from samovar.engine.copies import dump_postgres, load_postgres
from samovar.engine.log import LogWriter, Row
from samovar.engine.log_reader import LogReader
from samovar.engine.workspace import SCHEMA_VERSION, Workspace

AT_US = 1_767_225_600_000_000


def _row(n: int) -> Row:
    return Row(received_us=AT_US + n, source="shop", kind="events", count=1, sent_us=None, body=b'[{"n": %d}]' % n)


def _ops(path, position=0):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE engine_offset (reader TEXT PRIMARY KEY, position INTEGER)")
    connection.execute("CREATE TABLE engine_setting (name TEXT PRIMARY KEY, value TEXT)")
    connection.execute("INSERT INTO engine_offset VALUES ('log', ?)", [position])
    return connection


@pytest.fixture
def shop(tmp_path):
    workspace = Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=AT_US)
    writer = LogWriter(workspace.log_path)
    writer.append_now([_row(n) for n in range(100)])
    ops = _ops(workspace.ops_path, position=60)
    (workspace.sealed_dir / "a.parquet").write_bytes(b"PAR1")
    (workspace.sealed_dir / ".half").write_bytes(b"not yet sealed")
    yield workspace
    writer.close()
    ops.close()


def test_a_restored_workspace_has_every_row_key_and_file_and_sends_nothing(shop, tmp_path):
    made = backups.backup(shop, tmp_path / "out", at_us=AT_US)
    assert (made.log_offset, made.offsets, made.store) == (100, {"log": 60}, "sqlite")
    backups.restore(tmp_path / "out", tmp_path / "back")
    back = Workspace.open(tmp_path / "back")
    assert [row.body for row in LogReader(back.log_path).read(0, 1000)] == [_row(n).body for n in range(100)]
    assert back.keys == shop.keys
    assert stat.S_IMODE((back.root / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in back.sealed_dir.iterdir()] == ["a.parquet"]
    ops = sqlite3.connect(back.ops_path)
    assert ops.execute("SELECT name, value FROM engine_setting").fetchall() == [("sending_paused", "true")]
    ops.close()


def test_the_log_of_a_backup_holds_all_that_its_store_decided_on(tmp_path):
    """While a writer appends to the log and then moves the store's offset, no copy has a store ahead of its log."""
    workspace = Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=AT_US)
    _ops(workspace.ops_path).close()
    stop = threading.Event()
    started = threading.Event()

    def write():
        log, ops = LogWriter(workspace.log_path), sqlite3.connect(workspace.ops_path, timeout=30, isolation_level=None)
        for n in range(20_000):
            if stop.is_set():
                break
            offset = log.append_now([_row(n)])[0]
            ops.execute("UPDATE engine_offset SET position = ?", [offset])
            started.set()
        log.close()
        ops.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert started.wait(30)
        made = [backups.backup(workspace, tmp_path / f"out{n}", at_us=AT_US) for n in range(5)]
    finally:
        stop.set()
        writer.join()
    assert all(one.log_offset >= one.offsets["log"] > 0 for one in made)
    assert [one.offsets["log"] for one in made] == sorted(one.offsets["log"] for one in made)


@pytest.mark.parametrize("name", ["log.sqlite3", "ops.sqlite3", "keys.json", "blobs/sealed/a.parquet"])
def test_a_changed_byte_is_refused_and_nothing_is_made(shop, tmp_path, name):
    backups.backup(shop, tmp_path / "out", at_us=AT_US)
    path = tmp_path / "out" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(backups.BadBackup, match="SHA-256"):
        backups.restore(tmp_path / "out", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_missing_file_is_refused(shop, tmp_path):
    backups.backup(shop, tmp_path / "out", at_us=AT_US)
    (tmp_path / "out" / "log.sqlite3").unlink()
    with pytest.raises(backups.BadBackup, match="missing"):
        backups.restore(tmp_path / "out", tmp_path / "back")


def test_a_backup_of_a_later_release_is_refused(shop, tmp_path):
    backups.backup(shop, tmp_path / "out", at_us=AT_US)
    manifest = tmp_path / "out" / "backup.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "schema_version": SCHEMA_VERSION + 1, "made_by": "9.0"}))
    with pytest.raises(backups.BadBackup, match=r"Samovar 9\.0"):
        backups.restore(tmp_path / "out", tmp_path / "back")


def test_it_writes_into_no_directory_that_holds_something(shop, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    with pytest.raises(backups.TargetNotEmpty):
        backups.backup(shop, full, at_us=AT_US)
    backups.backup(shop, tmp_path / "out", at_us=AT_US)
    with pytest.raises(backups.TargetNotEmpty):
        backups.restore(tmp_path / "out", full)
    assert [path.name for path in full.iterdir()] == ["mine.txt"]


def test_what_is_not_a_backup_is_refused(tmp_path):
    with pytest.raises(backups.BadBackup, match="not a backup"):
        backups.restore(tmp_path, tmp_path / "back")


def test_postgresql_tables_come_back_with_their_sequences(postgres_url, tmp_path):
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute(
            'CREATE TABLE person (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "Имя" text, at timestamptz)'
        )
        connection.execute("CREATE TABLE empty (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)")
        connection.execute("INSERT INTO person (\"Имя\", at) VALUES ('Аня\t\\', now()), (NULL, NULL)")
        before = connection.execute("SELECT * FROM person ORDER BY id").fetchall()
        tables = dump_postgres(postgres_url, tmp_path / "ops")
        connection.execute("DELETE FROM person; INSERT INTO person (\"Имя\") VALUES ('чужой')")
        with connection.transaction():
            load_postgres(connection.cursor(), tmp_path / "ops", tables)
        assert connection.execute("SELECT * FROM person ORDER BY id").fetchall() == before
        connection.execute("INSERT INTO person DEFAULT VALUES")
        connection.execute("INSERT INTO empty DEFAULT VALUES")
        assert connection.execute("SELECT max(id) FROM person").fetchone() == (3,)
        assert connection.execute("SELECT max(id) FROM empty").fetchone() == (1,)
