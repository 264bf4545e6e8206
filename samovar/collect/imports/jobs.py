"""An import in the background: a process of its own, so that a large file holds up no page. It may be started twice."""

from __future__ import annotations

import json
import subprocess
import sys

from samovar.engine.lock import is_held
from samovar.engine.warehouse import client
from samovar.engine.workspace import Workspace
from samovar.kit.errors import Refusal


def start(workspace: Workspace, run_id: int) -> None:
    """Carry out a prepared run in the background; it stays in this process's group and ends with it."""
    subprocess.Popen(
        [sys.executable, "-m", "samovar.doors.cli.main", "import", "--run", str(run_id), "--data", str(workspace.root)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def is_applied(offset: int) -> bool:
    """Whether the worker has applied a log row; False while it cannot be asked."""
    try:
        told = client.current().query("applied", offset=offset).column("json")[0].as_py()
    except Refusal:
        return False
    return bool(json.loads(told)["done"])


def is_running(workspace: Workspace) -> bool:
    """Whether some import is at work in this workspace."""
    path = workspace.temp_dir / "import.lock"
    return path.exists() and is_held(path)
