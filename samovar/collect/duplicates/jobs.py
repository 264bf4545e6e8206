"""A look for duplicates in the background: a process of its own, so that it holds up no page and no worker."""

from __future__ import annotations

import subprocess
import sys

from samovar.collect.duplicates.search import LOCK
from samovar.engine.lock import is_held
from samovar.engine.workspace import Workspace


def start(workspace: Workspace) -> None:
    """Look in the background; the process stays in this one's group and ends with it. A second one beside it refuses itself."""
    subprocess.Popen(
        [sys.executable, "-m", "samovar.doors.cli.main", "duplicates", "find", "--data", str(workspace.root)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def is_running(workspace: Workspace) -> bool:
    """Whether a look is under way in this workspace."""
    path = workspace.temp_dir / LOCK
    return path.exists() and is_held(path)
