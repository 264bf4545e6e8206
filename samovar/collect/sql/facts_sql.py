"""Statements by which the facts of a batch, staged as `new_*`, enter the warehouse.

What is derived (visits, spans of orders, lines, returns) is made again for the days and orders a batch touches, from all
the events the warehouse has of them, so that events may come in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

from samovar.engine.warehouse.schema import SIGHTINGS, people_sql

FORGOTTEN = ("identifiers", "attributes", "record_events", "records")  # what an erasure takes away


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


def keep_sql() -> str:
    """The rows of attributes staged as `new_kept`, said once more by their holders, at a moment, a day, under a key and at the
    moment again (?). What both people's names told goes on yielding to what is told."""
    return (
        "INSERT INTO attributes BY NAME SELECT a.* REPLACE (k.holder AS profile_id, k.holder_person AS person_id, "
        "?::BIGINT AS time_us, ?::INTEGER AS day, ?::BIGINT AS event_key, "
        "CASE WHEN k.is_derived THEN a.precedence_us - a.time_us + ?::BIGINT END AS precedence_us) FROM new_kept k "
        "JOIN attributes a ON a.profile_id = k.profile_id AND a.name = k.name AND a.event_key = k.event_key"
    )


def note_kept_sql() -> str:
    """Note of the rows of `new_kept` who must be of one person for them to stand; under a key, by the merge of a profile into
    another (?). Where a value was kept before, it goes with whoever said it first."""
    return (
        "INSERT INTO kept BY NAME SELECT ?::BIGINT AS event_key, k.name, k.holder AS holder_id, "
        "coalesce(b.origin_id, k.profile_id) AS origin_id, ?::BIGINT AS merged_id, ?::BIGINT AS into_id FROM new_kept k "
        "LEFT JOIN kept b ON b.event_key = k.event_key AND b.name = k.name AND b.holder_id = k.profile_id"
    )


def unkeep_sql() -> list[str]:
    """Take away what was kept of and for people of whom some, the profiles staged as `leaving`, are parted from the others."""
    sides = ", ".join(f"{who}_id IN (SELECT profile_id FROM leaving)" for who in ("holder", "origin", "merged", "into"))
    return [
        f"CREATE OR REPLACE TEMP TABLE let_go AS SELECT event_key, name, holder_id FROM kept "
        f"WHERE len(list_distinct([{sides}])) > 1",
        *(
            f"DELETE FROM {table} t USING let_go g WHERE {holder} = g.holder_id AND t.event_key = g.event_key AND t.name = g.name"
            for table, holder in (("attributes", "t.profile_id"), ("kept", "t.holder_id"))
        ),
    ]


def earlier_profiles_sql() -> str:
    """Profiles whose moments became earlier, as they are now."""
    return (
        "UPDATE profiles SET first_us = n.first_us, known_us = n.known_us, registered_us = n.registered_us "
        "FROM new_profiles n WHERE profiles.profile_id = n.profile_id"
    )


def sighted_people_sql() -> list[str]:
    """The people of the profiles staged as `new_profiles`: their moments only ever become less."""
    earlier = " OR ".join(f"n.{name} < coalesce(people.{name}, 9223372036854775807)" for name in SIGHTINGS)
    return [
        f"CREATE OR REPLACE TEMP TABLE sighted AS {people_sql('new_profiles', SIGHTINGS)}",
        f"UPDATE people SET {', '.join(f'{name} = least(people.{name}, n.{name})' for name in SIGHTINGS)} "
        f"FROM sighted n WHERE people.person_id = n.person_id AND ({earlier})",
        "INSERT INTO people BY NAME SELECT n.* FROM sighted n ANTI JOIN people t ON t.person_id = n.person_id",
    ]


def parted_people_sql() -> list[str]:
    """The people staged as `parted`, between whom profiles moved, again from their profiles as they stand now."""
    return [
        "DELETE FROM people USING parted p WHERE people.person_id = p.person_id",
        f"INSERT INTO people {people_sql('profiles SEMI JOIN parted USING (person_id)')}",
    ]


def erased_sql(erased_us: int) -> list[str]:
    """The profiles staged as `erased` are nobody's from now on: what says who they were goes, what they did stays."""
    return [
        f"UPDATE profiles SET erased_us = {erased_us} FROM erased e WHERE profiles.profile_id = e.profile_id",
        *(f"DELETE FROM {t} USING erased e WHERE {t}.profile_id = e.profile_id" for t in FORGOTTEN),
    ]


def attributes_sql() -> list[str]:
    """Traits: what a browser says fills only what no server or import has said, and what follows from it only what it filled.

    A row of no kind says that nothing follows from a name: it keeps out only what would follow from another.
    """
    columns = (
        "profile_id, name, time_us, day, event_key, kind, text, folded, number, boolean, date_day, source, came, verdict, "
        "precedence_us, person_id"
    )
    return [
        f"INSERT INTO attributes ({columns}) SELECT {columns} FROM new_attributes WHERE NOT is_weak",
        f"""
        INSERT INTO attributes ({columns})
        SELECT {columns} FROM new_attributes n
        WHERE is_weak AND NOT EXISTS (
            SELECT 1 FROM attributes a WHERE a.profile_id = n.profile_id AND a.name = n.name
            AND (a.kind IS NOT NULL OR n.precedence_us IS NOT NULL))
        """,
    ]


def visits_before_sql() -> str:
    """Visits of the (profile_id, day) pairs staged as `touched`, of days from $first to $last, which let most of a table be
    skipped."""
    return (
        "SELECT v.profile_id, v.person_id, v.time_us, v.last_us, v.day, v.event_key, v.views FROM visits v "
        "SEMI JOIN touched t ON t.profile_id = v.profile_id AND t.day = v.day WHERE v.day BETWEEN $first AND $last"
    )


def forget_visits_sql() -> str:
    """The same visits, away."""
    return (
        "DELETE FROM visits USING touched t WHERE visits.profile_id = t.profile_id AND visits.day = t.day "
        "AND visits.day BETWEEN $first AND $last"
    )


ORDER_COLUMNS = "order_id, profile_id, person_id, verb, time_us, day, event_key, amount_minor, currency, channel, lines"


def plain_orders_sql(never_us: int) -> list[str]:
    """Orders never told of before and told of once, as completed: each is one span without an end. They stay as `plain_orders`
    and `plain_lines`."""
    return [
        f"INSERT INTO order_events ({ORDER_COLUMNS}) SELECT {ORDER_COLUMNS} FROM new_plain",
        f"""
        CREATE OR REPLACE TEMP TABLE plain_orders AS
        SELECT order_id, profile_id, person_id, time_us, day, event_key, time_us AS valid_from_us,
               {never_us}::BIGINT AS valid_to_us, amount_minor, currency, channel
        FROM new_plain
        """,
        "INSERT INTO orders BY NAME SELECT * FROM plain_orders",
        f"CREATE OR REPLACE TEMP TABLE plain_lines AS {lines_select('new_plain', 's.time_us', f'{never_us}::BIGINT')}",
        "INSERT INTO lines BY NAME SELECT * FROM plain_lines",
    ]


def lines_select(spans: str, valid_from: str, valid_to: str) -> str:
    """Lines of the orders in a table; names folded are staged as `new_folds`."""
    return f"""
        SELECT s.order_id, u.line, s.profile_id, s.person_id, s.time_us, s.day, s.event_key, {valid_from} AS valid_from_us,
               {valid_to} AS valid_to_us, u.sku, u.name, f.folded, u.category, u.brand, u.price_minor, u.quantity, u.amount_minor
        FROM {spans} s, unnest(s.lines) AS t(u) LEFT JOIN new_folds f ON f.name = u.name
    """


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


def told_people_sql() -> str:
    """The people of the orders told."""
    return "SELECT DISTINCT person_id FROM told WHERE person_id IS NOT NULL"


def owners_sql(told: str) -> str:
    """The people who have one of the addresses that a table of new rows tells of, of whatever kind it is."""
    return f"SELECT DISTINCT person_id FROM identifiers WHERE person_id IS NOT NULL AND value IN (SELECT address FROM {told})"


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
        f"INSERT INTO lines BY NAME {lines_select('spans', 's.valid_from_us', 's.valid_to_us')}",
        """
        INSERT INTO returns (order_id, profile_id, person_id, time_us, day, event_key, amount_minor, lines)
        SELECT r.order_id, r.profile_id, r.person_id, r.time_us, r.day, r.event_key,
               coalesce(r.amount_minor, s.amount_minor), len(r.lines)
        FROM told r LEFT JOIN spans s
            ON s.order_id = r.order_id AND s.valid_from_us <= r.time_us AND r.time_us < s.valid_to_us
        WHERE r.verb = 'refunded'
        """,
    ]


def known_order_hashes_sql() -> str:
    """The hash of the order of every event told: the engine's own, which need not outlive the process; millions take a second."""
    return "SELECT hash(order_id) AS hash FROM order_events"


def new_order_hashes_sql() -> str:
    """The same hash of the order of each event staged, in their order: `place`."""
    return "SELECT hash(order_id) AS hash FROM new_orders ORDER BY place"


def known_goods_sql() -> str:
    """Every good, in the order of `goods.Telling`."""
    return "SELECT sku, name, category, brand, price_minor, time_us, event_key FROM goods"


def goods_of_lines_sql() -> str:
    """What the lines of the staged orders tell of goods, each different telling once with its last time."""
    return """
        SELECT u.sku, u.name, u.category, u.brand, u.price_minor, max(n.time_us),
               arg_max(n.event_key, (n.time_us, n.event_key))
        FROM new_orders n, unnest(n.lines) AS t(u) WHERE u.sku IS NOT NULL AND n.verb <> 'refunded' GROUP BY ALL
        ORDER BY max(n.time_us), 7
    """


def changed_goods_sql() -> str:
    """Goods that are known, as they are now."""
    return (
        "UPDATE goods SET name = n.name, category = n.category, brand = n.brand, price_minor = n.price_minor, "
        "time_us = n.time_us, event_key = n.event_key FROM new_goods n WHERE goods.sku = n.sku"
    )


def new_goods_sql() -> str:
    """Goods never told of."""
    return "INSERT INTO goods BY NAME SELECT * FROM new_goods"


def campaign_people_sql() -> list[str]:
    """One row for each person of a campaign that passed the gate; a later outcome replaces an earlier one."""
    return [
        "DELETE FROM campaign_people USING new_people n WHERE campaign_people.campaign_id = n.campaign_id "
        "AND campaign_people.profile_id = n.profile_id",
        "INSERT INTO campaign_people (campaign_id, profile_id, person_id, variant, is_control, claimed_us, outcome) "
        "SELECT campaign_id, profile_id, person_id, variant, is_control, claimed_us, outcome FROM new_people",
    ]
