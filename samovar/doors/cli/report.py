"""`samovar report`: the workspace in figures. `summary` has a form of its own; every other report is asked by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import amount, data_option, json_option, moment, say_json
from samovar.doors.session import open_session
from samovar.measure.reports import REPORTS, answers, exports
from samovar.measure.reports.answers import Behind, Found
from samovar.measure.reports.report import Report


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


def _command(report: Report) -> click.Command:
    """The command of a report: an option for each of its parameters, and those that every report has."""

    @click.option("--at", help="As of this moment; default now.")
    @click.option("--people", help="The people behind a figure instead: ROW:COLUMN, rows from 1, such as 2:people.")
    @click.option("--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the table into this file.")
    @click.option(
        "--xlsx", "xlsx_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the table into this workbook."
    )
    @data_option
    @json_option
    def run(
        at: str | None, people: str | None, csv_path: Path | None, xlsx_path: Path | None, data: Path, as_json: bool, **given: Any
    ) -> None:
        params = {name.removeprefix("of_"): value for name, value in given.items() if value is not None}
        with open_session(data, command="report") as session:
            session.settle()
            at_us = moment(at, session.workspace.zone, session.clock.now_us())
            found = answers.ask(report.name, params, warehouse=session.warehouse, at_us=at_us)
            behind = None if people is None else answers.behind(found, people, warehouse=session.warehouse)
        for path, write in ((csv_path, exports.as_csv), (xlsx_path, exports.as_xlsx)):
            if path is not None:
                path.write_bytes(write(found, session.workspace.currency))
        if as_json:
            say_json(answers.as_json(found, session.workspace.zone) if behind is None else answers.behind_as_json(behind))
        elif behind is not None:
            _say_people(behind)
        else:
            _say(found, session.workspace.currency)

    command = click.command(report.name, help=(report.__doc__ or "").strip())(run)
    for param in reversed(report.params):
        option = click.Option([f"--{param.name}", f"of_{param.name}"], help=param.help, type=str, default=None)
        command.params.insert(0, option)
    return command


def _say(found: Found, currency: str) -> None:
    """The table in columns, figures at the right."""
    rows = [
        [exports.written(value, column, currency) for value, column in zip(row, found.columns, strict=True)] for row in found.rows
    ]
    heads = [column.name.removesuffix("_minor") for column in found.columns]
    widths = [max(len(line[place]) for line in [heads, *rows]) for place in range(len(heads))]
    for line in [heads, *rows]:
        cells = (
            text.ljust(width) if column.kind == "text" else text.rjust(width)
            for text, width, column in zip(line, widths, found.columns, strict=True)
        )
        click.echo("  ".join(cells).rstrip())
    if not rows:
        click.echo("Nothing happened that this report could show.")


def _say_people(behind: Behind) -> None:
    click.echo(f"{len(behind.people):,} people" + (f": {behind.rule}" if behind.rule else ", whom no rule says"))
    for person in behind.people:
        click.echo(str(person))
