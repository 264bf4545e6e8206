"""The interval, the verdict and their honesty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from samovar.measure.incrementality import Group, effect, score, welch

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
@pytest.mark.parametrize("interval", [welch, score])
def test_swapping_the_groups_swaps_the_interval(interval, treated, control):
    forward, back = interval(Group.of(treated), Group.of(control)), interval(Group.of(control), Group.of(treated))
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


def missed(interval, people: int, shops: int = 600) -> tuple[float, float]:
    """The shares of shops without an effect, one person in ten in control, whose interval lies above 0 and below it."""
    chance, above, below = np.random.default_rng(7), 0, 0
    for _shop in range(shops):
        spent = np.where(chance.random(people) < 0.1, chance.gamma(2.0, 60_000, people), 0).astype(np.int64)
        is_control = chance.random(people) < 0.1
        found = interval(Group.of(spent[~is_control]), Group.of(spent[is_control]))
        above, below = above + (found.low > 0), below + (found.high < 0)
    return above / shops, below / shops


@pytest.mark.parametrize("people", [500, 1_000, 3_000, 20_000])
def test_intervals_miss_about_as_often_as_promised_and_as_often_on_either_side(people):
    above, below = missed(score, people)
    assert 0.02 <= above + below <= 0.07
    assert max(above, below) <= 0.045


def test_with_few_buyers_welchs_interval_finds_money_that_is_not_there():
    above, below = missed(welch, 1_000)
    assert above > 0.08 > 10 * below


@settings(max_examples=200, deadline=None)
@given(spendings, spendings)
def test_an_interval_holds_its_own_estimate(treated, control):
    found = score(Group.of(treated), Group.of(control))
    if found is not None:
        slack = 1e-6 * max(1.0, abs(found.difference))
        assert found.low - slack <= found.difference <= found.high + slack


def test_the_bounds_are_the_differences_that_their_own_variance_just_allows():
    treated, control = group(*[0] * 88, *[70_000] * 12), group(*[0] * 18, 40_000, 90_000)
    found, plain = score(treated, control), welch(treated, control)
    n, n1, n2 = 120, 100, 20
    common = (n1 * treated.variance + n2 * control.variance) / (treated.total_minor + control.total_minor)
    buyers = 130_000**2 / (40_000**2 + 90_000**2)
    f1 = (12 * treated.variance / treated.mean + 6 * common) / 18
    f2 = (buyers * control.variance / control.mean + 6 * common) / (buyers + 6)
    reach = stats.t.ppf(0.975, plain.degrees_of_freedom)
    for bound in (found.low, found.high):
        m = (treated.total_minor + control.total_minor) / n
        variance = f1 * (m + bound * n2 / n) / n1 + f2 * (m - bound * n1 / n) / n2
        assert (found.difference - bound) ** 2 == pytest.approx(reach**2 * variance)


def test_a_control_group_that_bought_nothing_proves_nothing():
    bought = group(*[0] * 990, *[60_000] * 10)
    found, plain = effect(bought, group(*[0] * 50)), welch(bought, group(*[0] * 50))
    assert plain.low > 0
    assert found.verdict == "not_enough_data"
    assert found.low_minor < 0


def test_with_many_buyers_it_is_welchs():
    chance = np.random.default_rng(11)
    spent = np.where(chance.random(400_000) < 0.3, chance.gamma(2.0, 60_000, 400_000), 0).astype(np.int64)
    treated, control = Group.of(spent[:200_000]), Group.of(spent[200_000:])
    ours, plain = score(treated, control), welch(treated, control)
    assert (ours.low, ours.high) == pytest.approx((plain.low, plain.high), abs=0.01 * plain.standard_error)


def test_returns_above_orders_leave_welchs():
    treated, control = group(*[0] * 50, *[5_000] * 10), group(*[0] * 50, *[-5_000] * 10)
    assert score(treated, control) == welch(treated, control)


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
