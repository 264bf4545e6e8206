"""Who owns a data directory: an flock, which the kernel drops with its holder, never a pid file that outlives one."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from samovar.kit.errors import Refusal

POLL_S = 0.05


class DirectoryHeld(Refusal):
    """Somebody else owns the directory."""

    status = 409


class DirectoryLock:
    """`with DirectoryLock(path, holder="up", wait_s=10):` holds the directory or raises `DirectoryHeld` naming the holder."""

    def __init__(self, path: Path, *, holder: str, wait_s: float) -> None:
        self._path, self._holder, self._wait_s = path, holder, wait_s
        self._handle: int | None = None

    def __enter__(self) -> DirectoryLock:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    os.close(handle)
                    raise
                if time.monotonic() >= deadline:
                    os.close(handle)
                    holder = read_holder(self._path)
                    raise DirectoryHeld(
                        "directory_held",
                        f"{self._path.parent} is in use by “samovar {holder.get('holder', '?')}” "
                        f"(process {holder.get('pid', '?')}). Stop it first, or use another directory.",
                        **holder,
                    ) from error
                time.sleep(POLL_S)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"holder": self._holder, "pid": os.getpid()}).encode(), 0)
        self._handle = handle
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None


def read_holder(path: Path) -> dict[str, Any]:
    """What the holder wrote of itself; empty when nobody holds the lock or it is just starting."""
    try:
        return dict(json.loads(path.read_text() or "{}"))
    except (OSError, ValueError):
        return {}


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock right now."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
