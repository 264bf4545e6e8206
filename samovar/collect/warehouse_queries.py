"""The named queries of this room: the customer card, the list of customers, goods, today. Every one is as of `at_us`."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from samovar.collect import groupings
from samovar.collect.records.sql import records_of_sql
from samovar.collect.sql import card_sql as sql
from samovar.collect.sql import list_sql
from samovar.engine.warehouse.registry import Context, named
from samovar.kit.errors import Refusal
from samovar.kit.text import fold

ROWS_MAX = 5_000


def _table(cursor: Any, text: str, params: dict[str, Any]) -> pa.Table:
    return cursor.sql(text, params=params).to_arrow_table()


@named("collect.person")
def person(cursor: Any, context: Context, /, *, person_id: int, at_us: int) -> pa.Table:
    """One row: see `person_sql`."""
    return _table(cursor, sql.person_sql(), {"person": person_id, "at": at_us})


@named("collect.traits")
def traits(cursor: Any, context: Context, /, *, person_id: int, at_us: int) -> pa.Table:
    """One row a trait: see `traits_sql`."""
    return _table(cursor, sql.traits_sql(), {"person": person_id, "at": at_us})


@named("collect.told")
def told(cursor: Any, context: Context, /, *, person_id: int, at_us: int, names: list[str], limit: int = 20) -> pa.Table:
    """What some traits were said to be until now: see `told_sql`."""
    return _table(cursor, sql.told_sql(), {"person": person_id, "at": at_us, "names": names, "limit": min(limit, ROWS_MAX)})


@named("collect.timeline")
def timeline(
    cursor: Any, context: Context, /, *, person_id: int, at_us: int, kind: str = "", limit: int = 50,
    before: list[int] | None = None,
) -> pa.Table:  # fmt: skip
    """One row an entry: see `timeline_sql`. `before` is (time_us, event_key). Raises `Refusal` for an unknown kind."""
    if kind and kind not in sql.KINDS:
        raise Refusal("bad_kind", f"The timeline shows {', '.join(sql.KINDS)}.", field="kind")
    params: dict[str, Any] = {"person": person_id, "at": at_us, "limit": min(limit, ROWS_MAX)}
    if before is not None:
        params |= {"before_us": before[0], "before_key": before[1]}
    return _table(cursor, sql.timeline_sql(kind, before is not None), params)


@named("collect.orders_of")
def orders_of(cursor: Any, context: Context, /, *, person_id: int, at_us: int, limit: int = 200) -> pa.Table:
    """One row an order: see `orders_sql`."""
    return _table(cursor, sql.orders_sql(), {"person": person_id, "at": at_us, "limit": min(limit, ROWS_MAX)})


@named("collect.records_of")
def records_of(cursor: Any, context: Context, /, *, person_id: int, at_us: int, limit: int = 200) -> pa.Table:
    """One row a linked record: see `records_of_sql`."""
    return _table(cursor, records_of_sql(), {"person": person_id, "at": at_us, "limit": min(limit, ROWS_MAX)})


@named("collect.customer_list")
def customer_list(
    cursor: Any, context: Context, /, *, at_us: int, sort: str = "since", descending: bool = True, limit: int = 50,
    after: list[int] | None = None, only: list[int] | None = None, groups: dict[str, str] | None = None,
) -> pa.Table:  # fmt: skip
    """One page: see `list_sqls`. `after` is (value sorted by, person_id); `groups` maps groupings to the group chosen."""
    if sort not in list_sql.SORTS:
        raise Refusal("bad_sort", f"Customers are sorted by {', '.join(list_sql.SORTS)}.", field="sort")
    chosen = [groupings.group(name, value, at_us, context) for name, value in (groups or {}).items()]
    place = (after[0], after[1]) if after is not None else None
    asked = list_sql.Asked(sort, descending, place, is_only=only is not None, groups=chosen)
    params: dict[str, Any] = {"at": at_us, "limit": min(limit, ROWS_MAX)}
    if only is not None:
        params["only"] = only
    if after is not None:
        params |= {"value": after[0], "last": after[1]}
    for text in list_sql.list_sqls(asked):
        page = _table(cursor, text, params)
        if page.num_rows == params["limit"]:
            break
    return page


@named("collect.cities")
def cities(cursor: Any, context: Context, /, *, at_us: int, only: list[int]) -> pa.Table:
    """One row a person who has a city: see `cities_sql`."""
    return _table(cursor, list_sql.cities_sql(), {"at": at_us, "only": only})


@named("collect.goods")
def goods(
    cursor: Any, context: Context, /, *, at_us: int, search: str = "", after: list[str] | None = None, limit: int = 50
) -> pa.Table:
    """One page of goods by name: see `goods_sql`."""
    params: dict[str, Any] = {"at": at_us, "limit": min(limit, ROWS_MAX)}
    if search:
        params["search"] = fold(search)
    if after is not None:
        params |= {"value": after[0], "last": after[1]}
    return _table(cursor, sql.goods_sql(is_later=after is not None, is_search=bool(search)), params)


@named("collect.today")
def today(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row: see `today_sql`."""
    day = context.zone.day(at_us)
    return _table(cursor, sql.today_sql(), {"at": at_us, "day": day, "since": context.zone.midnight_us(day)})
