"""The ready segments on UCI Online Retail: how many people each takes, and for some the same said by hand over the raw lines."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from samovar.engine.warehouse import registry, schema
from samovar.kit.clock import Zone, parse_moment
from samovar.understand import warehouse_queries
from samovar.understand.library.ready import ready

RETAIL = Path(__file__).resolve().parents[4] / "shared" / "data" / "online_retail" / "online_retail.parquet"
ZONE = Zone("Europe/London")
AT = "2011-12-10"
assert warehouse_queries  # its queries are registered by its import
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not RETAIL.is_file(), reason="needs ../shared/data/online_retail beside the checkout"),
]

# The lines that count, as the published set is read (preset online-retail): sums in pence, each price rounded to a penny.
LINES = f"""
    SELECT InvoiceNo AS invoice, CustomerID AS customer, InvoiceDate AS wall, StockCode AS sku, Quantity AS quantity,
           starts_with(InvoiceNo, 'C') AS is_return, abs(Quantity) * round(UnitPrice * 100)::BIGINT AS pence
    FROM '{RETAIL}' WHERE CustomerID IS NOT NULL AND UnitPrice > 0 AND NOT starts_with(InvoiceNo, 'A')"""
FACTS = f"""
    SELECT invoice, customer, is_return, min(wall) AS wall, date_diff('day', DATE '1970-01-01', min(wall)::DATE)::INTEGER AS day,
           epoch_us(timezone('Europe/London', min(wall))) AS time_us, sum(pence)::BIGINT AS pence
    FROM ({LINES}) GROUP BY invoice, customer, is_return"""
COUNTS = """
    newcomers 0, cautious 0, developing 2683, regulars 188, at-risk 18, lost 1449, champions 787, loyal 256,
    not-to-lose 71, becoming-loyal 634, need-attention 566, drifting-away 309, hibernating 222, fresh-buyers 207,
    promising 439, passers-by 847, no-order-30-days 2710, leads 33, one-order 1493, overdue 508, overdue-season 1449,
    sleeping 861, returned 117, big-spenders 3303, big-ticket 2822, one-big-order 1353, frequent 1265, spends-less 760,
    spends-more 395, many-categories 0, first-from-category 0, returns-often 506, first-order-returned 211, cart-left 0,
    checkout-left 0, browsed-not-bought 0, old-customer-looks 0, registered-lately 0, may-write 0,
    reachable-without-consent 0, unsubscribed 0, subscribers-without-order 0, clicked-not-bought 0, unread 0,
    written-often 0, birthday-soon 0, birthday-unknown 4338
"""
# Each figure again, by hand: what a plain reading of the orders gives. `o` is an order, `r` a return, `days` the age of an order.
BY_HAND = {
    "one-order": "SELECT customer FROM o GROUP BY customer HAVING count(*) = 1",
    "leads": "SELECT DISTINCT customer FROM r WHERE customer NOT IN (SELECT customer FROM o)",
    "no-order-30-days": "SELECT customer FROM o GROUP BY customer HAVING min(days) > 30",
    "champions": "SELECT customer FROM o GROUP BY customer HAVING count(*) >= 5 AND min(days) <= 30",
    "need-attention": "SELECT customer FROM o GROUP BY customer HAVING count(*) IN (2, 3, 4) AND min(days) BETWEEN 31 AND 90",
    "big-spenders": "SELECT customer FROM o GROUP BY customer HAVING sum(pence) >= 30000",
    "big-ticket": "SELECT customer FROM o GROUP BY customer HAVING count(*) >= 2 AND sum(pence) >= 5000 * count(*)",
    "frequent": "SELECT customer FROM o WHERE days <= 180 GROUP BY customer HAVING count(*) >= 3",
    "returned": """SELECT customer FROM o GROUP BY customer
        HAVING min(days) <= 30 AND max(days) > 210 AND count(*) FILTER (days BETWEEN 31 AND 210) = 0""",
    "spends-less": """SELECT customer FROM o GROUP BY customer
        HAVING 2 * coalesce(sum(pence) FILTER (days <= 90), 0) < sum(pence) FILTER (days BETWEEN 91 AND 180)""",
    "returns-often": """SELECT customer FROM o JOIN (SELECT customer, count(*) AS n FROM r GROUP BY customer) USING (customer)
        GROUP BY customer, n HAVING n >= 2 AND n >= 0.3 * count(*)""",
    "overdue": """SELECT customer FROM (
          SELECT customer, days, lag(days) OVER (PARTITION BY customer ORDER BY days DESC) - days AS gap
          FROM (SELECT DISTINCT customer, days FROM o))
        GROUP BY customer HAVING count(*) >= 3 AND min(days) > median(gap)""",
}


@pytest.fixture(scope="module")
def retail():
    cursor = duckdb.connect()
    schema.create(cursor)
    cursor.execute(f"CREATE TABLE facts AS {FACTS}")
    never = schema.NEVER_US
    cursor.execute(
        "INSERT INTO orders SELECT invoice, customer, customer, time_us, day, hash(invoice)::UBIGINT % 1000000007, time_us, "
        f"{never}, pence, 'GBP', NULL FROM facts WHERE NOT is_return"
    )
    cursor.execute(
        "INSERT INTO returns SELECT invoice, customer, customer, time_us, day, hash(invoice)::UBIGINT % 1000000007, pence, 1 "
        "FROM facts WHERE is_return"
    )
    cursor.execute(
        "INSERT INTO people SELECT customer, min(time_us), min(time_us), min(time_us) FILTER (NOT is_return), NULL "
        "FROM facts GROUP BY customer"
    )
    cursor.execute("INSERT INTO profiles SELECT person_id, person_id, first_us, known_us, registered_us, erased_us FROM people")
    age = f"SELECT customer, pence, date_diff('day', wall::DATE, DATE '{AT}') AS days FROM facts"
    cursor.execute(f"CREATE VIEW o AS {age} WHERE NOT is_return; CREATE VIEW r AS {age} WHERE is_return")
    return cursor


def people(cursor, slug):
    context = registry.Context(zone=ZONE, currency="GBP")
    params = {"text": ready()[slug].text("GBP"), "at_us": parse_moment(AT, ZONE)}
    return registry.answer("understand.audience", cursor, context, params).column("person_id").to_pylist()


@pytest.mark.parametrize("slug", BY_HAND)
def test_a_ready_segment_takes_whom_a_plain_reading_of_the_orders_takes(retail, slug):
    by_hand = [customer for (customer,) in retail.execute(f"{BY_HAND[slug]} ORDER BY customer").fetchall()]
    assert people(retail, slug) == by_hand
    assert by_hand


def test_how_many_people_each_ready_segment_takes(retail):
    wanted = dict(pair.strip().rsplit(" ", 1) for pair in COUNTS.split(","))
    found = {slug: len(people(retail, slug)) for slug in ready() if slug not in ("sale-hunters", "bounced")}
    assert {slug: str(count) for slug, count in found.items()} == wanted
    shelf = [slug for slug, one in ready().items() if one.group == "rfm"]
    assert sum(found[slug] for slug in shelf) == 4_338
    assert (found["one-order"], found["no-order-30-days"], found["leads"]) == (1_493, 2_710, 4_371 - 4_338)  # the published ones
