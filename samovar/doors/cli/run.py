"""`samovar run --until AT`: let a workspace with a virtual clock live until a moment."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from samovar.doors.cli.parts import data_option, json_option, moment, say_json
from samovar.doors.session import LocalSession, open_session
from samovar.kit.clock import HOUR_US, iso


@click.command("run")
@click.option("--until", required=True, help="The moment to run to; a naive one is in the workspace's zone.")
@data_option
@json_option
def command(data: Path, until: str, as_json: bool) -> None:
    """Run until a moment: events applied, campaigns planned and delivered, as if the time had passed."""
    with open_session(data, command="run", exclusive=True) as session:
        assert isinstance(session, LocalSession)
        from samovar.doors.advance import advance

        began_us = session.clock.now_us()
        until_us = moment(until, session.workspace.zone, began_us)
        with tqdm(total=max(until_us - began_us, 0) // HOUR_US, unit="h", desc="time", disable=None) as bar:
            advance(session, until_us, lambda at_us: bar.update((at_us - began_us) // HOUR_US - bar.n))
        now_us, zone = session.clock.now_us(), session.workspace.zone
    if as_json:
        say_json({"ok": True, "at": iso(now_us)})
    else:
        click.echo(f"It is {zone.local(now_us):%Y-%m-%d %H:%M} now in {zone.name}.")
