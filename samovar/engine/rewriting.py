"""Putting a changed Parquet file in the place of one that otherwise never changes: what the erasure of a person asks for.

Positions stay: a group of rows is replaced by one with as many rows. A backup that copies files holds `held_still` meanwhile,
so that it never has a file's name from one moment and its content from another.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from samovar.engine.copies import sync_file
from samovar.engine.workspace import Workspace, sync_directory

_SUFFIX = ".erasing"


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table | None]) -> Iterator[bool]:
    """Change a file group of rows by group of rows, a turn each; the last turn says whether it differs now.

    `change` gives a group as it shall be, with the same columns, or None to leave it. The new file takes the old one's name
    when it is whole and on the disk, so a fall leaves one or the other. Raises OSError, `pyarrow.ArrowException`.
    """
    partial = path.with_name(f".{path.name}{_SUFFIX}")
    is_changed = False
    with pq.ParquetFile(path) as file:
        groups = file.metadata.num_row_groups
        order = file.metadata.row_group(0).sorting_columns if groups else ()
        with pq.ParquetWriter(
            partial, file.schema_arrow, compression="zstd", write_page_checksum=True, sorting_columns=order or None
        ) as writer:
            for group in range(groups):
                old = file.read_row_group(group)
                new = change(old)
                is_changed |= new is not None
                writer.write_table(old if new is None else new, row_group_size=max(old.num_rows, 1))
                yield False
    if is_changed:
        sync_file(partial)
        partial.replace(path)
        sync_directory(path.parent)
    else:
        partial.unlink()
    yield is_changed


def remove_partial(folder: Path) -> None:
    """Delete what a fall left half written."""
    for path in folder.rglob(f".*{_SUFFIX}"):
        path.unlink(missing_ok=True)


@contextmanager
def held_still(workspace: Workspace, *, alone: bool = False) -> Iterator[bool]:
    """Hold the workspace's files as they are: many may at once, who changes them only `alone`.

    Gives whether they are held: who asks for them alone gets False at once while a backup is at work, a backup waits.
    """
    handle = os.open(workspace.run_dir / "files.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
