"""Boxes: some ranges of some dimensions, and everybody who stands in them. A finding is told as one, so what it says is true of
everybody in the box whom the search knows of.

`grown` widens one cell as far as a region goes. `carved` cuts what is left over into boxes, as few as it can:

1. What is left over is a box, or a box without one stage that takes a corner of it: no single cut would part that stage from
   the rest, so it is named instead.
2. Otherwise one dimension cuts it: the one that leaves the fewest parts to be cut again, then the fewest boxes, then the first.
   Ranges side by side that are told alike stay together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from samovar.understand.lint.cells import Ints
from samovar.understand.lint.terms import Bools

TAKEN, OPEN, MIXED = -3, -2, -1  # else the number of the one stage that takes a corner
Bounds = dict[int, frozenset[int]]


@dataclass(frozen=True)
class Box:
    """For each dimension that bounds it the ranges inside, by number; `without` is the stage whose people are left out."""

    bounds: tuple[tuple[int, frozenset[int]], ...]
    without: int | None = None


def inside(box: Box, ranges: Ints) -> Bools:
    """Who stands in a box."""
    return _inside(dict(box.bounds), ranges)


def _inside(bounds: Bounds, ranges: Ints) -> Bools:
    found = np.ones(len(ranges), dtype=bool)
    for place, allowed in bounds.items():
        found &= _is_in(ranges[:, place], allowed)
    return found


def _is_in(numbers: Ints, allowed: frozenset[int]) -> Bools:
    """`np.isin` for small numbers, by a table: a tenth of its time."""
    table = np.zeros(max(int(numbers.max(initial=0)), *allowed) + 1, dtype=bool)
    table[list(allowed)] = True
    return table[numbers]


def grown(row: int, region: Bools, ranges: Ints) -> Box:
    """The box around one row, widened while nobody in it is outside the region: bounds fall away, the last ones first."""
    bounds = {place: frozenset([int(number)]) for place, number in enumerate(ranges[row])}
    # How many bounds keep each row out: those that one bound alone keeps out come in when it falls.
    kept_out = (ranges != ranges[row]).sum(axis=1)
    for place in reversed(range(ranges.shape[1])):
        own = ranges[:, place]
        coming = (kept_out == 1) & (own != ranges[row, place])
        let_in = frozenset(np.unique(own[coming & region]).tolist()) - frozenset(np.unique(own[coming & ~region]).tolist())
        if not (coming & ~region).any():
            del bounds[place]
            kept_out -= own != ranges[row, place]
        elif let_in:
            bounds[place] |= let_in
            kept_out -= _is_in(own, let_in)
    return Box(tuple(sorted(bounds.items())))


def carved(left: Bools, stages: Bools, ranges: Ints) -> Iterator[Box]:
    """Boxes that together hold whom no stage takes; `left` marks these, `stages` has a column a stage."""
    carver = _Carver(left, stages, ranges)
    for bounds, stage in carver.carve(np.arange(len(ranges)), {}):
        yield Box(tuple(sorted(_needed(bounds, ranges).items())), stage)


def _needed(bounds: Bounds, ranges: Ints) -> Bounds:
    """The bounds without those that the others imply."""
    whole = _inside(bounds, ranges)
    for place in sorted(bounds, reverse=True):
        without = {other: allowed for other, allowed in bounds.items() if other != place}
        if (_inside(without, ranges) == whole).all():
            bounds = without
    return bounds


@dataclass(frozen=True)
class _Cut:
    """A part cut along one dimension: the ranges of each piece, its rows, how it is told."""

    place: int
    pieces: Sequence[tuple[frozenset[int], Ints, int]]

    @property
    def rank(self) -> tuple[int, int, int]:
        """How many pieces must be cut again, and how many are told as they are."""
        told = [told for _ranges, _rows, told in self.pieces]
        return told.count(MIXED), sum(one not in (MIXED, TAKEN) for one in told), self.place


class _Carver:
    def __init__(self, left: Bools, stages: Bools, ranges: Ints) -> None:
        self._left, self._stages, self._ranges = left, stages, ranges
        # A column for each range of each dimension: whether a row is in it; and where the columns of a dimension begin.
        many = ranges.max(axis=0, initial=0) + 1
        self._begins = np.concatenate([[0], np.cumsum(many)[:-1]])
        self._is_in = np.zeros((len(ranges), int(many.sum())), dtype=bool)
        np.put_along_axis(self._is_in, ranges + self._begins, True, axis=1)

    def carve(self, rows: Ints, bounds: Bounds) -> Iterator[tuple[Bounds, int | None]]:
        """The boxes of one part, which `bounds` bound."""
        told = self._told(rows)
        if told == MIXED:
            cut = min(self._cuts(rows), key=lambda cut: cut.rank)
            for piece, inner, _told in cut.pieces:
                yield from self.carve(inner, bounds | {cut.place: piece})
        elif told != TAKEN:
            yield bounds, None if told == OPEN else told

    def _told(self, rows: Ints) -> int:
        """How a part is told: taken by stages, open, open without one stage, or mixed: to be cut."""
        is_left = self._left[rows]
        if is_left.all():
            return OPEN
        if not is_left.any():
            return TAKEN
        alone = np.flatnonzero(self._stages[rows[~is_left]].all(axis=0))
        if len(alone) and not self._is_parted(rows[is_left], rows[~is_left]):
            return int(alone[0])
        return MIXED

    def _is_parted(self, some: Ints, others: Ints) -> bool:
        """Whether one dimension alone tells some from others."""
        in_both = self._is_in[some].any(axis=0) & self._is_in[others].any(axis=0)
        return not np.logical_or.reduceat(in_both, self._begins).all()

    def _cuts(self, rows: Ints) -> Iterator[_Cut]:
        """Each dimension that divides a part, with its ranges joined where neighbours are told alike."""
        for place in range(self._ranges.shape[1]):
            own = self._ranges[rows, place]
            numbers = np.unique(own).tolist()
            if len(numbers) < 2:
                continue
            pieces: list[tuple[frozenset[int], Ints, int]] = []
            for number in numbers:
                inner = rows[own == number]
                told = self._told(inner)
                if pieces and told == pieces[-1][2] != MIXED:
                    pieces[-1] = (pieces[-1][0] | {number}, np.concatenate([pieces[-1][1], inner]), told)
                else:
                    pieces.append((frozenset([number]), inner, told))
            yield _Cut(place, pieces)
