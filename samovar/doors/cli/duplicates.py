"""`samovar duplicates`: pairs of people who may be one are found, listed, merged and parted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from samovar.doors.cli.parts import amount, data_option, json_option, say_json
from samovar.doors.session import open_session

_SIDES = ("one", "other")


@click.group("duplicates")
def command() -> None:
    """Pairs of people who may be one."""


@command.command("find")
@data_option
@json_option
def find(data: Path, as_json: bool) -> None:
    """Look for duplicates among everybody; pairs that people refused are not opened again."""
    with open_session(data, command="duplicates") as session:
        from samovar.collect.duplicates import search

        session.settle()
        figures = search.look(
            workspace=session.workspace, warehouse=session.warehouse, actor=_actor(), at_us=session.clock.now_us()
        )
        session.settle()
    if as_json:
        say_json(figures)
        return
    click.echo(
        f"{figures['people']:,} people, {figures['pairs']:,} pairs found, {figures['open']:,} open, "
        f"{figures['merged']:,} merged, {figures['left']:,} sure ones left to people, in {figures['ms'] / 1000:.1f} s."
    )


@command.command("list")
@click.option("--state", type=click.Choice(["open", "merged", "refused"]), default="open", show_default=True, help="Which pairs.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many pairs at most.")
@data_option
@json_option
def list_pairs(state: str, limit: int, data: Path, as_json: bool) -> None:
    """Pairs with their probability and its reasons, the likeliest first, and the effect of what was merged.

    Each person has the number that `samovar duplicates merge` takes, and an identifier that `samovar customers show` takes.
    """
    with open_session(data, command="duplicates") as session:
        from samovar.collect.duplicates import groups, queries

        session.settle()
        told = [queries.as_json(pair) for pair in queries.pairs(state=state, limit=limit)]
        effect = queries.effect(warehouse=session.warehouse, at_us=session.clock.now_us())
        currency = session.workspace.currency
        shown = [] if as_json else [" = ".join(_shown(groups.called(pair[side]), pair[side]) for side in _SIDES) for pair in told]
    if as_json:
        say_json({"pairs": told, "effect": effect})
        return
    for pair, both in zip(told, shown, strict=True):
        click.echo(f"{pair['probability']:.4f}  {both}  {_reasons(pair['reasons'])}")
    click.echo(
        f"{effect['open']:,} open, {effect['merged']:,} merged, {effect['refused']:,} refused; "
        f"{effect['people_before']:,} people before and {effect['people']:,} now; {effect['orders']:,} orders came together, "
        f"{amount(effect['revenue_minor'], currency)}."
    )


def _shown(name: str, person: int) -> str:
    """A person in a line: her number, her name, an identifier by which she is shown."""
    from samovar.collect.queries import identifiers_of

    known = next((f"{one['kind']}:{one['value']}" for one in identifiers_of(person) if one["kind"] != "anonymous_id"), "")
    return f"{person} {name}" + (f" ({known})" if known else "")


def _reasons(reasons: dict[str, Any]) -> str:
    """The reasons, the weightiest first; what weighs nothing is none, unless the two differ in it."""
    told = [(name, one) for name, one in reasons.items() if one["weight"] or one["level"] == "different"]
    ordered = sorted(told, key=lambda one: -abs(one[1]["weight"]))
    return ", ".join(f"{name} {one['level']} {one['weight']:+g}" for name, one in ordered)


class _Keep(click.ParamType[tuple[str, int]]):
    """FIELD=ID: whose value of a field survives."""

    name = "FIELD=ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        field, _, person = str(value).rpartition("=")
        if not field or not person.isdecimal():
            self.fail(f"{value!r} is not FIELD=ID, such as city=17.", param, ctx)
        return field, int(person)


@command.command("merge")
@click.argument("one", metavar="ID", type=int)
@click.argument("other", metavar="ID", type=int)
@click.option(
    "--keep", type=_Keep(), multiple=True, help="Whose value of a field survives, such as city=17; once for each field."
)
@click.option(
    "--anyway", is_flag=True, help="Merge them though a member said that they, or others who would become one, are two."
)
@data_option
@json_option
def merge(one: int, other: int, keep: tuple[tuple[str, int], ...], anyway: bool, data: Path, as_json: bool) -> None:
    """Make one person of two; the older one stays. What they say differently survives by policy, unless --keep says whose."""
    with open_session(data, command="duplicates") as session:
        from samovar.collect.duplicates import operations

        session.settle()
        survivor = operations.merge_people(
            one=one, other=other, chosen=dict(keep), warehouse=session.warehouse, actor=_actor(), at_us=session.clock.now_us(),
            anyway=anyway,
        )  # fmt: skip
        session.settle()
    _say({"id": survivor}, f"They are customer {survivor} now.", as_json)


@command.command("unmerge")
@click.argument("profile", metavar="ID", type=int)
@data_option
@json_option
def unmerge(profile: int, data: Path, as_json: bool) -> None:
    """Take the merge of a profile back: it stands on its own again, with all that came by its identifiers."""
    with open_session(data, command="duplicates") as session:
        from samovar.collect import operations

        session.settle()
        operations.unmerge(profile=profile, actor=_actor(), at_us=session.clock.now_us())
        session.settle()
    _say({"id": profile}, f"Customer {profile} stands on their own again.", as_json)


def _actor() -> Any:
    from samovar.staff.actors import Actor

    return Actor.system("command")


def _say(answer: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        say_json(answer)
    else:
        click.echo(sentence)
