"""Figures over rows in memory, for many people at a time: what the SQL of `rules.sql.figures` says, in NumPy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samovar.rules.formulas import Figure, OfRow
from samovar.rules.masks import Bools, Column
from samovar.rules.windows import Bound
from samovar.understand.live.rows import Gathered, Ints

_INT64_MAX = 2**63 - 1
_EDGES: Mapping[str, tuple[Any, str]] = {
    "first_day": (np.minimum, "day"), "last_day": (np.maximum, "day"), "first_time": (np.minimum, "time_us"),
    "last_time": (np.maximum, "time_us"),
}  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """Some of the gathered rows; `kept`, (rows,), are their places among these, None for all."""

    rows: Gathered
    kept: Ints | None = None

    @cached_property
    def owner(self) -> NDArray[Any]:
        """The place of each row's person, in order where the rows are."""
        return self.rows.owner if self.kept is None else self.rows.owner[self.kept]

    @cached_property
    def counts(self) -> Ints:
        """Rows of each person, (people,)."""
        return np.bincount(self.owner, minlength=self.rows.people).astype(np.int64)

    def column(self, name: Hashable) -> Column:
        """A column of these rows."""
        whole = self.rows.column(name)
        if self.kept is None:
            return whole
        return Column(whole.values[self.kept], None if whole.known is None else whole.known[self.kept], whole.words)

    def where(self, holds: Bools) -> Chosen:
        """Those of the rows for which something holds, (rows,)."""
        kept = np.flatnonzero(holds)
        return Chosen(self.rows, kept if self.kept is None else self.kept[kept])

    def within(self, bounds: Sequence[Bound], at_us: int) -> Chosen:
        """Those of the rows that lie in the bounds of a window; a row without a time lies in none."""
        found = self
        for bound in bounds:
            value = bound.value if bound.column == "day" else at_us - bound.value
            column = found.column(bound.column)
            holds = _COMPARES[bound.operator](column.values, value)
            found = found.where(holds if column.known is None else holds & column.known)
        return found

    @cached_property
    def days(self) -> tuple[Ints, Ints]:
        """(owner, day) of each person's distinct days, in order."""
        pairs = (self.owner.astype(np.int64) << 32) + self.column("day").values.astype(np.int64)
        if pairs.size and (np.diff(pairs) < 0).any():
            pairs = np.sort(pairs)
        pairs = pairs[_firsts(pairs)]
        day = ((pairs + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)  # of either sign
        return (pairs - day) >> 32, day


_COMPARES: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def figure(asked: Figure, chosen: Chosen) -> Column:
    """A figure over rows that were chosen for it, (people,): 0 over nothing for what counts and sums, else unknown."""
    match asked.function:
        case "count":
            return Column(chosen.counts)
        case "days":
            return Column(_counted(chosen.days[0], chosen.rows.people))
        case "gap":
            return _gap(chosen)
        case "streak" | "last_streak":
            assert asked.span_days is not None
            return Column(_streak(chosen, asked.span_days, is_last=asked.function == "last_streak"))
    if asked.function in _EDGES:
        ufunc, name = _EDGES[asked.function]
        return _reduced(ufunc, chosen, chosen.owner, chosen.column(name).values.astype(np.int64))
    return _of_values(asked, chosen)


def _of_values(asked: Figure, chosen: Chosen) -> Column:
    assert asked.field is not None
    people, column = chosen.rows.people, chosen.column(OfRow(asked.field, asked.kind, asked.is_folded))
    if asked.function in ("first", "last"):
        return _edge(chosen, column, is_last=asked.function == "last")
    owner, values = chosen.owner, column.values
    if column.known is not None:
        owner, values = owner[column.known], values[column.known]
    match asked.function:
        case "values":
            return Column(_counted(owner, people))
        case "sum":
            return Column(_sums(chosen, owner, values))
        case "distinct":
            return Column(_distinct(owner, values, people))
        case "median":
            return _median(owner, values.astype(np.float64), people)
        case "min" | "max":
            return _reduced(np.minimum if asked.function == "min" else np.maximum, chosen, owner, values)
    raise AssertionError(asked.function)


def _counted(owner: NDArray[Any], people: int) -> Ints:
    return np.bincount(owner, minlength=people).astype(np.int64)


def _firsts(ordered: NDArray[Any]) -> Bools:
    """Which values differ from the one before."""
    is_first = np.ones(ordered.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return is_first


def _starts(owner: NDArray[Any]) -> Ints:
    """Where each person's rows begin, of those who have some."""
    return np.flatnonzero(_firsts(owner))


def _reduced(ufunc: Any, chosen: Chosen, owner: NDArray[Any], values: NDArray[Any]) -> Column:
    """The least or the greatest value of each person."""
    found, known = np.zeros(chosen.rows.people, values.dtype), np.zeros(chosen.rows.people, np.bool_)
    known[owner] = True
    if not chosen.rows.is_ordered:
        limits = np.iinfo(values.dtype) if values.dtype.kind == "i" else np.finfo(values.dtype)
        found[known] = limits.min if ufunc is np.maximum else limits.max
        ufunc.at(found, owner, values)
    elif owner.size:
        starts = _starts(owner)
        found[owner[starts]] = ufunc.reduceat(values, starts)
    return Column(found, known)


def _sums(chosen: Chosen, owner: NDArray[Any], values: NDArray[Any]) -> Ints:
    """Sums of each person; one beyond 64 bits becomes the greatest there is, which no constant of a rule reaches."""
    found, is_ordered = np.zeros(chosen.rows.people, np.int64), chosen.rows.is_ordered
    is_small = float(np.abs(values.astype(np.float64)).sum()) < 2.0**62
    if is_small and not is_ordered:
        np.add.at(found, owner, values.astype(np.int64))
        return found
    if not is_ordered:
        order = np.argsort(owner, kind="stable")
        owner, values = owner[order], values[order]
    if not owner.size:
        return found
    starts = _starts(owner)
    if is_small:
        found[owner[starts]] = np.add.reduceat(values.astype(np.int64), starts)
    else:
        exact = np.add.reduceat(values.astype(object), starts)
        found[owner[starts]] = [max(min(total, _INT64_MAX), -_INT64_MAX) for total in exact]
    return found


def _distinct(owner: NDArray[Any], values: NDArray[Any], people: int) -> Ints:
    order = np.lexsort((values, owner))
    owner, values = owner[order], values[order]
    return _counted(owner[_firsts(owner) | _firsts(values)], people)


def _median(owner: NDArray[Any], values: NDArray[np.float64], people: int) -> Column:
    """The middle value, or between the two middle ones."""
    found, known = np.zeros(people, np.float64), np.zeros(people, np.bool_)
    if owner.size:
        order = np.lexsort((values, owner))
        owner, values = owner[order], values[order]
        starts = _starts(owner)
        last = np.append(starts[1:], owner.size) - 1
        low, high = values[(starts + last) // 2], values[(starts + last + 1) // 2]
        found[owner[starts]] = low + (high - low) * 0.5
        known[owner[starts]] = True
    return Column(found, known)


def _edge(chosen: Chosen, column: Column, *, is_last: bool) -> Column:
    """The value in the first or last row by time and key, unknown when that row has none."""
    ufunc = np.maximum if is_last else np.minimum
    left = chosen
    for name in ("time_us", *(n for n in ("event_key", "line") if n in left.rows.names)):
        if not left.owner.size:
            break
        values = left.column(name).values.astype(np.int64)
        edge = ufunc.reduceat(values, _starts(left.owner))
        holds = values == np.repeat(edge, np.diff(np.append(_starts(left.owner), values.size)))
        column = Column(column.values[holds], None if column.known is None else column.known[holds], column.words)
        left = left.where(holds)
    people = chosen.rows.people
    found, known = np.zeros(people, column.values.dtype), np.zeros(people, np.bool_)
    found[left.owner] = column.values
    known[left.owner] = True if column.known is None else column.known
    return Column(found, known, column.words)


def _gap(chosen: Chosen) -> Column:
    """The median of days from one day to the next; unknown below two days."""
    owner, day = chosen.days
    is_next = owner[1:] == owner[:-1]
    return _median(owner[1:][is_next], np.diff(day)[is_next].astype(np.float64), chosen.rows.people)


def _streak(chosen: Chosen, span_days: int, *, is_last: bool) -> Ints:
    """The most days in a row at most so many apart, or those that end with the latest day."""
    found = np.zeros(chosen.rows.people, np.int64)
    owner, day = chosen.days
    if owner.size:
        begins = np.ones(owner.size, np.bool_)
        begins[1:] = (owner[1:] != owner[:-1]) | (np.diff(day) > span_days)
        starts = np.flatnonzero(begins)
        lengths, whose = np.diff(np.append(starts, owner.size)), owner[starts]
        if is_last:
            found[whose] = lengths  # the last run of a person is written last
        else:
            np.maximum.at(found, whose, lengths)
    return found
