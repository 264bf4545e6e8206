"""Steps from a rule's people to figures and pages. `people` is a SELECT of person_id that the rule compiler made."""

from __future__ import annotations

from samovar.engine.warehouse.schema import customers_sql

_LIVE_ORDERS = "time_us <= $at AND valid_from_us <= $at AND $at < valid_to_us"


def count_sql(people: str) -> str:
    """One row: people in the rule, customers in all. Needs $at."""
    customers = f"SELECT count(*) FROM people WHERE {customers_sql()}"
    return f"SELECT (SELECT count(*) FROM ({people})), ({customers})"


def members_sql(people: str) -> str:
    """A page by person_id: person_id, orders, revenue_minor, last_order_us, city. Needs $at, $after, $limit."""
    page = f"SELECT person_id FROM ({people}) WHERE person_id > $after ORDER BY person_id LIMIT $limit"
    return _with_facts(page, "person_id")


def sample_sql(people: str) -> str:
    """Some people, the same ones while they stay: the first by a hash of their ids. Needs $at, $limit."""
    return _with_facts(f"SELECT person_id FROM ({people}) ORDER BY hash(person_id), person_id LIMIT $limit", "hash(person_id)")


def _with_facts(page: str, order: str) -> str:
    of_page = "person_id IN (SELECT person_id FROM page)"
    return f"""
    WITH page AS ({page}),
    bought AS (
      SELECT person_id, count(*) AS orders, sum(amount_minor)::BIGINT AS revenue_minor, max(time_us) AS last_order_us
      FROM orders WHERE {of_page} AND {_LIVE_ORDERS} GROUP BY person_id),
    lived AS (
      SELECT person_id, arg_max(text, (time_us, event_key)) AS city
      FROM attributes WHERE name = 'city' AND {of_page} AND time_us <= $at GROUP BY person_id)
    SELECT person_id, coalesce(orders, 0) AS orders, coalesce(revenue_minor, 0) AS revenue_minor, last_order_us, city
    FROM page LEFT JOIN bought USING (person_id) LEFT JOIN lived USING (person_id) ORDER BY {order}, person_id"""


def stage_counts_sql(stages: str) -> str:
    """One row a stage: its name and how many people stand in it."""
    return f"SELECT stage, count(*) FROM ({stages}) WHERE stage IS NOT NULL GROUP BY stage"
