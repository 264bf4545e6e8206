"""`samovar report`: the workspace in figures."""

from __future__ import annotations

from pathlib import Path

import click

from samovar.doors.cli.parts import amount, data_option, json_option, moment, say_json
from samovar.doors.session import open_session


@click.group("report")
def command() -> None:
    """Figures of the workspace."""


@command.command("summary")
@click.option("--at", help="As of this moment; default now.")
@data_option
@json_option
def summary(at: str | None, data: Path, as_json: bool) -> None:
    """Customers, buyers, orders and revenue."""
    with open_session(data, command="report") as session:
        from samovar.measure import queries

        session.settle()
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        found = queries.summary(warehouse=session.warehouse, at_us=at_us)
        answer = queries.summary_as_json(found, session.workspace.currency)
    if as_json:
        say_json(answer)
        return
    for name, value in answer.items():
        if name.endswith("_minor"):
            click.echo(f"{name.removesuffix('_minor'):<16} {amount(value, session.workspace.currency)}")
            continue
        click.echo(f"{name:<16} {value:,}" if isinstance(value, int) else f"{name:<16} {value if value is not None else '-'}")
