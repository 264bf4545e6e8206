"""The report of one's own: what it refuses and with which words, its others, its edges, and periods beside one another."""

from __future__ import annotations

import datetime as dt

import pytest

from samovar import rules
from samovar.kit.clock import DAY_US, Zone, day_number, parse_moment
from samovar.kit.errors import Refusal
from samovar.measure.reports.custom import query, spec
from samovar.measure.reports.custom.spans import before, span, year_ago
from samovar.measure.reports.tests.shop import Shop, a_shop
from samovar.rules.parser import parse_operand
from samovar.rules.windows import Moment

pytestmark = pytest.mark.django_db
REFUSED = [
    ({"of": "order"}, "unknown_collection", "of", "orders"),
    ({"of": "orders.amount"}, "bad_collection", "of", None),
    ({"of": 'event("Quiz Finishd")'}, "unknown_event", "of", "Quiz Finished"),
    ({"rows": "chanel"}, "unknown_field", "rows", "channel"),
    ({"rows": "person.ciity"}, "unknown_attribute", "rows", "city"),
    ({"rows": "person.registered_at"}, "no_parts", "rows", None),
    ({"columns": "curency"}, "unknown_field", "columns", "currency"),
    ({"columns": "channel; month"}, "bad_parameter", "columns", None),
    ({"rows": "month", "columns": "month"}, "bad_parameter", "columns", None),
    ({"measures": "sum(amout)"}, "unknown_field", "measures", "amount"),
    ({"measures": "sum(channel)"}, "wrong_field_kind", "measures", None),
    ({"measures": "total"}, "bad_parameter", "measures", None),
    ({"measures": "count; count"}, "bad_parameter", "measures", None),
    ({"where": "amout > 3"}, "unknown_field", "where", "amount"),
    ({"where": "amount > 3) in last 3 days and (1 = 1"}, None, "where", None),
    ({"among": "citty = 1"}, "unknown_attribute", "rule", "city"),
    ({"period": "in last 3 dayz"}, "unknown_unit", "period", "days"),
    ({"period": "yesterday"}, None, "period", None),
    ({"compare": "before"}, "no_comparison", "compare", None),
    ({"compare": "before", "period": "in last 6 hours"}, "no_comparison", "compare", None),
    ({"compare": "week", "period": "this month"}, "bad_parameter", "compare", None),
    ({"sort": "amount"}, "bad_parameter", "sort", None),
    ({"limit": "0"}, "bad_parameter", "limit", None),
]


@pytest.mark.parametrize(("params", "code", "field", "nearest"), REFUSED, ids=str)
def test_it_refuses_with_the_nearest_names(params, code, field, nearest):
    shop = a_shop(3)
    with pytest.raises(Refusal) as refused:
        shop.report("custom", params)
    assert refused.value.field == field
    assert code is None or refused.value.code == code
    if nearest is not None:
        assert nearest in refused.value.params["suggestions"]


def test_a_fault_has_its_place_in_the_text_that_was_written():
    with pytest.raises(Refusal) as refused:
        a_shop(3).report("custom", {"where": "amount > 3 and\n  chanel = 1"})
    assert (refused.value.params["line"], refused.value.params["column"]) == (2, 3)
    with pytest.raises(Refusal) as refused:
        a_shop(3).report("custom", {"where": "amount > 3 and chanel = 1"})
    assert (refused.value.params["line"], refused.value.params["column"]) == (1, 16)


def test_over_nothing_there_are_columns_and_no_rows():
    found = Shop().report("custom", {"rows": "month", "measures": "count; sum(amount)"})
    assert ([one.name for one in found.columns], found.rows) == (["month", "count", "sum_amount_minor"], [])
    one = Shop().report("custom", {"measures": "count; sum(amount); avg(amount)"})
    assert one.rows in ([], [[0, 0, None]])


def test_ten_thousand_categories_end_in_others():
    shop = Shop()
    shop.person(1)
    shop.person(2)
    for number in range(0, 10_000, 4):
        shop.order(1 + number % 8 // 4, shop.at_us - DAY_US, amount=number)
    shop.cursor.execute("UPDATE orders SET channel = 'c' || amount_minor")
    asked = {"rows": "channel", "measures": "sum(amount); count; people; share of count", "limit": "10"}
    found = shop.report("custom", asked)
    assert [row[0] for row in found.rows] == [f"c{9_996 - 4 * place}" for place in range(10)] + ["…"]
    assert sum(row[1] for row in found.rows) == sum(range(0, 10_000, 4))
    assert (found.rows[-1][2], found.rows[-1][3], found.rows[-1][4]) == (2_490, 2, pytest.approx(0.996))
    assert sorted(shop.behind(found, found.cells[-1]["people"]).people) == [1, 2]


def test_parts_without_a_value_are_unknown_and_numbers_are_in_order():
    shop = Shop()
    for person, orders in ((1, 2), (2, 10), (3, 1)):
        shop.person(person, city="Kazan" if person == 1 else None)
        for _ in range(orders):
            shop.order(person, shop.at_us - DAY_US, amount=100)
    by_city = shop.report("custom", {"rows": "person.city"})
    assert by_city.rows == [[None, 11], ["Kazan", 2]]
    assert sorted(shop.behind(by_city, by_city.cells[0]["count"]).people) == [2, 3]
    by_count = shop.report("custom", {"rows": "person.count(orders)", "sort": "person.count(orders) asc"})
    assert [row[0] for row in by_count.rows] == ["1", "2", "10"]


def test_orders_are_as_they_stood_at_the_moment():
    shop = Shop()
    shop.person(1)
    shop.order(1, shop.at_us - 5 * DAY_US, amount=100, until_us=shop.at_us - 2 * DAY_US)  # cancelled two days ago
    shop.order(1, shop.at_us - DAY_US, amount=900)
    asked = {"measures": "sum(amount)"}
    assert [shop.report("custom", asked, shop.at_us - back * DAY_US).rows for back in (0, 3)] == [[[900]], [[100]]]


def test_the_hour_is_that_of_the_clock_on_the_wall_across_a_change_of_clocks():
    shop = Shop("Europe/London")
    shop.person(1)
    for wall in ("2026-03-28T23:30", "2026-03-29T00:30", "2026-03-29T03:30", "2026-06-01T09:10"):
        shop.order(1, parse_moment(wall, shop.zone), amount=1)
    assert [row[0] for row in shop.report("custom", {"rows": "hour"}).rows] == ["00", "03", "09", "23"]


PERIODS = [  # of 2026-06-15: a window, its days, the days before
    ("in last 0 days", "2026-06-15", "2026-06-15", "2026-06-14", "2026-06-14"),
    ("in last 6 days", "2026-06-09", "2026-06-15", "2026-06-02", "2026-06-08"),
    ("this month", "2026-06-01", "2026-06-15", "2026-05-01", "2026-05-15"),
    ("previous month", "2026-05-01", "2026-05-31", "2026-04-01", "2026-04-30"),
    ("in last 1 months", "2026-05-15", "2026-06-15", "2026-04-15", "2026-05-14"),
    ("in last 1 years", "2025-06-15", "2026-06-15", "2024-06-15", "2025-06-14"),
    ("from 2026-02-01 to 2026-02-28", "2026-02-01", "2026-02-28", "2026-01-01", "2026-01-31"),
    ("from 2026-01-01 to 2026-03-31", "2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31"),
    ("from 2026-05-11 to 2026-05-17", "2026-05-11", "2026-05-17", "2026-05-04", "2026-05-10"),
    ("since 2026-06-06", "2026-06-06", "2026-06-15", "2026-05-27", "2026-06-05"),
]


@pytest.mark.parametrize(("window", "first", "last", "was_first", "was_last"), PERIODS)
def test_the_period_before(window, first, last, was_first, was_last):
    moment = Moment(parse_moment("2026-06-15T12:00", Zone("Europe/London")), Zone("Europe/London"))
    read = parse_operand(f"count(orders {window})").of.window
    found = span(read, moment)
    assert (found.first, found.last) == (_day(first), _day(last))
    earlier = before(read, found)
    assert (earlier.first, earlier.last) == (_day(was_first), _day(was_last))
    assert year_ago(found).first == _day(first.replace("2026", "2025").replace("2025-06-15", "2025-06-15")) or "2025" in first


def test_days_of_the_period_before_stand_beside_those_they_are_compared_with():
    shop = Shop()
    shop.person(1)
    for day in ("2026-05-02", "2026-05-20", "2026-06-02", "2026-06-03"):
        shop.order(1, parse_moment(f"{day}T10:00", shop.zone), amount=5)
    found = shop.report("custom", {"rows": "day", "period": "this month", "compare": "before"})
    assert [row[:3] for row in found.rows] == [["2026-06-02", 1, 1], ["2026-06-03", 1, 0]]


def test_texts_in_quotes_are_never_cut():
    assert spec.split('"a;b"; c ; \'d;"\'') == ['"a;b"', "c", "'d;\"'"]
    assert spec.joined(spec.measures("share of count ;sum(amount)/people")) == "share of count; sum(amount) / people"
    assert spec.joined(spec.parts("MONTH; person.count(orders where amount > 1); x")) == (
        "month; person.count(orders where amount > 1); x"
    )


def test_a_cell_that_nothing_can_have_made_is_refused():
    shop = a_shop(3)
    found = shop.report("custom", {"rows": "month", "measures": "people"})
    with pytest.raises(Refusal):
        shop.behind(found, {"k0": "1 OR 1"})


def test_a_rule_of_a_cell_can_be_read_again():
    shop = a_shop(3)
    found = shop.report("custom", {"rows": "month; person.city", "measures": "people", "where": "amount > 10"})
    rule = shop.behind(found, found.cells[0]["people"]).rule
    assert rules.parse(rule, rules.builtin_catalogue("RUB"))


def _day(text: str) -> int:
    return day_number(dt.date.fromisoformat(text))


@pytest.mark.parametrize(
    "params",
    [
        {"rows": "month", "measures": "count; people; avg(amount)"},
        {"rows": "month; person.city", "measures": "people; share of count", "limit": "5"},
        {"rows": "person.city", "measures": "people; count; sum(amount); min(amount); share of people", "limit": "2"},
        {"rows": "person.city", "measures": "people", "period": "in last 90 days", "compare": "before", "limit": "2"},
        {"rows": "person.count(orders)", "columns": "person.city", "measures": "people; max(amount)", "limit": "3"},
        {"rows": "person.city; person.count(orders)", "measures": "count / people", "sort": "count / people", "limit": "4"},
        {"rows": "person.city", "measures": "days; median(amount)", "limit": "2"},
        {"of": "lines", "rows": "category", "columns": "name", "measures": "sum(amount); share of sum(quantity)", "limit": "1"},
        {"of": "lines", "rows": "month", "columns": "category", "measures": "people; distinct(order_id)"},
        {"of": "lines", "rows": "category", "measures": "count", "sort": "category asc", "limit": "1"},
        {"rows": "weekday; hour", "measures": "count; max(amount)", "sort": "max(amount) asc", "limit": "7"},
        {"measures": "count; people; share of count"}, {"columns": "month", "measures": "count"},
    ],
    ids=str,
)  # fmt: skip
def test_all_groups_in_one_pass_are_those_of_several(params, monkeypatch):
    shop = a_shop(5)
    once = shop.report("custom", params)
    monkeypatch.setattr(query, "GROUPS_MAX", 0)
    several = shop.report("custom", params)
    assert once.rows == several.rows and once.cells == several.cells
    assert [one.name for one in once.columns] == [one.name for one in several.columns]
