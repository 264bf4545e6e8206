"""`samovar contacts`: a contact judged, without storing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import open_session
from samovar.kit.errors import Refusal
from samovar.kit.text import with_invisible_named

_TOLD = ("domain", "takes_mail", "region", "line", "first", "middle", "last", "gender", "vocative", "vocative_formal", "latin")


@click.group("contacts")
def command() -> None:
    """Contacts: are they what they are said to be?"""


@command.command("check")
@click.option("--email", help="An e-mail address.")
@click.option("--phone", help="A phone number; one without a country code is of the country of the setting `phone_region`.")
@click.option("--name", help="A full name, in any order.")
@click.option("--birthday", help="A date, as people write it.")
@click.option("--city", help="A city.")
@click.option("--region", help="A region.")
@click.option("--street", help="A street with house and flat.")
@click.option("--postal-code", help="A postal code.")
@click.option("--country", help="A country, by code or name; without it the setting `phone_region`.")
@data_option
@json_option
def check(data: Path, as_json: bool, **told: str | None) -> None:
    """Judge contacts as they are judged when they come in, and store nothing.

    Each field answers its value as the house would store it, what came, a verdict (valid, doubtful, invalid) and findings; an
    e-mail also what a name server last said of its domain.
    """
    given = {field: value for field, value in told.items() if value}
    if not given:
        raise click.UsageError("Say what to check: --email, --phone, --name, --birthday or a part of an address.")
    with open_session(data, command="contacts") as session:
        answer = _answer(given, session.workspace.zone.day(session.clock.now_us()))
    if as_json:
        say_json({"ok": True, **answer})
        return
    for field, one in answer["fields"].items():
        for line in contact_lines({"field": field, **one}):
            click.echo(line)
        for line in _told_lines(one):
            click.echo(f"{'':<12} {line}")


def contact_lines(one: dict[str, Any]) -> list[str]:
    """A judged contact for reading: verdict and value, then what came and what is to be said of it."""
    came = [f"came as “{with_invisible_named(one['came'])}”"] if one["came"] != one["value"] else []
    below = [*came, *(finding["message"] for finding in one["findings"])]
    return [
        f"{one['field']:<12} {one['verdict']:<9} {with_invisible_named(one['value'])}",
        *(f"{'':<12} {line}" for line in below),
    ]


def _told_lines(one: dict[str, Any]) -> list[str]:
    """What else a check tells, of which something is known: the country and kind of a line, the parts and forms of a name."""
    told = {name: one[name] for name in _TOLD if one.get(name)}
    told |= {f"in the {case}": text for case, text in one.get("cases", {}).items()}
    return [f"{name.replace('_', ' '):<20} {value}" for name, value in told.items()]


def _answer(given: dict[str, str], day: int) -> dict[str, Any]:
    from samovar.collect.contacts.checks import CHARS_MAX
    from samovar.collect.contacts.queries import judged
    from samovar.engine import settings
    from samovar.kit.clock import day_date

    if too_long := next((field for field, value in given.items() if len(value) > CHARS_MAX), None):
        raise Refusal("too_long", f"{too_long} has more than {CHARS_MAX} characters.", field=too_long)
    return judged(given, region=str(settings.get("phone_region")), on=day_date(day))
