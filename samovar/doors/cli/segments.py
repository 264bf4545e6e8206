"""`samovar segments`: list them, count a rule, see the people, ask why somebody is in or out, begin with ready ones,
lint a set of stages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samovar import rules
from samovar.doors.cli.lint import lint
from samovar.doors.cli.parts import data_option, json_option, moment, say_json
from samovar.doors.cli.rule import given, say_fault
from samovar.doors.session import open_session
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal
from samovar.rules.sentence import LanguageCode
from samovar.staff.actors import Actor

if TYPE_CHECKING:
    from samovar.understand.library.shelf import Offer

MEMBERS_DEFAULT = 50


@click.group("segments")
def command() -> None:
    """Segments: people who fit a rule."""


command.add_command(lint)


@command.command("list")
@click.option("--at", help="Count as of this moment; default the last counts.")
@data_option
@json_option
def list_segments(at: str | None, data: Path, as_json: bool) -> None:
    """Segments by name, with their last counts, or as of a moment."""
    with open_session(data, command="segments") as session:
        from samovar.understand import queries

        if at is None:
            rows = [queries.as_json(row) for row in queries.segments()]
        else:
            session.settle()
            at_us = moment(at, session.workspace.zone, session.clock.now_us())
            sizes = queries.sizes_at(warehouse=session.warehouse, at_us=at_us)
            rows = [{**queries.as_json(row), "people": people, "counted_us": at_us} for row, people in sizes]
    if as_json:
        say_json({"count": len(rows), "segments": rows})
        return
    for row in rows:
        people = "not counted yet" if row["people"] is None else f"{row['people']:,}"
        click.echo(f"{people:>15}  {row['slug']:<30} {row['rule']}")
    if not rows:
        click.echo("No segments yet. Make one in the office, or with: samovar apply DIR")


@command.command("library")
@click.argument("search", default="")
@click.option("--add", "slug", help="Make a segment of this ready one.")
@click.option("--lang", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="The language of the answer.")
@data_option
@json_option
def library(search: str, slug: str | None, lang: LanguageCode, data: Path, as_json: bool) -> None:
    """Ready segments, all or those that SEARCH finds, or take one into use."""
    with open_session(data, command="segments") as session:
        from samovar.understand import queries
        from samovar.understand.library.operations import take
        from samovar.understand.library.shelf import offers

        if slug is not None:
            row = take(slug=slug, language=lang, actor=Actor.system("command"), at_us=session.clock.now_us())
            if as_json:
                say_json(queries.as_json(row))
            else:
                click.echo(f"{row.slug}: {row.rule_text}")
            return
        found = [(group, one) for group, shelf in offers(lang, search=search) for one in shelf]
    if as_json:
        say_json({"count": len(found), "segments": [_ready(one) for _group, one in found]})
        return
    for group, one in found:
        click.echo(f"{group.name[lang]:<24} {one.ready.slug:<28} {one.name}: {one.sentence}")
    if not found:
        click.echo("The library has nothing like it.")


def _ready(one: Offer) -> dict[str, Any]:
    used = one.used.slug if one.used else None
    said = {"name": one.name, "description": one.says, "rule": one.rule, "sentence": one.sentence}
    return {"slug": one.ready.slug, "group": one.ready.group, **said, "has_example": one.ready.has_example, "used": used}


@command.command("count")
@click.argument("rule")
@click.option("--at", help="As of this moment; default now.")
@data_option
@json_option
def count(rule: str, at: str | None, data: Path, as_json: bool) -> None:
    """How many customers fit RULE (- reads it from stdin)."""
    rule = given(rule)
    with open_session(data, command="segments") as session:
        session.settle()
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        try:
            [answer] = session.warehouse.query("understand.segment_count", text=rule, at_us=at_us).to_pylist()
        except Refusal as refusal:
            say_fault(refusal, rule, as_json)
            sys.exit(1)
    if as_json:
        say_json(answer)
    else:
        click.echo(f"{answer['count']:,} of {answer['of']:,} customers, counted in {answer['ms']:.0f} ms")


@command.command("members")
@click.argument("segment")
@click.option("--at", help="As of this moment; default now.")
@click.option("--limit", type=click.IntRange(1, 1000), default=MEMBERS_DEFAULT, show_default=True, help="People a page.")
@click.option("--after", type=int, default=0, help="Go on after this person's id.")
@data_option
@json_option
def members(segment: str, at: str | None, limit: int, after: int, data: Path, as_json: bool) -> None:
    """The people of SEGMENT, by slug or number, in order of their ids."""
    with open_session(data, command="segments") as session:
        from samovar.collect.people import names_of
        from samovar.understand import queries

        session.settle()
        row = queries.segment(segment)
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        page = session.warehouse.query("understand.members", tree=row.tree, at_us=at_us, after=after, limit=limit).to_pylist()
        names = names_of([person["person_id"] for person in page])
    people: list[dict[str, Any]] = [{"id": p.pop("person_id"), **p} for p in page]
    for person in people:
        person["name"] = names.get(person["id"], "")
    if as_json:
        say_json({"segment": row.slug, "people": people, "after": people[-1]["id"] if len(people) == limit else None})
        return
    for person in people:
        click.echo(f"{person['id']:>10}  {person['name']:<30} {person['orders']:>6} orders")


@command.command("explain")
@click.argument("rule")
@click.argument("customer")
@click.option("--at", help="As of this moment; default now.")
@click.option("--lang", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="The language of the answer.")
@data_option
@json_option
def explain(rule: str, customer: str, at: str | None, lang: LanguageCode, data: Path, as_json: bool) -> None:
    """Why CUSTOMER is in RULE or out of it, test by test. RULE is a segment's slug or a rule's text (- reads it from stdin)."""
    rule = given(rule)
    with open_session(data, command="segments") as session:
        from samovar.collect.queries import find_person
        from samovar.engine import settings
        from samovar.understand.explaining import explain as explained

        session.settle()
        person = find_person(customer, str(settings.get("phone_region")))
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        try:
            asked = _rule_of(rule, session.warehouse)
        except Refusal as refusal:
            say_fault(refusal, rule, as_json)
            sys.exit(1)
        answer = explained(rule=asked, person_id=person, at_us=at_us, language=lang, warehouse=session.warehouse)
    if as_json:
        say_json({**answer, "leaves": [{k: leaf[k] for k in ("text", "value", "needs", "ok")} for leaf in answer["leaves"]]})
        return
    click.echo(f"{'in' if answer['in'] else 'out'}: {answer['sentence']}")
    for leaf in answer["leaves"]:
        click.echo(f"  {'✓' if leaf['ok'] else '✗'} {leaf['text']}: {leaf['shown']} ({leaf['needs']})")


def _rule_of(given_rule: str, warehouse: Asker) -> rules.Rule:
    """The rule of a segment, or of a text. Raises `Refusal` with a `RuleError`'s values."""
    from samovar.understand import queries, words
    from samovar.understand.models import Segment

    if Segment.objects.filter(slug=given_rule).exists():
        return rules.from_json(queries.segment(given_rule).tree)
    return words.read(given_rule, warehouse)
