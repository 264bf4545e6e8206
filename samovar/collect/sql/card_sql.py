"""SQL of the customer card, goods and today, DuckDB dialect. Every query is as of `$at`; a person is `$person`."""

from __future__ import annotations

from collections.abc import Sequence

from samovar.engine.warehouse.schema import customers_sql

ORDER_NAMES = ("Order Completed", "Order Updated", "Order Cancelled", "Order Refunded")
VIEWS = ("page", "screen")
# What a filter of the timeline shows.
KINDS = ("order", "visit", "message", "consent", "event")
_MESSAGES = ("Message Sent", "Message Failed", "Message Refused", "Message In Doubt", "Message Held Out")
_REACTIONS = ("Message Opened", "Message Clicked", "Message Unsubscribed")
NEWEST = "(coalesce(precedence_us, time_us), event_key)"  # the greatest is the row of a trait that holds
LIVE_ORDERS = "valid_from_us <= $at AND valid_to_us > $at AND time_us <= $at"


def person_sql() -> str:
    """One row: first_us, known_us, registered_us, orders, revenue_minor, first_order_us, last_order_us, returns_minor, returns,
    visits, last_visit_us, events."""
    return f"""
    WITH p AS (
      SELECT min(first_us) AS first_us, min(known_us) AS known_us, min(registered_us) AS registered_us
      FROM people WHERE person_id = $person
    ), o AS (
      SELECT count(*) AS orders, coalesce(sum(amount_minor), 0)::BIGINT AS revenue_minor,
             min(time_us) AS first_order_us, max(time_us) AS last_order_us
      FROM orders WHERE person_id = $person AND {LIVE_ORDERS}
    ), r AS (
      SELECT coalesce(sum(amount_minor), 0)::BIGINT AS returns_minor, count(*) AS returns
      FROM returns WHERE person_id = $person AND time_us <= $at
    ), v AS (
      SELECT count(*) AS visits, max(time_us) AS last_visit_us FROM visits WHERE person_id = $person AND time_us <= $at
    ), e AS (
      SELECT count(*) AS events FROM events WHERE person_id = $person AND time_us <= $at AND kind <> 'house'
    )
    SELECT * FROM p, o, r, v, e"""


def traits_sql() -> str:
    """The last change of each trait: name, kind, text, number, boolean, date_day, time_us, source, came, verdict; without
    cleared ones."""
    return f"""
    SELECT name, kind, text, number, boolean, date_day, time_us, source, came, verdict FROM (
      SELECT *, row_number() OVER (PARTITION BY name ORDER BY {NEWEST} DESC) AS place
      FROM attributes WHERE person_id = $person AND time_us <= $at
    ) WHERE place = 1 AND (text IS NOT NULL OR number IS NOT NULL OR boolean IS NOT NULL OR date_day IS NOT NULL)
    ORDER BY name"""


def told_sql() -> str:
    """What each trait of `$names` was said to be, equal tellings together, the last first, up to `$limit` of each: name, text
    (null where it was cleared), came, source and time_us of the last telling."""
    return f"""
    SELECT name, text, came, source, time_us FROM (
      SELECT name, text, came, max({NEWEST}) AS told, arg_max(source, {NEWEST}) AS source, max(time_us) AS time_us
      FROM attributes WHERE person_id = $person AND time_us <= $at AND list_contains($names, name) GROUP BY name, text, came)
    QUALIFY row_number() OVER (PARTITION BY name ORDER BY told DESC) <= $limit
    ORDER BY name, told DESC"""


def timeline_sql(kind: str, is_later: bool) -> str:
    """Up to `$limit` entries before (`$before_us`, `$before_key`), the newest first.

    Columns: time_us, day, event_key, kind, name, props (JSON text), order_id, amount_minor, currency, lines, views.
    `kind` is one of `KINDS`, or empty for all of them; `is_later` says whether the two parameters bound it.
    """
    where = "person_id = $person AND time_us <= $at"
    if is_later:
        where += " AND (time_us < $before_us OR (time_us = $before_us AND event_key < $before_key))"
    parts = _timeline_parts(where, kind)
    wanted = [kind] if kind in parts else ["events"] if kind else list(parts)
    return f"SELECT * FROM ({' UNION ALL '.join(parts[name] for name in wanted)}) {_NEWEST}"


_NEWEST = "ORDER BY time_us DESC, event_key DESC LIMIT $limit"


def _timeline_parts(where: str, kind: str) -> dict[str, str]:
    """One scan a table: the events of all kinds are told apart in one pass, because a pass is what costs.

    Their kinds are told after the newest are found: a list of names between a scan and its limit keeps DuckDB from skipping
    what is older than the newest it has.
    """
    messages = f"name IN ({_texts((*_MESSAGES, *_REACTIONS))})"
    consents = "name = 'Consent Changed'"
    only = {
        "message": f"AND {messages}", "consent": f"AND {consents}", "event": f"AND NOT ({messages}) AND NOT ({consents})",
    }.get(kind, "")  # fmt: skip
    return {
        "order": f"""(SELECT time_us, day, event_key, 'order' AS kind, verb AS name, NULL AS props, order_id, amount_minor,
            currency, lines, NULL AS views FROM order_events WHERE {where} {_NEWEST})""",
        "visit": f"""(SELECT time_us, day, event_key, 'visit' AS kind, 'Visit' AS name, NULL AS props, NULL AS order_id,
            NULL AS amount_minor, NULL AS currency, NULL AS lines, views FROM visits WHERE {where} {_NEWEST})""",
        "events": f"""(SELECT time_us, day, event_key,
            CASE WHEN {messages} THEN 'message' WHEN {consents} THEN 'consent' ELSE 'event' END AS kind, name, props,
            NULL AS order_id, NULL AS amount_minor, NULL AS currency, NULL AS lines, NULL AS views FROM (
              SELECT time_us, day, event_key, name, props FROM events
              WHERE {where} AND kind NOT IN ('page', 'screen', 'identify') AND name NOT IN ({_texts(ORDER_NAMES)})
                AND NOT ({consents} AND kind <> 'house') {only} {_NEWEST}))""",
    }


def orders_sql() -> str:
    """Orders as they stand and as they stood when cancelled: order_id, time_us, amount_minor, currency, channel, is_cancelled,
    returned_minor, lines (LIST of name, quantity, amount_minor), the newest first."""
    return """
    WITH last AS (
      SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY valid_from_us DESC) AS place
        FROM orders WHERE person_id = $person AND time_us <= $at AND valid_from_us <= $at
      ) WHERE place = 1
    ), back AS (
      SELECT order_id, sum(amount_minor)::BIGINT AS returned_minor FROM returns
      WHERE person_id = $person AND time_us <= $at GROUP BY order_id
    ), bought AS (
      SELECT order_id, valid_from_us,
             list({'name': coalesce(name, sku), 'quantity': quantity, 'amount_minor': amount_minor} ORDER BY line) AS lines
      FROM lines WHERE person_id = $person AND time_us <= $at GROUP BY order_id, valid_from_us
    )
    SELECT last.order_id, last.time_us, last.amount_minor, last.currency, last.channel, last.valid_to_us <= $at AS is_cancelled,
           coalesce(back.returned_minor, 0)::BIGINT AS returned_minor, bought.lines
    FROM last LEFT JOIN back USING (order_id)
    LEFT JOIN bought ON bought.order_id = last.order_id AND bought.valid_from_us = last.valid_from_us
    ORDER BY last.time_us DESC, last.order_id LIMIT $limit"""


def goods_sql(*, is_later: bool, is_search: bool) -> str:
    """One page of goods by name: sku, name, category, brand, price_minor, time_us: the last that was told of each."""
    narrowed = "AND (contains(lower(name), $search) OR contains(lower(sku), $search) OR contains(lower(category), $search))"
    later = "WHERE (name > $value OR (name = $value AND sku > $last))" if is_later else ""
    return f"""
    WITH latest AS (
      SELECT sku, coalesce(arg_max(name, (time_us, event_key)), sku) AS name,
             coalesce(arg_max(category, (time_us, event_key)), '') AS category,
             coalesce(arg_max(brand, (time_us, event_key)), '') AS brand,
             arg_max(price_minor, (time_us, event_key)) AS price_minor, max(time_us) AS time_us
      FROM goods WHERE sku IS NOT NULL AND time_us <= $at GROUP BY sku
    ), fit AS (SELECT * FROM latest WHERE true {narrowed if is_search else ""})
    SELECT * FROM fit {later} ORDER BY name, sku LIMIT $limit"""


def today_sql() -> str:
    """One row: events, orders, revenue_minor and people who did something on `$day`, and customers in all."""
    return f"""
    SELECT (SELECT count(*) FROM events WHERE day = $day AND kind <> 'house' AND time_us <= $at) AS events,
           (SELECT count(*) FROM orders WHERE day = $day AND {LIVE_ORDERS} AND person_id IS NOT NULL) AS orders,
           (SELECT coalesce(sum(amount_minor), 0)::BIGINT FROM orders WHERE day = $day AND {LIVE_ORDERS}
            AND person_id IS NOT NULL) AS revenue_minor,
           (SELECT count(*) FROM people WHERE {customers_sql()}) AS customers,
           (SELECT count(*) FROM people WHERE {customers_sql()} AND known_us >= $since) AS newcomers"""


def _texts(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
