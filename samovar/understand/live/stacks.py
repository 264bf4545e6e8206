"""Counts and sums over many windows of days at once, in NumPy. Pure.

The days at which the windows of a source begin and end cut time into stretches. Each row is put into its stretch once, and what a
window holds is what all stretches from its first day on hold, less those after its last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samovar.rules.windows import Bound
from samovar.understand.live.rows import Ints

_EXACT = 2.0**53  # whole numbers below it are exact as floats
_SPAN_MAX = 1 << 16  # days that a table of stretches reaches over


@dataclass(frozen=True)
class Span:
    """Local days from `first` to before `end`, None for no such bound."""

    first: int | None = None
    end: int | None = None

    @property
    def edges(self) -> list[int]:
        """The days at which something begins or ends."""
        return [edge for edge in (self.first, self.end) if edge is not None]


def span_of(bounds: Sequence[Bound]) -> Span | None:
    """The days of a window, None where hours matter."""
    first, end = None, None
    for bound in bounds:
        if bound.column != "day":
            return None
        match bound.operator:
            case ">=" | ">":
                first = bound.value + (bound.operator == ">")
            case "<" | "<=":
                end = bound.value + (bound.operator == "<=")
    return Span(first, end)


class Stack:
    """The rows of people by stretch of days. `owner` and `day`, (rows,), are each row's; `edges` are in order."""

    def __init__(self, people: int, owner: NDArray[Any], day: NDArray[Any], edges: Sequence[int]) -> None:
        self._people, self._edges = people, {edge: place for place, edge in enumerate(edges, 1)}
        self._place = _stretches(day, edges, people)
        self._place += owner

    def covers(self, span: Span) -> bool:
        """Whether a span begins and ends at edges."""
        return all(edge in self._edges for edge in span.edges)

    def counts(self) -> Ints:
        """Rows of each person from each edge on, those from ever on first, (edges + 1, people)."""
        return self._from_each_on(np.bincount(self._place, minlength=self._size))

    def sums(self, values: NDArray[Any], known: NDArray[np.bool_] | None) -> Ints | None:
        """Sums of the known values likewise; None for such as floats do not hold exactly."""
        if values.dtype.kind != "i" or float(np.abs(values.astype(np.float64)).sum()) >= _EXACT:
            return None
        place = self._place if known is None else self._place[known]
        found = np.bincount(place, values if known is None else values[known], minlength=self._size)
        return self._from_each_on(found.astype(np.int64))

    def of(self, from_each_on: Ints, span: Span) -> Ints:
        """What a span that is covered holds, (people,)."""
        if span.first is not None and span.end is not None and span.end <= span.first:
            return np.zeros(self._people, np.int64)
        first: Ints = from_each_on[0 if span.first is None else self._edges[span.first]]
        return first if span.end is None else first - from_each_on[self._edges[span.end]]

    @property
    def _size(self) -> int:
        return (len(self._edges) + 1) * self._people

    def _from_each_on(self, found: Ints) -> Ints:
        stretches = found.reshape(len(self._edges) + 1, self._people)
        for place in range(len(self._edges) - 1, -1, -1):  # a tenth of the time that cumsum takes across rows
            stretches[place] += stretches[place + 1]
        return stretches


def _stretches(day: NDArray[Any], edges: Sequence[int], people: int) -> Ints:
    """How many edges are not after each day, times so many people."""
    if not edges or edges[-1] - edges[0] >= _SPAN_MAX:
        return np.searchsorted(np.array(edges, dtype=np.int64), day, side="right") * np.int64(people)
    table = np.searchsorted(np.array(edges), np.arange(edges[0] - 1, edges[-1] + 1), side="right") * np.int64(people)
    found: Ints = table.take(day - day.dtype.type(edges[0] - 1), mode="clip")  # an earlier day as the first, a later as the last
    return found
