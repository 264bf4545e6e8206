"""Orders, lines and returns out of a file with one row for each line."""

from __future__ import annotations

import pytest

from samovar.collect.imports.models import ImportRun
from samovar.engine.models import Outbox
from samovar.kit.clock import Zone, parse_moment
from samovar.staff.models import AuditRow

pytestmark = pytest.mark.store
MOSCOW = Zone("Europe/Moscow")
LINES = """
kind: orders
source: till
columns: {Чек: order_id, Дата: time, Товар: sku, Название: name, Цена: price, Штук: quantity, Клиент: external_id,
  Город: trait.city}
refund_prefix: R
"""
HEAD = "Чек,Дата,Товар,Название,Цена,Штук,Клиент,Город\n"


def test_it_makes_one_order_of_the_lines_of_one_receipt_at_the_time_of_its_first_line(desk):
    path = desk.write(
        "a.csv",
        HEAD + "A1,2025-03-01 10:00,tea,Чай,19.90,2,c1,Москва\nA2,2025-03-01 10:01,mug,Кружка,100,1,c2,Тула\n"
        "A1,2025-03-01 10:07,jam,Варенье,0.005,3,c1,Москва\n",
    )
    outcome = desk.bring(path, LINES)
    first, second = desk.sealed()
    assert (first["order_id"], first["event"], first["external_id"]) == ("A1", "Order Completed", "c1")
    assert first["time_us"] == parse_moment("2025-03-01T10:00", MOSCOW)
    assert first["traits"] == '{"city":"Москва"}'
    # 0.005 is a tie and goes to the even neighbour, 0; the line stays.
    assert [(x["line"], x["sku"], x["price_minor"], x["quantity"], x["amount_minor"]) for x in first["lines"]] == [
        (1, "tea", 1990, 20000, 3980),
        (2, "jam", 0, 30000, 0),
    ]
    assert (first["amount_minor"], second["amount_minor"]) == (3980, 10000)
    assert (outcome.figures.orders, outcome.figures.order_lines, outcome.figures.customers) == (2, 3, 2)


def test_it_rounds_ties_of_the_minor_unit_to_the_even_one(desk):
    rows = "".join(
        f"A{n},2025-03-01,x,x,{price},1,c,\n"
        for n, price in enumerate(["0.015", "0.025", "0.035", "1.0050000000000001", "2.675"])
    )
    desk.bring(desk.write("a.csv", HEAD + rows), LINES)
    assert [event["amount_minor"] for event in desk.sealed()] == [2, 2, 4, 101, 268]


def test_it_turns_a_receipt_with_the_prefix_of_returns_into_a_refund_with_positive_money(desk):
    path = desk.write("a.csv", HEAD + "R7,2025-03-02,tea,Чай,10,-2,c1,\n")
    outcome = desk.bring(path, LINES)
    (event,) = desk.sealed()
    assert (event["event"], event["order_id"], event["amount_minor"]) == ("Order Refunded", "R7", 2000)
    assert event["lines"][0]["quantity"] == 20000
    assert (outcome.figures.returns, outcome.figures.return_lines, outcome.figures.orders) == (1, 1, 0)


def test_it_keeps_an_order_without_a_customer_as_an_order_of_nobody(desk):
    outcome = desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01,tea,Чай,10,1,,\n"), LINES)
    (event,) = desk.sealed()
    assert all(event[kind] is None for kind in ("user_id", "external_id", "email", "phone", "card", "anonymous_id"))
    assert (outcome.figures.anonymous_orders, outcome.figures.orders, outcome.figures.customers) == (1, 0, 0)


def test_it_keeps_equal_lines_of_one_order_apart(desk):
    desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01,tea,Чай,10,1,c,\n" * 3), LINES)
    (event,) = desk.sealed()
    assert [line["line"] for line in event["lines"]] == [1, 2, 3]
    assert event["amount_minor"] == 3000


def test_it_changes_nothing_when_the_same_file_comes_again(desk):
    path = desk.write("a.csv", HEAD + "A1,2025-03-01,tea,Чай,10,1,c,\nA2,2025-03-01,tea,Чай,many,1,c,\n")
    first = desk.bring(path, LINES)
    again = desk.bring(path, LINES)
    assert again.figures == first.figures and again.run_id == first.run_id
    assert len(desk.log) == 1 and len(desk.refused()) == 1


def test_it_changes_nothing_when_the_same_rows_come_in_another_file(desk):
    row = "A1,2025-03-01,tea,Чай,10,1,c,\n"
    bad = "A2,2025-03-01,tea,Чай,many,1,c,\n"
    desk.bring(desk.write("a.csv", HEAD + row + row + bad), LINES)
    outcome = desk.bring(desk.write("b.csv", HEAD + bad + row + row), LINES)
    assert (outcome.sealed_rows, outcome.offset, outcome.figures.orders) == (0, None, 1)
    assert len(desk.log) == 1 and [reason for _line, reason in desk.refused()] == ["bad_number"]


def test_it_updates_an_order_of_which_a_later_file_has_more_lines(desk):
    desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01 10:00,tea,Чай,10,1,c,\n"), LINES)
    desk.bring(
        desk.write(
            "b.csv",
            HEAD + "A1,2025-03-01 10:00,tea,Чай,10,1,c,\nA1,2025-03-01 10:00,tea,Чай,10,1,c,\nA1,2025-03-01 12:00,jam,,5,1,c,\n",
        ),
        LINES,
    )
    (event,) = desk.sealed()
    assert (event["event"], event["amount_minor"]) == ("Order Updated", 2500)
    assert [line["sku"] for line in event["lines"]] == ["tea", "tea", "jam"]
    # At one moment the later fact must win, so the change lies after what it changes.
    assert event["time_us"] == parse_moment("2025-03-01T10:00", MOSCOW) + 1
    part = HEAD + "A1,2025-03-01 12:00,jam,,5,1,c,\nA1,2025-03-01 10:00,tea,Чай,10,1,c,\n"
    assert desk.bring(desk.write("c.csv", part), LINES).sealed_rows == 0


def test_it_adds_to_a_known_return_only_what_is_new(desk):
    desk.bring(desk.write("a.csv", HEAD + "R1,2025-03-01,tea,,10,-1,c,\n"), LINES)
    desk.bring(desk.write("b.csv", HEAD + "R1,2025-03-01,tea,,10,-1,c,\nR1,2025-03-01,jam,,3,-1,c,\n"), LINES)
    (event,) = desk.sealed()
    assert (event["event"], event["amount_minor"], len(event["lines"])) == ("Order Refunded", 300, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2025-03-01,tea,,10,1,c,", "missing_order_id"),
        ("A1,,tea,,10,1,c,", "missing_time"),
        ("A1,31.31.2025,tea,,10,1,c,", "bad_time"),
        ("A1,0999-01-01,tea,,10,1,c,", "bad_time"),
        ("A1,infinity,tea,,10,1,c,", "bad_time"),
        ("A1,2026-01-02,tea,,10,1,c,", "time_ahead"),
        ("A1,2025-03-01,tea,,ten,1,c,", "bad_number"),
        ("A1,2025-03-01,tea,,NaN,1,c,", "bad_number"),
        ("A1,2025-03-01,tea,,0x10,1,c,", "bad_number"),
        ("A1,2025-03-01,tea,,1e30,1,c,", "bad_number"),
        ("A1,2025-03-01,tea,,1e15,1000000,c,", "number_too_large"),
        ("A1,2025-03-01,tea,,,1,c,", "missing_price"),
        ("A1,2025-03-01,tea,,0,1,c,", "price_not_positive"),
        ("A1,2025-03-01,tea,,-1,1,c,", "price_not_positive"),
        ("A1,2025-03-01,tea,,1,0,c,", "quantity_not_positive"),
        ("A1,2025-03-01,tea,,1,-1,c,", "quantity_not_positive"),
        ("A1,2025-03-01,tea,,1", "half_row"),
        ("A1,2025-03-01,tea,,1,1,c,Тула,more", "extra_cells"),
        ('A1,2025-03-01,"tea,,1,1,c,', "broken_row"),
        ("A1,2025-03-01,te\x00a,,1,1,c,", "nul_byte"),
        (f"A1,2025-03-01,{'x' * 1001},,1,1,c,", "text_too_long"),
        (f"A1,2025-03-01,tea,,1,1,{'9' * 400},", "bad_external_id"),
    ],
)
def test_it_puts_a_bad_row_into_quarantine_and_goes_on(desk, row, reason):
    good = "A9,2025-03-01,tea,Чай,10,1,c,\n"
    outcome = desk.bring(desk.write("a.csv", HEAD + good + row + "\n" + good.replace("A9", "A8")), LINES)
    assert desk.refused() == [(3, reason)]
    assert (outcome.figures.rows_read, outcome.figures.quarantined, outcome.figures.orders) == (3, 1, 2)


def test_it_takes_one_row_for_each_order_with_its_status_and_total(desk):
    mapping = """
kind: orders
source: shop
rows: order
columns: {id: order_id, at: time, sum: total, state: status, mail: email, via: channel}
constants: {currency: USD}
statuses: {completed: [paid], cancelled: [void], refunded: [back]}
"""
    path = desk.write(
        "a.csv",
        "id;at;sum;state;mail;via\n1;2025-01-01;10.50;paid;A@B.com;web\n1;2025-01-02;;void;a@b.com;web\n2;2025-01-03;7;back;a@b.com;\n"
        "3;2025-01-03;7;lost;a@b.com;\n4;2025-01-03;7;paid;nonsense@;\n",
    )
    outcome = desk.bring(path, mapping)
    events = desk.sealed()
    assert [
        (e["event"], e["order_id"], e["amount_minor"], e["currency"], e["channel"], e["email"], e["lines"]) for e in events
    ] == [
        ("Order Completed", "1", 1050, "USD", "web", "a@b.com", None),
        ("Order Cancelled", "1", None, "USD", "web", "a@b.com", None),
        ("Order Refunded", "2", 700, "USD", None, "a@b.com", None),
    ]
    assert desk.refused() == [(5, "bad_status"), (6, "bad_email")]
    assert (outcome.figures.cancellations, outcome.figures.returns, outcome.figures.orders) == (1, 1, 1)
    more = desk.bring(desk.write("b.csv", "id;at;sum;state;mail;via\n1;2025-01-01;12;paid;a@b.com;web\n"), mapping)
    assert more.sealed_rows == 1 and desk.sealed()[0]["event"] == "Order Updated" and desk.sealed()[0]["amount_minor"] == 1200


def test_it_tells_what_it_did_to_the_trail_and_to_the_other_rooms(desk):
    outcome = desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01,tea,Чай,10,1,c,\n"), LINES)
    run = ImportRun.objects.get(pk=outcome.run_id)
    assert (run.state, run.log_offset, run.actor_name) == ("logged", 1, "Alice")
    assert list(AuditRow.objects.order_by("id").values_list("action", "actor_name")) == [
        ("import.start", "Alice"),
        ("import.log", "Alice"),
    ]
    assert Outbox.objects.get(name="Import Finished").payload["orders"] == 1
