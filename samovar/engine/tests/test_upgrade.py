"""A workspace goes to this release's schema after a backup; one of a later release is left alone; PostgreSQL comes back."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from samovar.engine import upgrade as upgrades
from samovar.engine.workspace import SCHEMA_VERSION, Workspace, WorkspaceTooNew

# Makes a workspace with one setting, or restores one and prints what came back; run as a process of its own, since
# Django is set up once for a database.
SCRIPT = """
import sys, django, pathlib
from samovar.engine.workspace import Workspace
from samovar.engine import backup as backups
step, data, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
if step == "make":
    workspace = Workspace.create(data, currency="RUB", timezone="Europe/Moscow", at_us=0)
else:
    manifest = backups.restore(out, data)
    workspace = Workspace.open(data)
django.setup()
from samovar.engine import upgrade as upgrades
from samovar.engine.models import Setting
if step == "make":
    assert upgrades.upgrade(workspace, at_us=0) is None
    assert upgrades.is_current(workspace)
    Setting.objects.create(name="public_url", value="https://чай.example")
    backups.backup(workspace, out, at_us=0, database_url=upgrades.database_url())
else:
    upgrades.load_store(out, manifest)
    assert upgrades.upgrade(workspace, at_us=0) is None
    print(sorted((row.name, row.value) for row in Setting.objects.all()))
"""


def _run(step, data, out, url, script):
    environment = {
        **os.environ, "SAMOVAR_DATA": str(data), "SAMOVAR_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "samovar.doors.office.settings",
    }  # fmt: skip
    return subprocess.run([sys.executable, script, step, data, out], env=environment, capture_output=True, text=True)


def test_a_postgresql_store_is_restored_into_an_empty_database_only(postgres_url, tmp_path):
    script = tmp_path / "step.py"
    script.write_text(SCRIPT)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        for name in ("one", "two"):
            admin.execute(f"CREATE DATABASE {name}")
    one, two = (postgres_url.replace("/samovar?", f"/{name}?") for name in ("one", "two"))
    made = _run("make", tmp_path / "shop", tmp_path / "out", one, script)
    assert made.returncode == 0, made.stderr
    back = _run("restore", tmp_path / "back", tmp_path / "out", two, script)
    assert back.stdout.strip() == "[('public_url', 'https://чай.example'), ('sending_paused', True)]", back.stderr
    refused = _run("restore", tmp_path / "again", tmp_path / "out", two, script)
    assert refused.returncode != 0
    assert "has tables already" in refused.stderr


@pytest.mark.store
def test_a_store_of_a_later_release_is_refused(db, tmp_path):
    MigrationRecorder(connection).record_applied("engine", "9999_later")
    with pytest.raises(WorkspaceTooNew, match=r"engine\.9999_later"):
        upgrades.check_not_newer()


def test_an_older_directory_is_backed_up_before_it_is_upgraded(db, tmp_path):
    workspace = Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=0)
    workspace.save_schema_version(SCHEMA_VERSION - 1)
    assert not upgrades.is_current(workspace)
    saved = upgrades.upgrade(workspace, at_us=0)
    assert saved is not None
    assert Workspace.open(saved).facts.schema_version == SCHEMA_VERSION - 1
    assert Workspace.open(workspace.root).facts.schema_version == SCHEMA_VERSION
    assert upgrades.is_current(workspace)
