"""The six stages: every registered person in exactly one, with their boundary days."""

from __future__ import annotations

import random

import pytest

from samovar import rules
from samovar.collect import groupings
from samovar.rules.lifecycle import STAGES, stage_rules
from samovar.rules.sql import Moment, stages_sql, truths_sql
from samovar.understand.tests.shop import NOW, ZONE, Shop

HABIT = (10, 24, 38)  # three days with orders, each 14 days after the one before

CASES = [
    ("lost from day 91", {"orders": (91,)}, "lost"),
    ("day 90 is not yet lost", {"orders": (90,)}, "developing"),
    ("day 89 neither", {"orders": (89,)}, "developing"),
    ("a visit within 90 days keeps from lost", {"orders": (91,), "visits": (90,)}, "developing"),
    ("a visit on day 91 does not", {"orders": (91,), "visits": (91,)}, "lost"),
    ("a habit that stopped 91 days ago is lost and not at risk", {"orders": (91, 105, 119)}, "lost"),
    ("a habit that stopped 90 days ago is at risk", {"orders": (90, 104, 118)}, "at risk"),
    ("at risk from day 45", {"orders": (45, 59, 73)}, "at risk"),
    ("at risk on day 46", {"orders": (46, 60, 74)}, "at risk"),
    ("regular on day 44", {"orders": (44, 58, 72)}, "regular"),
    ("regular with gaps of 14 days", {"orders": HABIT}, "regular"),
    ("regular with gaps of 13 days", {"orders": (10, 23, 36)}, "regular"),
    ("a gap of 15 days breaks the habit", {"orders": (10, 25, 39)}, "developing"),
    ("a habit long ago and one order now is developing", {"orders": (3, 60, 74, 88)}, "developing"),
    ("an old habit whose last order is 45 days ago is at risk", {"orders": (45, 75, 89, 103)}, "at risk"),
    ("two orders on one day are one day", {"orders": (10, 10, 24)}, "developing"),
    ("three visits in 14 days and no order", {"visits": (0, 7, 14)}, "cautious"),
    ("a visit on day 15 does not count", {"visits": (0, 7, 15)}, "newcomer"),
    ("a visit on day 13 does", {"visits": (0, 7, 13)}, "cautious"),
    ("nothing at all", {}, "newcomer"),
    ("not registered", {"is_registered": False, "visits": (0, 1, 2)}, None),
    ("a visitor", {"is_known": False, "is_registered": False}, None),
]


@pytest.mark.parametrize(("facts", "stage"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_puts_a_person_into_the_stage(facts, stage):
    shop = Shop()
    shop.person(1, **facts)
    assert shop.stage_of(1) == stage
    counted = {row["stage"]: row["people"] for row in shop.query("understand.stages", at_us=NOW).to_pylist()}
    assert counted == {name: int(name == stage) for name in STAGES}


@pytest.fixture(scope="module")
def crowd():
    """Three thousand people whose orders and visits crowd around the boundary days."""
    shop, chance = Shop(), random.Random(7)
    edges = [0, 1, 13, 14, 15, 28, 29, 30, 44, 45, 46, 59, 60, 73, 89, 90, 91, 104, 105, 120, 400]
    shop.cursor.execute("BEGIN")
    for person in range(1, 3001):
        orders = tuple(chance.choice(edges) for _ in range(chance.choice([0, 0, 1, 2, 3, 4, 6])))
        visits = tuple(chance.choice(edges) for _ in range(chance.choice([0, 1, 3, 5])))
        shop.person(person, orders=orders, visits=visits)
    shop.cursor.execute("COMMIT")
    return shop


def test_exactly_one_stage_holds_every_registered_person(crowd):
    found = crowd.cursor.execute(f"SELECT count(*), count(stage) FROM ({stages_sql(Moment(NOW, ZONE))})").fetchall()
    assert found == [(3000, 3000)]
    counted = {row["stage"]: row["people"] for row in crowd.query("understand.stages", at_us=NOW).to_pylist()}
    assert sum(counted.values()) == 3000
    assert all(counted.values()), counted


def test_the_stage_is_the_first_rule_that_holds(crowd):
    catalogue = rules.builtin_catalogue("RUB")
    asked = [rules.parse(text, catalogue) for text in stage_rules().values()]
    truths = crowd.cursor.execute(truths_sql(asked, catalogue, Moment(NOW, ZONE))).fetchall()
    stages = dict(crowd.cursor.execute(stages_sql(Moment(NOW, ZONE))).fetchall())
    names = list(stage_rules())
    assert {person: names[held.index(True)] for person, *held in truths} == stages


def test_a_rule_may_ask_for_the_stage(crowd):
    counted = {row["stage"]: row["people"] for row in crowd.query("understand.stages", at_us=NOW).to_pylist()}
    answer = crowd.query("understand.segment_count", text='lifecycle in ("lost", "at risk")', at_us=NOW).to_pylist()[0]
    assert answer["count"] == counted["lost"] + counted["at risk"]
    assert answer["of"] == 3000


@pytest.mark.parametrize("stage", STAGES)
def test_the_likely_people_of_a_stage_are_all_of_it_and_not_everybody(crowd, stage):
    group = groupings.group("stage", stage, NOW, crowd.context)
    people = set(crowd.cursor.execute(group.grouping.people_sql(stage, "", NOW, crowd.context)).fetchall())
    likely = set(crowd.cursor.execute(group.likely_sql()).fetchall())
    assert people <= likely
    assert group.is_sure is (stage == "lost")
    assert people == likely or not group.is_sure
    assert 0 < len(people) <= len(likely) < 3000


def test_a_stage_asked_of_some_people_is_the_one_they_stand_in(crowd):
    group = groupings.group("stage", "lost", NOW, crowd.context)
    some = crowd.cursor.execute(group.people_sql("SELECT unnest(range(100, 600))")).fetchall()
    assert sorted(some) == sorted((p,) for (p,) in crowd.cursor.execute(group.people_sql()).fetchall() if 100 <= p < 600)
