"""The doctor finds what is planted, names it by its id and says what to type; on a sound workspace it finds nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack

import pytest

from samovar.engine.lock import DirectoryLock
from samovar.engine.log import LogWriter, Row
from samovar.engine.rewriting import held_still
from samovar.engine.sealing import LogStream, seal_months
from samovar.engine.workspace import Workspace
from samovar.kit.clock import DAY_US, SECOND_US, iso

MAKE = """
import sys, pathlib
from samovar.doors.session import migrate, set_up_django
from samovar.engine.sealing import LogStream, seal_months
from samovar.engine.workspace import Workspace
from samovar.kit.clock import DAY_US
set_up_django(Workspace.open(pathlib.Path(sys.argv[1])))
migrate()
"""


def _samovar(*arguments):
    environment = {key: value for key, value in os.environ.items() if key not in ("SAMOVAR_DATA", "SAMOVAR_DATABASE_URL")}
    command = [sys.executable, "-m", "samovar.doors.cli.main", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def _doctor(workspace):
    done = _samovar("doctor", "--data", workspace.root, "--json")
    said = json.loads(done.stdout)
    return done.returncode, said["ok"], {one["id"]: one for one in said["findings"]}


@pytest.fixture
def shop(tmp_path):
    workspace = Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=0)
    environment = {key: value for key, value in os.environ.items() if key != "SAMOVAR_DATABASE_URL"}
    subprocess.run([sys.executable, "-c", MAKE, workspace.root], env=environment, check=True)
    log = LogWriter(workspace.log_path)
    log.append_now(
        [Row(received_us=n, source="shop", kind="events", count=1, sent_us=None, body=b"[{}]" * 500) for n in range(50)]
    )
    log.close()
    return workspace


def test_a_sound_workspace_passes_every_check(shop):
    status, ok, found = _doctor(shop)
    assert (status, ok) == (0, True)
    assert {one["level"] for one in found.values()} == {"ok"}
    assert "50 events wait" in found["S006"]["message"]


def test_each_planted_fault_is_named_with_what_to_type(shop):
    (shop.root / "keys.json").chmod(0o644)
    with sqlite3.connect(shop.ops_path) as ops:
        ops.execute("INSERT INTO engine_setting (name, value) VALUES ('sending_paused', 'true')")
        ops.execute("INSERT INTO engine_setting (name, value) VALUES ('smtp_host', '\"mail.example\"')")
        ops.execute("INSERT INTO engine_offset (reader, position) VALUES ('worker', ?)", [60 << 32])
        ops.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('engine', '9999_later', '2030-01-01')")
    ops.close()
    log = LogWriter(shop.log_path)
    log.append_now(
        [Row(received_us=9, source="s", kind="sealed", count=1, sent_us=None, body=b'{"file": "lost.parquet", "rows": 1}')]
    )
    log.close()
    status, ok, found = _doctor(shop)
    assert (status, ok) == (1, False)
    levels = {name: one["level"] for name, one in found.items() if one["level"] != "ok"}
    assert levels == {"S001": "error", "S005": "error", "S006": "error", "S007": "error", "S008": "warning", "S010": "error"}
    assert found["S001"]["hint"].startswith("chmod 600 ")
    assert "lost.parquet" in found["S007"]["message"]
    assert all(found[name]["hint"] for name in levels)


def test_it_says_what_is_sealed_and_which_file_is_gone(shop):
    log = LogWriter(shop.log_path)
    log.append_now(
        [Row(received_us=9, source="s", kind="sealed", count=1, sent_us=None, body=b'{"file": "lost.parquet", "rows": 1}')]
    )
    list(seal_months(LogStream(shop, log), before_us=DAY_US * 31, applied=100))
    log.close()
    found = _doctor(shop)[2]
    assert found["S011"]["level"] == "ok"
    assert "lost.parquet" in found["S007"]["message"]
    assert "51 events wait" in found["S006"]["message"]
    (path,) = shop.log_months_dir.iterdir()
    path.unlink()
    status, _ok, found = _doctor(shop)
    assert (status, found["S011"]["level"]) == (1, "error")
    assert path.name in found["S011"]["message"]


def _ask_for_erasure(shop, state, asked_us):
    with sqlite3.connect(shop.ops_path) as ops:
        ops.execute(
            "INSERT INTO collect_erasure (profiles, from_position, state, asked_us, changed) VALUES ('[]', 0, ?, ?, 0)",
            [state, asked_us],
        )
    ops.close()


def test_an_erasure_of_the_last_hour_or_one_that_is_done_is_no_finding(shop):
    _ask_for_erasure(shop, "done", 1)
    _ask_for_erasure(shop, "asked", shop.clock.now_us() - 30 * 60 * SECOND_US)
    assert _doctor(shop)[2]["S012"]["level"] == "ok"


@pytest.mark.parametrize(
    ("state", "is_up", "is_backed_up", "awaited", "hint"),
    [
        ("asked", False, False, "the system to run", "samovar up --data"),
        ("asked", True, True, "the files, which a backup", "end a backup that hangs"),
        ("asked", True, False, "the worker to go through what is stored", "worker's log"),
        ("swept", True, False, "the warehouse that is made anew", "its log"),
    ],
)
def test_an_erasure_that_waits_too_long_is_named_with_what_it_waits_for(shop, state, is_up, is_backed_up, awaited, hint):
    asked_us = shop.clock.now_us() - 61 * 60 * SECOND_US
    _ask_for_erasure(shop, state, asked_us)
    with ExitStack() as held:
        if is_up:
            held.enter_context(DirectoryLock(shop.lock_path, holder="up", wait_s=0))
        if is_backed_up:
            held.enter_context(held_still(shop))
        status, ok, found = _doctor(shop)
    assert (status, ok, found["S012"]["level"]) == (0, True, "warning")
    assert iso(asked_us) in found["S012"]["message"]
    assert f"waits for {awaited}" in found["S012"]["message"]
    assert hint in found["S012"]["hint"]


def test_a_damaged_log_is_found(shop):
    content = bytearray(shop.log_path.read_bytes())
    content[8192 * 3 : 8192 * 3 + 400] = b"\xff" * 400
    shop.log_path.write_bytes(content)
    status, _ok, found = _doctor(shop)
    assert status == 1
    assert found["S003"]["level"] == "error"
    assert "restore" in found["S003"]["hint"]


def test_a_backup_taken_by_the_command_is_restored_by_the_command(shop, tmp_path):
    made = json.loads(_samovar("backup", tmp_path / "out", "--data", shop.root, "--json").stdout)
    assert (made["store"], made["log_offset"]) == ("sqlite", 50)
    back = json.loads(_samovar("restore", tmp_path / "out", "--data", tmp_path / "back", "--json").stdout)
    assert (back["log_offset"], back["sending_paused"]) == (50, True)
    status, _ok, found = _doctor(Workspace.open(tmp_path / "back"))
    assert (status, found["S008"]["level"]) == (0, "warning")
    ops = sqlite3.connect(tmp_path / "back" / "ops.sqlite3")
    assert ops.execute("SELECT action, actor_name FROM staff_audit").fetchall() == [("workspace.restore", "restore")]
    ops.close()


def test_a_refusal_is_one_json_value_and_exit_1(tmp_path):
    done = _samovar("restore", tmp_path, "--data", tmp_path / "back", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    assert "not a backup" in json.loads(done.stdout)["message"]
