"""Every figure that has people behind it has exactly these people, and where a rule says who they are, it says the same."""

from __future__ import annotations

import pytest

from samovar.kit.clock import DAY_US
from samovar.measure.reports import REPORTS
from samovar.measure.reports.tests.shop import a_shop

pytestmark = pytest.mark.django_db
STEPS = "views then orders within 2 hours then orders within 90 days"
ASKED = [
    ("rfm", {}), ("rfm", {"among": 'city = "Москва" or city is unknown'}), ("rfm-moves", {"days": "45"}),
    ("cohorts", {}), ("cohorts", {"by": "week"}), ("cohorts", {"by": "product"}),
    ("cohorts", {"by": "product", "of": "category"}),
    ("funnel", {"steps": "orders then orders within 90 days"}), ("funnel", {"steps": STEPS}),
    ("funnel", {"steps": "orders then not returns within 9 days then orders within 60 days", "by": "city"}),
    ("funnel", {"steps": "views then not cart_adds then orders in last 300 days", "by": "count(orders)"}),
    ("drivers", {}), ("drivers", {"from": "2025-Q4", "to": "2026-Q1", "by": "city"}),
    ("drivers", {"from": "2025", "to": "2026-05"}),
    ("baskets", {}), ("affinity", {"least": "1"}), ("affinity", {"least": "1", "of": "name"}),
    ("paths", {"days": "400"}), ("paths", {"days": "400", "start": "Product Added", "among": "count(orders) >= 2"}),
    ("reach", {}), ("reach", {"among": "count(orders) >= 1"}), ("loyalty", {}), ("loyalty", {"days": "30"}),
    ("ladder", {}), ("ladder", {"rungs": 'two: count(orders) >= 2 | one: count(orders) >= 1'}),
    ("custom", {"measures": "count; people", "where": 'amount > 20 and person.city = "Kazan"'}),
    ("custom", {"rows": "month; person.city", "measures": "people", "period": "in last 6 months", "compare": "before"}),
    ("custom", {"rows": "person.count(orders); channel", "columns": "quarter", "measures": "people; count", "limit": "4"}),
    ("custom", {"of": "lines", "rows": "category", "columns": "name", "measures": "people; sum(amount)", "limit": "2"}),
    ("custom", {"of": "lines", "rows": "quantity; week", "measures": "people", "period": "from 2025-09-30 to 2026-03-01"}),
    ("custom", {"rows": "hour; weekday", "measures": "people", "compare": "year", "period": "in last 400 days"}),
    ("custom", {"of": 'event("Quiz Finished")', "rows": "day", "measures": "people", "among": "count(orders) >= 1"}),
    ("custom", {"of": "returns", "rows": "year; amount", "measures": "people", "period": "in last 7000 hours"}),
]  # fmt: skip

OF_ROWS = {("baskets", "orders"), ("affinity", "orders"), ("custom", "count")}  # figures that count rows, not their people


def _figure(column: str) -> str:
    return column.rpartition(": ")[2].removesuffix("_before")


def erase(shop, people, days_ago=3):
    for table in ("people", "profiles"):
        for person in people:
            shop.cursor.execute(f"UPDATE {table} SET erased_us = ? WHERE person_id = ?", [shop.at_us - days_ago * DAY_US, person])


@pytest.mark.parametrize(("name", "params"), [one for one in ASKED if one[0] != "drivers"], ids=str)
def test_who_was_erased_is_in_no_figure_of_people_and_in_no_list(name, params):
    shop, gone = a_shop(3), {2, 3, 5, 8, 13}
    earlier = shop.at_us - 10 * DAY_US
    told = shop.report(name, params, at_us=earlier).rows
    erase(shop, gone)
    assert shop.report(name, params, at_us=earlier).rows == told  # as of a moment before it nothing is otherwise
    found = shop.report(name, params)
    for row, cells in zip(found.records(), found.cells, strict=True):
        for column, cell in cells.items():
            behind = shop.behind(found, cell).people
            assert not gone & set(behind), (row, column)
            if not column.endswith("_minor") and (name, _figure(column)) not in OF_ROWS:
                assert len(behind) == row[column], (row, column)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("drivers", {"from": "2025", "to": "2026-05"}), ("drivers", {"from": "2025", "to": "2026-05", "by": "city"}),
        ("baskets", {}), ("affinity", {"least": "1"}), ("custom", {"rows": "month", "measures": "sum(amount); count"}),
    ],
    ids=str,
)  # fmt: skip
def test_money_and_orders_of_the_past_stay_after_an_erasure(name, params):
    def totals():
        rows = shop.report(name, params).records()
        columns = [one for one in rows[0] if one in ("buyers", "orders", "count", "gross_minor", "sum_amount_minor")]
        return [sum(row[one] for row in rows) for one in columns]

    shop = a_shop(3)
    before = totals()
    assert len(before) > 0 and all(before)
    erase(shop, {2, 3, 5, 8, 13})
    assert totals() == before


def test_every_report_is_asked_here():
    assert {"live", *(name for name, _params in ASKED)} == set(REPORTS)  # of the last day, when this shop slept: test_live.py


@pytest.mark.parametrize("zone", ["UTC", "Europe/London"])
@pytest.mark.parametrize(("name", "params"), ASKED, ids=str)
def test_figures_are_their_people(name, params, zone):
    shop = a_shop(3, zone)
    found = shop.report(name, params)
    asked = 0
    for row, cells in zip(found.records(), found.cells, strict=True):
        for column, cell in cells.items():
            behind = shop.behind(found, cell)
            if not column.endswith("_minor") and (name, _figure(column)) not in OF_ROWS:
                assert len(behind.people) == row[column], (row, column)
            if behind.rule is not None:
                assert shop.count(behind.rule, found.at_us) == len(behind.people), behind.rule
                shop.query("understand.rule", text=behind.rule)  # and it can be read again
            asked += bool(behind.people)
    assert asked >= 2
