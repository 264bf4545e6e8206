"""The interval, the verdict and their honesty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from samovar.measure.incrementality import Group, effect, welch

spendings = arrays(np.int64, st.integers(2, 60), elements=st.integers(-10_000, 10_000_000))


def group(*values: int) -> Group:
    return Group.of(np.array(values, dtype=np.int64))


def test_it_agrees_with_the_published_numbers_of_gbstats():
    # gbstats 0.8, two-sided t-test, absolute difference; sums are in 1/10000 here, so that they are whole numbers.
    treated = Group(n=3461, total_minor=24_227_000, squares=13_469_829_000_000)
    control = Group(n=3407, total_minor=13_968_700, squares=5_237_797_670_000)
    interval = welch(treated, control)
    assert interval is not None
    assert round(interval.difference / 10_000, 5) == 0.29
    assert (round(interval.low / 10_000, 5), round(interval.high / 10_000, 5)) == (0.04538, 0.53462)
    assert round(interval.standard_error / 10_000, 5) == 0.12478


@pytest.mark.filterwarnings("ignore:Precision loss")
@settings(max_examples=200, deadline=None)
@given(spendings, spendings)
def test_it_agrees_with_scipy_on_any_two_groups(treated, control):
    ours = welch(Group.of(treated), Group.of(control))
    if np.ptp(treated) == 0 and np.ptp(control) == 0:
        assert ours is None
        return
    theirs = stats.ttest_ind(treated, control, equal_var=False)
    low, high = theirs.confidence_interval(0.95)
    assert ours is not None
    assert ours.low == pytest.approx(low, rel=1e-6, abs=1e-3)
    assert ours.high == pytest.approx(high, rel=1e-6, abs=1e-3)
    assert ours.degrees_of_freedom == pytest.approx(theirs.df, rel=1e-6)


@settings(max_examples=100, deadline=None)
@given(spendings, spendings)
def test_swapping_the_groups_swaps_the_interval(treated, control):
    forward, back = welch(Group.of(treated), Group.of(control)), welch(Group.of(control), Group.of(treated))
    if forward is not None and back is not None:
        assert (forward.low, forward.high) == pytest.approx((-back.high, -back.low))


@settings(max_examples=100, deadline=None)
@given(spendings, spendings)
def test_groups_add_up_over_any_split_of_the_people(left, right):
    whole, a, b = Group.of(np.concatenate([left, right])), Group.of(left), Group.of(right)
    assert whole == Group(a.n + b.n, a.total_minor + b.total_minor, a.squares + b.squares)


def test_squares_of_great_spendings_do_not_overflow():
    assert Group.of(np.array([3_000_000_000_000, 1], dtype=np.int64)).squares == 9 * 10**24 + 1


def test_an_interval_above_zero_says_earned_on_all_treated():
    found = effect(group(*[1100, 1200, 1300] * 50), group(*[500, 600, 700] * 20))
    assert found.verdict == "earned"
    assert found.incremental_minor == 600 * 150
    assert found.low_minor is not None
    assert found.low_minor < found.incremental_minor < found.high_minor
    assert found.low_minor + found.high_minor == pytest.approx(2 * found.incremental_minor, abs=2)


def test_an_interval_below_zero_says_lost():
    assert effect(group(*[500, 600, 700] * 50), group(*[1100, 1200, 1300] * 20)).verdict == "lost"


def test_a_wide_interval_around_zero_says_not_enough_data():
    found = effect(group(*[0, 0, 0, 90_000] * 10), group(0, 0, 0, 80_000))
    assert found.verdict == "not_enough_data"
    assert found.low_minor < 0 < found.high_minor


def test_a_narrow_interval_around_zero_says_no_difference():
    found = effect(group(*[990, 1000, 1010] * 400), group(*[990, 1000, 1010] * 400))
    assert found.verdict == "no_difference"
    half = (found.high_minor - found.low_minor) / 2
    assert half < 0.05 * 1000 * 1200


@pytest.mark.parametrize(
    ("treated", "control"),
    [(group(), group()), (group(100, 200), group()), (group(100, 200), group(5)), (group(0, 0, 0), group(0, 0))],
)
def test_without_an_interval_it_says_not_enough_data(treated, control):
    found = effect(treated, control)
    assert (found.verdict, found.low_minor, found.high_minor) == ("not_enough_data", None, None)


def test_intervals_of_shops_without_an_effect_cover_zero_about_as_often_as_promised():
    chance = np.random.default_rng(7)
    covering = 0
    for _shop in range(300):
        spent = np.where(chance.random(3000) < 0.15, chance.gamma(2.0, 60_000, 3000), 0).astype(np.int64)
        is_control = chance.random(3000) < 0.1
        interval = welch(Group.of(spent[~is_control]), Group.of(spent[is_control]))
        assert interval is not None
        covering += interval.low <= 0 <= interval.high
    assert 0.91 <= covering / 300 <= 0.98


def planted(seed: int) -> tuple[Group, Group, int]:
    """Treated, control and the true extra money of a shop where one treated person in twenty buys because of the letter."""
    chance = np.random.default_rng(seed)
    base = np.where(chance.random(40_000) < 0.1, chance.gamma(2.0, 60_000, 40_000), 0)
    is_control = chance.random(40_000) < 0.1
    extra = np.where(~is_control & (chance.random(40_000) < 0.05), 100_000, 0)
    spent = (base + extra).astype(np.int64)
    return Group.of(spent[~is_control]), Group.of(spent[is_control]), int(extra.sum())


def test_a_planted_effect_is_found_and_lies_in_most_intervals():
    found = [(effect(treated, control), truth) for treated, control, truth in map(planted, range(100))]
    assert all(result.verdict == "earned" for result, _truth in found)
    covered = sum(result.low_minor < truth < result.high_minor for result, truth in found)
    assert 88 <= covered <= 99
