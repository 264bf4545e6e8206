"""The tests' own PostgreSQL: it starts, it is the store the suite runs on when asked, and it leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from samovar.engine import outbox, outbox_reader, store


@pytest.mark.store
def test_the_store_is_the_one_that_was_asked_for(db):
    assert connection.vendor == ("postgresql" if os.environ.get("SAMOVAR_DATABASE_URL") else "sqlite")


@pytest.mark.store
def test_an_announcement_made_twice_is_made_once(db, tmp_path):
    row = outbox.Announcement(
        key="segment:1:entered:7", name="Segment Entered", time_us=5, payload={"segment": "vip"}, profile_id=7
    )
    with store.transaction():
        assert outbox.emit([row]) == 1
        assert outbox.emit([row]) == 0
    assert [(r.key, r.payload) for r in outbox_reader.read(0, 10, tmp_path)] == [("segment:1:entered:7", {"segment": "vip"})]


def test_a_temporary_cluster_answers_and_is_gone_afterwards(tmp_path):
    script = tmp_path / "ask.py"
    script.write_text(
        "import os, psycopg; u = os.environ['SAMOVAR_DATABASE_URL']; c = psycopg.connect(u)\n"
        "print(c.execute('show unix_socket_directories').fetchone()[0], c.info.server_version // 10000)"
    )
    done = subprocess.run([sys.executable, "-m", "tools.postgres", sys.executable, script], capture_output=True, text=True)
    if done.returncode == 3:
        pytest.skip(done.stderr)
    home, version = done.stdout.split()
    assert int(version) >= 15
    assert not Path(home).exists()
