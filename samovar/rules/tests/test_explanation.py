"""Explanations: they agree with the rule, each test with itself, and values are as people read them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samovar import rules
from samovar.rules import tree
from samovar.rules.explanation import Explanation, leaves
from samovar.rules.sql import Moment, features_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import evaluate, holds, is_customer
from samovar.rules.tests.strategies import CATALOGUE, conditions
from samovar.rules.tests.test_compilers import histories


def explained(condition: tree.Condition, history: Histories, at_us: int) -> dict[int, Any]:
    asked = Explanation(condition, CATALOGUE, Moment(at_us, ZONE))
    rows = history.cursor.execute(features_sql(asked.reads, CATALOGUE, Moment(at_us, ZONE))).fetchall()
    return {row[0]: asked.answer(row[1:]) for row in rows}


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(condition=conditions(), seed=st.integers(0, 3), at_us=st.sampled_from(MOMENTS))
def test_each_test_is_told_as_the_reference_finds_it(condition: tree.Condition, seed: int, at_us: int) -> None:
    history = histories(seed)
    world = history.world(at_us)
    answers = explained(condition, history, at_us)
    assert set(answers) == {p for p, facts in history.people.items() if is_customer(facts, world)}
    for person, (is_in, found) in answers.items():
        facts = history.people[person]
        assert is_in == holds(condition, facts, world)
        for leaf, one in zip(leaves(condition), found, strict=True):
            assert one.is_ok == (holds(leaf.test, facts, world) != leaf.is_negated)


@pytest.mark.parametrize(
    "text",
    ["count(orders) > 1", "sum(orders.amount) > 1", "score > 1", "avg(orders.amount) >= 2", "gap(orders) < 3", "city = 'x'",
     "score * 2 + count(visits) > 1", "is_vip", "min(lines.quantity) > 0"],
)  # fmt: skip
def test_a_value_is_the_one_people_read(text):
    history, at_us = histories(1), MOMENTS[0]
    condition = rules.parse(text, CATALOGUE).condition
    operand = condition.operand if isinstance(condition, tree.Holds) else condition.left  # type: ignore[union-attr]
    for person, (_is_in, [found]) in explained(condition, history, at_us).items():
        wanted = evaluate(operand, history.people[person], history.world(at_us), None)
        assert found.value == (wanted if wanted is None or isinstance(wanted, str | bool) else pytest.approx(float(wanted)))


def test_days_and_moments_are_told_as_texts():
    history, at_us = histories(1), MOMENTS[0]
    condition = rules.parse(
        "birthday < 2000-01-01 or registered_at is known or days_since(registered_at) > 1", CATALOGUE
    ).condition
    found = [tests for _is_in, tests in explained(condition, history, at_us).values()]
    assert {len(tests[0].value) for tests in found if tests[0].value} == {len("2000-01-01")}
    assert all(tests[1].value[10] == "T" for tests in found if tests[1].value)
    assert {type(tests[2].value) for tests in found} == {int, type(None)}
