"""What every process of the system does alike: JSON lines for logs, a file that tells its state, and an end with its parent."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from samovar.doors.edge.journal import log_json_lines
from samovar.engine.workspace import Workspace
from samovar.kit.clock import VirtualClock

PARENT_POLL_S = 0.25
HEALTH_S = 0.5
CLOCK = "SAMOVAR_CLOCK"  # at which moment a virtual clock stood, and when it began to go, in ns of the machine's monotonic clock
TURN_S = 0.0002

__all__ = [
    "HealthFile", "clock_to_share", "log_json_lines", "spare_the_collector", "start_clock", "stop_event", "take_short_turns",
]  # fmt: skip


def stop_event() -> threading.Event:
    """An event set by SIGTERM, by SIGINT, and when the parent is gone: children end within a second of its death."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    watch_parent(stop.set)
    return stop


def watch_parent(ended: Callable[[], None]) -> None:
    """Call `ended` once the process that started this one is gone, when a supervisor did (SAMOVAR_SUPERVISED)."""
    supervisor = os.environ.get("SAMOVAR_SUPERVISED")
    if not supervisor:
        return

    def watch() -> None:
        while os.getppid() == int(supervisor):
            time.sleep(PARENT_POLL_S)
        ended()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def clock_to_share(workspace: Workspace) -> dict[str, str]:
    """The environment in which processes started from now on tell the same time."""
    return {CLOCK: f"{workspace.clock.now_us()}/{time.monotonic_ns()}"} if workspace.is_virtual else {}


def start_clock(workspace: Workspace) -> None:
    """Have a virtual clock go on with real time: the one that all processes of a supervisor share, whenever each began.

    An edge ahead of its worker would store events whose time has not come yet.
    """
    clock = workspace.clock
    if isinstance(clock, VirtualClock):
        shared = os.environ.get(CLOCK)
        if shared is None:
            clock.start()
        else:
            at_us, since_ns = shared.split("/")
            clock.started(int(at_us), int(since_ns))


def spare_the_collector() -> None:
    """For a loop that makes and drops many small objects and few cycles: look for cycles seldom, and not among what stays.

    The worker's tick is a fifth faster. The trees of SQL that queries drop are cycles: a look at ten times as many objects
    held up a page for 0.13 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def take_short_turns() -> None:
    """For a process whose threads mostly wait for a database or the disk and need the interpreter for moments in between.

    Beside a thread that computes, each such moment waits until a turn ends. With Python's 5 ms the worker's writer took 290 ms
    a batch instead of the 115 it takes alone, and the next batch waited for it.
    """
    sys.setswitchinterval(TURN_S)


class HealthFile:
    """Tells /healthz the state of a process, and /metrics its counts where it has some.

    Not made durable: it says how things are now, and nothing after a crash. A state that cannot be written (a full disk) stops
    nobody's work, least of all a sender with letters on the wire; silence is what /healthz then tells.
    """

    def __init__(self, workspace: Workspace, process: str, counts: CollectorRegistry | None = None) -> None:
        self._path, self._metrics_path = workspace.health_path(process), workspace.metrics_path(process)
        self._counts = counts
        self._told_s = 0.0

    def tell(self, *, ready: bool, now: bool = False, **more: Any) -> None:
        """Write the state, at most every half second unless `now`; what could not be written is told the next time."""
        if not now and time.monotonic() - self._told_s < HEALTH_S:
            return
        self._told_s = time.monotonic()
        with contextlib.suppress(OSError):
            if self._counts is not None:  # first, so that whoever has read of a state finds counts as new
                _swap(self._metrics_path, generate_latest(self._counts))
            _swap(self._path, json.dumps({"ready": ready, **more}).encode())

    def remove(self) -> None:
        """Say nothing more."""
        self._path.unlink(missing_ok=True)
        self._metrics_path.unlink(missing_ok=True)


def _swap(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")  # a second sender tells of itself in the same place
    temporary.write_bytes(content)
    temporary.replace(path)
