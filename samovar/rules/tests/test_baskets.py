"""Rules of a basket: the words, the function that answers them against the reference, and baskets as they come."""

from __future__ import annotations

import json
import tracemalloc
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samovar import rules
from samovar.kit.clock import Zone, parse_moment
from samovar.rules import tree
from samovar.rules.baskets import BadBasket, Basket, read_basket
from samovar.rules.closure import basket_closure, basket_reading, person_reads
from samovar.rules.lowering import Lowering
from samovar.rules.sql import Moment, features_sql, people_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import holds, is_customer
from samovar.rules.tests.strategies import BASKET_CATALOGUE, CATALOGUE, basket_conditions, baskets

MOSCOW = Zone("Europe/Moscow")
SATURDAY = parse_moment("2026-11-28T19:30", MOSCOW)
TEA: dict[str, Any] = {
    "total": 1500.50, "currency": "RUB", "channel": "site", "coupon": "Чай10",
    "items": [
        {"sku": "T1", "category": "Чай", "brand": "Lomonosov", "price": 300.10, "quantity": 3},
        {"sku": "T2", "category": "Чай", "brand": None, "price": 250, "quantity": 0.5},
        {"sku": "C1", "category": "чашки", "brand": "Lomonosov", "price": 475.20, "amount": 475.20},
    ],
}  # fmt: skip
WORDS = rules.builtin_catalogue("RUB").with_basket()


@lru_cache
def histories(seed: int) -> Histories:
    return Histories(seed)


def basket(values: Any = TEA, at_us: int = SATURDAY, rate: Decimal | None = None) -> Basket:
    return read_basket(values, currency="RUB", at_us=at_us, zone=MOSCOW, rate=rate)


def ask(text: str, values: Any = TEA, words: Any = WORDS) -> Any:
    """What a text is for a basket and a person of whom nothing is known."""
    asked, lowering = rules.parse_question(text, words), Lowering(words, Moment(SATURDAY, MOSCOW))
    if isinstance(asked, rules.Rule):
        truth = lowering.truth(asked.condition)
        reads = list(person_reads(truth))
        return basket_closure(truth, {read: place for place, read in enumerate(reads)})([None] * len(reads), basket(values))
    told = lowering.told(asked)
    return told.read(basket_reading(told.value, {})([], basket(values)), Moment(SATURDAY, MOSCOW))


def as_reference(values: dict[str, Any]) -> dict[str, Any]:
    """A generated basket as the reference has it: fractions, amounts as they follow."""
    items = []
    for line in values["items"]:
        price, number = line["price"], line["quantity"]
        quantity = Decimal(1) if number is None else number
        amount = line["amount"]
        if amount is None and price is not None:
            amount = (price * quantity).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        items.append({**line, "quantity": quantity, "amount": amount})
    rows = [
        {"fields": {name: Fraction(value) if isinstance(value, Decimal) else value for name, value in item.items()}}
        for item in items
    ]
    total, amounts = values["total"], [item["amount"] for item in items]
    if total is None and None not in amounts:
        total = sum(amounts, Decimal(0))
    return {
        "basket.total": None if total is None else Fraction(total), "basket.currency": "GBP",
        "basket.channel": values["channel"], "coupon": values["coupon"], "items": rows,
    }  # fmt: skip


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(condition=basket_conditions(), values=baskets(), seed=st.integers(0, 1), at_us=st.sampled_from(MOMENTS))
def test_the_function_of_a_basket_agrees_with_the_reference(
    condition: tree.Condition, values: dict[str, Any], seed: int, at_us: int
) -> None:
    history, moment = histories(seed), Moment(at_us, ZONE)
    world = history.world(at_us)
    world.basket = as_reference(values)
    given_basket = read_basket(values, currency="GBP", at_us=at_us, zone=ZONE)
    truth = Lowering(BASKET_CATALOGUE, moment).truth(condition)
    reads = list(dict.fromkeys(person_reads(truth)))
    rows = history.cursor.execute(features_sql(reads, CATALOGUE, moment)).fetchall()
    answer = basket_closure(truth, {read: place for place, read in enumerate(reads)})
    wanted = {p: holds(condition, facts, world) for p, facts in history.people.items() if is_customer(facts, world)}
    assert {row[0]: answer(row[1:], given_basket) for row in rows} == wanted, rules.to_text(rules.Rule(condition))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(condition=basket_conditions())
def test_text_and_stored_form_of_a_basket_rule_say_the_same(condition: tree.Condition) -> None:
    rule = rules.Rule(condition)
    assert rules.parse(rules.to_text(rule), BASKET_CATALOGUE) == rule
    assert rules.from_json(json.dumps(rules.to_json(rule))) == rule


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("basket.total", 1500.5), ("basket.currency", "RUB"), ("coupon", "Чай10"), ("now.hour", 19), ("now.weekday", 6),
        ("count(items)", 3), ('count(items where category = "Чай")', 2), ('count(items where category contains "ЧА")', 3),
        ("sum(items.quantity)", 4.5), ("sum(items.amount)", 900.3 + 125 + 475.2), ("min(items.price)", 250),
        ("max(items.price)", 475.2), ("median(items.price)", 300.1), ("median(items.price where price < 400)", 275.05),
        ("avg(items.quantity)", 1.5), ("distinct(items.brand)", 1), ("distinct(items.category)", 2),
        ('min(items.price where category = "none")', None), ("basket.total / count(items) > 500", True),
        ('coupon starts with "чай" and now.hour between 18 and 20', True), ("now.weekday in (6, 7)", True),
        ("count(orders) > 0 or count(items) > 5", False), ('basket.channel != "site"', False),
    ],
)  # fmt: skip
def test_it_reads_the_basket(text, value):
    assert ask(text) == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("city is known and basket.total > 5", "basket_only", (1, 19)),
        ('coupon = "A"', "basket_only", (1, 1)),
        ("count(orders) > 1 or\n count(items) > 2", "basket_only", (2, 8)),
        ("sum(items.amount) > 2", "basket_only", (1, 5)),
        ("now.hour > 5", "basket_only", (1, 1)),
        ("did items then orders", "basket_only", (1, 5)),
    ],
)
def test_a_rule_of_a_basket_is_refused_where_people_are_asked(text, code, place):
    """The same whether data is known or names are taken on trust; and no SQL comes of it."""
    for words in (CATALOGUE, rules.builtin_catalogue()):
        with pytest.raises(rules.RuleError) as fault:
            rules.parse(text, words)
        assert (fault.value.code, (fault.value.line, fault.value.column)) == (code, place)
    if not text.startswith("did"):
        rule = rules.parse(text, BASKET_CATALOGUE)
        for words in (CATALOGUE, BASKET_CATALOGUE):
            with pytest.raises(rules.RuleError):
                people_sql(rule, words, Moment(SATURDAY, MOSCOW))


@pytest.mark.parametrize(
    ("text", "code", "suggested"),
    [
        ("basket.totl > 5", "unknown_attribute", "basket.total"),
        ("now.houre > 5", "unknown_attribute", "now.hour"),
        ("count(item) > 5", "unknown_collection", "items"),
        ("sum(items.amont) > 5", "unknown_field", "amount"),
        ("days(items) > 1", "items_timeless", None),
        ("count(items in last 3 days) > 1", "items_timeless", None),
        ("last(items.sku) = \"a\"", "items_timeless", None),
        ("days_since(last items) > 1", "items_timeless", None),
        ("did orders then items", "items_timeless", None),
        ("sum(items.sku) > 1", "wrong_field_kind", None),
        ('basket.total = "a"', "wrong_kinds", None),
        ("count(orders where person.coupon = \"a\") > 1", "unknown_attribute", None),
    ],
)  # fmt: skip
def test_a_fault_in_a_basket_rule_has_its_name(text, code, suggested):
    with pytest.raises(rules.RuleError) as fault:
        rules.parse(text, BASKET_CATALOGUE)
    assert fault.value.code == code
    assert suggested is None or suggested in fault.value.suggestions


def test_a_trait_called_like_a_word_of_the_basket_is_named_as_a_trait():
    class Learned(type(CATALOGUE.learned)):  # type: ignore[misc]
        def traits(self) -> dict[str, rules.Kind]:
            return {**super().traits(), "coupon": rules.Kind.TEXT}

    words = CATALOGUE.with_learned(Learned())
    with pytest.raises(rules.RuleError) as fault:
        rules.parse('coupon = "A"', words)
    assert fault.value.suggestions == ("trait.coupon",)
    assert rules.parse('trait.coupon = "A" or count(lines where person.coupon = "A") > 0', words)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (None, "basket"), ([], "basket"), ({"totl": 1}, "basket.totl"), ({"total": "12"}, "basket.total"),
        ({"total": True}, "basket.total"), ({"total": float("inf")}, "basket.total"), ({"items": {}}, "items"),
        ({"items": "ab"}, "items"), ({"items": [1]}, "items[0]"), ({"items": [{}, {"price": "x"}]}, "items[1].price"),
        ({"items": [{"size": 1}]}, "items[0].size"), ({"coupon": 5}, "basket.coupon"), ({"items": [{}] * 501}, "items"),
        ({"coupon": "x" * 1001}, "basket.coupon"), ({"total": 10**15}, "basket.total"), ({"total": float("nan")}, "basket.total"),
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_basket_and_names_the_field(values, field):
    with pytest.raises(BadBasket) as refusal:
        basket(values)
    assert refusal.value.field == field


def test_what_a_basket_leaves_out_follows_from_its_lines():
    found = basket({"items": [{"price": 10, "quantity": 3}, {"amount": 2.5}]})
    assert (found.total, [item.amount for item in found.items], found.currency) == (3250, [3000, 250], "RUB")
    assert basket({"items": [{"price": 10}, {"sku": "a"}]}).total is None
    assert basket({}).total == 0


def test_a_basket_of_another_currency_is_converted_or_unknown():
    euros = {"currency": "EUR", "total": 10, "items": [{"price": 2.5, "quantity": 2}]}
    found = basket(euros, rate=Decimal("90.5"))
    assert (found.total, found.items[0].price, found.items[0].amount, found.currency) == (90_500, 22_625, 45_250, "EUR")
    unknown = basket(euros)
    assert (unknown.total, unknown.items[0].price, unknown.items[0].amount) == (None, None, None)


def test_the_hour_and_the_weekday_are_those_of_the_zone():
    monday = parse_moment("2026-11-23T00:30", MOSCOW)
    assert (basket(at_us=monday).hour, basket(at_us=monday).weekday) == (0, 1)
    assert basket(at_us=monday - 3_600_000_000).weekday == 7


def test_asking_builds_nothing():
    """Ten tests, five of them figures over the lines of a basket of hundreds."""
    text = (
        'basket.total > 1000 and basket.channel = "site" and coupon starts with "чай" and now.hour >= 8 and now.weekday != 7 and '
        'count(items where category = "Чай") >= 2 and distinct(items.sku) >= 3 and sum(items.quantity) > 2 and '
        "max(items.price) < 500 and median(items.price) > 100"
    )
    truth = Lowering(WORDS, Moment(SATURDAY, MOSCOW)).truth(rules.parse(text, WORDS).condition)
    answer, given_basket, nothing = basket_closure(truth, {}), basket({**TEA, "items": TEA["items"] * 100}), list[Any]()
    assert answer(nothing, given_basket) is True
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    answer(nothing, given_basket)
    grown = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert grown < 2_000  # a list of three hundred lines alone is 2,400 bytes


def test_a_strangers_text_never_becomes_code():
    assert ask("count(items where sku = \"'); import os; ('\") = 0") is True
