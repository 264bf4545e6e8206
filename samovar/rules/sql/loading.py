"""The rows of a collection as they are, to be kept and asked outside of the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from samovar.rules.catalogue import Collection
from samovar.rules.formulas import OfRow
from samovar.rules.sql.dialects import DUCKDB
from samovar.rules.sql.people import person_filter
from samovar.rules.sql.rows import ROW, Who, collection_filters, field_sql
from samovar.rules.sql.scans import PERSON
from samovar.rules.sql.values import binary, column, whole
from samovar.rules.windows import Moment

BY_MACHINE = "by_machine"  # whether a machine made the event, which some collections leave out


def rows_sql(
    collection: Collection,
    stored: Sequence[str],
    fields: Sequence[OfRow],
    moment: Moment,
    *,
    first_day: int | None = None,
    who: Who = None,
    told: str | None = None,
) -> str:
    """(person_id, the `stored` columns of the table or `BY_MACHINE`, c0, c1, … of the fields): a collection's rows by the moment.

    Rows before the local day `first_day` are left out. `told` is a table with the collection's columns whose rows are read in
    place of its own: those with `time_us` after `$after`.
    """
    selected = [_stored(PERSON)]
    selected += [_by_machine() if name == BY_MACHINE else _stored(name) for name in stored]
    for number, one in enumerate(fields):
        selected.append(exp.alias_(field_sql(one.field, one.kind, is_folded=one.is_folded), f"c{number}"))
    rows = exp.select(*selected).from_(exp.to_table(told or collection.table, alias=ROW))
    rows = rows.where(*collection_filters(collection, moment))
    if first_day is not None:
        rows = rows.where(binary(">=", column("day", ROW), whole(first_day)))
    if who is not None:
        rows = rows.where(person_filter(who))
    if told is not None:
        rows = rows.where(binary(">", column("time_us", ROW), exp.Placeholder(this="after")))
    return DUCKDB.query_text(rows)


def _stored(name: str) -> exp.Expression:
    """A column; numbers of people fit in 32 bits, as roaring bitmaps want them."""
    return exp.alias_(exp.cast(column(name, ROW), "INTEGER"), name) if name in (PERSON, "profile_id") else column(name, ROW)


def _by_machine() -> exp.Expression:
    told = exp.func("json_extract_string", column("props", ROW), exp.Literal.string("/by_machine"))
    is_told = exp.func("coalesce", binary("=", told, exp.Literal.string("true")), exp.false())
    return exp.alias_(is_told, BY_MACHINE)
