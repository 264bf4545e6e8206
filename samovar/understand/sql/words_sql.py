"""What the words of rules are borne out by: how many customers have an attribute now, and values that several of them share.

Figures of people are of those numbered $first to $last; of disjoint slices they add up.
"""

from __future__ import annotations

from samovar.engine.warehouse.schema import customers_sql

# The order of a trait's rows; one number is compared in a third of the time of two.
ARRIVAL = "coalesce(precedence_us, time_us)::HUGEINT * 18446744073709551616 + event_key"
_SLICE = "person_id BETWEEN $first AND $last"
_CUSTOMERS = f"SELECT person_id FROM people WHERE {_SLICE} AND {customers_sql()}"
_SHOWN = "CASE kind WHEN 'number' THEN number::VARCHAR WHEN 'boolean' THEN boolean::VARCHAR ELSE text END"


def trait_people_sql() -> str:
    """(name, kind, people, examples) at $at: customers whose last value of a trait is of the kind, and the $examples values
    that most of them have, `shown` as text with `people`, each had by at least $least: a rarer one might name somebody."""
    return f"""
WITH last AS (
    SELECT name, arg_max_null(
        {{'kind': kind, 'shown': {_SHOWN}}}, {ARRIVAL}
    ) AS value
    FROM attributes WHERE {_SLICE} AND time_us <= $at AND person_id IN ({_CUSTOMERS}) GROUP BY person_id, name
), counted AS (
    SELECT name, value.kind AS kind, value.shown AS shown, count(*) AS people FROM last
    WHERE value.kind IS NOT NULL GROUP BY ALL
), ranked AS (
    SELECT *, people >= $least AND shown <> ''
        AND row_number() OVER (PARTITION BY name, kind ORDER BY shown <> '' DESC, people DESC, shown) <= $examples AS is_example
    FROM counted
)
SELECT name, kind, sum(people)::BIGINT, list({{'shown': shown, 'people': people}}) FILTER (is_example) FROM ranked GROUP BY ALL
"""


def known_people_sql() -> str:
    """(customers, registered) at $at."""
    return f"SELECT count(*), count(*) FILTER (registered_us <= $at) FROM people WHERE {_SLICE} AND {customers_sql()}"


def contact_people_sql() -> str:
    """(kind, people): customers with an identifier of each kind at $at."""
    return (
        f"SELECT kind, count(DISTINCT person_id) FROM identifiers WHERE {_SLICE} AND person_id IN ({_CUSTOMERS}) "
        "GROUP BY kind ORDER BY kind"
    )


def consent_people_sql() -> str:
    """(channel, purpose, people): customers of whom an answer is known at $at, by an address they have."""
    return f"""
SELECT channel, purpose, count(DISTINCT person_id) FROM consents
JOIN identifiers ON identifiers.value = consents.address
    AND identifiers.kind = CASE consents.channel WHEN 'email' THEN 'email' ELSE 'phone' END
WHERE consents.time_us <= $at AND {_SLICE} AND person_id IN ({_CUSTOMERS}) GROUP BY ALL ORDER BY ALL
"""


def events_sql() -> str:
    """(name, rows): events that happened, with how often."""
    return "SELECT name, count(*) FROM events WHERE name <> '' GROUP BY name ORDER BY name LIMIT $limit"
