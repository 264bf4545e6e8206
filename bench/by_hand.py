"""Thirty rules as shops use them, each with the DuckDB query that somebody who knows the tables would write for it.

`$at` is the moment in microseconds, `$day` its local day, `$opens` the first instant of the local day thirty days before, `$soon`
the days of the next week as 03-27. No program: `bench/rules.py` times both.
"""

from __future__ import annotations

CUSTOMERS = "SELECT person_id FROM people WHERE known_us <= $at AND (erased_us IS NULL OR erased_us > $at)"
ORDERS = "orders WHERE valid_from_us <= $at AND valid_to_us > $at AND time_us <= $at"
LINES = "lines WHERE valid_from_us <= $at AND valid_to_us > $at AND time_us <= $at"
HOUR = 3_600_000_000


def _of(rows: str, having: str) -> str:
    """Customers whose rows, all together, are so."""
    return f"SELECT person_id FROM {rows} GROUP BY person_id HAVING {having} INTERSECT {CUSTOMERS}"


def _grouped(rows: str, having: str) -> str:
    return f"(SELECT person_id FROM {rows} GROUP BY person_id HAVING {having})"


def _kept(people: str, *others: str) -> str:
    """Customers among some people, without the people of `others`."""
    without = "".join(f" ANTI JOIN (SELECT person_id FROM {rows}) o{n} USING (person_id)" for n, rows in enumerate(others))
    return f"SELECT person_id FROM ({CUSTOMERS}) SEMI JOIN {people} p USING (person_id){without}"


def _none(*others: str) -> str:
    without = "".join(f" ANTI JOIN (SELECT person_id FROM {rows}) o{n} USING (person_id)" for n, rows in enumerate(others))
    return f"SELECT person_id FROM ({CUSTOMERS}){without}"


def _events(name: str, days: int) -> str:
    return f"events WHERE name = '{name}' AND time_us <= $at AND day BETWEEN $day - {days} AND $day"


def _abandoned(name: str, hours: int) -> str:
    """Who did something in the last three days and ordered nothing for so long after."""
    return (
        f"SELECT DISTINCT e.person_id FROM events e SEMI JOIN ({CUSTOMERS}) USING (person_id) WHERE e.name = '{name}' "
        f"AND e.day >= $day - 3 AND e.time_us <= $at - {hours * HOUR} AND NOT EXISTS (SELECT 1 FROM {ORDERS} "
        f"AND orders.person_id = e.person_id AND orders.time_us > e.time_us AND orders.time_us <= e.time_us + {hours * HOUR})"
    )


_CONSENTED = (
    "(SELECT person_id FROM identifiers JOIN (SELECT address, arg_max(given, (time_us, NOT given)) AS given FROM consents "
    "WHERE channel = 'email' AND purpose = 'marketing' AND time_us <= $at GROUP BY address) c ON c.address = identifiers.value "
    "WHERE kind = 'email' AND given)"
)
_RECENT = f"{ORDERS} AND day >= $day - 180"
_RUNS = (
    "(SELECT person_id FROM (SELECT person_id, day, sum(is_new) OVER (PARTITION BY person_id ORDER BY day) AS run FROM ("
    "SELECT person_id, day, (day - lag(day) OVER (PARTITION BY person_id ORDER BY day) > 14)::INTEGER AS is_new FROM "
    f"(SELECT DISTINCT person_id, day FROM {ORDERS}))) GROUP BY person_id, coalesce(run, 0) HAVING count(*) >= 3)"
)
_LAST_BIRTHDAY = (
    "(SELECT person_id FROM (SELECT person_id, arg_max(date_day, (time_us, event_key)) AS born FROM attributes "
    "WHERE name = 'birthday' AND time_us <= $at GROUP BY person_id) WHERE strftime(DATE '1970-01-01' + born, '%m-%d') IN $soon)"
)
_MOSCOW = (
    "(SELECT person_id FROM (SELECT person_id, arg_max(text, (time_us, event_key)) AS city FROM attributes "
    "WHERE name = 'city' AND time_us <= $at GROUP BY person_id) WHERE city = 'Москва')"
)
BY_HAND: dict[str, str] = {
    "count(orders) >= 5 and days_since(last orders) <= 30": _of(ORDERS, "count(*) >= 5 AND max(day) >= $day - 30"),
    "count(orders) >= 5 and days_since(last orders) between 31 and 90": _of(
        ORDERS, "count(*) >= 5 AND max(day) BETWEEN $day - 90 AND $day - 31"
    ),
    "count(orders) >= 5 and days_since(last orders) > 90": _of(ORDERS, "count(*) >= 5 AND max(day) < $day - 90"),
    "count(orders) between 2 and 4 and days_since(last orders) <= 30": _of(
        ORDERS, "count(*) BETWEEN 2 AND 4 AND max(day) >= $day - 30"
    ),
    "count(orders) between 2 and 4 and days_since(last orders) between 91 and 180": _of(
        ORDERS, "count(*) BETWEEN 2 AND 4 AND max(day) BETWEEN $day - 180 AND $day - 91"
    ),
    "count(orders) = 1 and days_since(last orders) > 90": _of(ORDERS, "count(*) = 1 AND max(day) < $day - 90"),
    "count(orders) >= 1 and days_since(last orders) > 30": _of(ORDERS, "max(day) < $day - 30"),
    "count(orders) = 1": _of(ORDERS, "count(*) = 1"),
    "count(orders) = 0": _none(ORDERS),
    "sum(orders.amount) >= 30000": _of(ORDERS, "sum(amount_minor) >= 3000000"),
    "count(orders) >= 2 and avg(orders.amount) >= 5000": _of(ORDERS, "count(*) >= 2 AND avg(amount_minor) >= 500000"),
    "count(orders) = 1 and max(orders.amount) >= 10000": _of(ORDERS, "count(*) = 1 AND max(amount_minor) >= 1000000"),
    "median(orders.amount) > 1500": _of(ORDERS, "median(amount_minor) > 150000"),
    "count(orders in last 180 days) >= 3": _of(_RECENT, "count(*) >= 3"),
    "days_since(last orders) > 90": _of(ORDERS, "max(day) < $day - 90"),
    "count(orders) >= 1 and count(orders in last 180 days) = 0 and count(visits in last 180 days) = 0": _kept(
        _grouped(ORDERS, "max(day) < $day - 180"), "visits WHERE time_us <= $at AND day >= $day - 180"
    ),
    "distinct(lines.category) >= 3": _of(LINES, "count(DISTINCT category) >= 3"),
    "count(lines where price < 500 in last 180 days) >= 3": _of(
        f"{LINES} AND day >= $day - 180 AND price_minor < 50000", "count(*) >= 3"
    ),
    "count(orders) = 1 and count(returns) >= 1": _kept(_grouped(ORDERS, "count(*) = 1"))
    + " SEMI JOIN (SELECT person_id FROM returns WHERE time_us <= $at) r USING (person_id)",
    "did cart_adds then not orders within 3 hours in last 3 days": _abandoned("Product Added", 3),
    "did checkouts then not orders within 1 hour in last 3 days": _abandoned("Checkout Started", 1),
    "count(views in last 14 days) >= 3 and count(orders in last 14 days) = 0": _kept(
        _grouped(_events("Product Viewed", 14), "count(*) >= 3"), f"{ORDERS} AND day >= $day - 14"
    ),
    "count(cart_adds in last 7 days) >= 1 and count(orders in last 7 days) = 0": _kept(
        f"(SELECT person_id FROM {_events('Product Added', 7)})", f"{ORDERS} AND day >= $day - 7"
    ),
    "days_since(last orders) > 90 and count(visits in last 7 days) >= 1": _kept(_grouped(ORDERS, "max(day) < $day - 90"))
    + " SEMI JOIN (SELECT person_id FROM visits WHERE time_us <= $at AND day >= $day - 7) v USING (person_id)",
    "days_since(registered_at) <= 30 and count(orders) = 0": (
        f"SELECT person_id FROM people ANTI JOIN (SELECT person_id FROM {ORDERS}) o USING (person_id) WHERE known_us <= $at "
        "AND (erased_us IS NULL OR erased_us > $at) AND registered_us BETWEEN $opens AND $at"
    ),
    "consent.email.marketing": _kept(_CONSENTED),
    "consent.email.marketing and count(orders) = 0": _kept(_CONSENTED, ORDERS),
    'city = "Москва" and count(orders in last 90 days) >= 1': _kept(_MOSCOW)
    + f" SEMI JOIN (SELECT person_id FROM {ORDERS} AND day >= $day - 90) r USING (person_id)",
    "days_until_anniversary(birthday) between 0 and 7": _kept(_LAST_BIRTHDAY),
    "streak(orders, 14 days) >= 3 and days_since(last orders) >= 45": _kept(_RUNS)
    + f" SEMI JOIN {_grouped(ORDERS, 'max(day) <= $day - 45')} l USING (person_id)",
}
