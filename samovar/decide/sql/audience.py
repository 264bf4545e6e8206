"""The steps from a rule's people to recipients with what a letter may say of them. Values are parameters `$name`."""

from __future__ import annotations


def addresses_sql(kind: str = "email") -> str:
    """One address a person: the identifier known last, the greatest text at the same moment. Needs $at."""
    return (
        "SELECT person_id, last(value ORDER BY since_us, value) AS address FROM identifiers "
        f"WHERE kind = '{kind}' AND since_us <= $at GROUP BY person_id"
    )


def consents_sql() -> str:
    """Addresses whose latest word on $purpose in the channel $channel is yes; at the same moment a refusal wins. Needs $at."""
    return (
        "SELECT address FROM consents WHERE channel = $channel AND purpose = $purpose AND time_us <= $at "
        "GROUP BY address HAVING last(given ORDER BY time_us, NOT given)"
    )


def count_sql(people: str) -> str:
    """One row: people, those with an address, those of them who consent."""
    return (
        f"WITH people AS ({people}), addresses AS ({addresses_sql()}), consents AS ({consents_sql()}) "
        "SELECT count(*) AS people, count(a.address) AS addressed, count(c.address) AS consenting "
        "FROM people LEFT JOIN addresses a USING (person_id) LEFT JOIN consents c ON c.address = a.address"
    )


def recipients_sql(people: str) -> str:
    """Up to $limit people after $after, in order of person_id, each with traits of $names and the last order.

    Columns: person_id, address (empty when there is none), traits (list of name, kind, text, number, boolean, date_day),
    orders, last_order_day, last_order_minor.
    """
    return f"""
    WITH people AS ({people}),
    addresses AS ({addresses_sql()}),
    chosen AS (
        SELECT person_id, coalesce(address, '') AS address FROM people LEFT JOIN addresses USING (person_id)
        WHERE person_id > $after ORDER BY person_id LIMIT $limit
    ),
    latest AS (
        SELECT person_id, name, last(struct_pack(name := name, kind := kind, text := text, number := number,
            boolean := boolean, date_day := date_day) ORDER BY time_us, event_key) AS trait
        FROM attributes
        WHERE person_id IN (SELECT person_id FROM chosen) AND time_us <= $at AND list_contains($names, name)
        GROUP BY person_id, name
    ),
    traits AS (SELECT person_id, list(trait ORDER BY name) AS traits FROM latest GROUP BY person_id),
    bought AS (
        SELECT person_id, count(*) AS orders, last(day ORDER BY time_us, event_key) AS last_order_day,
            last(amount_minor ORDER BY time_us, event_key) AS last_order_minor
        FROM orders
        WHERE person_id IN (SELECT person_id FROM chosen) AND time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us
        GROUP BY person_id
    )
    SELECT person_id, address, traits, coalesce(orders, 0) AS orders, last_order_day, last_order_minor
    FROM chosen LEFT JOIN traits USING (person_id) LEFT JOIN bought USING (person_id) ORDER BY person_id
    """


def spending_sql(people: str) -> str:
    """One row: people with an address, and the variance of what each spent in $window before $at, minor units squared."""
    return (
        f"WITH people AS ({people}), addresses AS ({addresses_sql()}), reach AS (SELECT person_id FROM people "
        "JOIN addresses USING (person_id)), spent AS (SELECT person_id, sum(amount_minor) AS minor FROM orders "
        "WHERE time_us > $at - $window AND time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us GROUP BY person_id) "
        "SELECT count(*) AS people, coalesce(var_samp(coalesce(s.minor, 0)::DOUBLE), 0) AS variance "
        "FROM reach LEFT JOIN spent s USING (person_id)"
    )
