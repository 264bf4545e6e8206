"""What is known of the person: traits as they stood at the moment, registration, consents, contacts, reach. Each is one CTE."""

from __future__ import annotations

from sqlglot import exp

from samovar.kit.clock import LAST_US
from samovar.rules.catalogue import CHANNEL_IDENTIFIERS, Kind
from samovar.rules.sql.rows import ROW, Who, trait_order
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
    """The last change of each trait by the moment: (trait's name, its part) -> the column made. The greater event key wins a tie,
    and what was told wins over what the house derives.

    `arg_max_null` keeps a change that cleared the trait or gave it another kind: the part is null then, and so is the value.
    """
    order = trait_order()
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
    rows = contact_rows(CHANNEL_IDENTIFIERS[channel], who)
    told = _answers(channel, purpose, moment, rows if who is not None else None)
    some_given = exp.alias_(exp.func("bool_or", _is_given(column("record", "c"))), "value")
    joined = rows.join(told.subquery("c"), on=binary("=", column("address", "c"), column("value", ROW)))
    return joined.select(column(PERSON, ROW), some_given).group_by(column(PERSON, ROW))


def reach_select(channel: str, moment: Moment, who: Who) -> exp.Select:
    """How the people with an address of a channel stand with marketing by it: a state of `REACH_STATES` but the last.

    What a person refused at one address holds for all of hers, until one of them says yes again.
    """
    rows = contact_rows(CHANNEL_IDENTIFIERS[channel], who)
    some = rows if who is not None else None
    stopped = _of_addresses(_told("suppressions", channel, moment).select(column("address")).distinct(), some).subquery("s")
    answers = _answers(channel, "marketing", moment, some).subquery("c")
    is_open, given = exp.Is(this=column("address", "s"), expression=exp.null()), _is_given(column("record", "c"))
    agreed, refused = _last_record(exp.and_(is_open.copy(), given.copy())), _last_record(exp.not_(given.copy()))
    some_open = exp.func("bool_or", is_open.copy())
    tests = {
        "reachable": exp.GT(this=agreed, expression=exp.func("coalesce", refused.copy(), whole(-1))),
        "refused": exp.and_(some_open.copy(), known(refused.copy())),
        "unasked": some_open,
    }
    ifs = [exp.If(this=test, true=exp.Literal.string(state)) for state, test in tests.items()]
    state = exp.alias_(exp.Case(ifs=ifs, default=exp.Literal.string("stopped")), "value")
    for told, name in ((answers, "c"), (stopped, "s")):
        rows = rows.join(told, on=binary("=", column("address", name), column("value", ROW)), join_type="left")
    return rows.select(column(PERSON, ROW), state).group_by(column(PERSON, ROW))


def _answers(channel: str, purpose: str, moment: Moment, some: exp.Select | None) -> exp.Select:
    """(address, record): the latest word of each address, or of those in some rows of contacts, the refusal at equal times."""
    # Time and refusal in one number, odd when refused: its greatest is the record that holds.
    refused = exp.Case(ifs=[exp.If(this=column("given"), true=whole(0))], default=whole(1))
    record = exp.Add(this=exp.Mul(this=column("time_us"), expression=whole(2)), expression=refused)
    told = _told("consents", channel, moment).select(column("address"), exp.alias_(exp.func("max", record), "record"))
    told = told.where(binary("=", column("purpose"), exp.Literal.string(purpose))).group_by(column("address"))
    return _of_addresses(told, some)


def _is_given(record: exp.Expression) -> exp.Expression:
    return binary("=", exp.Mod(this=record, expression=whole(2)), whole(0))


def _last_record(test: exp.Expression) -> exp.Expression:
    """The greatest of a person's records of which something holds; unknown where it holds of none."""
    return exp.func("max", exp.Case(ifs=[exp.If(this=test, true=column("record", "c"))]))


def _told(table: str, channel: str, moment: Moment) -> exp.Select:
    """What a table told of a channel's addresses by the moment."""
    rows = exp.select().from_(table)
    return rows.where(
        binary("=", column("channel"), exp.Literal.string(channel)), binary("<=", column("time_us"), instant(moment))
    )


def _of_addresses(told: exp.Select, some: exp.Select | None) -> exp.Select:
    """What was told of the addresses in some rows of contacts alone: what others said need not be gone through."""
    if some is None:
        return told
    return told.where(exp.In(this=column("address"), query=some.select(column("value", ROW)).subquery()))


def contact_select(kind: str, who: Who) -> exp.Select:
    """People with an identifier of a kind; identities are as they stand now."""
    return contact_rows(kind, who).select(column(PERSON, ROW)).distinct()


def contact_rows(kind: str, who: Who) -> exp.Select:
    """Identifiers of a kind that belong to somebody."""
    rows = exp.select().from_(exp.to_table("identifiers", alias=ROW))
    rows = rows.where(binary("=", column("kind", ROW), exp.Literal.string(kind)), known(column(PERSON, ROW)))
    return of_person(rows, who)
