"""What becomes of orders, in any order of arrival (rules.md, Meaning 7)."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from samovar.collect import operations
from samovar.doors.worker.tests.conftest import BOB, House, order, us

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


def test_a_worker_started_anew_knows_which_orders_were_told_of(house: House) -> None:
    names = [f"{head}{number}" for head in ("", "an-order-of-a-long-name-", "заказ-") for number in range(2_000)]
    house.seal([{"order_id": name, "amount_minor": 100, "currency": "RUB"} for name in names], time_us=us(T1))
    house.warehouse.checkpoint()  # in the file texts lie packed; their hashes are those of texts as they come
    house.reopen()
    house.take(*(order(name, T2, verb="Updated", total=2) for name in names[::-7]), order("new", T1, total=2))
    whole = house.rows("SELECT order_id FROM orders GROUP BY ALL HAVING count(*) = 2")
    assert sorted(whole) == sorted((name,) for name in names[::-7])
    assert house.rows("SELECT count(*), count(DISTINCT order_id) FROM orders") == [
        (len(names) + len(names[::-7]) + 1, len(names) + 1)
    ]


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


def test_another_currency_is_converted_by_the_rate_of_the_local_day(house: House) -> None:
    first = house.workspace.zone.day(us(T1))
    for day, rate in ((first, "90.5"), (first + 2, "100")):
        operations.state_rate(
            currency="USD", day=day, rate=Decimal(rate), workspace_currency="RUB", actor=BOB, at_us=us(T1)
        )  # fmt: skip
    house.take(
        order("o0", "2026-09-01T10:00Z", total=100, currency="USD"),
        order("o1", T1, total=100, currency="USD"),
        order("o2", T2, currency="USD", products=[{"sku": "tea", "price": 1.5, "quantity": 2}]),
        order("o3", T4, total=100, currency="USD"),
    )
    amounts = dict(house.rows("SELECT order_id, amount_minor FROM orders"))
    assert amounts == {"o0": None, "o1": 905_000, "o2": 27_150, "o3": 1_000_000}


def test_sealed_amounts_are_converted_too(house: House) -> None:
    day = house.workspace.zone.day(us(T1))
    operations.state_rate(currency="USD", day=day, rate=Decimal(80), workspace_currency="RUB", actor=BOB, at_us=us(T1))
    line = {"line": 1, "sku": "tea", "name": "Tea", "category": None, "price_minor": 150, "quantity": 20_000, "amount_minor": 300}
    house.seal(
        [
            {"order_id": "o1", "amount_minor": 300, "currency": "USD", "lines": [line]},
            {"order_id": "o2", "amount_minor": 300, "currency": "RUB", "lines": [line]},
            {"order_id": "o3", "amount_minor": 300, "currency": "EUR", "lines": [line]},
        ],
        time_us=us(T1),
    )
    assert house.rows("SELECT order_id, amount_minor FROM orders ORDER BY 1") == [("o1", 24_000), ("o2", 300), ("o3", None)]
    assert house.rows("SELECT order_id, price_minor, amount_minor FROM lines ORDER BY 1") == [
        ("o1", 12_000, 24_000), ("o2", 150, 300), ("o3", None, None),
    ]  # fmt: skip


def test_sealed_lines_stay_with_their_orders_when_others_of_the_batch_are_known(house: House) -> None:
    for names in (["o2"], ["o1", "o2", "o3", "o4"], ["o4", "o5", "o6"]):
        house.seal([sealed_order(name, lines=2) for name in names], time_us=us(T1))
    expected = [(f"o{number}", line, f"o{number}-{line}") for number in range(1, 7) for line in (1, 2)]
    assert house.rows("SELECT order_id, line, sku FROM lines ORDER BY ALL") == expected


def test_a_batch_s_columns_are_let_go_once_they_are_in_the_warehouse(house: House) -> None:
    before = pa.total_allocated_bytes()
    house.seal([sealed_order(f"o{number}", lines=20) for number in range(500)], time_us=us(T1))
    assert house.rows("SELECT count(*) FROM lines") == [(10_000,)]
    assert pa.total_allocated_bytes() - before < 100_000


def sealed_order(name: str, lines: int) -> dict[str, Any]:
    told = [
        {"line": line, "sku": f"{name}-{line}", "name": "Чай", "category": None, "price_minor": 150, "quantity": 10_000,
         "amount_minor": 150}
        for line in range(1, lines + 1)
    ]  # fmt: skip
    return {"message_id": name, "order_id": name, "amount_minor": 150 * lines, "currency": "RUB", "lines": told}


def test_goods_are_known_by_their_latest_lines(house: House) -> None:
    house.take(order("o1", T2, products=[{"sku": "tea", "name": "Улун", "price": 12}]))
    house.take(order("o2", T1, products=[{"sku": "tea", "name": "Чай", "price": 10, "category": "чай"}]))
    assert house.rows("SELECT sku, name, price_minor FROM goods") == [("tea", "Улун", 1_200)]
