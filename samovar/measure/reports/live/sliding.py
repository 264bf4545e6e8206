"""Figures over a window that slides by minutes: what lies in the `window` minutes before each end, counted in one pass. Pure.

Minutes are numbered since 1970. An end is the beginning of its minute: the window of end 600 with 60 minutes holds the minutes
540 to 599. A row of minute `m` therefore counts at the ends from `m + 1` to `m + window`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samovar.kit.clock import MINUTE_US

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Rows of people as columns of one length: who, when (µs), and what they add to a sum (empty where nothing is summed)."""

    person: Ints
    time_us: Ints
    amount: Ints

    @property
    def minute(self) -> Ints:
        return self.time_us // MINUTE_US


@dataclass(frozen=True)
class Ends:
    """`count` ends of windows, a minute apart, from `first` on."""

    first: int
    count: int
    window: int

    @property
    def from_us(self) -> int:
        """No earlier row counts anywhere."""
        return (self.first - self.window) * MINUTE_US

    @property
    def upto_us(self) -> int:
        """The first moment after all rows that count."""
        return (self.first + self.count - 1) * MINUTE_US

    def shifted(self, minutes: int) -> Ends:
        """The same ends some minutes later."""
        return Ends(self.first + minutes, self.count, self.window)


def rows(of: Rows, ends: Ends) -> Ints:
    """How many rows lie in each window."""
    starts = of.minute + 1
    return _covered(starts, starts + ends.window, np.ones(len(starts), dtype=np.int64), ends)


def sums(of: Rows, ends: Ends) -> Ints:
    """The sum of the amounts in each window."""
    starts = of.minute + 1
    return _covered(starts, starts + ends.window, of.amount, ends)


def people(of: Rows, ends: Ends) -> Ints:
    """How many people have a row in each window."""
    order = np.lexsort((of.time_us, of.person))
    return _unions(of.person[order], (starts := of.minute[order] + 1), starts + ends.window, ends)


def converted(of: Rows, after: Rows, ends: Ends) -> Ints:
    """How many people have in each window a row `after` and one `of` at the same moment or later.

    Of the rows `after` before one `of` only the last matters: it stays in the window for longest.
    """
    person = np.concatenate((after.person, of.person))
    time_us = np.concatenate((after.time_us, of.time_us))
    is_of = np.concatenate((np.zeros(len(after.person), dtype=np.int64), np.ones(len(of.person), dtype=np.int64)))
    order = np.lexsort((is_of, time_us, person))
    person, time_us, is_of = person[order], time_us[order], is_of[order]
    before = np.maximum.accumulate(np.where(is_of == 0, np.arange(len(person)), -1)) if len(person) else person
    found = np.flatnonzero((is_of == 1) & (before >= 0) & (person[before] == person))
    starts, stops = time_us[found] // MINUTE_US + 1, time_us[before[found]] // MINUTE_US + 1 + ends.window
    is_within = starts < stops
    found, starts, stops = found[is_within], starts[is_within], stops[is_within]
    return _unions(person[found], starts, stops, ends)


def _unions(person: Ints, starts: Ints, stops: Ints, ends: Ends) -> Ints:
    """How many people each end is covered for, by spans in order of person and start whose stops never fall for one person."""
    stops = stops.copy()
    is_same = person[1:] == person[:-1]
    stops[:-1][is_same] = np.minimum(stops[:-1], starts[1:])[is_same]
    return _covered(starts, stops, np.ones(len(starts), dtype=np.int64), ends)


def _covered(starts: Ints, stops: Ints, weights: Ints, ends: Ends) -> Ints:
    """The sum of the weights of the spans [start, stop) over each end."""
    changes = np.zeros(ends.count + 1, dtype=np.int64)
    np.add.at(changes, np.clip(starts - ends.first, 0, ends.count), weights)
    np.add.at(changes, np.clip(stops - ends.first, 0, ends.count), -weights)
    found: Any = np.cumsum(changes)[:-1]
    return found  # type: ignore[no-any-return]
