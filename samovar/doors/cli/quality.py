"""`samovar quality`: how full, valid and fresh what comes is, what has fallen, and whether a funnel may be built on it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import LocalSession, open_session

DAY = click.DateTime(["%Y-%m-%d"])
READY_DAYS = 28
_COLUMNS = ("source", "event", "field", "rows", "filled", "valid", "distinct", "drift", "state")
_TEXTS = ("source", "event", "field", "state")


@click.command("quality")
@click.option("--field", "name", default="", help="A field of any event, such as price, or of one: 'Product Added.price'.")
@click.option("--source", default="", help="Of one source only.")
@click.option("--ready", "wants", help="Whether all that these steps want was there: 'views then cart_adds then orders'.")
@click.option("--from", "from_", type=DAY, help="The first day that --ready looks at; default four weeks before the last.")
@click.option("--to", "to", type=DAY, help="The last day that --ready looks at; default yesterday.")
@data_option
@json_option
def command(
    name: str, source: str, wants: str | None, from_: dt.datetime | None, to: dt.datetime | None, data: Path, as_json: bool
) -> None:
    """Events and their fields over the last week, with open alarms: what Data, Quality shows."""
    with open_session(data, command="quality") as session:
        from samovar.collect.quality import queries

        session.settle()
        if isinstance(session, LocalSession):
            from samovar.doors.advance import keep_quality

            keep_quality(session)
        at_us, zone = session.clock.now_us(), session.workspace.zone
        if wants is None:
            found = queries.quality_as_json(zone=zone, at_us=at_us, source=source, field_name=name)
        else:
            found = _readiness(wants, from_, to, zone.day(at_us))
    if as_json:
        say_json(found)
    elif wants is None:
        _say(found)
    else:
        _say_readiness(found)


def _readiness(wants: str, from_: dt.datetime | None, to: dt.datetime | None, today: int) -> dict[str, Any]:
    """Raises `rules.RuleError`."""
    from samovar.collect.quality import readiness_queries
    from samovar.kit.clock import day_number

    to_day = today - 1 if to is None else day_number(to.date())
    from_day = to_day - READY_DAYS + 1 if from_ is None else day_number(from_.date())
    found = readiness_queries.readiness(readiness_queries.wanted(wants), from_day=from_day, to_day=to_day)
    return readiness_queries.readiness_as_json(found)


def _say(found: dict[str, Any]) -> None:
    if found["fields"]:
        lines = [dict(zip(_COLUMNS, _COLUMNS, strict=True)), *(_line(one) for one in found["fields"])]
        widths = {name: max(len(line[name]) for line in lines) for name in _COLUMNS}
        for line in lines:
            cells = [line[name].ljust(widths[name]) if name in _TEXTS else line[name].rjust(widths[name]) for name in _COLUMNS]
            click.echo("  ".join(cells).rstrip())
    else:
        click.echo("Nothing came yet that fits.")
    for one in found["alarms"]:
        what = " ".join(filter(None, (one["source"], one["event"], one["field"])))
        seen, expected = _amount(one, "seen"), _amount(one, "expected")
        click.echo(f"ALARM {one['id']}: {what}: {one['kind']} {seen} of {expected} since {one['since']}")


def _line(one: dict[str, Any]) -> dict[str, str]:
    drift = "-" if one["drift"] is None else f"{one['drift']:.2f}"
    shares = {"filled": _share(one["filled"]), "valid": _share(one["valid"])}
    counts = {"rows": f"{one['rows']:,}", "distinct": f"{one['distinct']:,}"}
    return {**{name: str(one[name]) for name in _TEXTS}, **shares, **counts, "drift": drift}


def _say_readiness(found: dict[str, Any]) -> None:
    click.echo(f"{found['verdict']}, {found['from']} to {found['to']}")
    for step in found["steps"]:
        bend = "" if step["bend"] is None else f"; conversion into it times {step['bend'][0]:.2f} to {step['bend'][1]:.2f}"
        click.echo(f"  {step['step']}: missing {_share(step['lost'])} ({_share(step['low'])} to {_share(step['high'])}){bend}")
        for one in step["wants"]:
            what = " ".join(filter(None, (one["event"], one["field"])))
            if one["missing"]:
                click.echo(f"    {what}: nothing in the period")
            for hole in one["holes"]:
                click.echo(f"    {what}: {hole['day']} brought {hole['seen']:,} of {hole['expected']:,.0f}")


def _amount(one: dict[str, Any], name: str) -> str:
    return f"{one[name]:,.0f}" if one["kind"] == "volume" else _share(one[name])


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
