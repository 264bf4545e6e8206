"""Named queries of the room: what the warehouse knows of one person."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from samovar.engine.warehouse.registry import Context, named


@named("collect.person")
def person(cursor: Any, context: Context, *, person_id: int, at_us: int) -> pa.Table:
    """One row: orders, revenue_minor, returns_minor, events, first and last order, as of a moment."""
    return cursor.execute(
        """
        SELECT (SELECT count(*) FROM events WHERE person_id = $person AND time_us <= $at AND kind <> 'house') AS events,
               (SELECT min(first_us) FROM profiles WHERE person_id = $person) AS first_us,
               (SELECT min(registered_us) FROM profiles WHERE person_id = $person) AS registered_us,
               count(*) AS orders, coalesce(sum(amount_minor), 0)::BIGINT AS revenue_minor,
               (SELECT coalesce(sum(amount_minor), 0)::BIGINT FROM returns
                WHERE person_id = $person AND time_us <= $at) AS returns_minor,
               min(time_us) AS first_order_us, max(time_us) AS last_order_us
        FROM orders WHERE person_id = $person AND valid_from_us <= $at AND $at < valid_to_us
        """,
        {"person": person_id, "at": at_us},
    ).to_arrow_table()


@named("collect.traits")
def traits(cursor: Any, context: Context, *, person_id: int, at_us: int) -> pa.Table:
    """Each attribute of a person at a moment: name, kind, text, number (1/10000), boolean, time_us."""
    return cursor.execute(
        """
        SELECT name, last(kind ORDER BY time_us, event_key) AS kind, last(text ORDER BY time_us, event_key) AS text,
               last(number ORDER BY time_us, event_key) AS number, last(boolean ORDER BY time_us, event_key) AS boolean,
               max(time_us) AS time_us
        FROM attributes WHERE person_id = ? AND time_us <= ? GROUP BY name ORDER BY name
        """,
        [person_id, at_us],
    ).to_arrow_table()
