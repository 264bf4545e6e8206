"""The steps from a rule's people to recipients with what a letter may say of them. Values are parameters `$name`."""

from __future__ import annotations


def addresses_sql(people: str) -> str:
    """(person_id, address, standing): one address of each of the people in a table.

    It is one that a letter may go to: of standing 2 when it is not stopped and said yes to $purpose after every refusal of the
    person, at whichever address; else of 1 when it is not stopped; else of 0. Of several the one known last, of these at the same
    moment the greatest text. Needs $at, $channel, $purpose.
    """
    return f"""
    SELECT person_id, last(value ORDER BY standing, since_us, value) AS address, max(standing) AS standing
    FROM (
        SELECT i.person_id, i.value, i.since_us, CASE
            WHEN s.address IS NOT NULL THEN 0
            WHEN record % 2 = 0
                AND record > coalesce(max(record) FILTER (record % 2 = 1) OVER (PARTITION BY i.person_id), -1) THEN 2
            ELSE 1 END AS standing
        FROM identifiers i
        LEFT JOIN ({_stopped_sql()}) s ON s.address = i.value LEFT JOIN ({_words_sql()}) w ON w.address = i.value
        WHERE i.kind = 'email' AND i.since_us <= $at AND i.person_id IN (SELECT person_id FROM {people})
    )
    GROUP BY person_id
    """


def _words_sql() -> str:
    """(address, record): the latest word on $purpose in $channel, its time doubled, odd when refused: then a refusal wins."""
    return (
        "SELECT address, max(2 * time_us + (NOT given)::BIGINT) AS record FROM consents "
        "WHERE channel = $channel AND purpose = $purpose AND time_us <= $at GROUP BY address"
    )


def _stopped_sql() -> str:
    """(address): those of $channel that a bounce or a complaint has stopped."""
    return "SELECT DISTINCT address FROM suppressions WHERE channel = $channel AND time_us <= $at"


def count_sql(people: str) -> str:
    """One row: people, those with an address, those of them with one that is not stopped, those with one of standing 2."""
    return (
        f"WITH people AS ({people}), addresses AS ({addresses_sql('people')}) "
        "SELECT count(*) AS people, count(standing) AS addressed, count(*) FILTER (standing >= 1) AS open, "
        "count(*) FILTER (standing = 2) AS consenting FROM people LEFT JOIN addresses USING (person_id)"
    )


def recipients_sql(people: str) -> str:
    """Up to $limit people after $after, in order of person_id, each with traits of $names and the last order.

    Columns: person_id, address (empty when there is none), traits (list of name, kind, text, number, boolean, date_day),
    orders, last_order_day, last_order_minor.
    """
    return f"""
    WITH people AS ({people}),
    chosen AS (SELECT person_id FROM people WHERE person_id > $after ORDER BY person_id LIMIT $limit),
    addresses AS ({addresses_sql("chosen")}),
    latest AS (
        SELECT person_id, name, last(struct_pack(name := name, kind := kind, text := text, number := number,
            boolean := boolean, date_day := date_day) ORDER BY coalesce(precedence_us, time_us), event_key) AS trait
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
    SELECT person_id, coalesce(address, '') AS address, traits, coalesce(orders, 0) AS orders, last_order_day, last_order_minor
    FROM chosen LEFT JOIN addresses USING (person_id) LEFT JOIN traits USING (person_id) LEFT JOIN bought USING (person_id)
    ORDER BY person_id
    """


def spending_sql(people: str) -> str:
    """One row: people with an address, and the variance of what each spent in $window before $at, minor units squared."""
    return f"""
    WITH people AS ({people}),
    reach AS (
        SELECT person_id FROM people
        WHERE person_id IN (SELECT person_id FROM identifiers WHERE kind = 'email' AND since_us <= $at)
    ),
    spent AS (
        SELECT person_id, sum(amount_minor) AS minor FROM orders
        WHERE time_us > $at - $window AND time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us GROUP BY person_id
    )
    SELECT count(*) AS people, coalesce(var_samp(coalesce(s.minor, 0)::DOUBLE), 0) AS variance
    FROM reach LEFT JOIN spent s USING (person_id)
    """
