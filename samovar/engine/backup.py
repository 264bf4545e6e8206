"""Backup and restore of a workspace: everything that cannot be made again, taken while the system runs.

The order of copying is the whole trick. A later thing may only point at earlier ones, so the pointing store goes first:

1. the operational store: it names an offset of the log up to which events were decided;
2. the log: copied later, so it holds at least every row the store decided on. Rows after that offset are acknowledged
   events the restored worker will decide on itself, so nothing acknowledged is lost;
3. the files, imports and closed months alike: log and store name a file after it was written, and its rows leave them after
   that, so every file that the two copies name is there, and what they no longer hold is in one (the erasure of a person, which
   alone changes files, waits while a backup holds them still);
4. keys, the workspace's facts and the edge's snapshot.

The warehouse is not copied: it is made from log and store. Messages sent after step 1 are still planned in the copy, so a
restored workspace sends nothing until a person resumes sending (`sending_paused`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samovar import __version__
from samovar.engine.copies import Progress, copy_sqlite, dump_postgres, no_progress, sync_file
from samovar.engine.log_reader import LogReader
from samovar.engine.rewriting import held_still
from samovar.engine.workspace import SCHEMA_VERSION, Workspace, sync_directory, write_private
from samovar.kit.errors import Refusal

FORMAT = 1
MANIFEST = "backup.json"
PAUSED_SETTING = "sending_paused"
_COPIED_FILES = ("workspace.json", "keys.json", "snapshots/edge.json")


class BadBackup(Refusal):
    """The directory is not a backup, is damaged, or does not fit here."""


class TargetNotEmpty(Refusal):
    """The place to write to holds something already."""


@dataclass(frozen=True)
class Manifest:
    """backup.json. `files` is the SHA-256 of each file by its path; `tables` the columns of each PostgreSQL table."""

    format: int
    made_by: str
    schema_version: int
    at_us: int
    store: str  # "sqlite" or "postgresql"
    offsets: dict[str, int]
    log_offset: int
    tables: dict[str, list[str]]
    files: dict[str, str]


def kept(workspace: Workspace) -> list[Path]:
    """What lies among the workspace's own backups, the oldest first; one that was broken off holds people as well."""
    return sorted(workspace.backups_dir.glob("*"))


def backup(workspace: Workspace, out: Path, *, at_us: int, database_url: str = "", progress: Progress = no_progress) -> Manifest:
    """Copy a workspace, in use or not, into the new directory `out`, which appears whole or not at all.

    `database_url` names the PostgreSQL that holds the operational store, "" when it is the embedded one. Raises
    `TargetNotEmpty`.
    """
    out = out.absolute()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TargetNotEmpty("target_not_empty", f"{out} is not empty. Choose another directory.", path=str(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    try:
        with held_still(workspace):
            tables = _copy_ops(workspace, partial, database_url, progress)
            if workspace.log_path.exists():
                copy_sqlite(workspace.log_path, partial / "log.sqlite3", progress=progress)
            _copy_blobs(workspace.root, partial, progress)
        for name in _COPIED_FILES:
            _copy_file(workspace.root / name, partial / name)
        manifest = Manifest(
            format=FORMAT, made_by=__version__, schema_version=workspace.facts.schema_version, at_us=at_us,
            store="postgresql" if database_url else "sqlite", offsets=_offsets(partial, tables),
            log_offset=_log_offset(partial), tables=tables, files=dict(_digests(partial)),
        )  # fmt: skip
        write_private(partial / MANIFEST, json.dumps(asdict(manifest), indent=1))
        if out.exists():
            out.rmdir()
        partial.replace(out)
        sync_directory(out.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def read_manifest(source: Path) -> Manifest:
    """The manifest of a backup. Raises `BadBackup` for what is not one, or was made by a newer Samovar."""
    try:
        values: dict[str, Any] = json.loads((source / MANIFEST).read_text())
        if values["format"] > FORMAT or values["schema_version"] > SCHEMA_VERSION:
            raise BadBackup(
                "backup_too_new",
                f"{source} was made by Samovar {values['made_by']}; this is {__version__}. Install that version or a later one.",
            )
        return Manifest(**values)
    except FileNotFoundError as error:
        raise BadBackup("not_a_backup", f"{source} is not a backup: it has no {MANIFEST}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadBackup("backup_damaged", f"{source / MANIFEST} cannot be read: {error}") from error


def verify(source: Path, manifest: Manifest, *, progress: Progress = no_progress) -> None:
    """Compare every file with its digest. Raises `BadBackup` naming the first that differs or is missing."""
    for done, (name, digest) in enumerate(manifest.files.items()):
        path = source / name
        if not path.is_file():
            raise BadBackup("backup_damaged", f"{path} is missing from the backup.", file=name)
        if _digest(path) != digest:
            raise BadBackup("backup_damaged", f"{path} is not what was backed up: its SHA-256 differs.", file=name)
        progress("verify", done + 1, len(manifest.files))


def restore(source: Path, root: Path, *, progress: Progress = no_progress) -> Manifest:
    """Make the directory `root`, absent or empty, from a backup, with sending paused; it appears whole or not at all.

    With a PostgreSQL backup the store's tables are still to be loaded (`copies.load_postgres`). Raises `BadBackup`,
    `TargetNotEmpty`.
    """
    source, root = source.absolute(), root.absolute()
    manifest = read_manifest(source)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise TargetNotEmpty("target_not_empty", f"{root} is not empty. Restore into another directory.", path=str(root))
    verify(source, manifest, progress=progress)
    root.parent.mkdir(parents=True, exist_ok=True)
    partial = root.with_name(f".{root.name}.restoring")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    try:
        for sub in ("blobs/sealed", "blobs/uploads", "snapshots", "run", "tmp"):
            (partial / sub).mkdir(parents=True)
        for name in manifest.files:
            if not name.startswith("ops/"):
                _copy_file(source / name, partial / name)
        if manifest.store == "sqlite":
            _pause_sending(partial / "ops.sqlite3")
        if root.exists():
            root.rmdir()
        partial.replace(root)
        sync_directory(root.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _copy_ops(workspace: Workspace, out: Path, database_url: str, progress: Progress) -> dict[str, list[str]]:
    if database_url:
        return dump_postgres(database_url, out / "ops", progress=progress)
    if workspace.ops_path.exists():
        copy_sqlite(workspace.ops_path, out / "ops.sqlite3", progress=progress)
    return {}


def _copy_blobs(root: Path, out: Path, progress: Progress) -> None:
    found = [path for path in sorted((root / "blobs").rglob("*")) if path.is_file() and not path.name.startswith(".")]
    for done, path in enumerate(found):
        _copy_file(path, out / path.relative_to(root))
        progress("blobs", done + 1, len(found))


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file durably with its mode; one that has gone meanwhile is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        return
    sync_file(target)


def _digests(directory: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(directory)), _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _offsets(out: Path, tables: dict[str, list[str]]) -> dict[str, int]:
    """How far each reader had come in the copied store."""
    if "engine_offset" in tables:
        place = [tables["engine_offset"].index(name) for name in ("reader", "position")]
        lines = (out / "ops" / "engine_offset.copy").read_text().splitlines()
        return {row[place[0]]: int(row[place[1]]) for row in (line.split("\t") for line in lines)}
    if not (out / "ops.sqlite3").exists():
        return {}
    with closing(sqlite3.connect(out / "ops.sqlite3")) as connection:
        return dict(connection.execute("SELECT reader, position FROM engine_offset").fetchall())


def _log_offset(out: Path) -> int:
    with closing(LogReader(out / "log.sqlite3")) as reader:
        return reader.last_offset()


def _pause_sending(ops: Path) -> None:
    if not ops.exists():
        return
    with closing(sqlite3.connect(ops)) as connection, connection:
        connection.execute(
            "INSERT INTO engine_setting (name, value) VALUES (?, 'true') ON CONFLICT (name) DO UPDATE SET value = 'true'",
            [PAUSED_SETTING],
        )
