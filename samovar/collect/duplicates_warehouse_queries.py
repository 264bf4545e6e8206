"""The named queries of duplicates. Each is as of `at_us`."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from samovar.collect.duplicates import sql
from samovar.engine.warehouse.registry import Context, named

PEOPLE_MAX = 200_000  # of one answer: a few seconds within the 512 MB of a command


@named("collect.duplicate_people")
def people(cursor: Any, context: Context, /, *, at_us: int, after: int = 0, limit: int = PEOPLE_MAX) -> pa.Table:
    """A part of everybody known, one row each: see `known_sql`. It is the last part when it has fewer than `limit` rows."""
    params = {"at": at_us, "after": after, "limit": min(limit, PEOPLE_MAX)}
    return cursor.sql(sql.known_sql(), params=params).to_arrow_table()


@named("collect.duplicate_profiles")
def profiles(cursor: Any, context: Context, /, *, profiles: list[int], at_us: int) -> pa.Table:
    """One row a profile that says anything: see `profiles_sql`."""
    return cursor.sql(sql.profiles_sql(), params={"profiles": profiles, "at": at_us}).to_arrow_table()


@named("collect.duplicate_namesakes")
def namesakes(cursor: Any, context: Context, /, *, names: list[str], at_us: int) -> pa.Table:
    """One row a first name that somebody bears: see `namesakes_sql`."""
    return cursor.sql(sql.namesakes_sql(), params={"names": names, "at": at_us}).to_arrow_table()


@named("collect.duplicate_fields")
def fields(cursor: Any, context: Context, /, *, people: list[int], at_us: int) -> pa.Table:
    """One row a value: see `fields_sql`."""
    return cursor.sql(sql.fields_sql(), params={"people": people, "at": at_us}).to_arrow_table()


@named("collect.duplicate_orders")
def orders(cursor: Any, context: Context, /, *, people: list[int], at_us: int) -> pa.Table:
    """One row a person who bought: see `bought_sql`."""
    return cursor.sql(sql.bought_sql(), params={"people": people, "at": at_us}).to_arrow_table()


@named("collect.duplicates_effect")
def effect(cursor: Any, context: Context, /, *, profiles: list[int], before: list[int], at_us: int) -> pa.Table:
    """One row: see `effect_sql`."""
    return cursor.sql(sql.effect_sql(), params={"profiles": profiles, "before": before, "at": at_us}).to_arrow_table()
