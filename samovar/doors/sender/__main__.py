"""`python -m samovar.doors.sender`: the sender of the workspace named by SAMOVAR_DATA."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from samovar.doors.process import log_json_lines, stop_event
from samovar.doors.session import set_up_django
from samovar.engine.workspace import Workspace
from samovar.kit.clock import VirtualClock


def main() -> int:
    """Run until told to end."""
    log_json_lines("sender")
    stop = stop_event()
    workspace = Workspace.open(Path(os.environ["SAMOVAR_DATA"]))
    set_up_django(workspace)
    if isinstance(workspace.clock, VirtualClock):
        workspace.clock.start()
    from samovar.doors.sender.loop import Loop

    Loop(workspace).run(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
