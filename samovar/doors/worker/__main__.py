"""`python -m samovar.doors.worker`: the worker of the workspace named by SAMOVAR_DATA."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from samovar.doors.process import log_json_lines, stop_event
from samovar.doors.session import set_up_django
from samovar.engine.workspace import Workspace


def main() -> int:
    """Run until told to end."""
    log_json_lines("worker")
    stop = stop_event()
    workspace = Workspace.open(Path(os.environ["SAMOVAR_DATA"]))
    set_up_django(workspace)
    from samovar.doors.worker.loop import Loop

    while not stop.is_set():
        loop = Loop(workspace)
        try:
            loop.run(stop)
        finally:
            loop.close()
    return 0


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)  # threads that answer queries still hold cursors; a teardown under them prints pages of leaks
