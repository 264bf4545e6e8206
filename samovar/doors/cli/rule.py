"""`samovar rule`: say what a rule is and what it means or where it is wrong, its SQL, its truth for a customer and a basket."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from samovar import rules
from samovar.doors.cli.parts import data_option, json_option, moment, say_json
from samovar.doors.session import open_session
from samovar.kit.errors import Refusal
from samovar.rules import sentence as sentences
from samovar.rules.baskets import LINES_MAX, BadBasket
from samovar.rules.sentence import LANGUAGES, LanguageCode
from samovar.rules.tree import TEXT_BYTES_MAX
from samovar.rules.unseen import WARNINGS

BASKET_BYTES_MAX = 1 << 20
DIALECTS = ("duckdb", "clickhouse")  # of `rules.sql`, whose import takes longer than to say them


@click.group("rule")
def command() -> None:
    """Rules: the conditions of segments and campaigns."""


@command.command("check")
@click.argument("text")
@click.option("--basket", "is_of_basket", is_flag=True, help="A rule that may read a basket.")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value on stdout.")
def check(text: str, is_of_basket: bool, data: Path, as_json: bool) -> None:
    """Check the rule TEXT (- reads it from stdin) and print its canonical form.

    Where there is a workspace its traits and events are the names known, and a known name without data is a warning; without
    one any name of a trait or an event is taken on trust.
    """
    text = given(text)
    read = read_or_exit(text, data, as_json, is_of_basket=is_of_basket)
    canonical = rules.to_text(read.rule)
    if as_json:
        say_json({"ok": True, "text": canonical, **({"warnings": read.warnings} if read.warnings else {})})
        return
    click.echo(canonical)
    for warning in read.warnings:
        click.echo(f"line {warning['line']}, column {warning['column']}: {warning['message']}", err=True)


@command.command("say")
@click.argument("text")
@click.option(
    "--lang",
    "language",
    type=click.Choice(list(LANGUAGES)),
    default="en",
    show_default=True,
    help="The language of the sentence.",
)
@click.option("--basket", "is_of_basket", is_flag=True, help="A rule that may read a basket.")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value on stdout.")
def say(text: str, language: LanguageCode, is_of_basket: bool, data: Path, as_json: bool) -> None:
    """Say the rule TEXT (- reads it from stdin) as a plain sentence.

    Names are those that `check` knows.
    """
    read = read_or_exit(given(text), data, as_json, is_of_basket=is_of_basket)
    sentence = sentences.say(read.rule, language, read.catalogue)
    if as_json:
        say_json({"ok": True, "sentence": sentence})
    else:
        click.echo(sentence)


@command.command("words")
@click.option("--at", help="As of this moment; default now.")
@data_option
@json_option
def words(at: str | None, data: Path, as_json: bool) -> None:
    """List the words that a rule may use here: attributes with the share of people who have them and examples, collections with
    their fields."""
    with open_session(data, command="rule") as session:
        from samovar.understand.rules import with_shares

        session.settle()
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        [row] = session.warehouse.query("understand.words", at_us=at_us).to_pylist()
        found = with_shares(json.loads(row["words"]))
    if as_json:
        say_json(found)
        return
    click.echo(f"{found['people']:,} customers")
    for word in found["attributes"]:
        examples = ", ".join(map(str, word["examples"]))
        click.echo(f"{word['share']:>6.1%}  {word['name']:<32} {word['kind']:<8} {examples}".rstrip())
    for one in found["collections"]:
        fields = ", ".join(f"{field['name']} ({field['kind']})" for field in one["fields"])
        click.echo(f"{one['rows']:>12,}  {one['name']:<26} {fields}".rstrip())


@command.command("schema")
@click.option("--json", "as_json", is_flag=True, help="On one line.")
def schema(as_json: bool) -> None:
    """Print the JSON Schema of a rule's stored form, the tree that segments keep and the REST API answers."""
    found = rules.json_schema()
    if as_json:
        say_json(found)
    else:
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))


@command.command("sql")
@click.argument("text")
@click.option("--dialect", type=click.Choice(DIALECTS), default="duckdb", show_default=True, help="The engine.")
@click.option("--at", help="As of this moment; default now.")
@data_option
@json_option
def print_sql(text: str, dialect: str, at: str | None, data: Path, as_json: bool) -> None:
    """Print the SQL that gives the people of the rule TEXT (- reads it from stdin)."""
    text = given(text)
    statement = _asked("understand.rule_sql", "sql", text, at, data, as_json, dialect=dialect)
    if as_json:
        say_json({"sql": statement})
    else:
        click.echo(statement)


@command.command("eval")
@click.argument("text")
@click.option("--customer", required=True, metavar="ID", help="Whom to ask about: kind:value (email:anna@example.ru) or a value.")
@click.option(
    "--basket",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.json",
    help="What is in the basket: total, currency, channel, coupon, and items of sku, category, brand, price, quantity, amount.",
)
@click.option("--at", help="As of this moment; default now.")
@data_option
@json_option
def evaluate(text: str, customer: str, basket: Path | None, at: str | None, data: Path, as_json: bool) -> None:
    """Say whether the rule TEXT (- reads it from stdin) holds for a customer, and for a basket where one is given.

    Where TEXT is not a test but a value, such as avg(orders.amount), say the value: money in major units, null where unknown.
    A basket of another currency is counted in the workspace's by the rate of the day; without one its money is unknown.
    """
    text = given(text)
    if basket is None:
        value = json.loads(_asked("understand.evaluated", "value", text, at, data, as_json, customer=customer))
    else:
        asked = {"customer": customer, "basket": _basket(basket)}
        value = json.loads(_asked("understand.basket_evaluated", "value", text, at, data, as_json, **asked))
    if as_json:
        say_json({"value": value})
    else:
        click.echo(json.dumps(value, ensure_ascii=False))


def _basket(file: Path) -> Any:
    """The JSON of a file. Raises `BadBasket`."""
    if file.stat().st_size > BASKET_BYTES_MAX:
        raise BadBasket("bad_basket", f"{file} is longer than {BASKET_BYTES_MAX} bytes: a basket has up to {LINES_MAX} lines.")
    try:
        return json.loads(file.read_bytes())
    except ValueError as error:
        raise BadBasket("bad_basket", f"{file} is not JSON: {error}.") from error


def _asked(
    query: str, answer: str, text: str, at: str | None, data: Path, as_json: bool, *, customer: str | None = None, **params: Any
) -> str:
    """The answer of a query about a rule, and a person where there is one; a rule's fault ends the command."""
    with open_session(data, command="rule") as session:
        from samovar.collect.queries import find_person
        from samovar.engine import settings

        session.settle()
        at_us = moment(at, session.workspace.zone, session.clock.now_us())
        if customer is not None:
            params["person_id"] = find_person(customer, str(settings.get("phone_region")))
        if isinstance(params.get("basket"), dict):
            day = session.workspace.zone.day(at_us)
            params["rate"] = _rate(params["basket"].get("currency"), day)
        try:
            [row] = session.warehouse.query(query, text=text, at_us=at_us, **params).to_pylist()
        except Refusal as refusal:
            say_fault(refusal, text, as_json)
            sys.exit(1)
    return str(row[answer])


def _rate(currency: object, day: int) -> str | None:
    """What one unit of a basket's currency is worth in the workspace's on a local day, None without a rate."""
    from samovar.collect.queries import rates

    rate = rates()(currency, day) if isinstance(currency, str) else None
    return None if rate is None else str(rate)


def given(text: str) -> str:
    """The argument itself, or stdin for `-`, no more than a rule may have."""
    return sys.stdin.read(TEXT_BYTES_MAX + 1) if text == "-" else text


@dataclass(frozen=True)
class Read:
    """A rule as it was read: `warnings` name known words that no data of the workspace bears out yet."""

    rule: rules.Rule
    catalogue: rules.Catalogue
    warnings: list[dict[str, Any]]


def read_or_exit(text: str, data: Path, as_json: bool, *, is_of_basket: bool = False) -> Read:
    """The rule of a text in the words of the workspace, where there is one. A fault is said and ends the command."""
    try:
        return _read(text, data, is_of_basket)
    except Refusal as refusal:
        say_fault(refusal, text, as_json)
        sys.exit(1)


def _read(text: str, data: Path, is_of_basket: bool) -> Read:
    catalogue = rules.builtin_catalogue().with_basket() if is_of_basket else rules.builtin_catalogue()
    rule = rules.parse(text, catalogue)
    if not (data / "workspace.json").exists():
        return Read(rule, catalogue, [])
    with open_session(data, command="rule") as session:
        from samovar.understand import words

        found = words.check(text, session.warehouse, is_of_basket=is_of_basket)
        warnings = [{**one, "message": WARNINGS[one["code"]] % one} for one in found.warnings]
        catalogue = words.open_catalogue().with_basket() if is_of_basket else words.open_catalogue()
        return Read(found.rule, catalogue, warnings)


def say_fault(refusal: Refusal, text: str, as_json: bool) -> None:
    """A rule's fault with its place and the nearest names; any other refusal as its sentence."""
    params: dict[str, Any] = refusal.params
    if as_json:
        place = {key: params[key] for key in ("line", "column", "suggestions") if key in params}
        click.echo(json.dumps({"ok": False, "message": refusal.message, **place}, ensure_ascii=False))
        return
    click.echo(refusal.message, err=True)
    if "line" in params:
        line = (text.splitlines() or [""])[min(params["line"], text.count("\n") + 1) - 1][:200]
        click.echo(f"line {params['line']}, column {params['column']}:\n  {line}\n  {' ' * (params['column'] - 1)}^", err=True)
        if params.get("suggestions"):
            click.echo(f"Did you mean: {', '.join(params['suggestions'])}", err=True)
