"""Bringing a workspace to the schema of this release: a backup first, then the store's migrations.

A workspace written by a later release is refused, never opened to see what happens. The warehouse takes no part: its owner
rebuilds it when its schema differs, and the log's file carries a version of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from samovar.engine.backup import PAUSED_SETTING, Manifest, TargetNotEmpty, backup
from samovar.engine.copies import Progress, load_postgres, no_progress
from samovar.engine.workspace import SCHEMA_VERSION, Workspace, WorkspaceTooNew
from samovar.kit.clock import from_us


def database_url() -> str:
    """The PostgreSQL the operational store lies in, "" for the embedded one."""
    return os.environ.get("SAMOVAR_DATABASE_URL", "")


def check_not_newer() -> None:
    """Raises `WorkspaceTooNew` when the store holds migrations that this release does not know."""
    loader = MigrationExecutor(connection).loader
    ours = {app for app, _ in loader.disk_migrations}
    unknown = sorted(
        f"{app}.{name}" for app, name in loader.applied_migrations if app in ours and (app, name) not in loader.disk_migrations
    )
    if unknown:
        raise WorkspaceTooNew(
            "store_too_new",
            f"The operational store was upgraded by a later Samovar (it has {unknown[0]}). Install that version or a later one.",
            migrations=unknown,
        )


def is_current(workspace: Workspace) -> bool:
    """Whether nothing is left to upgrade."""
    return workspace.facts.schema_version == SCHEMA_VERSION and not _plan()


def upgrade(workspace: Workspace, *, at_us: int, progress: Progress = no_progress) -> Path | None:
    """Upgrade in place and return the backup made before, None when nothing had to be done or nothing was there yet.

    Call it as the directory's owner, before anything else opens the store. Raises `WorkspaceTooNew`.
    """
    check_not_newer()
    if is_current(workspace):
        return None
    saved: Path | None = None
    if MigrationExecutor(connection).loader.applied_migrations:
        stamp = from_us(at_us).strftime("%Y%m%dT%H%M%S")
        saved = workspace.backups_dir / f"{stamp}-schema-{workspace.facts.schema_version}"
        backup(workspace, saved, at_us=at_us, database_url=database_url(), progress=progress)
    call_command("migrate", verbosity=0, interactive=False)
    workspace.save_schema_version(SCHEMA_VERSION)
    return saved


def load_store(source: Path, manifest: Manifest) -> None:
    """Load the tables of a PostgreSQL backup into the empty database Django is set up for, with sending paused.

    The tables are made as they were in the release that wrote the backup; `upgrade` takes them on from there. Raises
    `TargetNotEmpty`.
    """
    if connection.introspection.table_names():
        raise TargetNotEmpty("database_not_empty", "The database of SAMOVAR_DATABASE_URL has tables already. Use an empty one.")
    columns = manifest.tables["django_migrations"]
    lines = (source / "ops" / "django_migrations.copy").read_text().splitlines()
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    executor = MigrationExecutor(connection)
    executor.migrate([(row["app"], row["name"]) for row in rows])
    with connection.cursor() as cursor, transaction.atomic():
        load_postgres(cursor.cursor, source / "ops", manifest.tables)
        cursor.execute(
            "INSERT INTO engine_setting (name, value) VALUES (%s, 'true') ON CONFLICT (name) DO UPDATE SET value = 'true'",
            [PAUSED_SETTING],
        )


def _plan() -> list[object]:
    executor = MigrationExecutor(connection)
    return list(executor.migration_plan(executor.loader.graph.leaf_nodes()))
