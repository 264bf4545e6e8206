"""What `samovar doctor` looks at. Each check has an id that stays, and says what to type when something is wrong.

Checks only read, keep no lock, and may run beside a running system. A check that fails itself is an error of that check.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from django.db import DatabaseError, connection

from samovar.collect.erasure.queries import overdue
from samovar.engine import backup, outbox_reader, settings, upgrade
from samovar.engine.lock import is_held, read_holder
from samovar.engine.log_reader import LogReader
from samovar.engine.models import Offset, Setting
from samovar.engine.months import MonthUnreadable, rows_of
from samovar.engine.rewriting import held_still
from samovar.engine.workspace import Workspace, WorkspaceTooNew
from samovar.kit.clock import SECOND_US, iso

DISK_WARNING_BYTES = 2 << 30
DISK_ERROR_BYTES = 200 << 20
POSTGRES_VERSION_MIN = 15
LAG_WARNING_EVENTS = 100_000
ERASURE_WARNING_US = 3_600 * SECOND_US
WORKER = "worker"

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """What one check saw; `hint` says what to do and is empty when all is well."""

    id: str
    level: Level
    message: str
    hint: str = ""


def keys_are_private(workspace: Workspace) -> Iterator[Finding]:
    path = workspace.root / "keys.json"
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Finding("S001", "error", f"keys.json may be read by others (mode {mode:o}).", f"chmod 600 {path}")
    else:
        yield Finding("S001", "ok", "keys.json is readable by its owner only.")


def disk_has_room(workspace: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace.root).free
    message = f"{free / (1 << 30):,.1f} GiB are free on the disk of {workspace.root}."
    hint = "Free some space, or move the directory to a larger disk: the edge refuses events when the disk is full."
    if free < DISK_ERROR_BYTES:
        yield Finding("S002", "error", message, hint)
    elif free < DISK_WARNING_BYTES:
        yield Finding("S002", "warning", message, hint)
    else:
        yield Finding("S002", "ok", message)


def log_is_whole(workspace: Workspace) -> Iterator[Finding]:
    if not workspace.log_path.exists():
        yield Finding("S003", "ok", "The log is empty.")
    else:
        yield _integrity("S003", "log", workspace.log_path)


def store_is_whole(workspace: Workspace) -> Iterator[Finding]:
    if not upgrade.database_url():
        yield _integrity("S004", "operational store", workspace.ops_path)
        return
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding(
            "S004", "error", f"PostgreSQL does not answer: {str(error).strip()}", "Start it, or mend SAMOVAR_DATABASE_URL."
        )
        return
    version = connection.connection.info.server_version // 10_000
    if version < POSTGRES_VERSION_MIN:
        yield Finding("S004", "error", f"PostgreSQL {version} is too old.", f"Move to {POSTGRES_VERSION_MIN} or newer.")
    else:
        yield Finding("S004", "ok", f"PostgreSQL {version} answers.")


def schema_is_ours(workspace: Workspace) -> Iterator[Finding]:
    try:
        upgrade.check_not_newer()
    except WorkspaceTooNew as refusal:
        yield Finding("S005", "error", refusal.message, "Install the later Samovar.")
        return
    if upgrade.is_current(workspace):
        yield Finding("S005", "ok", "The store has this release's schema.")
    else:
        yield Finding(
            "S005", "warning", "The store is of an earlier release.",
            f"It is upgraded after a backup when you start it: samovar up --data {workspace.root}",
        )  # fmt: skip


def worker_keeps_up(workspace: Workspace) -> Iterator[Finding]:
    row = Offset.objects.filter(reader=WORKER).first()
    position = row.position if row else 0
    reader = LogReader(workspace.log_path)
    lag, last = reader.lag(max((position >> 32) - 1, 0)), reader.last_offset()
    reader.close()
    if (position >> 32) > last + 1:
        yield Finding(
            "S006", "error", f"The store has decided on events up to row {(position >> 32) - 1}, but the log ends at {last}.",
            "The log was replaced by an older one. Restore the last backup: samovar restore BACKUP --data DIR",
        )  # fmt: skip
    elif lag.events > LAG_WARNING_EVENTS:
        running = is_held(workspace.lock_path)
        hint = "Wait; it shows on /healthz." if running else f"Start the system: samovar up --data {workspace.root}"
        yield Finding("S006", "warning", f"{lag.events:,} events wait for the worker.", hint)
    else:
        yield Finding("S006", "ok", f"{lag.events:,} events wait for the worker.")


def sealed_files_are_there(workspace: Workspace) -> Iterator[Finding]:
    with closing(LogReader(workspace.log_path)) as log:
        names = [str(json.loads(row.body)["file"]) for row in log.of_kind("sealed")]
    missing = [name for name in names if not (workspace.sealed_dir / name).is_file()]
    if missing:
        yield Finding(
            "S007", "error", f"{len(missing)} sealed files that the log names are gone, first {missing[0]}.",
            f"Put them back into {workspace.sealed_dir} from a backup; without them a rebuild is refused.",
        )  # fmt: skip
    else:
        yield Finding("S007", "ok", "Every sealed file that the log names is there.")


def months_are_sealed(workspace: Workspace) -> Iterator[Finding]:
    with closing(LogReader(workspace.log_path)) as log:
        streams = {"The log": log.sealed(), "The outbox": outbox_reader.sealed(workspace.outbox_months_dir)}
    for name, files in streams.items():
        if files:
            rows, size = sum(map(rows_of, files)), sum(span.path.stat().st_size for span in files) / (1 << 20)
            message = f"is sealed up to row {files[-1].last:,} ({rows:,} rows, {size:,.1f} MiB)."
        else:
            message = "has no sealed month yet."
        yield Finding("S011", "ok", f"{name} {message}")


def sending_is_on(workspace: Workspace) -> Iterator[Finding]:
    row = Setting.objects.filter(name=backup.PAUSED_SETTING).first()
    if row is not None and row.value:
        yield Finding(
            "S008", "warning", "Sending is paused.", "Look at what is planned, then resume it in Settings of the office."
        )
    else:
        yield Finding("S008", "ok", "Sending is not paused.")


def links_will_lead_here(workspace: Workspace) -> Iterator[Finding]:
    if not settings.get("smtp_host"):
        yield Finding("S010", "ok", "Letters go to the built-in mailbox.")
    elif str(settings.get("public_url")).startswith("https://"):
        yield Finding("S010", "ok", f"Letters go out through {settings.get('smtp_host')}.")
    else:
        yield Finding(
            "S010", "error", "A real mail server is set, but public_url is not an https address: nothing can be launched.",
            "Set public_url in Settings of the office to the https address people reach it at.",
        )  # fmt: skip


def holder_is_alive(workspace: Workspace) -> Iterator[Finding]:
    if not is_held(workspace.lock_path):
        yield Finding("S009", "ok", "Nobody holds the directory.")
        return
    holder = read_holder(workspace.lock_path)
    yield Finding("S009", "ok", f"Held by “samovar {holder.get('holder', '?')}” (process {holder.get('pid', '?')}).")


def erasures_are_carried_out(workspace: Workspace) -> Iterator[Finding]:
    if not upgrade.is_current(workspace):  # the store may be from before there were any
        return
    late = overdue(workspace.clock.now_us() - ERASURE_WARNING_US)
    if not late:
        yield Finding("S012", "ok", "No erasure of a person waits for longer than an hour.")
        return
    awaited, hint = _awaited(workspace, late[0].state)
    message = f"Erasures not carried out within an hour: {len(late)}; the first, of {iso(late[0].asked_us)}, waits for {awaited}."
    yield Finding("S012", "warning", message, hint)


def _awaited(workspace: Workspace, state: str) -> tuple[str, str]:
    """What an erasure of this state waits for, and what to do about it."""
    if not is_held(workspace.lock_path):
        return "the system to run", f"Start it: samovar up --data {workspace.root}"
    if state == "swept":
        return "the warehouse that is made anew", "It comes after the events that wait for the worker; its log says what fails."
    with held_still(workspace, alone=True) as is_free:
        if is_free:
            return "the worker to go through what is stored", "Look into the worker's log: it says what fails and is tried again."
    return "the files, which a backup or the sweep itself holds", "Both end by themselves; end a backup that hangs."


CHECKS: tuple[Callable[[Workspace], Iterator[Finding]], ...] = (
    keys_are_private,
    disk_has_room,
    log_is_whole,
    store_is_whole,
    schema_is_ours,
    worker_keeps_up,
    sealed_files_are_there,
    months_are_sealed,
    erasures_are_carried_out,
    sending_is_on,
    links_will_lead_here,
    holder_is_alive,
)


def examine(workspace: Workspace) -> list[Finding]:
    """Run every check; Django must be set up for the workspace."""
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found.extend(check(workspace))
        except MonthUnreadable as refusal:
            found.append(Finding("S011", "error", refusal.message, "Put the file back, then look again: samovar doctor"))
        except (OSError, DatabaseError, sqlite3.Error) as error:
            found.append(
                Finding("S000", "error", f"The check “{check.__name__}” could not run: {error}", "Look at the others first.")
            )
    return found


def _integrity(check_id: str, what: str, path: Path) -> Finding:
    with closing(_read_only(path)) as store:
        try:
            said = str(store.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said == "ok":
        return Finding(check_id, "ok", f"The {what} is whole ({path.stat().st_size / (1 << 20):,.1f} MiB).")
    return Finding(
        check_id,
        "error",
        f"The {what} is damaged: {said}",
        "Stop the system and restore the last backup: samovar restore BACKUP --data DIR",
    )


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)
