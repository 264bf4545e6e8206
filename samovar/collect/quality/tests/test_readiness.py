"""Readiness: a period that lost a part of its rows is marked, with the cause by name and by how much; a whole one is ready."""

from __future__ import annotations

import random

import pytest

from samovar.collect.quality.readiness import READY, UNREADY, WITH_CAUTION, Readiness, Step, gap

FIRST, FROM, TO = 1000, 1042, 1055


def days(mean: float, *, keep: float = 1.0, on: range = range(FROM, TO + 1), seed: int = 1) -> dict[int, int]:
    """Eight weeks of counts, weaker at weekends; on some days a share of the rows is lost."""
    chance = random.Random(seed)
    found = {}
    for day in range(FIRST, TO + 1):
        level = mean * (0.6 if day % 7 in (5, 6) else 1.0) * chance.uniform(0.95, 1.05)
        found[day] = round(level * (keep if day in on else 1.0))
    return found


def funnel(**carts: float) -> Readiness:
    series = {"Product Viewed": days(900, seed=2), "Product Added": days(300, **carts), "Order Completed": days(90, seed=3)}
    steps = [
        Step(name, [gap(name, "", counts, from_day=FROM, to_day=TO, first_day=FIRST)]) for name, counts in series.items()
    ]  # fmt: skip
    return Readiness(steps, FROM, TO)


def test_a_whole_period_is_ready():
    assert funnel().verdict == READY


def test_thirty_percent_of_carts_removed_marks_the_funnel_and_names_the_cause():
    found = funnel(keep=0.7)
    assert found.verdict == UNREADY
    assert [step.name for step in found.steps if step.gaps[0].holes] == ["Product Added"]
    lost, low, high = found.steps[1].lost
    assert low < 0.3 < high and lost == pytest.approx(0.3, abs=0.04)


def test_the_bend_says_that_carts_are_understated_and_orders_overstated():
    found = funnel(keep=0.7)
    into_carts, into_orders = found.bend(1), found.bend(2)
    assert into_carts is not None and into_orders is not None
    assert into_carts[0] < 1 / 0.7 < into_carts[1]
    assert into_orders[0] < 0.7 < into_orders[1]


def test_one_bad_day_of_fourteen_asks_for_caution_and_is_named():
    day = FROM + 2
    found = gap("Product Added", "", days(300, keep=0.1, on=range(day, day + 1)), from_day=FROM, to_day=TO, first_day=FIRST)
    assert [hole.day for hole in found.holes] == [day]
    assert Readiness([Step("carts", [found])], FROM, TO).verdict == WITH_CAUTION


def test_a_long_loss_does_not_become_usual():
    counts = days(300, keep=0.5, on=range(FIRST + 28, TO + 1))
    found = gap("Product Added", "", counts, from_day=FROM, to_day=TO, first_day=FIRST)
    assert len(found.holes) == TO - FROM + 1
    assert found.lost == pytest.approx(0.5, abs=0.05)


def test_what_never_came_or_came_later_is_not_ready():
    nothing = gap("Call Completed", "", {}, from_day=FROM, to_day=TO, first_day=None)
    late = gap("Product Added", "", dict.fromkeys(range(FROM + 7, TO + 1), 100), from_day=FROM, to_day=TO, first_day=FROM + 7)
    assert nothing.is_missing
    assert Readiness([Step("calls", [nothing])], FROM, TO).verdict == UNREADY
    assert Readiness([Step("carts", [late])], FROM, TO).verdict == UNREADY


def test_few_rows_a_day_show_no_hole():
    counts = {day: (day * 7) % 3 for day in range(FIRST, TO + 1)}
    assert gap("Order Refunded", "", counts, from_day=FROM, to_day=TO, first_day=FIRST).holes == []
