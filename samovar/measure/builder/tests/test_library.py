"""The reports to begin with equal SQL written by hand, to the row: over a shop that chance made, and over Online Retail."""

from __future__ import annotations

import pytest

from samovar.measure.builder.library import LIBRARY, ready
from samovar.measure.reports.tests.shop import a_shop
from samovar.measure.reports.tests.test_retail import RETAIL, by_hand, retail

assert retail  # a fixture
pytestmark = pytest.mark.django_db
ORDERS = "orders WHERE time_us <= {at} AND valid_from_us <= {at} AND valid_to_us > {at} AND person_id IN ({known})"
LINES = "lines WHERE time_us <= {at} AND valid_from_us <= {at} AND valid_to_us > {at} AND person_id IN ({known})"
SEEN = "time_us <= {at} AND person_id IN ({known})"
KNOWN = "SELECT person_id FROM people WHERE known_us <= {at}"
MONTH = "strftime(DATE '1970-01-01' + day, '%Y-%m')"
WEEK = "strftime(DATE '1970-01-01' + day, '%G-W%V')"
CITY = "(SELECT text FROM attributes a WHERE a.person_id = t.person_id AND a.name = 'city')"
YEAR = "day BETWEEN {today} - 365 AND {today}"
MONTHS_12 = "DATE '1970-01-01' + day >= (DATE '1970-01-01' + {today} - INTERVAL 12 MONTH)"
LAST_90, BEFORE_90 = "day BETWEEN {today} - 90 AND {today}", "day BETWEEN {today} - 181 AND {today} - 91"
THIS = "DATE '1970-01-01' + day BETWEEN date_trunc('month', DATE '1970-01-01' + {today}) AND DATE '1970-01-01' + {today}"
PREVIOUS = (
    "DATE '1970-01-01' + day BETWEEN date_trunc('month', DATE '1970-01-01' + {today}) - INTERVAL 1 MONTH"
    " AND DATE '1970-01-01' + {today} - INTERVAL 1 MONTH"
)
# A report with a comparison lists: the measure, that of the period before, the difference, its share. A pivot is turned by hand.
BY_HAND = {
    "orders-by-month": f"""
        SELECT {MONTH}, sum(amount_minor)::BIGINT, count(*), count(DISTINCT person_id), round_even(avg(amount_minor), 0)::BIGINT
        FROM {ORDERS} AND {MONTHS_12} GROUP BY 1 ORDER BY 1""",
    "this-month": f"""
        WITH t AS (SELECT *, {THIS} AS now, {PREVIOUS} AS was FROM {ORDERS}),
          f AS (SELECT sum(amount_minor) FILTER (now) AS s, sum(amount_minor) FILTER (was) AS s0, count(*) FILTER (now) AS c,
            count(*) FILTER (was) AS c0, count(DISTINCT person_id) FILTER (now) AS p,
            count(DISTINCT person_id) FILTER (was) AS p0 FROM t),
          r AS (SELECT *, round(s / p)::BIGINT AS a, round(s0 / p0)::BIGINT AS a0 FROM f)
        SELECT s::BIGINT, s0::BIGINT, (s - s0)::BIGINT, (s - s0) / s0, c, c0, c - c0, (c - c0) / c0, p, p0, p - p0, (p - p0) / p0,
          a, a0, a - a0, (a - a0) / a0 FROM r""",
    "channels": f"""
        WITH t AS (SELECT * FROM {ORDERS}), n AS (SELECT channel, sum(amount_minor) AS s, count(*) AS c FROM t WHERE {LAST_90}
            GROUP BY channel),
          b AS (SELECT channel, sum(amount_minor) AS s, count(*) AS c FROM t WHERE {BEFORE_90} GROUP BY channel),
          r AS (SELECT coalesce(n.channel, b.channel) AS channel, coalesce(n.s, 0) AS s, coalesce(b.s, 0) AS s0,
            coalesce(n.c, 0) AS c, coalesce(b.c, 0) AS c0 FROM n FULL JOIN b ON n.channel IS NOT DISTINCT FROM b.channel),
          h AS (SELECT *, s::DOUBLE / nullif(sum(s) OVER (), 0) AS q, s0::DOUBLE / nullif(sum(s0) OVER (), 0) AS q0 FROM r)
        SELECT channel, s::BIGINT, s0::BIGINT, (s - s0)::BIGINT, (s - s0) / nullif(s0, 0), c, c0, c - c0,
          (c - c0) / nullif(c0, 0), q, q0, q - q0, (q - q0) / nullif(q0, 0) FROM h ORDER BY s DESC, channel NULLS LAST""",
    "cities": f"""
        SELECT {CITY}, count(DISTINCT person_id), count(*), sum(amount_minor)::BIGINT,
          round(sum(amount_minor) / count(DISTINCT person_id))::BIGINT
        FROM (SELECT * FROM {ORDERS} AND {YEAR}) t GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST""",
    "loyalty": f"""
        WITH t AS (SELECT person_id, count(*) AS n, sum(amount_minor) AS s FROM {ORDERS} GROUP BY person_id)
        SELECT n::VARCHAR, count(*), count(*) / sum(count(*)) OVER (), sum(s)::BIGINT, (sum(s) / sum(sum(s)) OVER ())::DOUBLE
        FROM t GROUP BY n ORDER BY n""",
    "goods": f"""
        SELECT sku, sum(amount_minor)::BIGINT, (sum(quantity) / 10000)::BIGINT, count(DISTINCT person_id),
          count(DISTINCT order_id) FROM {LINES} AND {LAST_90} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 25""",
    "categories-by-month": f"""
        WITH t AS (SELECT {MONTH} AS month, category, sum(amount_minor)::BIGINT AS s FROM {LINES} AND {MONTHS_12} GROUP BY 1, 2),
          c AS (SELECT category, row_number() OVER (ORDER BY sum(s) DESC, category) AS n FROM t GROUP BY category)
        SELECT month, list(coalesce(s, 0) ORDER BY n) FROM (SELECT DISTINCT month FROM t) CROSS JOIN c
        LEFT JOIN t USING (month, category) GROUP BY month ORDER BY month""",
    "hours": f"""
        WITH t AS (SELECT *, timezone('{{zone}}', to_timestamp(time_us / 1000000)) AS wall FROM {ORDERS} AND {YEAR}),
          g AS (SELECT hour(wall) AS h, isodow(wall) AS d, count(*) AS n FROM t GROUP BY 1, 2)
        SELECT lpad(h::VARCHAR, 2, '0'), list(coalesce(n, 0) ORDER BY d) FROM (SELECT DISTINCT h FROM g)
        CROSS JOIN (SELECT DISTINCT d FROM g) LEFT JOIN g USING (h, d) GROUP BY h ORDER BY h""",
    "returns-by-month": f"""
        SELECT {MONTH}, sum(amount_minor)::BIGINT, count(*), count(DISTINCT person_id) FROM returns
        WHERE {SEEN} AND {MONTHS_12} GROUP BY 1 ORDER BY 1""",
    "visits-by-week": f"""
        SELECT {WEEK}, count(*), count(DISTINCT person_id), sum(views)::BIGINT, count(DISTINCT day) FROM visits
        WHERE {SEEN} AND day BETWEEN {{today}} - 182 AND {{today}} GROUP BY 1 ORDER BY 1""",
}
OF_ORDERS = ["orders-by-month", "this-month", "loyalty", "goods", "hours"]  # what Online Retail has columns for


def hand_written(shop, slug):
    known = KNOWN.format(at=shop.at_us)
    values = {"at": shop.at_us, "today": shop.zone.day(shop.at_us), "known": known, "zone": shop.zone.name}
    rows = by_hand(shop, BY_HAND[slug].format(**values))
    return [[one for value in row for one in (value if isinstance(value, list) else [value])] for row in rows]


def rounded(rows):
    return [[pytest.approx(one, rel=1e-12) if isinstance(one, float) else one for one in row] for row in rows]


def test_there_are_ten():
    assert {one.slug for one in LIBRARY} == set(BY_HAND)
    assert len(LIBRARY) == 10


@pytest.mark.parametrize("zone", ["UTC", "Europe/London"])
@pytest.mark.parametrize("slug", BY_HAND)
@pytest.mark.parametrize("seed", [3, 4])
def test_a_report_equals_sql_by_hand(slug, zone, seed):
    shop = a_shop(seed, zone)
    found = shop.report("custom", ready(slug).params)
    expected = hand_written(shop, slug)
    assert len(expected) >= 1
    assert found.rows == rounded(expected)


@pytest.mark.skipif(not RETAIL.is_file(), reason="needs ../shared/data/online_retail beside the checkout")
@pytest.mark.parametrize("slug", OF_ORDERS)
def test_a_report_of_online_retail_equals_sql_by_hand(retail, slug):
    found = retail.report("custom", ready(slug).params)
    rows = [row for row in found.rows if row[0] != "…"]
    assert rows == rounded(hand_written(retail, slug)[: len(rows)])
    assert len(rows) >= (1 if slug == "this-month" else 13)
