"""The exact split of a change of revenue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.measure.reports.drivers import shared

figures = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**12)).map(
    lambda told: (told[0], max(told[1], told[0]), told[2]) if told[0] else (0, 0, 0)
)


@given(figures, figures)
def test_the_effects_sum_to_the_change_to_the_minor_unit(before, after):
    assert sum(shared(before, after)) == after[2] - before[2]


def test_one_factor_that_changes_alone_takes_all_of_it():
    assert shared((100, 200, 4_000), (150, 300, 6_000)) == (2_000, 0, 0)
    assert shared((100, 200, 4_000), (100, 300, 6_000)) == (0, 2_000, 0)
    assert shared((100, 200, 4_000), (100, 200, 6_000)) == (0, 0, 2_000)


def test_factors_share_what_they_did_together():
    # 37 % more of sales as 10.5 % more orders at an average 24 % higher: each its own, and half of what both did.
    before, after = (1_000, 1_000, 10_000_000), (1_000, 1_105, 13_702_000)
    buyers, frequency, average = shared(before, after)
    assert buyers == 0
    assert frequency == pytest.approx(10_000_000 * (0.105 + 0.105 * 0.24 / 2), abs=1)
    assert average == pytest.approx(10_000_000 * (0.24 + 0.105 * 0.24 / 2), abs=1)


def test_from_or_to_nothing_it_is_all_that_of_buyers():
    assert shared((0, 0, 0), (10, 12, 500)) == (500, 0, 0)
    assert shared((10, 12, 500), (0, 0, 0)) == (-500, 0, 0)
