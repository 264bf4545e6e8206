"""The named queries of reports. Every one is as of `at_us`."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from samovar.engine.warehouse.registry import Context, named
from samovar.measure.sql import campaigns, summary

PEOPLE_MAX = 100_000


def _table(cursor: Any, sql: str, params: dict[str, Any]) -> pa.Table:
    return cursor.sql(sql, params=params).to_arrow_table()


@named("measure.summary")
def summary_of_workspace(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row: see `summary_sql`."""
    return _table(cursor, summary.summary_sql(), {"at": at_us})


@named("measure.weeks")
def weeks(cursor: Any, context: Context, /, *, at_us: int) -> pa.Table:
    """One row a week: see `weeks_sql`."""
    return _table(cursor, summary.weeks_sql(), {"at": at_us})


@named("measure.campaign_groups")
def campaign_groups(cursor: Any, context: Context, /, *, campaign: int, window_us: int, at_us: int) -> pa.Table:
    """One row a group: see `groups_sql`."""
    return _table(cursor, campaigns.groups_sql(), {"campaign": campaign, "window": window_us, "at": at_us})


@named("measure.campaign_curve")
def campaign_curve(cursor: Any, context: Context, /, *, campaign: int, window_us: int, at_us: int) -> pa.Table:
    """Changes by day: see `curve_sql`."""
    return _table(cursor, campaigns.curve_sql(), {"campaign": campaign, "window": window_us, "at": at_us})


@named("measure.campaign_outcomes")
def campaign_outcomes(cursor: Any, context: Context, /, *, campaign: int, at_us: int) -> pa.Table:
    """People by group and outcome."""
    return _table(cursor, campaigns.outcomes_sql(), {"campaign": campaign, "at": at_us})


@named("measure.campaign_crossed")
def campaign_crossed(cursor: Any, context: Context, /, *, campaign: int, at_us: int) -> pa.Table:
    """One row: people merged from both groups."""
    return _table(cursor, campaigns.crossed_sql(), {"campaign": campaign, "at": at_us})


@named("measure.campaign_reasons")
def campaign_reasons(cursor: Any, context: Context, /, *, campaign: int, since_us: int, at_us: int) -> pa.Table:
    """People by the reason nothing was sent to them."""
    return _table(cursor, campaigns.reasons_sql(), {"campaign": campaign, "since": since_us, "at": at_us})


@named("measure.campaign_reactions")
def campaign_reactions(cursor: Any, context: Context, /, *, campaign: int, since_us: int, at_us: int) -> pa.Table:
    """One row: see `reactions_sql`."""
    return _table(cursor, campaigns.reactions_sql(), {"campaign": campaign, "since": since_us, "at": at_us})


@named("measure.campaign_people")
def campaign_people(
    cursor: Any, context: Context, /, *, campaign: int, window_us: int, at_us: int, after: int, limit: int, group: str,
    only_buyers: bool,
) -> pa.Table:  # fmt: skip
    """The people behind the figures: see `people_behind_sql`."""
    params = {
        "campaign": campaign, "window": window_us, "at": at_us, "after": after, "limit": min(limit, PEOPLE_MAX),
        "treated": group != "control", "control": group != "treated", "least": int(only_buyers),
    }  # fmt: skip
    return _table(cursor, campaigns.people_behind_sql(), params)
