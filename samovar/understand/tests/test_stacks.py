"""Counts and sums over windows of days against the same asked of one window at a time, also past what floats hold exactly."""

from __future__ import annotations

import numpy as np
import pytest

from samovar.rules.windows import Bound
from samovar.understand.live.stacks import Span, Stack, span_of

PEOPLE, ROWS, DAY = 50, 2_000, 20_000
SPANS = [Span(), Span(DAY - 7), Span(DAY - 7, DAY), Span(None, DAY - 7), Span(DAY + 3, DAY - 7), Span(DAY - 90_000, DAY)]


@pytest.mark.parametrize("spans", [SPANS[:1], SPANS[:5], SPANS])  # no edge, near ones, ones too far apart for a table
@pytest.mark.parametrize("rows", [0, ROWS])
def test_each_window_holds_its_rows(spans, rows):
    chance = np.random.default_rng(rows)
    owner, day = chance.integers(0, PEOPLE, rows), chance.integers(DAY - 20, DAY + 20, rows).astype(np.int32)
    values, known = chance.integers(-(10**9), 10**9, rows), chance.random(rows) < 0.8
    stack = Stack(PEOPLE, owner, day, sorted({edge for span in spans for edge in span.edges}))
    counts, sums = stack.counts(), stack.sums(values, known)
    assert sums is not None
    for span in spans:
        first, end = (-np.inf if span.first is None else span.first), (np.inf if span.end is None else span.end)
        held = (day >= first) & (day < end)  # no row from a day on and before an earlier one
        assert stack.covers(span)
        assert stack.of(counts, span).tolist() == np.bincount(owner[held], minlength=PEOPLE).tolist()
        wanted = np.zeros(PEOPLE, np.int64)
        np.add.at(wanted, owner[held & known], values[held & known])
        assert stack.of(sums, span).tolist() == wanted.tolist()


def test_what_floats_do_not_hold_and_windows_of_other_days_are_left_to_others():
    stack = Stack(1, np.zeros(2, np.int64), np.full(2, DAY), [DAY])
    assert stack.sums(np.array([2**53, 1]), None) is None
    assert stack.sums(np.array([0.5, 1.0]), None) is None
    assert not stack.covers(Span(DAY - 1))


def test_bounds_of_days_are_spans_and_those_of_hours_are_not():
    assert span_of(()) == Span()
    assert span_of((Bound("day", ">=", 5), Bound("day", "<=", 9))) == Span(5, 10)
    assert span_of((Bound("day", "<", 5),)) == Span(None, 5)
    assert span_of((Bound("time_us", ">", 5),)) is None
