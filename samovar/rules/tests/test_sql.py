"""The SQL compiler against the reference: every generated rule, every person of the generated histories, several moments."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samovar import rules
from samovar.rules import tree
from samovar.rules.sql import Moment, people_sql, truths_sql
from samovar.rules.tests.histories import MOMENTS, ZONE, Histories
from samovar.rules.tests.reference import holds, is_customer
from samovar.rules.tests.strategies import CATALOGUE, conditions


@lru_cache
def histories(seed: int) -> Histories:
    return Histories(seed)


def expected(condition: tree.Condition, history: Histories, at_us: int) -> set[int]:
    world = history.world(at_us)
    return {p for p, facts in history.people.items() if is_customer(facts, world) and holds(condition, facts, world)}


def people(condition: tree.Condition, history: Histories, at_us: int) -> list[int]:
    text = people_sql(rules.Rule(condition=condition), CATALOGUE, Moment(at_us, ZONE))
    return sorted(person for (person,) in history.cursor.execute(text).fetchall())


def asked_of_everybody(text: str) -> str:
    """The statement of a rule: in every history at every moment it gives the people of the reference, at some moment anybody."""
    condition, found = rules.parse(text, CATALOGUE).condition, set[int]()
    for seed in range(4):
        for at_us in MOMENTS:
            here = expected(condition, histories(seed), at_us)
            assert people(condition, histories(seed), at_us) == sorted(here)
            found |= here
    assert found
    return people_sql(rules.Rule(condition), CATALOGUE, Moment(MOMENTS[0], ZONE))


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(condition=conditions(), seed=st.integers(0, 3), at_us=st.sampled_from(MOMENTS))
def test_it_agrees_with_the_reference_on_every_rule_and_person(condition: tree.Condition, seed: int, at_us: int) -> None:
    history = histories(seed)
    assert people(condition, history, at_us) == sorted(expected(condition, history, at_us)), rules.to_text(rules.Rule(condition))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(condition=conditions())
def test_it_reads_back_what_it_prints_and_what_it_stores(condition: tree.Condition) -> None:
    rule = rules.Rule(condition=condition)
    text = rules.to_text(rule)
    assert rules.parse(text, CATALOGUE) == rule
    assert rules.from_json(rules.to_json(rule)) == rule
    assert rules.to_text(rules.parse(text, CATALOGUE)) == text


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(several=st.lists(conditions(), min_size=1, max_size=5), person=st.integers(1, 60), at_us=st.sampled_from(MOMENTS))
def test_it_answers_several_rules_in_one_pass_and_for_one_person(several: list[tree.Condition], person: int, at_us: int) -> None:
    history, asked = histories(1), [rules.Rule(condition=condition) for condition in several]
    world = history.world(at_us)
    everybody = history.cursor.execute(truths_sql(asked, CATALOGUE, Moment(at_us, ZONE))).fetchall()
    wanted = {
        p: tuple(holds(condition, facts, world) for condition in several)
        for p, facts in history.people.items()
        if is_customer(facts, world)
    }
    assert {row[0]: tuple(row[1:]) for row in everybody} == wanted
    alone = history.cursor.execute(truths_sql(asked, CATALOGUE, Moment(at_us, ZONE), person_id=person)).fetchall()
    assert {row[0]: tuple(row[1:]) for row in alone} == {p: held for p, held in wanted.items() if p == person}


@pytest.mark.parametrize(
    ("text", "is_narrowed"),
    [
        ("days_since(registered_at) <= 30 and count(orders) = 0", True),
        ('count(visits) < 2 and (is_vip is unknown and registered_at >= 2024-01-20) and not in segment "vip"', True),
        ("days_since(registered_at) = 14 or days_since(registered_at) <= 30", False),
        ("not days_since(registered_at) <= 30 and count(orders) = 0", False),
        ("days_since(registered_at) <= 300 and count(orders) = 0", False),
        ("days_since(registered_at) >= 30 and count(orders) = 0", False),
    ],
)
def test_a_rule_of_who_registered_lately_reads_the_rows_of_these_alone(text, is_narrowed):
    assert ("WHERE registered_us >= " in asked_of_everybody(text)) == is_narrowed


@pytest.mark.parametrize(
    ("text", "is_parted"),
    [
        ('count(orders) >= 1 and city in ("Tea", "ЧАЙ")', True),
        ('city = "Tea" and not is_vip and (count(visits) >= 1 or count(orders) = 0) and registered_at is known', True),
        ('city = "Tea" and count(orders where person.city = "Tea") >= 1 and days_since(registered_at) <= 90', True),
        ('city = "Tea" and not in segment "vip"', True),
        ('city = "Tea" or count(orders) >= 1', False),
        ('city != "Tea" and count(orders) >= 1', False),
        ('not city = "Tea" and count(orders) >= 1', False),
        ('city = "Tea" and registered_at is known', False),
        ("is_vip and count(orders) >= 1", False),
    ],
)
def test_a_rule_of_who_has_a_trait_asks_the_rest_of_these_alone(text, is_parted):
    assert ("SELECT person_id FROM few" in asked_of_everybody(text)) == is_parted


@pytest.mark.parametrize(("opens", "levels"), [("not ", 199), ("is_vip and (is_vip or ", 99), ("is_vip and not (is_vip or ", 65)])
def test_it_compiles_the_deepest_rule_without_exhausting_the_stack(opens, levels):
    text = opens * levels + "is_vip" + ")" * (opens.count("(") * levels)
    condition = rules.parse(text, CATALOGUE).condition
    history, at_us = histories(0), MOMENTS[0]
    assert people(condition, history, at_us) == sorted(expected(condition, history, at_us))


@pytest.mark.parametrize(
    ("operand", "values"),
    [
        ("city", ['"Tea"', *(f'"{n}"' for n in range(6000))]),
        ("count(orders)", [str(n) for n in range(1, 6000)]),
        ("days_since(registered_at)", [str(n) for n in range(1, 2000)]),
        ("avg(orders.amount)", [str(n) for n in range(1, 2000)]),
    ],
)
def test_it_compiles_a_list_of_thousands(operand, values):
    condition = rules.parse(
        f"{operand} in ({', '.join(values)}) or is_vip and {operand} not in ({values[0]})", CATALOGUE
    ).condition
    history, at_us = histories(0), MOMENTS[0]
    assert people(condition, history, at_us) == sorted(expected(condition, history, at_us)) != []


@pytest.mark.parametrize("text", ['city = "x\' OR 1=1 --"', 'trait."a\'; DROP TABLE orders; --" is known', 'city contains "%"'])
def test_it_keeps_a_strangers_text_a_text(text: str) -> None:
    history = histories(0)
    rule = rules.parse(text, rules.builtin_catalogue("GBP"))
    history.cursor.execute(people_sql(rule, rules.builtin_catalogue("GBP"), Moment(MOMENTS[0], ZONE))).fetchall()
    assert history.cursor.execute("SELECT count(*) > 0 FROM orders").fetchall() == [(True,)]
    if "contains" in text:
        at_us = MOMENTS[0]
        assert people(rule.condition, history, at_us) == sorted(expected(rule.condition, history, at_us)) != []
