"""Steps about the whole workspace as of $at: its customers, their orders and returns. Rows of nobody count nowhere.

What people did who were erased since still counts, so that no figure of the past changes; they are counted as customers no more.
"""

from __future__ import annotations


def customers_sql() -> str:
    """person_id of everybody who was a customer by $at."""
    return "SELECT person_id FROM people WHERE known_us <= $at"


def orders_sql() -> str:
    """The customers' orders as they stand at $at, amounts unknown as 0 and not `is_priced`."""
    return (
        "SELECT order_id, person_id, time_us, day, event_key, coalesce(amount_minor, 0) AS amount_minor, "
        "amount_minor IS NOT NULL AS is_priced FROM orders "
        "WHERE time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us AND person_id IN (SELECT person_id FROM customers)"
    )


def returns_sql() -> str:
    """The customers' returns by $at, amounts positive."""
    return (
        "SELECT order_id, person_id, time_us, day, coalesce(amount_minor, 0) AS amount_minor FROM returns "
        "WHERE time_us <= $at AND person_id IN (SELECT person_id FROM customers)"
    )


def facts_sql() -> str:
    """The three steps above as the beginning of a WITH."""
    return f"WITH customers AS ({customers_sql()}), bought AS ({orders_sql()}), returned AS ({returns_sql()})"


def summary_sql() -> str:
    """One row of totals, one pass of each table; `repeat_buyers` have at least two orders, returns_minor is negative."""
    return """
    WITH seen AS (
        SELECT person_id, coalesce(known_us <= $at, false) AS is_customer, coalesce(erased_us <= $at, false) AS is_erased
        FROM people WHERE first_us <= $at OR known_us <= $at
    ),
    bought AS (
        SELECT person_id, count(*) AS orders, sum(coalesce(amount_minor, 0)) AS minor, min(time_us) AS first_us,
            max(time_us) AS last_us
        FROM orders
        WHERE person_id IS NOT NULL AND time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us GROUP BY person_id
    ),
    returned AS (
        SELECT person_id, sum(coalesce(amount_minor, 0)) AS minor FROM returns
        WHERE person_id IS NOT NULL AND time_us <= $at GROUP BY person_id
    )
    SELECT count(*) FILTER (is_customer AND NOT is_erased) AS customers, count(*) FILTER (NOT is_customer) AS visitors,
        count(b.orders) FILTER (is_customer) AS buyers, count(*) FILTER (is_customer AND b.orders > 1) AS repeat_buyers,
        coalesce(sum(b.orders) FILTER (is_customer), 0)::BIGINT AS orders,
        coalesce(sum(b.minor) FILTER (is_customer), 0)::BIGINT AS gross_minor,
        -coalesce(sum(r.minor) FILTER (is_customer), 0)::BIGINT AS returns_minor,
        min(b.first_us) FILTER (is_customer) AS first_us, max(b.last_us) FILTER (is_customer) AS last_us
    FROM seen LEFT JOIN bought b USING (person_id) LEFT JOIN returned r USING (person_id)"""


def weeks_sql() -> str:
    """Revenue by local week, Monday first: monday (day number), orders, gross_minor, returns_minor (negative)."""
    monday = "day - (day + 3) % 7"  # day 0 was a Thursday
    return f"""{facts_sql()},
    moved AS (
        SELECT {monday} AS monday, 1 AS orders, amount_minor AS gross_minor, 0 AS returns_minor FROM bought
        UNION ALL SELECT {monday}, 0, 0, -amount_minor FROM returned
    )
    SELECT monday::INTEGER AS monday, sum(orders)::BIGINT AS orders, sum(gross_minor)::BIGINT AS gross_minor,
        sum(returns_minor)::BIGINT AS returns_minor
    FROM moved GROUP BY monday ORDER BY monday"""
