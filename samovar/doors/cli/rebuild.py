"""`samovar rebuild`: make the warehouse again from log, decisions and outbox."""

from __future__ import annotations

import time
from pathlib import Path

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import open_session
from samovar.engine.warehouse.owner import discard
from samovar.engine.workspace import Workspace


@click.command("rebuild")
@data_option
@json_option
def command(data: Path, as_json: bool) -> None:
    """Throw the warehouse away and make it again. Nothing is lost: log and outbox are the truth."""
    began = time.monotonic()
    workspace = Workspace.open(data)
    with open_session(data, command="rebuild", exclusive=True) as session:
        session.close()
        discard(workspace.warehouse_path)
    with open_session(data, command="rebuild", exclusive=True) as session:
        session.settle()
        session.sorter.finish(session.clock.now_us())  # type: ignore[union-attr]
        events = session.owner.loop.execute("SELECT count(*) FROM events").fetchall()[0][0]  # type: ignore[union-attr]
    answer = {"events": events, "seconds": round(time.monotonic() - began, 3)}
    if as_json:
        say_json(answer)
    else:
        click.echo(f"The warehouse holds {events:,} events, made again in {answer['seconds']} s.")
