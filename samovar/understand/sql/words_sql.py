"""What the words of rules are borne out by: how many customers have an attribute now, and values that several of them share."""

from __future__ import annotations

from samovar.engine.warehouse.schema import customers_sql

EXAMPLES_MAX = 5
_CUSTOMERS = f"SELECT person_id FROM people WHERE {customers_sql()}"
_SHOWN = "CASE kind WHEN 'number' THEN number::VARCHAR WHEN 'boolean' THEN boolean::VARCHAR ELSE text END"


def trait_words_sql() -> str:
    """(name, kind, rows): traits that anybody ever had, with the kind of the first value and how many changes there are."""
    return (
        "SELECT name, arg_min(kind, (time_us, event_key)), count(*) FROM attributes WHERE kind IS NOT NULL "
        "GROUP BY name ORDER BY name LIMIT $limit"
    )


def trait_people_sql() -> str:
    """(people, examples) of the trait $name at $at: customers whose last value is of $kind, and the values that most have, as
    texts, each had by at least $least: a rarer one might name somebody."""
    return f"""
WITH last AS (
    SELECT arg_max_null({{'kind': kind, 'shown': {_SHOWN}}}, time_us::HUGEINT * 18446744073709551616 + event_key) AS value
    FROM attributes WHERE name = $name AND time_us <= $at AND person_id IN ({_CUSTOMERS}) GROUP BY person_id
), counted AS (
    SELECT value.shown AS shown, count(*) AS people FROM last WHERE value.kind = $kind GROUP BY ALL
), common AS (
    SELECT shown, people FROM counted WHERE people >= $least AND shown <> '' ORDER BY people DESC, shown LIMIT {EXAMPLES_MAX}
)
SELECT (SELECT coalesce(sum(people), 0)::BIGINT FROM counted), (SELECT list(shown ORDER BY people DESC, shown) FROM common)
"""


def known_people_sql() -> str:
    """(customers, registered) at $at."""
    return f"SELECT count(*), count(*) FILTER (registered_us <= $at) FROM people WHERE {customers_sql()}"


def contact_people_sql() -> str:
    """(kind, people): customers with an identifier of each kind at $at."""
    return (
        f"SELECT kind, count(DISTINCT person_id) FROM identifiers WHERE person_id IN ({_CUSTOMERS}) GROUP BY kind ORDER BY kind"
    )


def consent_people_sql() -> str:
    """(channel, purpose, people): customers of whom an answer is known at $at, by an address they have."""
    return f"""
SELECT channel, purpose, count(DISTINCT person_id) FROM consents
JOIN identifiers ON identifiers.value = consents.address
    AND identifiers.kind = CASE consents.channel WHEN 'email' THEN 'email' ELSE 'phone' END
WHERE consents.time_us <= $at AND person_id IN ({_CUSTOMERS}) GROUP BY ALL ORDER BY ALL
"""


def events_sql() -> str:
    """(name, rows): events that happened, with how often."""
    return "SELECT name, count(*) FROM events WHERE name <> '' GROUP BY name ORDER BY name LIMIT $limit"
