"""What a rule reads of what comes, from its tree alone."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.collect.quality.readiness_queries import wanted
from samovar.collect.quality.reading import reads

CASES = {
    "count(views) >= 2": {"Product Viewed"},
    "count(cart_adds where price > 100 and brand = 'tea') >= 1": {"Product Added", "Product Added.price", "Product Added.brand"},
    "sum(orders.amount) >= 500": {"Order Completed", "Order Completed.total", "Order Completed.revenue", "Order Completed.value"},
    'count(lines where category = "tea") >= 1': {"Order Completed", "Order Completed.lines.category"},
    "count(visits in last 7 days) >= 1": {"page"},
    'city = "Казань" and trait.tea is known': {"identify", "identify.city", "identify.tea"},
    "consent.email.marketing": {"Consent Changed"},
    "reachable.sms": {"Consent Changed", "identify.phone"},
    "contact.phone.is_known": {"identify.phone"},
    'count(orders where person.city = "Казань") >= 1': {"Order Completed", "identify", "identify.city"},
    "lifecycle = 'new'": {"Order Completed", "page"},
    'count(event("Call Completed") where duration > 60) >= 1': {"Call Completed", "Call Completed.duration"},
    "days_since(last returns) > 3": {"Order Refunded"},
    "did views then cart_adds within 2 hours then not orders within 1 day in last 30 days":
        {"Product Viewed", "Product Added", "Order Completed"},
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_a_rule_reads_its_events_and_fields(text: str, expected: set[str]):
    found = reads(rules.parse(text.replace("'", '"'), rules.builtin_catalogue()).condition)
    assert {f"{one.event}.{one.field}" if one.field else one.event for one in found} == expected


def test_a_segment_alone_reads_nothing_itself():
    assert reads(rules.parse('in segment "dear"', rules.builtin_catalogue()).condition) == frozenset()


def test_steps_are_wanted_one_by_one_and_a_rule_as_one():
    assert [name for name, _reads in wanted("views then cart_adds then orders")] == [
        "Product Viewed", "Product Added", "Order Completed",
    ]  # fmt: skip
    assert [name for name, _reads in wanted("count(orders) >= 1")] == ["count(orders) >= 1"]
    with pytest.raises(rules.RuleError):
        wanted("nonsense then more")
