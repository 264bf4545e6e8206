"""What a rule reads of what comes, from its tree alone."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.collect.quality import queries
from samovar.collect.quality.models import QualityStream
from samovar.collect.quality.readiness_queries import BadPeriod, readiness, wanted
from samovar.collect.quality.reading import reads
from samovar.kit.errors import NotFound

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


@pytest.mark.django_db
def test_a_word_alone_is_a_step_or_a_trait_that_somebody_has():
    with pytest.raises(rules.RuleError) as refused:
        wanted("vews")
    assert (refused.value.code, refused.value.suggestions, refused.value.column) == ("unknown_collection", ("views",), 1)
    assert [name for name, _reads in wanted("orders")] == ["Order Completed"]
    QualityStream.objects.create(source="shop", event="identify", field="is_wholesale")
    assert [name for name, _reads in wanted("is_wholesale")] == ["is_wholesale"]


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(BadPeriod) as refused:
        readiness(wanted("views then orders"), from_day=20_600, to_day=20_599)
    assert refused.value.message == "The first day, 2026-05-27, lies after the last, 2026-05-26."


@pytest.mark.django_db
def test_a_source_or_a_field_that_is_not_there_is_refused_with_those_that_are():
    queries.check_known(source="shop", field_name="price")  # nothing came yet: there is nothing to name
    for event, field in (("", ""), ("Product Viewed", ""), ("Product Viewed", "price")):
        QualityStream.objects.create(source="shop", event=event, field=field)
    for known in (
        {"source": "shop"},
        {"field_name": "price"},
        {"field_name": "Product Viewed.price"},
        {"field_name": "Product Viewed"},
    ):
        queries.check_known(**known)
    for wrong, says in (
        ({"source": "shp"}, "There is no source “shp”. There are: shop."),
        ({"field_name": "prise"}, "There is no field or event “prise”. There are: price."),
        ({"field_name": "qqq"}, "There is no field or event “qqq”. There are: price, Product Viewed."),
    ):
        with pytest.raises(NotFound) as refused:
            queries.check_known(**wrong)
        assert refused.value.message == says
