"""Operands by themselves: what a text asks, and the value of one person against the reference."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import pytest

from samovar import rules
from samovar.rules.lowering import Lowering
from samovar.rules.sql import Moment, operand_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import evaluate, is_customer
from samovar.rules.tests.strategies import CATALOGUE


@lru_cache
def history() -> Histories:
    return Histories(1)


def value(operand: Any, person: int, moment: Moment) -> Any:
    rows = history().cursor.execute(operand_sql(operand, CATALOGUE, moment, person_id=person)).fetchall()
    return Lowering(CATALOGUE, moment).told(operand).read(rows[0][0] if rows else None, moment)


OPERANDS = """
count(orders)
sum(orders.amount in last 90 days)
avg(orders.amount)
median(lines.quantity)
min(lines.price)
gap(visits)
streak(visits, 14 days)
distinct(lines.category)
last(lines.name)
last(orders.amount)
score
score * 2 - 0.5
score / count(orders)
city
birthday
days_since(last orders)
hours_since(first visits)
days_since(birthday)
days_until_anniversary(birthday)
"""


@pytest.mark.parametrize("text", OPERANDS.strip().splitlines())
def test_an_operand_is_told_in_major_units_as_the_reference_reckons_it(text):
    operand, moment = rules.parse_question(text, CATALOGUE), Moment(MOMENTS[0], ZONE)
    world, told = history().world(MOMENTS[0]), set()
    for person, facts in history().people.items():
        wanted = evaluate(operand, facts, world, None) if is_customer(facts, world) else None
        if hasattr(wanted, "isoformat"):
            wanted = wanted.isoformat()
        found = value(operand, person, moment)
        told.add(found)
        if isinstance(wanted, Fraction | float):
            assert found == pytest.approx(float(wanted), rel=1e-15), person
        else:
            assert found == wanted, person
    assert None in told or text.startswith(("count", "sum", "distinct", "streak"))
    assert len(told) > 2


def test_a_moment_is_told_in_the_zone_and_its_age_in_local_days():
    moment = Moment(MOMENTS[0], ZONE)
    at, age = (rules.parse_question(text, CATALOGUE) for text in ("registered_at", "days_since(registered_at)"))
    registered = {
        person: min(known)
        for person, facts in history().people.items()
        if is_customer(facts, history().world(MOMENTS[0])) and (known := [us for us in facts.registered_us if us <= MOMENTS[0]])
    }
    assert len(registered) > 5
    for person, us in registered.items():
        assert value(at, person, moment) == ZONE.local(us).isoformat()
        assert value(age, person, moment) == moment.day - ZONE.day(us)


@pytest.mark.parametrize("text", ["is_vip", "not is_vip", "count(orders) >= 1", "(is_vip)", 'in segment "vip"', "score is known"])
def test_a_test_and_a_yes_or_no_alone_are_rules(text):
    assert rules.parse_question(text, CATALOGUE) == rules.parse(text, CATALOGUE)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("count(ordrs)", "unknown_collection"),
        ("count(orders) >", "expected"),
        ("avg(orders.channel)", "wrong_field_kind"),
        ("(" * 300 + "score" + ")" * 300, "too_deep"),
        ("score" + " + 1" * 300, "too_deep"),
    ],
)
def test_a_fault_is_that_of_a_rule(text, code):
    with pytest.raises(rules.RuleError) as fault:
        rules.parse_question(text, CATALOGUE)
    assert fault.value.code == code
