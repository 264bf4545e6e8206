"""A rule as a formula over features: what every compiler prints in its own language.

`lowering` makes formulas: names are resolved, scales agree, days have become numbers. A *feature* is what must be known of the
person (a figure over what happened, a trait, a consent); a value may be unknown, a truth never is: a test of an unknown value
is false. Whole numbers are exact whatever their size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from samovar.rules.catalogue import Attribute, Field, Kind
from samovar.rules.tree import ArithmeticOperator, ComparisonOperator, Selection, Sequence, TextOperator

FigureFunction = Literal[
    "count", "days", "sum", "values", "distinct", "median", "min", "max", "first", "last", "first_day", "last_day", "first_time",
    "last_time", "gap", "streak", "last_streak",
]  # fmt: skip


class Type(StrEnum):
    """How a value is held: a whole number (of minor units, of 1/10000, of days, of microseconds), a float64, a text, a truth."""

    WHOLE = "whole"
    DOUBLE = "double"
    TEXT = "text"
    BOOLEAN = "boolean"


# Features


@dataclass(frozen=True)
class Figure:
    """A figure over a selection: the tree's aggregates and the edges that ages are counted from.

    `values` counts the known values of the field; `first_day` to `last_time` are of the rows themselves. `kind` is the field's.
    """

    function: FigureFunction
    of: Selection
    field: Field | None = None
    kind: Kind = Kind.ANY
    is_folded: bool = False
    span_days: int | None = None


@dataclass(frozen=True)
class Known:
    """An attribute of the person, read as a kind; the folded twin of a text with `is_folded`."""

    attribute: Attribute
    kind: Kind
    is_folded: bool = False


@dataclass(frozen=True)
class OfRow:
    """A field of the row that a `where` speaks of."""

    field: Field
    kind: Kind
    is_folded: bool = False


@dataclass(frozen=True)
class Happened:
    """Whether a sequence happened."""

    sequence: Sequence


@dataclass(frozen=True)
class Member:
    """Whether the person is in a segment."""

    segment: str


@dataclass(frozen=True)
class OfBasket:
    """What the basket is: `total`, `hour` and others by their names; the folded twin of a text with `is_folded`."""

    name: str
    is_folded: bool = False


@dataclass(frozen=True)
class OfItems:
    """A figure over the lines of the basket for which a truth about the line holds, all of them without one."""

    function: Literal["count", "sum", "values", "distinct", "median", "min", "max"]
    where: Truth | None = None
    field: Field | None = None


Feature = Figure | Known | OfRow | Happened | Member | OfBasket | OfItems


# Values


@dataclass(frozen=True)
class Read:
    """The value of a feature as it is held."""

    feature: Feature
    type: Type


@dataclass(frozen=True)
class Constant:
    """A value that the rule or the moment gives."""

    value: int | float | str | bool
    type: Type


@dataclass(frozen=True)
class Difference:
    """`left - right` of whole numbers that are small: days, microseconds."""

    left: Value
    right: Value


@dataclass(frozen=True)
class ToAnniversary:
    """Days until the anniversary of a day: looked up at (month - 1) * 31 + day of the month - 1."""

    day: Value
    days: tuple[int, ...]


@dataclass(frozen=True)
class Scaled:
    """A whole number times another: of 1/100 into 1/10000."""

    value: Value
    by: int


@dataclass(frozen=True)
class Double:
    """A value as float64, divided by its scale: in major units."""

    value: Value
    scale: int


@dataclass(frozen=True)
class Sum:
    """`left + right` or `left - right` of numbers of 1/10000; unknown where it does not fit as a fact."""

    left: Value
    operator: Literal["+", "-"]
    right: Value


@dataclass(frozen=True)
class Product:
    """`left * right` of whole numbers, rounded half-even from their scales' product to 1/10000; unknown where it does not fit."""

    left: Value
    right: Value
    scale: int


@dataclass(frozen=True)
class DoubleResult:
    """`left operator right` of float64; unknown for a division by zero and where it does not fit as a fact."""

    left: Value
    operator: ArithmeticOperator
    right: Value


@dataclass(frozen=True)
class Mean:
    """A sum divided by how many there are, in float64; unknown over nothing."""

    total: Value
    count: Value


Value = Read | Constant | Difference | ToAnniversary | Scaled | Double | Sum | Product | DoubleResult | Mean


# Truths


@dataclass(frozen=True)
class Compared:
    """`left operator right` of one type; false when either is unknown."""

    left: Value
    operator: ComparisonOperator
    right: Value


@dataclass(frozen=True)
class Among:
    """Whether a value is one of many."""

    value: Value
    constants: tuple[int | float | str | bool, ...]


@dataclass(frozen=True)
class Searched:
    """Whether a folded text holds a folded part."""

    value: Value
    operator: TextOperator
    part: str


@dataclass(frozen=True)
class IsKnown:
    """Whether a value is known."""

    value: Value


@dataclass(frozen=True)
class IsTrue:
    """Whether a boolean is known and true."""

    value: Value


@dataclass(frozen=True)
class Always:
    """A truth that depends on nobody."""

    holds: bool


@dataclass(frozen=True)
class All:
    """Every one of them."""

    items: tuple[Truth, ...]


@dataclass(frozen=True)
class Some:
    """At least one of them."""

    items: tuple[Truth, ...]


@dataclass(frozen=True)
class Not:
    """The plain complement."""

    item: Truth


Truth = Compared | Among | Searched | IsKnown | IsTrue | Always | All | Some | Not


def features(truth: Truth) -> Iterator[Read]:
    """What a formula reads, in its order, each as often as it is read."""
    waiting: list[Truth | Value] = [truth]
    while waiting:
        node = waiting.pop()
        match node:
            case Read():
                yield node
            case All(items=items) | Some(items=items):
                waiting.extend(reversed(items))
            case Not(item=item):
                waiting.append(item)
            case Among(value=value) | Searched(value=value) | IsKnown(value=value) | IsTrue(value=value):
                waiting.append(value)
            case Scaled(value=value) | Double(value=value) | ToAnniversary(day=value):
                waiting.append(value)
            case Mean(total=left, count=right):
                waiting += [right, left]
            case Compared() | Difference() | Sum() | Product() | DoubleResult():
                waiting += [node.right, node.left]
