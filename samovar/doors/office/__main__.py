"""`python -m samovar.doors.office`: Django under WSGI on the Unix socket `run/office.sock`, behind the edge."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces

from samovar.doors.process import log_json_lines, watch_parent
from samovar.engine.workspace import Workspace

THREADS = 8  # a request that waits for the warehouse keeps one; the others go on
SOCKET_MODE = 0o600


def main() -> int:
    """Serve until told to end."""
    log_json_lines("office")
    workspace = Workspace.open(Path(os.environ["SAMOVAR_DATA"]))
    socket = workspace.socket_path("office")
    socket.unlink(missing_ok=True)
    watch_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    server = Granian(
        "samovar.doors.office.wsgi:serving", factory=True, interface=Interfaces.WSGI, uds=socket, uds_permissions=SOCKET_MODE,
        workers=1, blocking_threads=THREADS, websockets=False, log_enabled=False, respawn_failed_workers=True,
        workers_kill_timeout=5,
    )  # fmt: skip
    try:
        server.serve()
    finally:
        socket.unlink(missing_ok=True)
        workspace.health_path("office").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
