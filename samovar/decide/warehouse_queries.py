"""What campaigns ask of the warehouse: how many people a rule reaches, and the people themselves with their context."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from samovar import rules
from samovar.decide.sql.audience import count_sql, recipients_sql, spending_sql
from samovar.engine.warehouse.registry import Context, named
from samovar.rules.sql import Moment, people_sql
from samovar.understand.warehouse_queries import catalogue

RECIPIENTS_MAX = 50_000


def _people_sql(cursor: Any, context: Context, tree: dict[str, Any], at_us: int) -> str:
    """SELECT person_id of the customers in a stored rule as of a moment. Raises `RuleError`."""
    return people_sql(rules.from_json(tree), catalogue(cursor, context), Moment(at_us, context.zone))


@named("decide.audience_count")
def audience_count(cursor: Any, context: Context, /, *, tree: dict[str, Any], at_us: int, channel: str, purpose: str) -> pa.Table:
    """One row: see `count_sql`."""
    sql = count_sql(_people_sql(cursor, context, tree, at_us))
    return cursor.sql(sql, params={"at": at_us, "channel": channel, "purpose": purpose}).to_arrow_table()


@named("decide.recipients")
def recipients(
    cursor: Any, context: Context, /, *, tree: dict[str, Any], at_us: int, after: int, limit: int, names: list[str],
    channel: str, purpose: str,
) -> pa.Table:  # fmt: skip
    """People of a rule after a person id: see `recipients_sql`."""
    sql = recipients_sql(_people_sql(cursor, context, tree, at_us))
    params = {
        "at": at_us, "after": after, "limit": min(limit, RECIPIENTS_MAX), "names": names or [""], "channel": channel,
        "purpose": purpose,
    }  # fmt: skip
    return cursor.sql(sql, params=params).to_arrow_table()


@named("decide.audience_spending")
def audience_spending(cursor: Any, context: Context, /, *, tree: dict[str, Any], at_us: int, window_us: int) -> pa.Table:
    """One row: see `spending_sql`."""
    sql = spending_sql(_people_sql(cursor, context, tree, at_us))
    return cursor.sql(sql, params={"at": at_us, "window": window_us}).to_arrow_table()
