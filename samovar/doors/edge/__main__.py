"""`python -m samovar.doors.edge`: the edge of the workspace named by SAMOVAR_DATA."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from samovar.doors.edge.journal import log_json_lines
from samovar.doors.edge.serve import run
from samovar.engine.workspace import Workspace
from samovar.kit.errors import Refusal


def main() -> int:
    """Serve until told to end; 1 when the workspace or the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m samovar.doors.edge", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address of the public port")
    parser.add_argument("--port", type=int, default=8000, help="public port; 0 takes a free one")
    given = parser.parse_args()
    log_json_lines("edge")
    try:
        run(Workspace.open(Path(os.environ.get("SAMOVAR_DATA", "samovar-data"))), host=given.host, port=given.port)
    except (Refusal, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
