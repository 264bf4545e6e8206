"""From judged rows to order events: one for each (order, verb), with its lines.

A line's key is (source, order, ordinal of equal lines in it). Lines that an earlier sealed batch of the same source already
brought are the same lines; an order of which nothing is new makes no event. New lines of a known order make an Order Updated
that holds the lines of before and the new ones; new lines of a known return make one more Order Refunded with these alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samovar.collect.imports import columns_sql as sql
from samovar.collect.imports.mapping import IDENTIFIERS
from samovar.collect.imports.rows import Reading, bag_sql, scale_of, verb_sql
from samovar.collect.imports.staging import Staging

LINE_FACTS = ["sku", "name", "category", "brand", "price_minor", "quantity", "amount_minor"]
EVENTS = {
    "completed": "Order Completed",
    "updated": "Order Updated",
    "cancelled": "Order Cancelled",
    "refunded": "Order Refunded",
}
_TEXTS = ("sku", "name", "category", "brand", "currency", "channel")


def build(staging: Staging, reading: Reading, have: set[str], sealed: Sequence[Path], *, all_new: bool = False) -> None:
    """Make `heads` (one row for each event to seal, with `seq`) and `final_lines` (their lines) from `judged`.

    `sealed` are the earlier batches of the same source. `all_new` says that no row is one of theirs, however equal: a
    corrected row is a line of its own.
    """
    staging.run(_lines_sql(reading, have))
    staging.run(_groups_sql(reading, have))
    staging.run(_heads_sql(reading))
    if sealed:
        _compare(staging, sealed, all_new)
    else:
        staging.run(
            "CREATE VIEW final_lines AS SELECT order_id, verb, line AS place, * EXCLUDE (order_id, verb, line) FROM order_lines"
        )
        staging.run("CREATE VIEW changed AS SELECT *, CAST(NULL AS BIGINT) AS before_us FROM groups_timed")
    staging.run(_events_sql())


def _column(name: str, have: set[str]) -> str:
    return name if name in have else f"CAST(NULL AS VARCHAR) AS {name}"


def _lines_sql(reading: Reading, have: set[str]) -> str:
    """The accepted rows as order lines: money in minor units, quantity in 1/10000, both positive."""
    mapping, scale = reading.mapping, scale_of(reading)
    price = f"abs({sql.half_even_sql('price_d', scale)})" if "price" in have else "CAST(NULL AS BIGINT)"
    quantity = f"abs({sql.half_even_sql('coalesce(quantity_d, 1)', 4)})" if "quantity" in have else "CAST(10000 AS BIGINT)"
    amount = sql.product_sql("price_minor", "quantity") if "price" in have else "CAST(NULL AS BIGINT)"
    if "amount" in have:
        amount = f"coalesce(abs({sql.half_even_sql('amount_d', scale)}), {amount})"
    total = f"abs({sql.half_even_sql('total_d', scale)})" if "total" in have else "CAST(NULL AS BIGINT)"
    texts = ", ".join(_column(name, have) for name in _TEXTS if name not in ("currency", "channel"))
    carried = "order_id, verb, line, time_wall, time_us, sku, name, category, brand, total_minor, price_minor, quantity"
    return f"""
        CREATE TABLE order_lines AS
        WITH read AS (
            SELECT order_id, {verb_sql(mapping, "judged", have)} AS verb, line, time_wall, time_us, {texts},
                   {price} AS price_minor, {quantity} AS quantity, {total} AS total_minor
                   {", amount_d" if "amount" in have else ""}
            FROM judged, words WHERE reason IS NULL),
        counted AS (SELECT {carried}, {amount} AS amount_minor FROM read)
        SELECT *, {sql.facts_sql(LINE_FACTS)} AS facts FROM counted
    """


def _groups_sql(reading: Reading, have: set[str]) -> str:
    """One row for each (order, verb): its first line, how many lines, their sum.

    In a file with one row for each order the row is the order: the latest one stands for it, and it has no lines.
    """
    if reading.mapping.rows == "order":
        latest = "(coalesce(time_us, time_wall), line)"
        return f"""
            CREATE TABLE groups AS
            SELECT order_id, verb, arg_max(line, {latest}) AS line, 0 AS lines,
                   arg_max(coalesce(total_minor, amount_minor), {latest}) AS amount_minor
            FROM order_lines GROUP BY order_id, verb
        """
    return """
        CREATE TABLE groups AS
        SELECT order_id, verb, min(line) AS line, CAST(count(*) AS INTEGER) AS lines,
               CAST(coalesce(min(total_minor), sum(amount_minor)) AS BIGINT) AS amount_minor
        FROM order_lines GROUP BY order_id, verb
    """


def instants_sql(table: str, columns: str = "*") -> str:
    """Rows of a table with `instant_us`: the offset of their wall-clock time looked up in the zone's own table."""
    return f"""
        SELECT {columns}, coalesce(placed.time_us, placed.time_wall - offsets.offset_us) AS instant_us
        FROM {table} AS placed ASOF LEFT JOIN offsets ON placed.time_wall >= offsets.wall_us
    """


def _heads_sql(reading: Reading) -> str:
    """The groups with what their first line says: moment, identifiers, currency, channel, traits."""
    mapping = reading.mapping
    have = mapping.targets()
    identifiers = ", ".join(f"judged.{kind}" for kind in IDENTIFIERS)
    texts = ", ".join(
        f"judged.{name}" if name in have else f"CAST(NULL AS VARCHAR) AS {name}" for name in ("currency", "channel")
    )
    joined = f"""(
        SELECT groups.*, judged.time_wall, judged.time_us, {identifiers}, {texts}, {bag_sql(mapping, "judged")} AS traits
        FROM groups JOIN judged USING (line), words)"""
    return f"CREATE TABLE groups_timed AS {instants_sql(joined, 'placed.* EXCLUDE (time_wall, time_us)')}"


def _compare(staging: Staging, sealed: Sequence[Path], all_new: bool) -> None:
    """Leave out what earlier batches brought; put the lines of before into orders that grew."""
    staging.run(
        """
        CREATE TABLE prior AS
        SELECT sealed.order_id, groups.verb, sealed.time_us, sealed.message_id, sealed.amount_minor, sealed.lines
        FROM (SELECT *, CASE event WHEN 'Order Refunded' THEN 'refunded'
                                   WHEN 'Order Cancelled' THEN 'cancelled' ELSE 'completed' END AS verb
              FROM read_parquet(?, union_by_name = true) WHERE order_id IS NOT NULL) AS sealed
        JOIN groups ON groups.order_id = sealed.order_id AND groups.verb = sealed.verb
        """,
        [[str(path) for path in sealed]],
    )
    staging.run(_PRIOR_LAST_SQL)
    staging.run(_PRIOR_LINES_SQL)
    if all_new:
        staging.run("CREATE TABLE no_lines AS SELECT * FROM prior_lines LIMIT 0")
    staging.run(_fresh_sql("no_lines" if all_new else "prior_lines"))
    for statement in (_GROWN_SQL, _FINAL_LINES_SQL, _CHANGED_SQL):
        staging.run(statement)


_PRIOR_LAST_SQL = """
    CREATE TABLE prior_last AS
    SELECT order_id, verb, max(time_us) AS last_us, arg_max(amount_minor, (time_us, message_id)) AS amount_minor
    FROM prior GROUP BY order_id, verb
"""
# A later Order Updated holds the lines of all before it; every Order Refunded holds only its own.
_PRIOR_LINES_SQL = f"""
    CREATE TABLE prior_lines AS
    WITH standing AS (
        SELECT prior.* FROM prior JOIN prior_last USING (order_id, verb)
        WHERE verb = 'refunded' OR prior.time_us = prior_last.last_us),
    spread AS (SELECT order_id, verb, time_us, unnest(lines) AS item FROM standing),
    flat AS (
        SELECT order_id, verb, time_us, item.line AS place, item.sku AS sku, item.name AS name, item.category AS category,
               item.brand AS brand, item.price_minor AS price_minor, item.quantity AS quantity, item.amount_minor AS amount_minor
        FROM spread)
    SELECT *, {sql.facts_sql(LINE_FACTS)} AS facts FROM flat
"""
_GROWN_SQL = """
    CREATE TABLE grown AS
    SELECT groups_timed.order_id, groups_timed.verb, prior_last.last_us, prior_last.amount_minor AS before_minor,
           count(fresh.line) AS fresh_lines, sum(fresh.amount_minor) AS fresh_minor, min(fresh.instant_us) AS fresh_us
    FROM groups_timed JOIN prior_last USING (order_id, verb)
    LEFT JOIN fresh ON fresh.order_id = groups_timed.order_id AND fresh.verb = groups_timed.verb
    GROUP BY ALL
"""
_FINAL_LINES_SQL = f"""
    CREATE VIEW final_lines AS
    SELECT order_id, verb, line AS place, {", ".join(LINE_FACTS)}, facts
    FROM order_lines ANTI JOIN prior_last USING (order_id, verb)
    UNION ALL SELECT order_id, verb, line + {2**40} AS place, {", ".join(LINE_FACTS)}, facts FROM fresh
    UNION ALL SELECT order_id, verb, place, {", ".join(LINE_FACTS)}, facts FROM prior_lines
              SEMI JOIN (SELECT * FROM grown WHERE fresh_lines > 0) USING (order_id, verb) WHERE verb <> 'refunded'
"""
# The change is dated by the first new line, but never before what it changes: at one moment the later fact must win.
_CHANGED_SQL = """
    CREATE VIEW changed AS
    SELECT g.* REPLACE (
             CAST(CASE WHEN grown.order_id IS NULL OR g.lines = 0 THEN g.amount_minor
                       WHEN g.verb = 'refunded' THEN grown.fresh_minor
                       ELSE grown.before_minor + grown.fresh_minor END AS BIGINT) AS amount_minor,
             CASE WHEN grown.order_id IS NULL THEN g.instant_us
                  ELSE greatest(coalesce(grown.fresh_us, g.instant_us), grown.last_us + 1) END AS instant_us),
           grown.last_us AS before_us
    FROM groups_timed AS g LEFT JOIN grown USING (order_id, verb)
    WHERE grown.order_id IS NULL OR (g.lines > 0 AND grown.fresh_lines > 0)
       OR (g.lines = 0 AND g.amount_minor IS DISTINCT FROM grown.before_minor)
"""


def _fresh_sql(before: str) -> str:
    """The lines of known orders that are not among those of before: the n-th equal line is new if there were fewer than n."""
    return f"""
        CREATE TABLE fresh AS
        WITH now AS (
            SELECT order_lines.*, row_number() OVER (PARTITION BY order_id, verb, order_lines.facts ORDER BY line) AS ordinal
            FROM order_lines JOIN prior_last USING (order_id, verb)),
        before AS (
            SELECT order_id, verb, facts,
                   row_number() OVER (PARTITION BY order_id, verb, facts ORDER BY time_us, place) AS ordinal
            FROM {before}),
        placed_lines AS (SELECT * FROM now ANTI JOIN before USING (order_id, verb, facts, ordinal))
        {instants_sql("placed_lines", "placed.*")}
    """


def _events_sql() -> str:
    """Heads in the order they are sealed. The message id is what the event says, so the same words are the same event."""
    names = " ".join(f"WHEN '{verb}' THEN '{event}'" for verb, event in EVENTS.items())
    return f"""
        CREATE TABLE heads AS
        WITH summed AS (
            SELECT order_id, verb, CAST(count(*) AS INTEGER) AS line_count, sum(facts) % 18446744073709551616 AS facts
            FROM final_lines GROUP BY order_id, verb),
        told AS (
            SELECT changed.*, CASE WHEN changed.lines = 0 THEN 0 ELSE summed.line_count END AS line_count,
                   CASE WHEN before_us IS NULL OR changed.verb <> 'completed' THEN changed.verb ELSE 'updated' END AS told_verb,
                   {sql.facts_sql(["summed.facts", "changed.amount_minor", "changed.instant_us"])} AS told_facts
            FROM changed JOIN summed ON summed.order_id = changed.order_id AND summed.verb = changed.verb)
        SELECT *, CASE told_verb {names} END AS event,
               order_id || ':' || told_verb || ':' || printf('%x', told_facts) AS message_id,
               row_number() OVER (ORDER BY instant_us, line, told_verb) AS seq
        FROM told
    """


HEADS_SQL = f"""
    SELECT 'track' AS type, event, message_id, instant_us AS time_us, {", ".join(IDENTIFIERS)}, traits,
           CAST(NULL AS VARCHAR) AS properties, line, order_id, amount_minor, upper(currency) AS currency, channel, line_count
    FROM heads ORDER BY seq
"""
LINES_SQL = f"""
    SELECT {", ".join(f"final_lines.{name}" for name in LINE_FACTS)}
    FROM final_lines JOIN heads USING (order_id, verb) WHERE heads.line_count > 0 ORDER BY heads.seq, final_lines.place
"""
