"""Rules of a basket over a person's own facts: what the worker answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from samovar import rules
from samovar.rules.baskets import BadBasket
from samovar.understand import words
from samovar.understand.tests.shop import NOW

BASKET = {"channel": "site", "items": [{"sku": "T1", "price": 100, "quantity": 2}, {"sku": "C1", "price": 50}]}


def ask(shop: Any, text: str, person: int = 1, **more: Any) -> Any:
    [row] = shop.query(
        "understand.basket_evaluated", text=text, person_id=person, at_us=NOW, **{"basket": BASKET, **more}
    ).to_pylist()
    return json.loads(row["value"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("basket.total", 250), ("basket.total > 200 and count(orders) = 2", True), ("count(items where price > 60)", 1),
        ('city = "Москва" and basket.channel = "site"', True), ("basket.total / sum(orders.amount)", 1.25),
        ("count(items where person.city = \"Москва\")", 2), ("lifecycle", "developing"), ("coupon is unknown", True),
    ],
)  # fmt: skip
def test_it_answers_of_the_person_and_the_basket_together(shop, text, value):
    assert ask(shop, text) == value


def test_who_is_no_customer_has_neither_a_rule_nor_a_value(shop):
    assert ask(shop, "basket.total > 0", person=4) is False
    assert ask(shop, "basket.total", person=4) is None


def test_another_currency_goes_by_the_rate_given(shop):
    euros = {**BASKET, "currency": "EUR"}
    assert ask(shop, "basket.total", basket=euros) is None
    assert ask(shop, "basket.total", basket=euros, rate="90.10") == 22_525


def test_faults_of_rule_and_basket_are_refused(shop):
    with pytest.raises(rules.RuleError):
        ask(shop, "basket.totl")
    with pytest.raises(BadBasket):
        ask(shop, "basket.total", basket={"items": 5})


def test_a_rule_of_a_basket_is_no_rule_of_a_segment(shop):
    text = "count(items) > 1 and count(orders) = 2"
    read = words.check(text, shop, is_of_basket=True)
    assert (read.text, read.warnings) == (text, [])
    with pytest.raises(rules.RuleError) as fault:
        words.check(text, shop)
    assert fault.value.code == "basket_only"
