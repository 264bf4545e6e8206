"""The workspace in figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samovar.kit.clock import DAY_US, HOUR_US, Zone, parse_moment
from samovar.measure import queries
from samovar.measure.tests.warehouse import SmallWarehouse

UTC = Zone("UTC")
LATER = parse_moment("2026-06-01", UTC)


def at(text: str) -> int:
    return parse_moment(text, UTC)


@pytest.fixture
def shop():
    shop = SmallWarehouse()
    shop.person(1)
    shop.person(2)
    shop.person(3, known_us=None)
    shop.order("a", 1, at("2026-01-05T10:00"), 1000)
    shop.order("b", 1, at("2026-03-02T10:00"), 2000)
    shop.order("c", 2, at("2026-01-31T23:00"), 500)
    shop.order("nobody's", None, at("2026-01-06"), 70_000)
    shop.order("a visitor's", 3, at("2026-01-06"), 90_000)
    shop.refund("a", 1, at("2026-01-07"), 300)
    shop.refund("nobody's", None, at("2026-01-07"), 70_000)
    return shop


def test_it_counts_customers_and_their_money_only(shop):
    found = queries.summary(warehouse=shop, at_us=LATER)
    assert (found.customers, found.visitors, found.buyers, found.orders) == (2, 1, 2, 3)
    assert (found.gross_minor, found.returns_minor, found.net_minor) == (3500, -300, 3200)
    assert found.repeat_rate == 0.5


def test_it_is_as_of_the_moment(shop):
    found = queries.summary(warehouse=shop, at_us=at("2026-01-06"))
    assert (found.orders, found.gross_minor, found.returns_minor, found.repeat_buyers) == (1, 1000, 0, 0)


def test_a_merged_person_is_one_customer(shop):
    shop.cursor.execute("UPDATE profiles SET person_id = 1")
    shop.cursor.execute("UPDATE orders SET person_id = 1 WHERE person_id IS NOT NULL")
    found = queries.summary(warehouse=shop, at_us=LATER)
    assert (found.customers, found.visitors, found.buyers, found.orders) == (1, 0, 1, 4)


def test_an_empty_workspace_has_zeros_and_no_dates():
    found = queries.summary_as_json(queries.summary(warehouse=SmallWarehouse(), at_us=LATER), "RUB")
    assert found == {
        "customers": 0, "visitors": 0, "buyers": 0, "orders": 0, "gross_minor": 0, "returns_minor": 0, "currency": "RUB",
        "first_order_at": None, "last_order_at": None,
    }  # fmt: skip


def test_weeks_begin_on_monday_and_empty_ones_stay(shop):
    weeks = queries.weeks(warehouse=shop, at_us=LATER)
    assert [week.monday for week in weeks] == list(range(at("2026-01-05") // DAY_US, at("2026-03-02") // DAY_US + 1, 7))
    assert (weeks[0].orders, weeks[0].gross_minor, weeks[0].returns_minor) == (1, 1000, -300)
    assert (weeks[1].orders, weeks[1].gross_minor) == (0, 0)
    assert sum(week.gross_minor for week in weeks) == queries.summary(warehouse=shop, at_us=LATER).gross_minor


def test_an_order_one_hour_after_the_moment_is_not_there_yet(shop):
    moment = at("2026-01-05T10:00")
    assert queries.summary(warehouse=shop, at_us=moment).orders == 1
    assert queries.summary(warehouse=shop, at_us=moment - HOUR_US).orders == 0


def test_an_erased_person_is_a_customer_no_more_and_what_she_did_still_counts(shop):
    now, told = queries.summary(warehouse=shop, at_us=LATER), queries.weeks(warehouse=shop, at_us=LATER)
    shop.cursor.execute("UPDATE profiles SET erased_us = ? WHERE person_id = 1", [at("2026-04-01")])
    assert queries.summary(warehouse=shop, at_us=LATER) == replace(now, customers=1)
    assert queries.summary(warehouse=shop, at_us=at("2026-03-31")).customers == 2
    assert queries.weeks(warehouse=shop, at_us=LATER) == told
