"""`python -m samovar.doors.sender`: the sender of the workspace named by SAMOVAR_DATA."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from samovar.doors.process import log_json_lines, start_clock, stop_event
from samovar.doors.session import set_up_django
from samovar.engine.workspace import Workspace


def main() -> int:
    """Run until told to end."""
    log_json_lines("sender")
    stop = stop_event()
    workspace = Workspace.open(Path(os.environ["SAMOVAR_DATA"]))
    set_up_django(workspace)
    start_clock(workspace)
    from samovar.doors.sender.loop import Loop

    Loop(workspace).run(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
