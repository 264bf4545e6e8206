"""Falls of rows and shares: a loss is seen, nights, weekends, few rows and days on which all is low are not taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from samovar.collect.quality import watch
from samovar.collect.quality.watch import as_few

HOURS = watch.SPAN + 1
ALONE = np.array([-1])


def rows(level: float, count: int = 1, seed: int = 1) -> np.ndarray:
    """Hours of streams that are weak at night and at weekends."""
    hour = np.arange(HOURS)
    shape = np.where(hour % 24 < 7, 0.1, 1.0) * np.where(hour // 24 % 7 >= 5, 0.6, 1.0)
    return np.random.default_rng(seed).poisson(level * shape, (count, HOURS)).astype(float)


def counts(found: np.ndarray, part: float = 0.0) -> watch.Counts:
    if part == 0.0:
        found[:, -1] = 0.0
    return watch.Counts(found, part, np.zeros(found.shape, dtype=bool), np.zeros(len(found), dtype=np.int64))


def test_a_quiet_week_falls_at_no_hour():
    whole = rows(60, seed=3)
    for end in range(HOURS - 48, HOURS + 1):
        found = np.concatenate([np.zeros((1, HOURS - end)), whole[:, :end]], axis=1)
        assert watch.rows_falls(counts(found.copy()), ALONE) == [None]


def test_a_stop_is_seen_after_an_hour_of_daytime():
    found = rows(200)
    found[0, -2:] = 0.0
    [fall] = watch.rows_falls(counts(found), ALONE)
    assert fall is not None and fall.seen == 0.0 and fall.chance < watch.CHANCE_MAX


def test_the_running_hour_alone_shows_a_stop_of_many_rows():
    found = rows(600)
    found[0, -1] = 0.0
    falls = watch.rows_falls(watch.Counts(found, 0.5, np.zeros(found.shape, dtype=bool), np.zeros(1, dtype=np.int64)), ALONE)
    assert falls[0] is not None and falls[0].hours == 0


@pytest.mark.parametrize("level", [0.5, 2.0])
def test_few_rows_that_do_not_come_for_an_hour_are_chance(level: float):
    found = rows(level)
    found[0, -2:] = 0.0
    assert watch.rows_falls(counts(found), ALONE) == [None]


def test_what_came_for_less_than_a_week_is_held_against_nothing():
    found = rows(200)
    found[0, :-100] = 0.0
    found[0, -2:] = 0.0
    known = watch.Counts(found, 0.0, np.zeros(found.shape, dtype=bool), np.array([HOURS - 100]))
    assert watch.rows_falls(known, ALONE) == [None]


def test_a_day_on_which_everything_is_low_falls_for_nobody_and_a_stop_on_it_for_the_one():
    found = rows(400, count=5)
    found[:, -25:] = np.round(found[:, -25:] * 0.65)
    together = np.zeros(5, dtype=np.int64)
    assert watch.rows_falls(counts(found.copy()), together) == [None] * 5
    found[2, -3:] = 0.0
    assert [fall is not None for fall in watch.rows_falls(counts(found), together)] == [False, False, True, False, False]


def test_hours_of_an_earlier_alarm_are_no_past():
    found = rows(200)
    outage = slice(HOURS - 1 - watch.WEEK - 3, HOURS - 1 - watch.WEEK + 3)
    found[0, outage] = 0.0
    found[0, -2:] = 0.0
    is_out = np.zeros(found.shape, dtype=bool)
    is_out[0, outage] = True
    _seen, expected, weeks = watch.expected_rows(watch.Counts(found, 0.0, is_out, np.zeros(1, dtype=np.int64)), 1)
    assert weeks[0] == 3 and expected[0] > 50


def test_a_lost_field_is_seen_and_a_field_that_is_sparse_is_not():
    whole = rows(60)
    chance = np.random.default_rng(5)
    kept = np.concatenate([whole, chance.binomial(whole.astype(int), 0.3)]).astype(float)
    kept[0, -2] = np.floor(kept[0, -2] * 0.4)
    both = np.concatenate([whole, whole])
    falls = watch.share_falls(kept, both, np.zeros(both.shape, dtype=bool))
    assert falls[1] is None
    assert falls[0] is not None and falls[0].expected == pytest.approx(1.0) and falls[0].seen < 0.9


def test_a_share_is_back_by_its_last_hour_whatever_the_day_lost():
    whole = rows(60)
    kept = whole.copy()
    kept[0, -20:-2] = 0.0
    assert watch.shares_are_back(kept, whole, np.array([1.0])).tolist() == [True]
    kept[0, -2:] = 0.0
    assert watch.shares_are_back(kept, whole, np.array([1.0])).tolist() == [False]


def test_the_chance_of_as_few_is_that_of_the_library():
    for kept, whole, a, b in (
        (0, 5, 2.0, 3.0),
        (3, 10, 0.5, 0.5),
        (700, 1_000, 95.0, 5.0),
        (40, 40, 3.0, 1.0),
        (9, 2_000, 20.0, 30.0),
    ):
        assert as_few(kept, whole, a, b) == pytest.approx(stats.betabinom.cdf(kept, whole, a, b), rel=1e-9, abs=1e-300)
