"""Sequences over rows in memory, for many people at a time: the steps of `rules.sql.sequences`, in NumPy. Pure.

A prefix of the steps that ends later is never worse than one that ends earlier, so that at each instant the latest end of each
prefix before it is enough to know. Steps on one instant must take different rows: by Hall's theorem they can if any some of them
have as many rows together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US
from samovar.rules import tree
from samovar.rules.masks import Bools
from samovar.understand.live.figures import Chosen
from samovar.understand.live.rows import Ints
from samovar.understand.live.sources import RowSource

_UNITS_US = {"minutes": MINUTE_US, "hours": HOUR_US, "days": DAY_US, "weeks": 7 * DAY_US}
_NONE = -1


@dataclass(frozen=True)
class StepRows:
    """A step and the rows that may be it."""

    source: RowSource
    chosen: Chosen
    is_absent: bool
    within_us: int | None


@dataclass(frozen=True)
class _Step:
    """A positive step: whether some row of each instant may be it."""

    number: int
    is_there: Bools
    within_us: int | None
    source: RowSource


@dataclass(frozen=True)
class _Absence:
    """What must not happen after the positive step `after`: the instants at which it did."""

    is_there: Bools
    after: int
    within_us: int | None


def within_us(step: tree.Step) -> int | None:
    """How long after the step before it may or must not happen."""
    return step.within.amount * _UNITS_US[step.within.unit] if step.within is not None else None


def happened(steps: Sequence[StepRows], people: int, at_us: int) -> Bools:
    """Whether the steps happened one after another, (people,)."""
    owners = [step.chosen.owner.astype(np.int64) for step in steps]
    times = [step.chosen.column("time_us").values for step in steps]
    order = np.lexsort((np.concatenate(times), np.concatenate(owners)))
    owner, time = np.concatenate(owners)[order], np.concatenate(times)[order]
    if not owner.size:
        return np.zeros(people, np.bool_)
    begins = np.ones(owner.size, np.bool_)
    begins[1:] = (owner[1:] != owner[:-1]) | (time[1:] != time[:-1])
    of_row = np.empty(owner.size, np.int64)  # the instant of each row, in the order of the steps
    of_row[order] = np.cumsum(begins) - 1
    instants = _Instants(owner[begins], time[begins])
    found = _Search(instants, _parted(steps, of_row, instants.owner.size), at_us).ends()
    held = np.zeros(people, np.bool_)
    held[instants.owner[found]] = True
    return held


@dataclass(frozen=True)
class _Parted:
    steps: list[_Step]
    absences: list[_Absence]
    crowded: dict[frozenset[int], Bools]  # some steps that may want the same rows, and where enough are for them


def _parted(steps: Sequence[StepRows], of_row: Ints, instants: int) -> _Parted:
    positive: list[_Step] = []
    absences: list[_Absence] = []
    rows: list[tuple[RowSource, Chosen, Ints]] = []
    first = 0
    for step in steps:
        places = of_row[first : first + step.chosen.owner.size]
        first += step.chosen.owner.size
        is_there = np.zeros(instants, np.bool_)
        is_there[places] = True
        if step.is_absent:
            absences.append(_Absence(is_there, len(positive) - 1, step.within_us))
        else:
            positive.append(_Step(len(positive), is_there, step.within_us, step.source))
            rows.append((step.source, step.chosen, places))
    return _Parted(positive, absences, _crowds(positive, rows, instants))


def _crowds(steps: list[_Step], rows: list[tuple[RowSource, Chosen, Ints]], instants: int) -> dict[frozenset[int], Bools]:
    """Where there are as many rows as steps that may want them, for any steps of one source."""
    together: dict[RowSource, list[int]] = {}
    for step in steps:
        together.setdefault(step.source, []).append(step.number)
    found = {}
    for numbers in together.values():
        for size in range(2, len(numbers) + 1):
            for some in combinations(numbers, size):
                found[frozenset(some)] = _rows_at([rows[n] for n in some], instants) >= size
    return found


def _rows_at(rows: Sequence[tuple[RowSource, Chosen, Ints]], instants: int) -> Ints:
    """How many different rows of one source there are at each instant."""
    total = rows[0][1].rows.owner.size
    instant_of = np.full(total, _NONE, np.int64)
    for _source, chosen, places in rows:
        instant_of[slice(None) if chosen.kept is None else chosen.kept] = places
    return np.bincount(instant_of[instant_of != _NONE], minlength=instants)


@dataclass(frozen=True)
class _Instants:
    """Each person's instants at which something of the sequence happened, in order."""

    owner: Ints
    time: Ints

    def latest(self, is_there: Bools) -> Ints:
        """The place of the latest instant of the same person before each one at which something is there, or `_NONE`."""
        places = np.where(is_there, np.arange(is_there.size), _NONE)
        before = np.concatenate([[_NONE], np.maximum.accumulate(places)[:-1]])
        return np.where((before != _NONE) & (self.owner[before] == self.owner), before, _NONE)

    def next(self, is_there: Bools) -> Ints:
        """The place of the first instant of the same person after each one at which something is there, or `_NONE`."""
        size = is_there.size
        places = np.where(is_there, np.arange(size), size)
        after = np.append(np.minimum.accumulate(places[::-1])[::-1][1:], size)
        is_none = after == size
        after = np.where(is_none, 0, after)
        return np.where(is_none | (self.owner[after] != self.owner), _NONE, after)


class _Search:
    def __init__(self, instants: _Instants, parted: _Parted, at_us: int) -> None:
        self._instants, self._parted, self._at_us = instants, parted, at_us
        self._edges = [self._edge(absence) for absence in parted.absences]
        self._latest: list[Ints] = []  # of each prefix, where it ended last before each instant

    def ends(self) -> Bools:
        """The instants at which all steps have happened."""
        steps = self._parted.steps
        ended = np.zeros(self._instants.owner.size, np.bool_)
        for number in range(len(steps)):
            ended = np.zeros(self._instants.owner.size, np.bool_)
            for first in range(number + 1):
                ended |= self._prefix(first, number)
            self._latest.append(self._instants.latest(ended))
        return ended

    def _prefix(self, first: int, last: int) -> Bools:
        """Steps `first` to `last` all fall on an instant, and those before them end earlier."""
        together = set(range(first, last + 1))
        found = np.ones(self._instants.owner.size, np.bool_)
        for number in together:
            found &= self._parted.steps[number].is_there
        for some, is_enough in self._parted.crowded.items():
            if some <= together:
                found &= is_enough
        for absence, edge in zip(self._parted.absences, self._edges, strict=True):
            if first <= absence.after <= last and not self._is_between(absence):
                found &= self._kept_away(absence, edge)
        if first:
            found &= self._follows(first)
        return found

    def _follows(self, first: int) -> Bools:
        end, time = self._latest[first - 1], self._instants.time
        found: Bools = end != _NONE
        within = self._parted.steps[first].within_us
        if within is not None:
            found &= time - time[end] <= within
        for absence, edge in zip(self._parted.absences, self._edges, strict=True):
            if absence.after == first - 1 and self._is_between(absence):
                found &= (edge == _NONE) | (edge <= end)
        return found

    def _is_between(self, absence: _Absence) -> bool:
        """Whether it must not happen before the next positive step, whenever that is."""
        return absence.within_us is None and absence.after + 1 < len(self._parted.steps)

    def _edge(self, absence: _Absence) -> Ints:
        """Where it happened last before the instant, or first after it."""
        find = self._instants.latest if self._is_between(absence) else self._instants.next
        return find(absence.is_there)

    def _kept_away(self, absence: _Absence, edge: Ints) -> Bools:
        nothing: Bools = edge == _NONE
        if absence.within_us is None:
            return nothing
        time = self._instants.time
        found: Bools = (nothing | (time[edge] - time > absence.within_us)) & (time <= self._at_us - absence.within_us)
        return found
