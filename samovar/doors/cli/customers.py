"""`samovar customers`: one person as the card shows her, and how she is erased."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.contacts import contact_lines
from samovar.doors.cli.parts import amount, data_option, json_option, moment, say_json
from samovar.doors.session import LocalSession, RemoteSession, open_session
from samovar.kit.clock import day_date
from samovar.kit.numbers import SCALE


@click.group("customers")
def command() -> None:
    """People: one at a time."""


@command.command("show")
@click.argument("reference", metavar="ID")
@click.option("--at", help="As of a past moment; default now.")
@data_option
@json_option
def show(reference: str, at: str | None, data: Path, as_json: bool) -> None:
    """Show a person by `kind:value` (email:anna@example.ru) or by a bare value: everything as it was known by the moment.

    Each contact has its verdict, what came where it was put right, and what is to be said of it.
    """
    with open_session(data, command="customers") as session:
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        found = describe(session, reference, at_us)
    if as_json:
        say_json(found)
        return
    currency = session.workspace.currency
    for name, value in found.items():
        shown = [line for one in value for line in contact_lines(one)] or ["-"] if name == "contacts" else lines(value)
        if name.endswith("_minor"):
            name, shown = name.removesuffix("_minor"), [amount(value, currency)]
        click.echo(f"{name:<14} {shown[0]}")
        for line in shown[1:]:
            click.echo(f"{'':<14} {line}")


@command.command("erase")
@click.argument("reference", metavar="ID")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@data_option
@json_option
def erase(reference: str, yes: bool, data: Path, as_json: bool) -> None:
    """Erase a person for good: every store forgets who it was, figures of the past stay. It cannot be taken back."""
    if not (yes or as_json):
        click.confirm(f"Erase {reference} for good?", abort=True)
    began = time.monotonic()
    with open_session(data, command="customers") as session:
        answer = _erase(session, reference)
    answer["seconds"] = round(time.monotonic() - began, 3)
    if as_json:
        say_json(answer)
        return
    click.echo(f"Customer {answer['id']} is erased, in {answer['seconds']} s; {answer['changed']:,} stored rows were rewritten.")
    for path in answer["backups"]:
        click.echo(f"A backup still holds what was there: {path}")


def _erase(session: LocalSession | RemoteSession, reference: str) -> dict[str, Any]:
    """Erase a person and wait until every store has forgotten. Raises `NotFound`, `AmbiguousPerson`, `ErasedAlready`."""
    from samovar.collect.erasure import operations
    from samovar.collect.queries import find_person
    from samovar.engine import settings
    from samovar.engine.backup import kept
    from samovar.staff.actors import Actor

    session.settle()
    person = find_person(reference, str(settings.get("phone_region")))
    erasure = operations.erase(
        workspace=session.workspace, person=person, actor=Actor.system("command"), at_us=session.clock.now_us()
    )
    session.finish_erasures()
    erasure.refresh_from_db()
    backups = [str(path) for path in kept(session.workspace)]
    return {"id": person, "profiles": len(erasure.profiles), "changed": erasure.changed, "backups": backups}


def lines(value: Any) -> list[str]:
    """A fact for reading: one line for each of several, `-` for none."""
    if isinstance(value, dict):
        return [f"{name} {_word(one)}" for name, one in value.items()] or ["-"]
    if isinstance(value, list):
        return [" ".join(map(_word, one.values())) if isinstance(one, dict) else str(one) for one in value] or ["-"]
    return [_word(value)]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " ".join(f"{name}={_word(one)}" for name, one in value.items())
    return "-" if value is None else str(value)


def describe(session: LocalSession | RemoteSession, reference: str, at_us: int) -> dict[str, Any]:
    """Everything `show` tells of a person. Raises `NotFound`, `AmbiguousPerson`."""
    from samovar.collect.contacts.queries import asked_told, contact_as_json, contacts_among
    from samovar.collect.queries import consents_of, find_person, identifiers_of
    from samovar.collect.records.queries import record_as_json, records_of
    from samovar.communicate.queries import messages_of
    from samovar.engine import settings
    from samovar.understand.queries import segments_of

    region = str(settings.get("phone_region"))
    person = find_person(reference, region)
    facts = session.warehouse.query("collect.person", person_id=person, at_us=at_us).to_pylist()[0]
    traits = session.warehouse.query("collect.traits", person_id=person, at_us=at_us).to_pylist()
    identifiers = identifiers_of(person, at_us=at_us)
    name, asked = asked_told(person, at_us)
    told = session.warehouse.query(name, **asked)
    contacts = contacts_among(told, person, identifiers, region=region, on=day_date(session.workspace.zone.day(at_us)))
    return {
        "id": person,
        "identifiers": identifiers,
        "contacts": [contact_as_json(one) for one in contacts],
        "traits": {row["name"]: trait_value(row) for row in traits},
        "orders": facts["orders"],
        "revenue_minor": facts["revenue_minor"],
        "events": facts["events"],
        "records": [record_as_json(one) for one in records_of(warehouse=session.warehouse, person_id=person, at_us=at_us)],
        "segments": segments_of(warehouse=session.warehouse, person_id=person, at_us=at_us),
        "consents": consents_of(person, at_us=at_us),
        "messages": messages_of(person, at_us=at_us),
    }


def trait_value(row: dict[str, Any]) -> Any:
    """A trait as JSON: numbers as people wrote them."""
    if row["kind"] == "number":
        number = row["number"]
        return None if number is None else number // SCALE if number % SCALE == 0 else number / SCALE
    return row["boolean"] if row["kind"] == "boolean" else row["text"]
