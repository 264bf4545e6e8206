"""What the processes of the house tell through files in run/: states and lags for /healthz, counts for /metrics.

/healthz is 200 when every process is ready, else 503.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from typing import Any

import msgspec

from samovar.doors.edge.answers import Answer
from samovar.engine.workspace import Workspace

PROCESSES = ("office", "worker", "sender")
SILENT_S_MAX = 5
_LAG = ("lag_events", "lag_s")


def health(workspace: Workspace, edge: dict[str, Any], others: Iterable[str]) -> Answer:
    """The answer of /healthz; `edge` is this process's own state."""
    processes = {"edge": edge, **{name: _state(workspace, name) for name in others}}
    is_ready = all(state["ready"] for state in processes.values())
    body = msgspec.json.encode({"ready": is_ready, "processes": processes})
    return Answer(200 if is_ready else 503, body, headers=((b"cache-control", b"no-store"),))


def _state(workspace: Workspace, name: str) -> dict[str, Any]:
    """What a process says of itself; the age of its file, not the time in it, shows whether it still speaks."""
    path = workspace.health_path(name)
    try:
        silent_s = time.time() - path.stat().st_mtime
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {"ready": False, "state": "absent"}
    if silent_s > SILENT_S_MAX:
        return {"ready": False, "state": "silent", "silent_s": round(silent_s, 1)}
    is_ready = bool(told.get("ready"))
    lag = {key: told[key] for key in _LAG if isinstance(told.get(key), int | float)}
    return {"ready": is_ready, "state": "ready" if is_ready else "starting", **lag}


def others_metrics(workspace: Workspace) -> bytes:
    """What the other processes of the house counted, in Prometheus text; one that fell silent is left out."""
    told = []
    for name in PROCESSES:
        path = workspace.metrics_path(name)
        try:
            if time.time() - path.stat().st_mtime <= SILENT_S_MAX:
                told.append(path.read_bytes())
        except OSError:
            continue
    return b"".join(told)


def processes_expected() -> tuple[str, ...]:
    """The processes that must be ready beside the edge; `SAMOVAR_PROCESSES` names fewer where each runs on its own."""
    named = os.environ.get("SAMOVAR_PROCESSES")
    return PROCESSES if named is None else tuple(name for name in named.split(",") if name and name != "edge")
