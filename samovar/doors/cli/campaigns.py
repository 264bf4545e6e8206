"""`samovar campaigns`: list, launch and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import data_option, json_option, moment, say_json
from samovar.doors.session import open_session
from samovar.staff.actors import Actor

ACTOR = Actor.system("command")


@click.group("campaigns")
def command() -> None:
    """Campaigns: what is said to whom, and what it earned."""


@command.command("list")
@data_option
@json_option
def list_campaigns(data: Path, as_json: bool) -> None:
    """Campaigns, newest first."""
    with open_session(data, command="campaigns"):
        from samovar.decide import queries

        rows = [queries.as_json(row) for row in queries.campaigns(limit=queries.PAGE_ROWS_MAX)]
    if as_json:
        say_json({"count": len(rows), "campaigns": rows})
        return
    for row in rows:
        click.echo(f"{row['id']:>5}  {row['status']:<10} {row['slug']:<30} {row['name']}")
    if not rows:
        click.echo("No campaigns yet. Make one in the office, or with: samovar apply DIR")


@command.command("launch")
@click.argument("campaign")
@click.option("--accept-unsafe", is_flag=True, help="Launch it although its audience rests on data that fell.")
@data_option
@json_option
def launch(campaign: str, accept_unsafe: bool, data: Path, as_json: bool) -> None:
    """Launch a draft, by number or slug; refused with every reason it cannot go out yet."""
    with open_session(data, command="campaigns") as session:
        from samovar.decide import operations, queries

        session.settle()
        row = operations.launch(
            campaign=queries.campaign(campaign), warehouse=session.warehouse, actor=ACTOR, at_us=session.clock.now_us(),
            accept_unsafe=accept_unsafe,
        )  # fmt: skip
        session.settle()
        answer = queries.as_json(queries.campaign(row.id))
    if as_json:
        say_json(answer)
    else:
        click.echo(f"“{answer['name']}” is {answer['status']}.")


@command.command("report")
@click.argument("campaign")
@click.option("--at", help="As of this moment; default now.")
@data_option
@json_option
def report(campaign: str, at: str | None, data: Path, as_json: bool) -> None:
    """What a campaign earned, with its interval."""
    with open_session(data, command="campaigns") as session:
        from samovar.decide import queries as campaigns
        from samovar.measure import queries, verdicts

        session.settle()
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        found = queries.campaign_report(campaign=campaigns.campaign(campaign), warehouse=session.warehouse, at_us=at_us)
        answer = queries.report_as_json(found)
        sentence = verdicts.sentence(found, session.workspace.currency)
    if as_json:
        say_json({**answer, "sentence": sentence})
    else:
        _print(answer, sentence)


def _print(answer: dict[str, Any], sentence: str) -> None:
    click.echo(sentence)
    for name in ("treated", "control", "sent", "opened", "opened_by_machine", "clicked", "ordered", "crossed", "waiting"):
        click.echo(f"  {name:<18} {answer[name]:>12,}")
