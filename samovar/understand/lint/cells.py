"""The cells that histories fall into: for each dimension one of its ranges, with the stages that hold there.

1. Of the histories of a group that no leaf tells apart, now and later, one stays: the shortest.
2. Groups are independent, so one of each makes a history too; what these say of the stages is reckoned from their leaves.
3. Of whoever stands in the same ranges now and in the same stages later, again the shortest stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from samovar.rules.catalogue import Catalogue
from samovar.rules.windows import Moment
from samovar.understand.lint.answers import ask
from samovar.understand.lint.edges import Edges
from samovar.understand.lint.gathering import Group, gather
from samovar.understand.lint.histories import History, cost
from samovar.understand.lint.terms import Bools, Terms

COMBINED_MAX = 20_000
_SEED = 1
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """Histories with what was found of them: `now` and `later` have a column a stage, `ranges` one a dimension.

    `chosen` has a column a group: which of its histories is part of a row. Rows are in order of length.
    """

    groups: Sequence[Group]
    chosen: Ints
    ranges: Ints
    now: Bools
    later: Bools

    def history(self, row: int) -> History:
        """The whole history of a row."""
        return tuple(fact for group, one in zip(self.groups, self.chosen[row], strict=True) for fact in group.histories[one])


def people_of(terms: Terms, edges: Edges, catalogue: Catalogue, moment: Moment) -> People:
    """Everybody that the search knows of. `catalogue` knows the traits and events that the rules name."""
    groups = gather(terms, edges, catalogue, moment)
    asked = ask([history for group in groups for history in group.histories], terms.leaves, catalogue, moment)
    kept, truths, first = [], [], 0
    for group in groups:
        own = [told[first : first + len(group.histories)][:, list(group.leaves)] for told in asked]
        first += len(group.histories)
        # Histories are in order of length, so the first of those alike is the shortest.
        _, shortest = np.unique(np.hstack(own), axis=0, return_index=True)
        shortest.sort()
        kept.append(Group(group.leaves, group.sources, [group.histories[one] for one in shortest]))
        truths.append((own[0][shortest], own[1][shortest]))
    return _combined(terms, kept, truths)


def _combined(terms: Terms, groups: Sequence[Group], truths: Sequence[tuple[Bools, Bools]]) -> People:
    chosen = _chosen([len(group.histories) for group in groups])
    costs = np.zeros((len(chosen), 3), dtype=np.int64)
    for place, group in enumerate(groups):
        costs += np.array([cost(history) for history in group.histories])[chosen[:, place]]
    chosen = chosen[np.lexsort(costs.T[::-1])]
    now, later = (_whole(terms, groups, [told[when] for told in truths], chosen) for when in (0, 1))
    stages = [np.column_stack([terms.holds(condition, told) for condition in terms.conditions]) for told in (now, later)]
    ranges = ranges_of(terms, now)
    _, shortest = np.unique(np.hstack([ranges, stages[1]]), axis=0, return_index=True)
    shortest.sort()
    return People(groups, chosen[shortest], ranges[shortest], stages[0][shortest], stages[1][shortest])


def _chosen(many: Sequence[int]) -> Ints:
    """Which history of each group, a row each: all combinations, or when these are too many those that differ from the
    shortest in one or two groups, as far as they fit, and others by a fixed seed."""
    if math.prod(many) <= COMBINED_MAX:
        return _product(many)
    found = [np.zeros((1, len(many)), dtype=np.int64)]
    rows_left = COMBINED_MAX // 2
    for size in (1, 2):
        for places in combinations(range(len(many)), size):
            of_places = _product([many[place] for place in places])
            rows_left -= len(of_places)
            if rows_left < 0:
                break
            rows = np.zeros((len(of_places), len(many)), dtype=np.int64)
            rows[:, places] = of_places
            found.append(rows)
    found.append(np.random.default_rng(_SEED).integers(0, many, (COMBINED_MAX // 2, len(many))))
    return np.unique(np.concatenate(found), axis=0)


def _product(many: Sequence[int]) -> Ints:
    return np.stack([axis.ravel() for axis in np.meshgrid(*map(np.arange, many), indexing="ij")], axis=1)


def _whole(terms: Terms, groups: Sequence[Group], told: Sequence[Bools], chosen: Ints) -> Bools:
    """The truths of all leaves for combined histories."""
    found = np.zeros((len(chosen), len(terms.leaves)), dtype=bool)
    for place, group in enumerate(groups):
        found[:, list(group.leaves)] = told[place][chosen[:, place]]
    return found


def ranges_of(terms: Terms, truths: Bools) -> Ints:
    """Which range of each dimension a history lies in."""
    found = np.zeros((len(truths), len(terms.dimensions)), dtype=np.int64)
    for place, dimension in enumerate(terms.dimensions):
        own = truths[:, list(dimension.leaves)]
        for number, part in enumerate(dimension.ranges):
            found[(own == np.array(part.truths)).all(axis=1), place] = number
    return found
