"""What is known of the person: traits as they stood at the moment, registration, consents, contacts. Each is one CTE."""

from __future__ import annotations

from sqlglot import exp

from samovar.kit.clock import LAST_US
from samovar.rules.catalogue import CHANNEL_IDENTIFIERS, Kind
from samovar.rules.sql.rows import ROW, Who, time_order
from samovar.rules.sql.scans import PERSON
from samovar.rules.sql.values import binary, column, instant, known, whole
from samovar.rules.windows import Moment

_TRAIT_COLUMNS = {Kind.TEXT: "text", Kind.NUMBER: "number", Kind.BOOLEAN: "boolean", Kind.DATE: "date_day"}


def customers_select(moment: Moment, who: Who = None) -> exp.Select:
    """The customers at the moment: known by then and not erased, and since when they are registered if they were by then."""
    at = instant(moment)
    registered = column("registered_us", ROW)
    registered_by = exp.Case(ifs=[exp.If(this=binary("<=", registered, at), true=registered.copy())])
    people = exp.select(column(PERSON, ROW), exp.alias_(registered_by, "registered_us")).from_(exp.to_table("people", alias=ROW))
    never = exp.func("coalesce", column("erased_us", ROW), whole(LAST_US))
    return of_person(people.where(binary("<=", column("known_us", ROW), at), binary(">", never, at)), who)


def of_person(select: exp.Select, who: Who) -> exp.Select:
    """Only the rows of those asked about."""
    return select if who is None else select.where(person_filter(who))


def person_filter(who: int | str) -> exp.Expression:
    """Whether a row is of one person, or of one of the people that a SELECT gives."""
    if isinstance(who, int):
        return binary("=", column(PERSON, ROW), whole(who))
    return exp.In(this=column(PERSON, ROW), query=exp.var(f"({who})"))


def traits_select(traits: dict[tuple[str, str], str], moment: Moment, who: Who) -> exp.Select:
    """The last change of each trait by the moment: (trait's name, its part) -> the column made. The greater event key wins a tie.

    `arg_max_null` keeps a change that cleared the trait or gave it another kind: the part is null then, and so is the value.
    """
    order = time_order(("event_key",))
    columns = [
        exp.alias_(
            exp.Filter(
                this=exp.func("arg_max_null", column(part, ROW), order.copy()),
                expression=exp.Where(this=binary("=", column("name", ROW), exp.Literal.string(name))),
            ),
            made, quoted=True,
        )
        for (name, part), made in traits.items()
    ]  # fmt: skip
    names = dict.fromkeys(name for name, _ in traits)
    rows = exp.select(column(PERSON, ROW), *columns).from_(exp.to_table("attributes", alias=ROW))
    rows = rows.where(
        exp.In(this=column("name", ROW), expressions=[exp.Literal.string(name) for name in names]),
        binary("<=", column("time_us", ROW), instant(moment)),
        known(column(PERSON, ROW)),
    )
    return of_person(rows, who).group_by(column(PERSON, ROW))


def trait_part(kind: Kind, *, is_folded: bool) -> str:
    """The column in which a trait of a kind is told."""
    return "folded" if is_folded else _TRAIT_COLUMNS.get(kind, "text")


def consent_select(channel: str, purpose: str, moment: Moment, who: Who) -> exp.Select:
    """Whether some address of the person has consent: its latest record by the moment, the refusal at equal times."""
    # Time and refusal in one number, odd when refused: its greatest is the record that holds.
    refused = exp.Case(ifs=[exp.If(this=column("given"), true=whole(0))], default=whole(1))
    record = exp.Add(this=exp.Mul(this=column("time_us"), expression=whole(2)), expression=refused)
    given = binary("=", exp.Mod(this=exp.func("max", record), expression=whole(2)), whole(0))
    told = (
        exp.select(column("address"), exp.alias_(given, "given"))
        .from_("consents")
        .where(
            binary("=", column("channel"), exp.Literal.string(channel)),
            binary("=", column("purpose"), exp.Literal.string(purpose)),
            binary("<=", column("time_us"), instant(moment)),
        )
        .group_by(column("address"))
    )
    rows = contact_rows(CHANNEL_IDENTIFIERS[channel], who)
    if who is not None:  # what others said need not be gone through
        told = told.where(exp.In(this=column("address"), query=rows.copy().select(column("value", ROW)).subquery()))
    addresses = told.subquery("c")
    some_given = exp.alias_(exp.func("bool_or", column("given", "c")), "value")
    joined = rows.join(addresses, on=binary("=", column("address", "c"), column("value", ROW)))
    return joined.select(column(PERSON, ROW), some_given).group_by(column(PERSON, ROW))


def contact_select(kind: str, who: Who) -> exp.Select:
    """People with an identifier of a kind; identities are as they stand now."""
    return contact_rows(kind, who).select(column(PERSON, ROW)).distinct()


def contact_rows(kind: str, who: Who) -> exp.Select:
    """Identifiers of a kind that belong to somebody."""
    rows = exp.select().from_(exp.to_table("identifiers", alias=ROW))
    rows = rows.where(binary("=", column("kind", ROW), exp.Literal.string(kind)), known(column(PERSON, ROW)))
    return of_person(rows, who)
