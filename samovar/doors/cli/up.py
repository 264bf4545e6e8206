"""`samovar up`: run the system, or one of its processes, until it is told to end."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.process import log_json_lines
from samovar.doors.session import UP, set_up_django, upgrade
from samovar.doors.supervisor import ROLES, Supervisor, free_port
from samovar.engine.lock import DirectoryLock
from samovar.engine.workspace import Workspace

LOCK_WAIT_S = 10.0


@click.command("up")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the public port.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Public port; 0 takes a free one.")
@click.option("--role", type=click.Choice(ROLES), help="Run only this process, as in a container.")
@json_option
def command(data: Path, host: str, port: int, role: str | None, as_json: bool) -> None:
    """Serve the workspace on one public port."""
    workspace = Workspace.open(data)
    if role is not None:
        run_role(workspace, role, host, port)
        return
    with DirectoryLock(workspace.lock_path, holder=UP, wait_s=LOCK_WAIT_S):
        port = free_port(host, port)
        set_up_django(workspace)
        prepare(workspace)
        log_json_lines("supervisor")
        tell = partial(say_where, f"http://{host}:{port}/", workspace, as_json=as_json)
        Supervisor(workspace, host=host, port=port).run(answering=tell)


def say_where(address: str, workspace: Workspace, *, as_json: bool) -> None:
    """The address, once a browser that opens it gets a page."""
    if as_json:
        say_json({"url": address, "data": str(workspace.root)})
    else:
        click.echo(f"Samovar is at {address}  (Ctrl-C ends it)")
    sys.stdout.flush()


def prepare(workspace: Workspace) -> None:
    """Before the processes start: the stores as this release has them."""
    from django.db import connections

    upgrade(workspace)
    connections.close_all()


def run_role(workspace: Workspace, role: str, host: str, port: int) -> None:
    """Become one process of the system."""
    import os

    os.environ["SAMOVAR_DATA"] = str(workspace.root)
    extra = ["--host", host, "--port", str(port)] if role == "edge" else []
    os.execv(sys.executable, [sys.executable, "-m", f"samovar.doors.{role}", *extra])  # noqa: S606
