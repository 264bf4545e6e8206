"""Six stages as a text words them: every fault of theirs is found, with the shortest history that shows it."""

from __future__ import annotations

import pytest
from django.utils import translation

from samovar.understand.lint import lint
from samovar.understand.lint.tests.sets import CATALOGUE, WORDED, days, named


@pytest.fixture(scope="module")
def found():
    with translation.override("en"):
        return lint(named(WORDED), CATALOGUE)


def of(found, kind):
    return [one for one in found if one["kind"] == kind]


def test_it_finds_these_and_no_others(found):
    assert [(one["kind"], tuple(one["stages"])) for one in found] == [
        ("overlap", ("newcomer", "cautious")),
        ("overlap", ("developing", "lost")),
        ("overlap", ("at risk", "lost")),
        ("gap", ()),
        ("gap", ()),
        ("gap", ()),
        ("no_exit", ("newcomer",)),
        ("note", ("lost",)),
        ("note", ("regular",)),
        ("note", ("lost",)),
    ]


def test_each_overlap_has_the_shortest_history_that_is_in_both(found):
    curious, once, habit = of(found, "overlap")
    assert (days(curious, "orders"), days(curious, "visits")) == ([], [0, 0, 0])
    assert (days(once, "orders"), days(once, "visits")) == ([91], [])
    assert (days(habit, "orders"), days(habit, "visits")) == ([91, 91, 92], [])
    assert habit["sentence"] == (
        "“at risk” and “lost” both take a person with at least 3 orders, a median gap between orders of at most 14 days, the "
        "last order at least 91 days ago and no visits in the last 90 days."
    )


def test_a_gap_is_told_once_however_many_combinations_of_tests_it_has(found):
    two, pause, rare = of(found, "gap")
    assert two["sentence"] == "No stage takes a person with 2 orders, except those in “lost”."
    assert days(two, "orders") == [0, 0]
    assert pause["sentence"] == (
        "No stage takes a person with at least 3 orders, a median gap between orders of at most 14 days and the last order 15 to "
        "44 days ago."
    )
    assert days(pause, "orders") == [15, 15, 16]
    assert rare["sentence"] == (
        "No stage takes a person with at least 3 orders and a median gap between orders of more than 14 days (or none yet), "
        "except those in “lost”."
    )
    assert days(rare, "orders") == [0, 0, 15]


def test_only_the_stage_that_never_looks_at_the_time_has_no_exit(found):
    [stuck] = of(found, "no_exit")
    assert stuck["history"] == [{"what": "registered", "days_ago": 0}]
    assert "a person with no orders stays in it" in stuck["sentence"]


def test_notes_say_what_a_rule_may_not_mean(found):
    unseen, fortnight, quarter = of(found, "note")
    assert unseen["sentence"].startswith("“lost” takes people for what they did not do on the site.")
    assert days(unseen, "orders") == [91]
    assert "says “недели”, and its rule counts 14 days" in fortnight["sentence"]
    assert "says “месяца”, and its rule counts 90 days" in quarter["sentence"]


def test_it_speaks_russian():
    with translation.override("ru"):
        said = [one["sentence"] for one in lint(named(WORDED), CATALOGUE)]
    assert said[3] == "Ни одна стадия не берёт человека, у которого: 2 заказа. Кроме тех, кто в «lost»."
    assert said[4].endswith(
        "не меньше 3 заказов, промежуток между заказами (медиана) не больше 14 дней и последний заказ от 15 до 44 дней назад."
    )
