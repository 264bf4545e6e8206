"""`samovar init DIR`: make a workspace, its owner and its keys, and print them once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import json_option, say_json
from samovar.doors.session import migrate, set_up_django
from samovar.engine.workspace import Workspace
from samovar.kit.clock import RealClock, Zone, parse_moment
from samovar.kit.errors import Refusal
from samovar.kit.ids import token


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--currency", default="RUB", show_default=True, help="ISO 4217 code of the workspace's money.")
@click.option("--timezone", default="Europe/Moscow", show_default=True, help="IANA name of the workspace's time zone.")
@click.option("--clock", type=click.Choice(["real", "virtual"]), default="real", show_default=True)
@click.option("--at", help="Where a virtual clock begins; default now.")
@json_option
def command(directory: Path, currency: str, timezone: str, clock: str, at: str | None, as_json: bool) -> None:
    """Make a workspace in DIRECTORY and print the owner's login and the keys."""
    made = make(directory, currency=currency, timezone=timezone, virtual=clock == "virtual", at=at)
    if as_json:
        say_json(made)
        return
    click.echo(f"A workspace in {made['data']}\n")
    for label, name in (
        ("Login", "login"),
        ("Password", "password"),
        ("Server key", "write_key"),
        ("Browser key", "browser_key"),
    ):
        click.echo(f"  {label:<12} {made[name]}")
    click.echo(f"\nThese are shown once. Start it with: samovar up --data {directory}")


def make(directory: Path, *, currency: str, timezone: str, virtual: bool, at: str | None = None) -> dict[str, Any]:
    """Make a workspace; the secrets that are shown once. Raises `Refusal`, `BadMoment`."""
    if at is not None and not virtual:
        raise Refusal("at_without_virtual", "--at goes with --clock virtual.", field="at")
    at_us = RealClock().now_us() if at is None else parse_moment(at, Zone(timezone))
    workspace = Workspace.create(directory, currency=currency, timezone=timezone, at_us=at_us, virtual=virtual)
    set_up_django(workspace)
    migrate()
    from samovar.collect import operations as collect
    from samovar.collect.publish import publish_to_edge
    from samovar.staff import operations as staff
    from samovar.staff.actors import Actor

    actor, password = Actor.system("init"), token(96)
    staff.create_owner(login="owner", password=password, actor=actor, at_us=at_us)
    write_key = collect.create_source(name="server", kind="server", actor=actor, at_us=at_us)
    browser_key = collect.create_source(name="site", kind="browser", actor=actor, at_us=at_us)
    publish_to_edge(workspace)
    return {
        "data": str(workspace.root), "login": "owner", "password": password,
        "write_key": write_key, "browser_key": browser_key,
    }  # fmt: skip
