"""What rules are made of: their leaves, and the dimensions that leaves divide.

A leaf is a test that no logic divides further. Leaves that compare one figure with numbers divide it into ranges and make up
one dimension; every other leaf is a dimension of its own, with two ranges: it holds, or it does not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from samovar.rules import tree
from samovar.rules.catalogue import Catalogue
from samovar.rules.printer import condition_text, operand_text
from samovar.rules.tree import Condition, Operand

Bools = NDArray[np.bool_]
Test = Callable[[Decimal], bool]

_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_COUNTED = ("count", "days", "distinct", "streak", "last_streak")
_SEGMENT = "in segment "  # before its name: the trait that stands for being in one
_CONSTANTS = (tree.Text, tree.Number, tree.Boolean, tree.Date)


@dataclass(frozen=True)
class Span:
    """A stretch of numbers; None is no bound. `low` and `high` belong to it where it `is_closed` there."""

    low: Decimal | None
    high: Decimal | None
    is_closed: tuple[bool, bool]


@dataclass(frozen=True)
class Range:
    """A part of a dimension: the numbers it holds, or none for what is unknown and for what is no number."""

    truths: tuple[bool, ...]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Dimension:
    """A figure with the ranges that its leaves divide it into, in order of numbers and the unknown last; or one leaf."""

    leaves: tuple[int, ...]
    ranges: tuple[Range, ...]
    figure: Operand | None = None
    leaf: Condition | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the figure is a whole number."""
        return self.figure is not None and _is_whole(self.figure)


@dataclass(frozen=True)
class Terms:
    """The conditions of stages, their distinct leaves, and the dimensions of these."""

    conditions: tuple[Condition, ...]
    leaves: tuple[Condition, ...]
    dimensions: tuple[Dimension, ...]

    def holds(self, condition: Condition, truths: Bools) -> Bools:
        """Where a condition holds, by the truths of all leaves: one row a history, one column a leaf."""
        columns = {condition_text(leaf): truths[:, number] for number, leaf in enumerate(self.leaves)}
        return _holds(condition, columns)


def terms_of(conditions: Sequence[Condition], catalogue: Catalogue) -> Terms:
    """The terms of some conditions."""
    asked = tuple(_without_segments(condition, catalogue) for condition in conditions)
    leaves: dict[str, Condition] = {}
    for condition in asked:
        for leaf in _leaves(condition):
            if (attribute := _compared_attribute(leaf)) is not None:
                # Before the leaf itself: who has no value is told as such, and not by all the values that she has not.
                known = tree.Known(operand=attribute, is_known=True)
                leaves.setdefault(condition_text(known), known)
            leaves.setdefault(condition_text(leaf), leaf)
    figures: dict[str, Operand] = {}
    for leaf in leaves.values():
        if (measured := _measured(leaf)) is not None:
            figures.setdefault(operand_text(measured[0]), measured[0])
    for figure in figures.values():
        if _may_be_unknown(figure):
            known = tree.Known(operand=figure, is_known=True)
            leaves.setdefault(condition_text(known), known)
    found = tuple(leaves.values())
    return Terms(asked, found, tuple(_dimensions(found, figures)))


def _without_segments(condition: Condition, catalogue: Catalogue) -> Condition:
    """The same with what is read elsewhere as facts about the person: a segment is a yes or no, an entry an event."""
    match condition:
        case tree.And(items=items):
            return tree.And(items=tuple(_without_segments(item, catalogue) for item in items))
        case tree.Or(items=items):
            return tree.Or(items=tuple(_without_segments(item, catalogue) for item in items))
        case tree.Not(item=item):
            return tree.Not(item=_without_segments(item, catalogue))
        case tree.InSegment(segment=name):
            return tree.Holds(operand=tree.AttributeName(parts=("trait", f"{_SEGMENT}{name}")))
        case tree.EnteredSegment(segment=name, window=window):
            return tree.Compare(left=catalogue.entries(name, window), operator=">", right=tree.Number(value=Decimal(0)))
        case _:
            return condition


def _leaves(condition: Condition) -> Iterator[Condition]:
    match condition:
        case tree.And(items=items) | tree.Or(items=items):
            for item in items:
                yield from _leaves(item)
        case tree.Not(item=item):
            yield from _leaves(item)
        case _:
            yield condition


def _holds(condition: Condition, columns: Mapping[str, Bools]) -> Bools:
    match condition:
        case tree.And(items=items):
            return np.asarray(np.all([_holds(item, columns) for item in items], axis=0), dtype=bool)
        case tree.Or(items=items):
            return np.asarray(np.any([_holds(item, columns) for item in items], axis=0), dtype=bool)
        case tree.Not(item=item):
            return ~_holds(item, columns)
        case _:
            return columns[condition_text(condition)]


def leaf_text(leaf: Condition, *, holds: bool) -> str:
    """A leaf that holds or not, as the language writes it."""
    match leaf:
        case tree.Known(operand=operand, is_known=is_known):
            return condition_text(tree.Known(operand=operand, is_known=is_known == holds))
        case tree.Holds(operand=tree.AttributeName(parts=("trait", name))) if name.startswith(_SEGMENT):
            leaf = tree.InSegment(segment=name.removeprefix(_SEGMENT))
    return condition_text(leaf if holds else tree.Not(item=leaf))


# Figures and their ranges


def _measured(leaf: Condition) -> tuple[Operand, tuple[Decimal, ...], Test] | None:
    """The figure that a leaf compares with numbers, the numbers, and which values pass; None for another leaf."""
    match leaf:
        case tree.Compare(left=figure, operator=sign, right=tree.Number(value=number)) if not isinstance(figure, _CONSTANTS):
            return figure, (number,), lambda value: _ORDERS[sign](value, number)
        case tree.Compare(left=tree.Number(value=number), operator=sign, right=figure) if not isinstance(figure, _CONSTANTS):
            return figure, (number,), lambda value: _ORDERS[sign](number, value)
        case tree.Between(operand=figure, low=tree.Number(value=low), high=tree.Number(value=high), is_negated=is_negated):
            return figure, (low, high), lambda value: (low <= value <= high) != is_negated
        case tree.OneOf(operand=figure, values=values, is_negated=is_negated):
            numbers = tuple(value.value for value in values if isinstance(value, tree.Number))
            if len(numbers) == len(values):
                return figure, numbers, lambda value: (value in numbers) != is_negated
    return None


def _compared_attribute(leaf: Condition) -> Operand | None:
    """The attribute that a leaf compares with something, unless it is a figure."""
    if _measured(leaf) is not None:
        return None
    match leaf:
        case tree.Compare(left=operand) | tree.OneOf(operand=operand) | tree.TextMatch(operand=operand):
            return operand if isinstance(operand, tree.AttributeName) else None
    return None


def _dimensions(leaves: Sequence[Condition], figures: Mapping[str, Operand]) -> Iterator[Dimension]:
    """Each figure at its first leaf, every other leaf at its own place."""
    together: dict[str, list[int]] = {}
    for number, leaf in enumerate(leaves):
        measured = _measured(leaf)
        name = operand_text(measured[0]) if measured else operand_text(leaf.operand) if isinstance(leaf, tree.Known) else ""
        together.setdefault(name if name in figures else f"leaf {number}", []).append(number)
    for name, numbers in together.items():
        if name in figures:
            yield Dimension(tuple(numbers), tuple(_ranges(figures[name], [leaves[n] for n in numbers])), figure=figures[name])
        else:
            yield Dimension(tuple(numbers), (Range((True,)), Range((False,))), leaf=leaves[numbers[0]])


def _ranges(figure: Operand, leaves: Sequence[Condition]) -> Iterator[Range]:
    """The ranges that leaves of one figure divide it into."""
    tests: list[Test] = []
    constants: set[Decimal] = set()
    for leaf in leaves:
        measured = _measured(leaf)
        if measured is None:  # is known, is unknown
            assert isinstance(leaf, tree.Known)
            tests.append(lambda _value, is_known=leaf.is_known: is_known)  # type: ignore[misc]
        else:
            tests.append(measured[2])
            constants.update(measured[1])
    found: dict[tuple[bool, ...], list[Span]] = {}
    last: tuple[bool, ...] = ()
    for span, value in _pieces(sorted(constants), is_whole=_is_whole(figure), is_positive=_is_positive(figure)):
        truths = tuple(bool(test(value)) for test in tests)
        spans = found.setdefault(truths, [])
        if truths == last:
            span = Span(spans[-1].low, span.high, (spans[-1].is_closed[0], span.is_closed[1]))
            spans.pop()
        spans.append(span)
        last = truths
    yield from (Range(truths, tuple(spans)) for truths, spans in found.items())
    if _may_be_unknown(figure):
        yield Range(tuple(isinstance(leaf, tree.Known) and not leaf.is_known for leaf in leaves))


def _pieces(constants: Sequence[Decimal], *, is_whole: bool, is_positive: bool) -> Iterator[tuple[Span, Decimal]]:
    """Constants and what lies between them, each with a value in it; of whole numbers only pieces that have one."""
    below: Decimal | None = Decimal(-1) if is_positive and is_whole else None
    for constant in constants:
        if (value := _value_between(below, constant, is_whole=is_whole)) is not None:
            yield Span(below, constant, (False, False)), value
        if not (is_whole and constant != int(constant)) and (below is None or constant > below):
            yield Span(constant, constant, (True, True)), constant
        below = constant if below is None else max(below, constant)
    assert below is not None
    value = _value_between(below, None, is_whole=is_whole)
    assert value is not None
    yield Span(below, None, (False, False)), value


def _value_between(low: Decimal | None, high: Decimal | None, *, is_whole: bool) -> Decimal | None:
    """A number strictly between two, if there is one."""
    if low is None:
        assert high is not None
        return Decimal(math.ceil(high) - 1)
    if is_whole:
        least = Decimal(math.floor(low) + 1)
        return least if high is None or least < high else None
    if high is None:
        return low + 1
    return (low + high) / 2 if low < high else None


def _is_whole(figure: Operand) -> bool:
    if isinstance(figure, tree.Aggregate):
        return figure.function in _COUNTED
    return isinstance(figure, tree.AgeOfAttribute) or (isinstance(figure, tree.AgeOfEvent) and figure.function == "days_since")


def _is_positive(figure: Operand) -> bool:
    return not isinstance(figure, tree.AgeOfAttribute) or figure.function == "days_until_anniversary"


def _may_be_unknown(figure: Operand) -> bool:
    return not (isinstance(figure, tree.Aggregate) and figure.function in (*_COUNTED, "sum"))
