"""Reports on UCI Online Retail, against the published figures and against SQL written by hand over the raw lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from samovar.kit.clock import parse_moment
from samovar.measure.reports.tests.shop import Shop

RETAIL = Path(__file__).resolve().parents[5] / "shared" / "data" / "online_retail" / "online_retail.parquet"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not RETAIL.is_file(), reason="needs ../shared/data/online_retail beside the checkout"),
]
SALES = f"""
    SELECT InvoiceNo AS invoice, CustomerID AS customer, InvoiceDate AS wall, StockCode AS sku, Quantity AS quantity,
           Quantity * round(UnitPrice * 100)::BIGINT AS pence
    FROM '{RETAIL}' WHERE CustomerID IS NOT NULL AND UnitPrice > 0 AND Quantity > 0 AND NOT starts_with(InvoiceNo, 'A')"""


@pytest.fixture(scope="module")
def retail():
    shop = Shop("Europe/London", "2011-12-10")
    shop.cursor.execute(f"CREATE TABLE sales AS {SALES}")
    facts = """
        SELECT invoice, customer, customer AS person_id, epoch_us(timezone('Europe/London', min(wall))) AS time_us,
          date_diff('day', DATE '1970-01-01', min(wall)::DATE)::INTEGER AS day, (hash(invoice) % 1000000007)::BIGINT AS event_key,
          sum(pence)::BIGINT AS pence, min(wall) AS wall, count(*) AS lines FROM sales GROUP BY invoice, customer"""
    shop.cursor.execute(f"CREATE TABLE facts AS {facts}")
    shop.cursor.execute(
        "INSERT INTO orders SELECT invoice, customer, customer, time_us, day, event_key, time_us, 4611686018427387904, pence, "
        "'GBP', NULL FROM facts"
    )
    shop.cursor.execute(
        "INSERT INTO lines BY NAME SELECT invoice AS order_id, row_number() OVER (PARTITION BY invoice)::INTEGER AS line, "
        "facts.customer AS profile_id, facts.person_id, time_us, day, event_key, time_us AS valid_from_us, "
        "4611686018427387904 AS valid_to_us, sku, quantity::BIGINT * 10000 AS quantity, sales.pence AS amount_minor "
        "FROM sales JOIN facts USING (invoice)"
    )
    shop.cursor.execute("INSERT INTO people SELECT customer, min(time_us), min(time_us), NULL, NULL FROM facts GROUP BY customer")
    return shop


def by_hand(shop, sql):
    return [list(row) for row in shop.cursor.execute(sql).fetchall()]


def columns(found, *names):
    return [[record[name] for name in names] for record in found.records()]


def test_monthly_cohorts_are_as_published(retail):
    found = retail.report("cohorts")
    assert len(found.rows) == 13
    assert sum(row[1] for row in found.rows) == 4_338
    months = by_hand(
        retail,
        "WITH m AS (SELECT DISTINCT customer, date_trunc('month', wall) AS month FROM facts), "
        "c AS (SELECT customer, min(month) AS born FROM m GROUP BY customer) "
        "SELECT strftime(born, '%Y-%m'), date_diff('month', born, month), count(*) FROM m JOIN c USING (customer) GROUP BY ALL",
    )
    lived = {(born, later): people for born, later, people in months}
    for row in found.rows:
        assert row[1:] == [lived.get((row[0], later), 0) if later <= 12 - found.rows.index(row) else None for later in range(13)]


def test_the_funnel_counts_by_the_clock_on_the_wall(retail):
    found = retail.report("funnel", {"steps": "orders then orders within 90 days"})
    assert found.records()[0]["people"] == 4_338
    assert found.records()[1]["people"] == 2_350
    hand = "SELECT wall - lag(wall) OVER (PARTITION BY customer ORDER BY wall, invoice) AS gap, customer FROM facts"
    assert by_hand(retail, f"SELECT count(DISTINCT customer) FROM ({hand}) WHERE gap <= INTERVAL 90 DAYS") == [[2_350]]
    # As time that passed it is one person fewer: between her two orders the clocks went back.
    assert retail.count("did orders then orders within 90 days", retail.at_us) == 2_349
    assert retail.behind(found, {"step": "2"}).rule is None


def test_drivers_of_two_months_add_up(retail):
    found = retail.report("drivers", {"from": "2011-10", "to": "2011-11"})
    wanted = [["2011-10", 1_364, 1_929, 103_931_879], ["2011-11", 1_664, 2_657, 116_181_738]]
    assert columns(found, "period", "buyers", "orders", "gross_minor") == wanted
    last = found.records()[1]
    change = 116_181_738 - 103_931_879
    assert last["change_minor"] == change
    assert sum(last[f"from_{factor}_minor"] for factor in ("buyers", "frequency", "average")) == change
    assert sum(last[f"{group}_minor"] for group in ("new", "kept", "returned", "lost")) == change
    assert last["new_buyers"] + last["kept_buyers"] + last["returned_buyers"] == 1_664
    assert last["kept_buyers"] + last["lost_buyers"] == 1_364
    new = "SELECT count(*) FROM (SELECT customer FROM facts GROUP BY customer HAVING strftime(min(wall), '%Y-%m') = '2011-11')"
    assert by_hand(retail, new) == [[last["new_buyers"]]]


def test_the_last_two_full_months_are_compared_unless_others_are_named(retail):
    assert columns(retail.report("drivers"), "period") == [["2011-10"], ["2011-11"]]
    assert columns(retail.report("drivers", {"to": "2011-06"}), "period") == [["2011-05"], ["2011-06"]]


def test_rfm_parts_every_buyer_by_fifths_that_keep_equals_together(retail):
    records = retail.report("rfm").records()
    assert sum(row["people"] for row in records) == 4_338
    assert sum(row["gross_minor"] for row in records) == 891_140_790
    assert round(sum(row["share"] for row in records), 9) == 1
    hand = by_hand(
        retail,
        "WITH s AS (SELECT customer, count(*) AS n FROM facts GROUP BY customer), "
        "c AS (SELECT quantile_disc(n, [0.2, 0.4, 0.6, 0.8]) AS q FROM s) "
        "SELECT 1 + (n > q[1])::INT + (n > q[2])::INT + (n > q[3])::INT + (n > q[4])::INT AS f, count(*) FROM s, c "
        "GROUP BY f ORDER BY f",
    )
    seen = {f: sum(row["people"] for row in records if row["f"] == f) for f in range(1, 6)}
    assert [[f, people] for f, people in seen.items() if people] == hand
    assert seen[1] == 1_493  # those with one order: a third of all, and no fifth parts them


def test_baskets(retail):
    records = retail.report("baskets").records()
    first = records[0]
    assert (first["period"], first["orders"], first["gross_minor"]) == ("all", 18_532, 891_140_790)
    assert first["average_order_minor"] == round(891_140_790 / 18_532)
    assert first["median_order_minor"] == round(by_hand(retail, "SELECT median(pence) FROM facts")[0][0])
    assert round(first["lines_per_order"], 9) == round(by_hand(retail, "SELECT avg(lines) FROM facts")[0][0], 9)
    assert sum(row["orders"] for row in records[1:]) == 18_532
    gaps = (
        "SELECT day - lag(day) OVER (PARTITION BY customer ORDER BY day) AS gap FROM (SELECT DISTINCT customer, day FROM facts)"
    )
    assert first["repeat_days"] == by_hand(retail, f"SELECT median(gap) FROM ({gaps})")[0][0]


def test_affinity_is_what_counting_pairs_gives(retail):
    records = retail.report("affinity", {"of": "sku", "limit": "50"}).records()
    baskets = {}
    for invoice, sku in by_hand(retail, "SELECT DISTINCT invoice, sku FROM sales"):
        baskets.setdefault(invoice, set()).add(sku)
    assert records
    for row in records[:20]:
        a, b = row["item"], row["with"]
        both = sum(a in basket and b in basket for basket in baskets.values())
        with_a, with_b = (sum(one in basket for basket in baskets.values()) for one in (a, b))
        assert row["orders"] == both
        assert row["confidence"] == both / with_a
        assert row["back"] == both / with_b
        assert row["lift"] == both * len(baskets) / (with_a * with_b)


def test_a_report_is_as_of_its_moment(retail):
    at = parse_moment("2011-06-01", retail.zone)
    assert sum(row[1] for row in retail.report("cohorts", at_us=at).rows) == 2_718
    assert retail.report("funnel", {"steps": "orders"}, at_us=at).rows[0][1] == 2_718
