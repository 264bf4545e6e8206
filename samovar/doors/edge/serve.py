"""The edge's process: its two sockets, its server, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from samovar.doors.edge.app import Edge
from samovar.doors.edge.protocol import BoundedProtocol
from samovar.doors.process import HealthFile, start_clock, watch_parent
from samovar.engine.log import LogWriter
from samovar.engine.workspace import Workspace

MIND_S = 0.5
BACKLOG = 2048
CONNECTIONS_MAX = 10_000
DRAIN_S_MAX = 6  # answers in flight at SIGTERM; the supervisor waits 8 and then kills
KEEP_ALIVE_S = 75
SWITCH_S = 0.0005  # how soon the log's thread gets the interpreter back after the disk has answered

logger = logging.getLogger("samovar.edge")


class _Server(uvicorn.Server):
    """uvicorn without its own handling of signals, which would end the process before the log is closed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen_tcp(host: str, port: int) -> socket.socket:
    """The public socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def listen_unix(path: Path) -> socket.socket:
    """The inner socket, which only this user may open. What a dead process left in its place is removed."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    return listener


async def serve(workspace: Workspace, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, let the answers in flight finish, and close the log."""
    tcp, unix = listen_tcp(host, port), listen_unix(workspace.socket_path("edge"))
    log = LogWriter(workspace.log_path)
    start_clock(workspace)
    edge = Edge(workspace, log)
    edge.refresh()
    config = uvicorn.Config(
        edge, http=BoundedProtocol, ws="none", lifespan="off", log_config=None, access_log=False, proxy_headers=False,
        server_header=False, backlog=BACKLOG, limit_concurrency=CONNECTIONS_MAX, timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S_MAX,
    )  # fmt: skip
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, setattr, server, "should_exit", True)
    watch_parent(lambda: setattr(server, "should_exit", True))
    minding = asyncio.create_task(_mind(edge, workspace, tcp.getsockname()[1]))
    logger.info("listening", extra={"facts": {"host": host, "port": tcp.getsockname()[1]}})
    try:
        await server.serve(sockets=[tcp, unix])
    finally:
        minding.cancel()
        await edge.office.close()
        log.close()
        edge.journal.flush()
        logger.info("ended")


async def _mind(edge: Edge, workspace: Workspace, port: int) -> None:
    """Twice a second: take a new snapshot, tell of the hot requests, and say that the edge is alive."""
    told = HealthFile(workspace, "edge")
    while True:
        if edge.house.refresh():
            edge.refresh()
        edge.journal.flush()
        with contextlib.suppress(OSError):  # a full disk silences the health file, not the edge
            told.tell(now=True, **edge.state(), port=port, at=workspace.clock.now_us())
        await asyncio.sleep(MIND_S)


def allow_connections() -> None:
    """Raise this process's limit of open files to what so many connections need, as far as the machine lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + 1_000
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def run(workspace: Workspace, *, host: str, port: int) -> None:
    """Run the edge in this process."""
    sys.setswitchinterval(SWITCH_S)
    allow_connections()
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(serve(workspace, host=host, port=port))


def _new_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
