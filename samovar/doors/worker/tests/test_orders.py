"""What becomes of orders, in any order of arrival (rules.md, Meaning 7)."""

from __future__ import annotations

import itertools

import pytest

from samovar.doors.worker.tests.conftest import House, order, us

T1, T2, T3, T4 = "2026-10-01T10:00Z", "2026-10-02T10:00Z", "2026-10-03T10:00Z", "2026-10-04T10:00Z"


@pytest.mark.parametrize("arrival", itertools.permutations(range(4)))
def test_the_order_of_arrival_changes_nothing(house: House, arrival: tuple[int, ...]) -> None:
    told = [
        order("o1", T1, total=100),
        order("o1", T2, verb="Updated", total=80),
        order("o1", T3, verb="Refunded", total=30),
        order("o1", T4, verb="Cancelled"),
    ]
    for number in arrival:
        house.take(told[number])
    spans = house.rows("SELECT valid_from_us, valid_to_us, amount_minor FROM orders ORDER BY valid_from_us")
    assert spans == [(us(T1), us(T2), 10_000), (us(T2), us(T4), 8_000)]
    assert house.rows("SELECT time_us, amount_minor FROM returns") == [(us(T3), 3_000)]


def test_a_refund_without_an_amount_takes_the_whole_order_of_its_moment(house: House) -> None:
    house.take(order("o1", T3, verb="Refunded"))
    house.take(order("o1", T1, total=100), order("o1", T2, verb="Updated", total=80))
    assert house.rows("SELECT amount_minor FROM returns") == [(8_000,)]


def test_one_order_id_is_one_order_whoever_sends_it(house: House) -> None:
    house.take(order("o1", T1, total=100), order("o1", T1, total=100))
    assert house.rows("SELECT count(*), sum(amount_minor) FROM orders WHERE valid_to_us > 4e18") == [(1, 10_000)]


def test_the_amount_is_total_else_revenue_else_the_products(house: House) -> None:
    products = [{"sku": "tea", "price": 10.005, "quantity": 3}, {"sku": "cup", "price": 5}]
    house.take(
        order("o1", T1, total=100, revenue=90, products=products),
        order("o2", T1, revenue=90, products=products),
        order("o3", T1, products=products),
        order("o4", T1),
    )
    assert house.rows("SELECT order_id, amount_minor FROM orders ORDER BY order_id") == [
        ("o1", 10_000), ("o2", 9_000), ("o3", 3_500), ("o4", None),
    ]  # fmt: skip


def test_an_order_in_a_currency_without_a_rate_counts_and_its_amount_is_unknown(house: House) -> None:
    house.take(order("o1", T1, total=100, currency="USD"))
    assert house.rows("SELECT amount_minor, currency FROM orders") == [(None, "USD")]


def test_goods_are_known_by_their_latest_lines(house: House) -> None:
    house.take(order("o1", T2, products=[{"sku": "tea", "name": "Улун", "price": 12}]))
    house.take(order("o2", T1, products=[{"sku": "tea", "name": "Чай", "price": 10, "category": "чай"}]))
    assert house.rows("SELECT sku, name, price_minor FROM goods") == [("tea", "Улун", 1_200)]
