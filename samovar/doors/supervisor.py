"""`samovar up`: holds the directory, starts the processes, restarts the fallen, ends them all.

Children are in this process's group and watch for its death, so that nothing is left behind. A fallen child restarts at
once, then after pauses that grow to 5 s, without giving up.
"""

from __future__ import annotations

import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from samovar.doors.process import clock_to_share
from samovar.engine.workspace import Workspace
from samovar.kit.errors import Refusal

ROLES = ("worker", "office", "sender", "edge")
PAUSE_S_MAX = 5.0
STEADY_S = 10.0  # a child that lived so long starts again at once
STOP_S_MAX = 8.0  # then it is killed, so that SIGTERM ends everything within 10 s
PORT_WAIT_S = 10.0
ANSWER_POLL_S = 0.2
ANSWER_S_MAX = 60.0  # then the address is told all the same: the log says what keeps the office
log = logging.getLogger("samovar.supervisor")
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where to ask one that listens everywhere


class PortTaken(Refusal):
    """The public port is in use."""

    status = 409


@dataclass
class Child:
    """One process of the system."""

    role: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    falls: int = 0
    start_again_s: float = 0.0


def free_port(host: str, port: int) -> int:
    """The port to listen on: `port` once it is free, or any free one for 0. Raises `PortTaken` after 10 s."""
    deadline = time.monotonic() + PORT_WAIT_S
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise PortTaken(
                        "port_taken", f"Port {port} on {host} is in use. Choose another with --port, or 0 for a free one."
                    ) from error
            else:
                return int(probe.getsockname()[1])
        time.sleep(0.1)


def answers(host: str, port: int) -> bool:
    """Whether somebody who opens the address gets a page: the port is there, and the office behind it no longer starts."""
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=5)
    try:
        connection.request("GET", "/login")
        return connection.getresponse().status != http.HTTPStatus.SERVICE_UNAVAILABLE
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Supervisor:
    """Runs the roles of one workspace until SIGTERM or SIGINT."""

    def __init__(self, workspace: Workspace, *, host: str, port: int, roles: Sequence[str] = ROLES) -> None:
        self._workspace, self._host, self._port = workspace, host, port
        self._stop = threading.Event()
        self._environment = {
            **os.environ, "SAMOVAR_DATA": str(workspace.root), "SAMOVAR_SUPERVISED": str(os.getpid()),
            "SAMOVAR_PROCESSES": ",".join(roles), "SAMOVAR_LOCAL_URL": f"http://localhost:{port}", **clock_to_share(workspace),
        }  # fmt: skip
        edge = ["--host", host, "--port", str(port)]
        self._children = [
            Child(role, [sys.executable, "-m", f"samovar.doors.{role}", *(edge if role == "edge" else [])]) for role in roles
        ]

    def run(self, answering: Callable[[], None] = lambda: None) -> None:
        """Start everything and keep it running; returns when all children have ended.

        `answering` is called once, in a thread of its own, when the office answers at the public port.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        for stray in self._workspace.run_dir.glob("*.tmp"):  # of processes that were killed while they told of themselves
            stray.unlink(missing_ok=True)
        for child in self._children:
            self._workspace.health_path(child.role).unlink(missing_ok=True)
            self._start(child)
        threading.Thread(target=self._watch_office, args=(answering,), name="office-watch", daemon=True).start()
        while not self._stop.wait(0.1):
            for child in self._children:
                self._look_after(child)
        self._end()

    def _watch_office(self, answering: Callable[[], None]) -> None:
        deadline = time.monotonic() + ANSWER_S_MAX
        while not self._stop.wait(ANSWER_POLL_S):
            if (self._have_begun() and answers(self._host, self._port)) or time.monotonic() > deadline:
                answering()
                return

    def _have_begun(self) -> bool:
        """Whether every process has told of itself: before, to ask would only fill the log with refusals."""
        return all(self._workspace.health_path(child.role).exists() for child in self._children)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(child.command, env=self._environment, stdin=subprocess.DEVNULL)
        child.started_s = time.monotonic()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            self._workspace.health_path(child.role).unlink(missing_ok=True)  # what it said last is not so any more
            code = child.process.returncode
            lived_long = now - child.started_s > STEADY_S
            child.falls = 0 if lived_long else child.falls + 1
            pause_s = 0.0 if child.falls <= 1 else min(0.2 * 2 ** (child.falls - 2), PAUSE_S_MAX)
            child.process, child.start_again_s = None, now + pause_s
            log.warning("process ended", extra={"facts": {"role": child.role, "code": code, "again_in_s": pause_s}})
        if child.process is None and now >= child.start_again_s:
            self._start(child)

    def _end(self) -> None:
        """Ask all to end, the edge first so that nothing new comes in; kill what has not ended in time."""
        living = [c.process for c in reversed(self._children) if c.process is not None and c.process.poll() is None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + STOP_S_MAX
        for process in living:
            try:
                process.wait(max(deadline - time.monotonic(), 0.05))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
