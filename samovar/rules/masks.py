"""Formulas over columns in NumPy: one truth for each of many people at a time.

A column holds a feature of everybody; where a value is unknown its place holds zero. Whole numbers are int64 and move to
Python's own where a product or a sum might not fit, so that no result is ever cut.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samovar.kit.numbers import SCALE
from samovar.rules import formulas as f
from samovar.rules.formulas import Read, Truth, Type, Value
from samovar.rules.lexer import NUMBER_MAX

Bools = NDArray[np.bool_]
_INT64 = 2**63
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SEARCHES: dict[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__, "starts with": str.startswith, "ends with": str.endswith,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """Values of one feature, (people,): int64, float64, bool, or for texts int32 places in `words`.

    `known`, (people,) of bool, is None when all are.
    """

    values: NDArray[Any]
    known: Bools | None = None
    words: tuple[str, ...] = ()


class Columns(Protocol):
    """The columns of what formulas read."""

    def __getitem__(self, read: Read, /) -> Column: ...


def mask(truth: Truth, columns: Columns, people: int) -> Bools:
    """Whether a truth holds, (people,) of bool. `columns` has every feature that the truth reads."""
    match truth:
        case f.All(items=items):
            return joined(np.logical_and, [mask(item, columns, people) for item in items])
        case f.Some(items=items):
            return joined(np.logical_or, [mask(item, columns, people) for item in items])
        case f.Not(item=item):
            return ~mask(item, columns, people)
        case f.Always(holds=holds):
            return np.full(people, holds)
        case _:
            return leaf(truth, columns, people)


def joined(ufunc: Any, found: Iterable[Bools]) -> Bools:
    """All truths, or some of them, by `np.logical_and` or `np.logical_or`."""
    first, *others = found
    for other in others:
        first = ufunc(first, other)
    return first


def leaf(test: Truth, columns: Columns, people: int) -> Bools:
    """A single test, (people,) of bool."""
    match test:
        case f.Compared(left=left, operator=operator, right=right):
            return _compared(value(left, columns), operator, value(right, columns), people)
        case f.Among(value=inner, constants=constants):
            found = value(inner, columns)
            if found.words or isinstance(constants[0], str):
                return _of_words(found, set(constants).__contains__)
            return _where_known(np.broadcast_to(np.isin(found.values, np.array(constants)), people), found)
        case f.Searched(value=inner, operator=search, part=part):
            return _of_words(value(inner, columns), lambda word: _SEARCHES[search](word, part))
        case f.IsKnown(value=inner):
            known = value(inner, columns).known
            return np.ones(people, np.bool_) if known is None else np.broadcast_to(known, people).copy()
        case f.IsTrue(value=inner):
            found = value(inner, columns)
            return _where_known(np.broadcast_to(found.values, people).astype(np.bool_), found)
    raise TypeError(type(test).__name__)


def _where_known(found: Bools, *columns: Column) -> Bools:
    for column in columns:
        if column.known is not None:
            found = found & column.known
    return found


def _of_words(column: Column, test: Callable[[Any], bool]) -> Bools:
    """A test of texts: asked once of each word."""
    words = np.fromiter(map(test, column.words), np.bool_, len(column.words))
    if not len(words):
        return np.zeros(len(column.values), np.bool_)
    return _where_known(words[column.values], column)


def _compared(left: Column, operator: str, right: Column, people: int) -> Bools:
    compare = _OPERATORS[operator]
    if left.values.ndim and right.words and not right.values.ndim:
        return _of_words(left, lambda word: compare(word, right.words[0]))
    if left.words or right.words:
        return _where_known(compare(_texts(left), _texts(right)).astype(np.bool_), left, right)
    found = np.broadcast_to(compare(left.values, right.values), people).astype(np.bool_)
    return _where_known(found, left, right)


def _texts(column: Column) -> NDArray[Any]:
    texts: NDArray[Any] = np.array([*column.words, ""], object)[column.values]
    return texts


# Values


def value(node: Value, columns: Columns) -> Column:
    """The values of a part of a formula; a constant is a column without a dimension."""
    match node:
        case Read():
            return columns[node]
        case f.Constant(value=constant, type=kind):
            if kind is Type.TEXT:
                return Column(np.array(0), None, (str(constant),))
            return Column(np.array(constant))
        case f.Difference(left=left, right=right):
            return _both(np.subtract, value(left, columns), value(right, columns))
        case f.ToAnniversary(day=day, days=days):
            return _to_anniversary(value(day, columns), days)
        case f.Scaled(value=inner, by=by):
            return _scaled(value(inner, columns), by)
        case f.Double(value=inner, scale=scale):
            found = value(inner, columns)
            return Column(found.values.astype(np.float64) / scale if scale != 1 else found.values.astype(np.float64), found.known)
        case f.Sum(left=left, operator=sign, right=right):
            return _sum(value(left, columns), sign, value(right, columns))
        case f.Product(left=left, right=right, scale=scale):
            return _product(value(left, columns), value(right, columns), scale)
        case f.DoubleResult(left=left, operator=sign, right=right):
            return _of_doubles(value(left, columns), sign, value(right, columns))
        case f.Mean(total=total, count=count):
            return _quotient(value(total, columns), value(count, columns))


def _both(ufunc: Callable[[Any, Any], Any], left: Column, right: Column) -> Column:
    return Column(ufunc(left.values, right.values), _all_known(left, right))


def _all_known(left: Column, right: Column) -> Bools | None:
    if left.known is None:
        return right.known
    return left.known if right.known is None else left.known & right.known


def _narrowed(values: NDArray[Any], known: Bools | None, is_fit: Any) -> Column:
    """Unknown where a result does not fit."""
    is_fit = np.asarray(is_fit, np.bool_)
    if is_fit.all():
        return Column(values, known)
    is_fit = is_fit if known is None else is_fit & known
    return Column(np.where(is_fit, values, 0), is_fit)


def _greatest(values: NDArray[Any]) -> int:
    return max(abs(int(values.min())), abs(int(values.max()))) if values.size else 0


def _wide(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as Python's own, which have no limit."""
    return values.astype(object)


def _scaled(column: Column, by: int) -> Column:
    values = column.values if _greatest(column.values) * by < _INT64 else _wide(column.values)
    return Column(values * by, column.known)


def _sum(left: Column, sign: str, right: Column) -> Column:
    is_narrow = _greatest(left.values) + _greatest(right.values) < _INT64
    values = [column.values if is_narrow else _wide(column.values) for column in (left, right)]
    total = values[0] + values[1] if sign == "+" else values[0] - values[1]
    return _fitting(total, _all_known(left, right))


def _fitting(values: NDArray[Any], known: Bools | None) -> Column:
    """A number of 1/10000 if it is one of facts, else unknown; what fits is int64 again."""
    found = _narrowed(np.asarray(values), known, np.abs(values) < int(NUMBER_MAX) * SCALE)
    return Column(found.values.astype(np.int64), found.known)


def _product(left: Column, right: Column, scale: int) -> Column:
    more = SCALE // scale if scale < SCALE else 1
    is_narrow = _greatest(left.values) * _greatest(right.values) * more < _INT64
    values = [column.values if is_narrow else _wide(column.values) for column in (left, right)]
    product = np.asarray(values[0] * values[1] * more)
    if scale > SCALE:
        by = scale // SCALE
        cut = product // by
        rest = (product - cut * by) * 2
        product = cut + ((rest > by) | ((rest == by) & (cut % 2 == 1))).astype(np.int64)
    return _fitting(product, _all_known(left, right))


def _of_doubles(left: Column, sign: str, right: Column) -> Column:
    if sign == "/":
        found = _quotient(left, right)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            found = _both({"+": np.add, "-": np.subtract, "*": np.multiply}[sign], left, right)
    return _narrowed(found.values, found.known, np.abs(found.values) < float(NUMBER_MAX))


def _quotient(left: Column, right: Column) -> Column:
    is_divided = right.values != 0
    with np.errstate(over="ignore"):
        values = np.divide(left.values, np.where(is_divided, right.values, 1))
    return _narrowed(np.asarray(values), _all_known(left, right), np.broadcast_to(is_divided, np.shape(values)))


def _to_anniversary(day: Column, days: tuple[int, ...]) -> Column:
    dates = day.values.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    place = (months.astype(np.int64) % 12) * 31 + (dates - months.astype("datetime64[D]")).astype(np.int64)
    return Column(np.array(days, np.int64)[place], day.known)
