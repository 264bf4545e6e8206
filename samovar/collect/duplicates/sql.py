"""SQL of duplicates over the warehouse, DuckDB dialect: who is to be compared, what two people say of themselves, the effect."""

from __future__ import annotations

from samovar.collect.sql.card_sql import LIVE_ORDERS, NEWEST
from samovar.engine.warehouse.schema import customers_sql, people_sql

_TEXTS = ("first_name", "last_name", "middle_name", "name", "city", "street", "postal_code")
# Traits that name a person and nobody else, as shops call them.
DOCUMENTS = ("passport", "snils", "inn", "tax_id", "national_id", "insurance_number", "soc_sec_id")


def known_sql() -> str:
    """Up to `$limit` of those known with ids above `$after`, as `people.KNOWN`: the last value of each trait, every identifier,
    as of `$at`. A name told whole is cut into a first name and a surname at its last blank."""
    among = "person_id > $after AND person_id <= (SELECT last FROM span)"
    return f"""
    WITH who AS MATERIALIZED (
      SELECT person_id FROM people WHERE {customers_sql()} AND person_id > $after ORDER BY person_id LIMIT $limit),
    span AS MATERIALIZED (SELECT max(person_id) AS last FROM who),
    {_traits_sql("person_id", among)},
    reached AS (
      SELECT person_id, kind, value FROM identifiers WHERE kind IN ('email', 'phone') AND since_us <= $at AND {among} UNION
      SELECT person_id, name, text FROM said WHERE name IN ('email', 'phone') AND text <> ''),
    contacts AS (
      SELECT person_id, list(DISTINCT value ORDER BY value) FILTER (kind = 'email') AS emails,
             list(DISTINCT value ORDER BY value) FILTER (kind = 'phone') AS phones
      FROM reached GROUP BY person_id)
    SELECT w.person_id, {_NAMES}, l.middle_name, l.birthday, l.city, l.street, l.postal_code, c.emails, c.phones, l.documents
    FROM who w LEFT JOIN traits l USING (person_id) LEFT JOIN contacts c USING (person_id)
    ORDER BY w.person_id"""


def profiles_sql() -> str:
    """What each of the profiles `$profiles` says of itself, as `people.KNOWN` without contacts; `person_id` is the profile."""
    return f"""
    WITH {_traits_sql("profile_id", "profile_id IN (SELECT unnest($profiles::BIGINT[]))")}
    SELECT l.profile_id AS person_id, {_NAMES}, l.middle_name, l.birthday, l.city, l.street, l.postal_code,
           NULL::VARCHAR[] AS emails, NULL::VARCHAR[] AS phones, l.documents
    FROM traits l ORDER BY l.profile_id"""


def namesakes_sql() -> str:
    """How many people (`people`) of all (`size`) said one of the first names `$names` (`name`)."""
    return f"""
    SELECT text AS name, count(DISTINCT person_id) AS people, (SELECT count(*) FROM people WHERE {customers_sql()}) AS size
    FROM attributes WHERE name = 'first_name' AND time_us <= $at AND text IN (SELECT unnest($names::VARCHAR[])) GROUP BY text"""


_WHOLE = "nullif(trim(l.name), '')"
_NAMES = f"""coalesce(l.first_name, CASE WHEN l.last_name IS NULL THEN split_part({_WHOLE}, ' ', 1) END) AS first_name,
           coalesce(l.last_name, CASE WHEN l.first_name IS NULL AND contains({_WHOLE}, ' ')
                                      THEN regexp_extract({_WHOLE}, '[^ ]+$') END) AS last_name"""


def _traits_sql(whose: str, among: str) -> str:
    """The steps `said` and `traits`: the last value of each trait by the column `whose`, of those `among`."""
    names = ", ".join(f"'{name}'" for name in (*_TEXTS, "birthday", "email", "phone", *DOCUMENTS))
    documents = ", ".join(f"'{name}'" for name in DOCUMENTS)
    return f"""said AS (
      SELECT {whose}, name, arg_max_null(coalesce(text, (number // 10000)::VARCHAR), {NEWEST}) AS text,
             arg_max_null(date_day, {NEWEST}) AS date_day
      FROM attributes WHERE name IN ({names}) AND time_us <= $at AND {among} GROUP BY {whose}, name),
    traits AS (
      SELECT {whose}, {", ".join(f"max(text) FILTER (name = '{name}') AS {name}" for name in _TEXTS)},
             max(coalesce(strftime(DATE '1970-01-01' + date_day, '%Y%m%d'), text)) FILTER (name = 'birthday') AS birthday,
             list(name || ':' || text ORDER BY name) FILTER (name IN ({documents}) AND text <> '') AS documents
      FROM said GROUP BY {whose})"""


def fields_sql() -> str:
    """The last value of each trait of each person of `$people`, as `survivorship.Value` has it; cleared ones are left out, and
    marks of addresses: those follow the last address, whoever it came with."""
    return f"""
    SELECT person_id AS person, name, kind, text, number, boolean, date_day, time_us, source, verdict, profile_id AS profile,
           event_key AS key
    FROM (
      SELECT a.*, row_number() OVER (PARTITION BY person_id, name ORDER BY {NEWEST} DESC) AS place
      FROM attributes a WHERE person_id IN (SELECT unnest($people::BIGINT[])) AND time_us <= $at
        AND NOT starts_with(name, 'contact.')
    ) WHERE place = 1 AND (text IS NOT NULL OR number IS NOT NULL OR boolean IS NOT NULL)
    ORDER BY name, person"""


def bought_sql() -> str:
    """Of each person of `$people`: person_id, orders, revenue_minor, last_us."""
    return f"""
    SELECT person_id, count(*) AS orders, coalesce(sum(amount_minor), 0)::BIGINT AS revenue_minor, max(time_us) AS last_us
    FROM orders WHERE person_id IN (SELECT unnest($people::BIGINT[])) AND {LIVE_ORDERS} GROUP BY person_id"""


def effect_sql() -> str:
    """One row: what merges brought together, by the profiles `$profiles` of those they joined and the people `$before`, in the
    same order, whom these would be of without them.

    people is everybody known now, people_before how many there were without these merges, as far as they have come here; joined
    is how many stand for several; orders and revenue_minor came by the profiles that moved; changed is how many people's count of
    orders became another by it.
    """
    return f"""
    WITH told AS (SELECT unnest($profiles::BIGINT[]) AS profile_id, unnest($before::BIGINT[]) AS before_id),
    parts AS MATERIALIZED (
      SELECT p.*, t.before_id, p.person_id <> t.before_id AS is_moved FROM profiles p JOIN told t USING (profile_id)),
    bought AS (
      SELECT o.person_id, count(*) AS orders, sum(amount_minor) AS amount_minor FROM orders o
      WHERE {LIVE_ORDERS} AND o.profile_id IN (SELECT profile_id FROM parts WHERE is_moved) GROUP BY o.person_id),
    known AS (SELECT count(*) AS people FROM people WHERE {customers_sql()}),
    now AS (SELECT count(*) AS people FROM ({people_sql("parts")}) WHERE {customers_sql()}),
    apart AS (
      SELECT count(*) AS people FROM ({people_sql("(SELECT * REPLACE (before_id AS person_id) FROM parts)")})
      WHERE {customers_sql()})
    SELECT known.people, known.people - now.people + apart.people AS people_before,
           (SELECT count(DISTINCT person_id) FROM parts WHERE is_moved) AS joined,
           (SELECT coalesce(sum(orders), 0)::BIGINT FROM bought) AS orders,
           (SELECT coalesce(sum(amount_minor), 0)::BIGINT FROM bought) AS revenue_minor,
           (SELECT count(*) FROM bought) AS changed
    FROM known, now, apart"""
