"""Steps about the whole workspace as of $at: its customers, their orders and returns. Rows of nobody count nowhere."""

from __future__ import annotations


def customers_sql() -> str:
    """person_id of the customers known by $at."""
    return "SELECT person_id FROM profiles WHERE known_us <= $at GROUP BY person_id"


def orders_sql() -> str:
    """The customers' orders as they stand at $at, amounts unknown as 0."""
    return (
        "SELECT order_id, person_id, time_us, day, event_key, coalesce(amount_minor, 0) AS amount_minor FROM orders "
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
    """One row of totals; `repeat_buyers` have at least two orders."""
    return f"""{facts_sql()},
    visitors AS (
        SELECT person_id FROM profiles WHERE first_us <= $at GROUP BY person_id
        HAVING person_id NOT IN (SELECT person_id FROM customers)
    ),
    buyers AS (SELECT person_id, count(*) AS orders FROM bought GROUP BY person_id)
    SELECT (SELECT count(*) FROM customers) AS customers, (SELECT count(*) FROM visitors) AS visitors,
        (SELECT count(*) FROM buyers) AS buyers, (SELECT count(*) FROM buyers WHERE orders > 1) AS repeat_buyers,
        (SELECT count(*) FROM bought) AS orders,
        (SELECT coalesce(sum(amount_minor), 0)::BIGINT FROM bought) AS gross_minor,
        (SELECT -coalesce(sum(amount_minor), 0)::BIGINT FROM returned) AS returns_minor,
        (SELECT min(time_us) FROM bought) AS first_us, (SELECT max(time_us) FROM bought) AS last_us"""


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


def cohorts_sql() -> str:
    """Buyers by the local month of their first order: cohort (months since 1970), month (0 is the first), size, active,
    gross_minor. `active` bought in that month of their life; `size` is everyone of the cohort.
    """
    month = "(year(local) - 1970) * 12 + month(local) - 1"
    return f"""{facts_sql()},
    dated AS (SELECT person_id, amount_minor, DATE '1970-01-01' + day AS local FROM bought),
    months AS (SELECT person_id, amount_minor, ({month})::INTEGER AS month FROM dated),
    firsts AS (SELECT person_id, min(month) AS cohort FROM months GROUP BY person_id),
    sizes AS (SELECT cohort, count(*) AS size FROM firsts GROUP BY cohort)
    SELECT cohort, month - cohort AS month, any_value(size) AS size, count(DISTINCT person_id) AS active,
        sum(amount_minor)::BIGINT AS gross_minor
    FROM months JOIN firsts USING (person_id) JOIN sizes USING (cohort)
    GROUP BY cohort, month ORDER BY cohort, month"""
