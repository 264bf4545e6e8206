"""Statements by which the facts of a batch, staged as `new_*`, enter the warehouse.

What is derived (visits, spans of orders, lines, returns) is made again for the days and orders a batch touches, from all
the events the warehouse has of them, so that events may come in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

SESSION_GAP_US = 30 * 60 * 1_000_000


def insert_sql(table: str, columns: Sequence[str]) -> str:
    """Append the staged rows of a table, `person_id` last as it was staged."""
    names = ", ".join((*columns, "person_id"))
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM new_{'events' if table == 'events' else table}"


def move_sql(table: str, first: int, last: int) -> str:
    """Rewrite `person_id` of the profiles staged as `moves`; their least and greatest number let most of a table be skipped."""
    return (
        f"UPDATE {table} SET person_id = m.person_id FROM moves m "
        f"WHERE {table}.profile_id = m.profile_id AND {table}.profile_id BETWEEN {first} AND {last}"
    )


def profiles_sql() -> list[str]:
    """Least first, known and registered moments of each profile."""
    return [
        """
        UPDATE profiles SET
            first_us = least(profiles.first_us, n.first_us),
            known_us = least(profiles.known_us, n.known_us),
            registered_us = least(profiles.registered_us, n.registered_us)
        FROM new_profiles n
        WHERE profiles.profile_id = n.profile_id AND (
            n.first_us < profiles.first_us
            OR n.known_us < coalesce(profiles.known_us, 9223372036854775807)
            OR n.registered_us < coalesce(profiles.registered_us, 9223372036854775807))
        """,
        """
        INSERT INTO profiles (profile_id, person_id, first_us, known_us, registered_us)
        SELECT n.profile_id, n.person_id, n.first_us, n.known_us, n.registered_us
        FROM new_profiles n ANTI JOIN profiles p ON p.profile_id = n.profile_id
        """,
    ]


def attributes_sql() -> list[str]:
    """Traits: what a browser says fills only what no server or import has said."""
    columns = "profile_id, name, time_us, day, event_key, kind, text, folded, number, boolean, date_day, person_id"
    return [
        f"INSERT INTO attributes ({columns}) SELECT {columns} FROM new_attributes WHERE NOT is_weak",
        f"""
        INSERT INTO attributes ({columns})
        SELECT {columns} FROM new_attributes n
        WHERE is_weak AND NOT EXISTS (
            SELECT 1 FROM attributes a WHERE a.profile_id = n.profile_id AND a.name = n.name)
        """,
    ]


def visits_sql() -> list[str]:
    """Visits of the (profile, local day) pairs that got page or screen events, made again from all of them."""
    return [
        """
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT DISTINCT profile_id, day FROM new_events WHERE kind IN ('page', 'screen') AND profile_id IS NOT NULL
        """,
        "DELETE FROM visits USING touched t WHERE visits.profile_id = t.profile_id AND visits.day = t.day",
        f"""
        INSERT INTO visits (profile_id, person_id, time_us, day, event_key, views)
        WITH views AS (
            SELECT e.profile_id, e.person_id, e.time_us, e.day, e.event_key,
                   e.time_us - lag(e.time_us) OVER w > {SESSION_GAP_US} AS is_later
            FROM events e SEMI JOIN touched t ON t.profile_id = e.profile_id AND t.day = e.day
            WHERE e.kind IN ('page', 'screen')
            WINDOW w AS (PARTITION BY e.profile_id, e.day ORDER BY e.time_us, e.event_key)
        ), runs AS (
            SELECT *, count(*) FILTER (WHERE is_later) OVER (
                PARTITION BY profile_id, day ORDER BY time_us, event_key
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
            FROM views
        )
        SELECT profile_id, any_value(person_id), min(time_us), day, arg_min(event_key, (time_us, event_key)), count(*)
        FROM runs GROUP BY profile_id, day, run
        """,
    ]


ORDER_COLUMNS = "order_id, profile_id, person_id, verb, time_us, day, event_key, amount_minor, currency, channel, lines"


def fresh_orders_sql() -> list[str]:
    """Order events of a batch that speaks only of orders never told of: nothing before them is asked for."""
    return [
        f"CREATE OR REPLACE TEMP TABLE told AS SELECT DISTINCT ON (order_id, event_key) {ORDER_COLUMNS} FROM new_orders",
        f"INSERT INTO order_events ({ORDER_COLUMNS}) SELECT {ORDER_COLUMNS} FROM told",
    ]


def known_orders_sql() -> list[str]:
    """Order events of a batch, all that was ever told of the known orders among them, and those orders' rows taken away."""
    return [
        "CREATE OR REPLACE TEMP TABLE touched_orders AS SELECT DISTINCT order_id FROM new_orders WHERE is_known",
        f"""
        INSERT INTO order_events ({ORDER_COLUMNS})
        SELECT DISTINCT ON (order_id, event_key) {ORDER_COLUMNS} FROM new_orders n
        WHERE NOT is_known
           OR NOT EXISTS (SELECT 1 FROM order_events o WHERE o.order_id = n.order_id AND o.event_key = n.event_key)
        """,
        f"""
        CREATE OR REPLACE TEMP TABLE told AS
        SELECT {ORDER_COLUMNS} FROM order_events o SEMI JOIN touched_orders t USING (order_id)
        UNION ALL
        SELECT DISTINCT ON (order_id, event_key) {ORDER_COLUMNS} FROM new_orders WHERE NOT is_known
        """,
        *(
            f"DELETE FROM {table} USING touched_orders t WHERE {table}.order_id = t.order_id"
            for table in ("orders", "lines", "returns")
        ),
    ]


def told_names_sql() -> str:
    """The different names of goods in the lines told, to be folded outside (no engine folds a letter)."""
    return "SELECT DISTINCT u.name FROM told, unnest(told.lines) AS t(u) WHERE u.name IS NOT NULL"


def orders_sql(never_us: int) -> list[str]:
    """Spans, lines and returns of the orders told, made anew (rules.md, Meaning 7); names folded are staged as `new_folds`.

    An order is there from its first Completed; each span holds the facts of the last Completed or Updated not later than
    its start; a Cancelled ends the last span. A refund that names no amount takes the whole of the order at its moment.
    """
    return [
        f"""
        CREATE OR REPLACE TEMP TABLE spans AS
        WITH life AS (
            SELECT order_id,
                   min(time_us) FILTER (WHERE verb = 'completed') AS time_us,
                   arg_min(day, (time_us, event_key)) FILTER (WHERE verb = 'completed') AS day,
                   arg_min(event_key, (time_us, event_key)) FILTER (WHERE verb = 'completed') AS event_key,
                   min(time_us) FILTER (WHERE verb = 'cancelled') AS ended_us
            FROM told GROUP BY order_id
        ), versions AS (
            SELECT o.order_id, l.time_us, l.day, l.event_key, o.event_key AS version_key, o.profile_id, o.person_id,
                   o.amount_minor, o.currency, o.channel, o.lines,
                   greatest(o.time_us, l.time_us) AS valid_from_us,
                   least(coalesce(lead(greatest(o.time_us, l.time_us)) OVER (
                             PARTITION BY o.order_id ORDER BY o.time_us, o.event_key), {never_us}),
                         coalesce(l.ended_us, {never_us})) AS valid_to_us
            FROM told o JOIN life l ON l.order_id = o.order_id
            WHERE o.verb IN ('completed', 'updated') AND l.time_us IS NOT NULL
        )
        SELECT * FROM versions WHERE valid_from_us < valid_to_us
        """,
        """
        INSERT INTO orders (order_id, profile_id, person_id, time_us, day, event_key, valid_from_us, valid_to_us,
                            amount_minor, currency, channel)
        SELECT order_id, profile_id, person_id, time_us, day, event_key, valid_from_us, valid_to_us, amount_minor, currency,
               channel
        FROM spans
        """,
        """
        INSERT INTO lines (order_id, line, profile_id, person_id, time_us, day, event_key, valid_from_us, valid_to_us, sku,
                           name, folded, category, brand, price_minor, quantity, amount_minor)
        SELECT s.order_id, u.line, s.profile_id, s.person_id, s.time_us, s.day, s.event_key, s.valid_from_us, s.valid_to_us,
               u.sku, u.name, f.folded, u.category, u.brand, u.price_minor, u.quantity, u.amount_minor
        FROM spans s, unnest(s.lines) AS t(u) LEFT JOIN new_folds f ON f.name = u.name
        """,
        """
        INSERT INTO returns (order_id, profile_id, person_id, time_us, day, event_key, amount_minor, lines)
        SELECT r.order_id, r.profile_id, r.person_id, r.time_us, r.day, r.event_key,
               coalesce(r.amount_minor, s.amount_minor), len(r.lines)
        FROM told r LEFT JOIN spans s
            ON s.order_id = r.order_id AND s.valid_from_us <= r.time_us AND r.time_us < s.valid_to_us
        WHERE r.verb = 'refunded'
        """,
    ]


def goods_sql(*, with_lines: bool) -> list[str]:
    """Goods named by product events and, `with_lines`, by order lines: the latest name, category, brand and price told."""
    lines = """
        UNION ALL
        SELECT u.sku, u.name, u.category, u.brand, u.price_minor, n.time_us, n.event_key
        FROM new_orders n, unnest(n.lines) AS t(u) WHERE u.sku IS NOT NULL AND n.verb <> 'refunded'
    """
    return [
        f"""
        CREATE OR REPLACE TEMP TABLE latest_goods AS
        SELECT * FROM (
            SELECT sku, name, category, brand, price_minor, time_us, event_key FROM new_goods {lines if with_lines else ""}
        ) QUALIFY row_number() OVER (PARTITION BY sku ORDER BY time_us DESC, event_key DESC) = 1
        """,
        """
        UPDATE goods SET name = coalesce(n.name, goods.name), category = coalesce(n.category, goods.category),
               brand = coalesce(n.brand, goods.brand), price_minor = coalesce(n.price_minor, goods.price_minor),
               time_us = n.time_us, event_key = n.event_key
        FROM latest_goods n
        WHERE goods.sku = n.sku AND (n.time_us, n.event_key) > (goods.time_us, goods.event_key)
        """,
        "INSERT INTO goods SELECT sku, name, category, brand, price_minor, time_us, event_key FROM latest_goods "
        "ANTI JOIN goods USING (sku)",
    ]


def campaign_people_sql() -> list[str]:
    """One row for each person of a campaign that passed the gate; a later outcome replaces an earlier one."""
    return [
        "DELETE FROM campaign_people USING new_people n WHERE campaign_people.campaign_id = n.campaign_id "
        "AND campaign_people.profile_id = n.profile_id",
        "INSERT INTO campaign_people (campaign_id, profile_id, person_id, variant, is_control, claimed_us, outcome) "
        "SELECT campaign_id, profile_id, person_id, variant, is_control, claimed_us, outcome FROM new_people",
    ]
