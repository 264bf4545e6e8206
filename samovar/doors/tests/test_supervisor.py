"""What the supervisor does when one of its processes falls."""

from __future__ import annotations

import sys
from pathlib import Path

from samovar.doors.supervisor import Supervisor
from samovar.engine.workspace import Workspace


def test_a_fallen_process_is_not_called_ready_by_what_it_said_last(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", currency="RUB", timezone="UTC", at_us=0)
    supervisor = Supervisor(workspace, host="127.0.0.1", port=0, roles=["worker"])
    (child,) = supervisor._children
    child.command = [sys.executable, "-c", ""]
    workspace.health_path("worker").write_text('{"ready": true}')
    supervisor._start(child)
    assert child.process is not None
    child.process.wait()
    supervisor._look_after(child)
    assert not workspace.health_path("worker").exists()
    assert child.process.wait() == 0, "it was started again"
    assert child.falls == 1
