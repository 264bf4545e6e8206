"""`samovar report`: the workspace in figures. `summary` has a form of its own; every other report is asked by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import amount, data_option, json_option, moment, say_json, writing
from samovar.doors.session import LocalSession, RemoteSession, open_session
from samovar.engine.warehouse.client import Asker
from samovar.measure.reports import REPORTS, answers, exports
from samovar.measure.reports.answers import Behind, Found
from samovar.measure.reports.report import Param, Report
from samovar.staff.actors import Actor

AT_HELP = "As of this moment; a day alone is its beginning, 00:00 (on the page of a report: its end). Default now."


class Reports(click.Group):
    """A group in which every report is a command, made when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *REPORTS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or (_command(REPORTS[cmd_name]) if cmd_name in REPORTS else None)


@click.group("report", cls=Reports)
def command() -> None:
    """Figures of the workspace."""


@command.command("summary")
@click.option("--at", help=AT_HELP)
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


@command.command("saved")
@data_option
@json_option
def saved(data: Path, as_json: bool) -> None:
    """Reports that were saved, by name."""
    with open_session(data, command="report"):
        from samovar.measure.builder import queries as builder
        from samovar.measure.models import SavedReport

        rows = [builder.as_json(row) for row in SavedReport.objects.order_by("name", "id")]
    if as_json:
        say_json({"count": len(rows), "reports": rows})
        return
    for row in rows:
        click.echo(f"{row['slug']:<30} {row['report']:<12} {row['name']}")
    if not rows:
        click.echo("No reports were saved yet. Make one in the office, or with: samovar apply DIR")


@command.command("alerts")
@click.option("--open", "only_open", is_flag=True, help="Only those that are open.")
@data_option
@json_option
def alerts(only_open: bool, data: Path, as_json: bool) -> None:
    """Alerts of live counters, the open ones first."""
    with open_session(data, command="report") as session:
        from samovar.measure.watch import queries as watch

        found = [watch.as_json(row) for row in watch.alerts("owner", Actor.system("command"), only_open=only_open)]
        zone, currency = session.workspace.zone, session.workspace.currency
    if as_json:
        say_json({"count": len(found), "alerts": found})
        return
    for one in found:
        state = "open" if one["closed_us"] is None else f"until {zone.local(one['closed_us']):%Y-%m-%d %H:%M}"
        known = f", {one['acknowledged_by']} knows of it" if one["acknowledged_us"] else ""
        since = f"{zone.local(one['since_us']):%Y-%m-%d %H:%M}"
        line = amount(round(one["line"]), currency) if one["kind"] == "money" else f"{one['line']:g}"
        click.echo(f"{one['id']:>5}  {one['report']:<30} {one['side']} {line} since {since}, {state}{known}")
    if not found:
        click.echo("No alerts. Keep a live counter with a line, and it is watched.")


@command.command("acknowledge")
@click.argument("number", type=int)
@click.option("--note", default="", help="What is known of it.")
@data_option
@json_option
def acknowledge(number: int, note: str, data: Path, as_json: bool) -> None:
    """Take note of an open alert of a live counter."""
    with open_session(data, command="report") as session:
        from samovar.measure.watch import operations, queries

        actor = Actor.system("command")
        alert = queries.alert(number, "owner", actor)
        row = operations.acknowledge(alert=alert, note=note, actor=actor, at_us=session.clock.now_us())
        found = queries.as_json(row)
    say_json(found) if as_json else click.echo("Noted. The alert stays until the figure is back.")


@command.command("schedules")
@data_option
@json_option
def schedules(data: Path, as_json: bool) -> None:
    """Which reports and boards go to mailboxes, when and to whom."""
    with open_session(data, command="report") as session:
        from samovar.measure.builder import schedules as builder
        from samovar.measure.models import Schedule

        zone = session.workspace.zone
        rows = [builder.as_json(row) for row in Schedule.objects.select_related("report", "board").order_by("id")]
    if as_json:
        say_json({"count": len(rows), "schedules": rows})
        return
    for row in rows:
        to = ", ".join(row["addresses"])
        next_at = "" if row["next_us"] is None else f"{zone.local(row['next_us']):%Y-%m-%d %H:%M}"
        click.echo(f"{row['of']:<7} {row['slug']:<30} {row['every']:<8} {next_at:<16}  {row['format']:<5} {to}")
    if not rows:
        click.echo("Nothing is sent by a schedule. Schedule a report or a board on its page, or in its definition.")


def _asked(run: Callable[..., None]) -> Callable[..., None]:
    """The options that every report has."""
    file = click.Path(path_type=Path, dir_okay=False)
    options = (
        click.option("--at", help=AT_HELP),
        click.option("--people", help="The people behind a figure instead: ROW:COLUMN, rows from 1, such as 2:people."),
        click.option("--csv", "csv_path", type=file, help="Write the table into this file."),
        click.option("--xlsx", "xlsx_path", type=file, help="Write the table into this workbook."),
        click.option("--pdf", "pdf_path", type=file, help="Write the table into this PDF."),
        data_option, json_option,
    )  # fmt: skip
    for option in reversed(options):
        run = option(run)
    return run


@command.command("run")
@click.argument("name")
@_asked
def run_saved(name: str, data: Path, **asked: Any) -> None:
    """A saved report by its slug."""
    with open_session(data, command="report") as session:
        from samovar.measure.builder import queries as builder

        row = builder.saved_report(name, "owner", Actor.system("command"))
        _ask(session, row.report, row.params, title=row.name, **asked)


def _ask(
    session: LocalSession | RemoteSession, name: str, params: Mapping[str, str], *, title: str, at: str | None,
    people: str | None, csv_path: Path | None, xlsx_path: Path | None, pdf_path: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Ask a report, write the files that are wanted, and tell it."""
    from samovar.measure.builder import files

    session.settle()
    zone = session.workspace.zone
    found = answers.ask(name, params, warehouse=session.warehouse, at_us=moment(at, zone, session.clock.now_us()))
    behind = None if people is None else answers.behind(found, people, warehouse=session.warehouse)
    for path, form in ((csv_path, "csv"), (xlsx_path, "xlsx"), (pdf_path, "pdf")):
        if path is not None:
            with writing(path):
                path.write_bytes(files.content(found, form, title=title))
    if as_json:
        say_json(answers.as_json(found, zone) if behind is None else answers.behind_as_json(behind))
    elif behind is not None:
        _say_people(behind)
    else:
        _say(found, session.workspace.currency)
        if not found.rows:
            _say_nothing(found, session.warehouse)


def _command(report: Report) -> click.Command:
    """The command of a report: an option for each of its parameters, and those that every report has."""

    @_asked
    def run(data: Path, **given: Any) -> None:
        params = {name.removeprefix("of_"): given.pop(name) for name in list(given) if name.startswith("of_")}
        params = {name: value for name, value in params.items() if value is not None}
        with open_session(data, command="report") as session:
            _ask(session, report.name, params, title=report.name, **given)

    command = click.command(report.name, help=(report.__doc__ or "").strip())(run)
    for param in reversed(report.params):
        option = click.Option([f"--{param.name}", f"of_{param.name}"], help=_help(param), type=str, default=None)
        command.params.insert(0, option)
    return command


def _help(param: Param) -> str:
    """What a parameter is, with the words it may be."""
    choices = [choice for choice in param.choices if choice]
    if not choices:
        return param.help
    return f"{param.help} One of: {', '.join(choices)}." + (f" Default {param.default}." if param.default else "")


def _say(found: Found, currency: str) -> None:
    """The table in columns by the names that `--people` takes, figures at the right."""
    from samovar.measure.builder import tables

    table = tables.table(found, [column.name for column in found.columns])
    rows = [[exports.written(value, kind, currency) for value, kind in row] for row in table.rows]
    heads = [head.removesuffix("_minor") for head in table.heads]
    widths = [max(len(line[place]) for line in [heads, *rows]) for place in range(len(heads))]
    for line in [heads, *rows]:
        cells = (
            text.ljust(width) if kind == "text" else text.rjust(width)
            for text, width, kind in zip(line, widths, table.kinds, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def _say_nothing(found: Found, warehouse: Asker) -> None:
    """What is missing, as the page of the report says it, and the option that leads on."""
    from samovar.measure.screens import nothing

    said = nothing.said(found, found.params, warehouse=warehouse)
    click.echo(f"{said.title}. {said.sentence}" + (f" Try {said.option}." if said.option else ""))


def _say_people(behind: Behind) -> None:
    click.echo(f"{len(behind.people):,} people" + (f": {behind.rule}" if behind.rule else ", whom no rule says"))
    for person in behind.people:
        click.echo(str(person))
