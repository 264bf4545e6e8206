"""The tree of a rule: its stored form, and what every compiler walks.

Nodes are immutable; `place` (line and column of the text a node was read from) is no part of equality or of the JSON form.
A condition is true or false for a person; an operand has a value or is unknown. Inside `where` names are `FieldName`,
elsewhere `AttributeName`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

Place = tuple[int, int]
Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
ComparisonOperator = Literal["=", "!=", "<", "<=", ">", ">="]
ArithmeticOperator = Literal["+", "-", "*", "/"]
TextOperator = Literal["contains", "starts with", "ends with"]
Function = Literal[
    "count", "days", "sum", "avg", "median", "min", "max", "distinct", "first", "last", "gap", "streak", "last_streak"
]
AgeFunction = Literal["days_since", "hours_since", "days_until", "days_until_anniversary"]

DEPTH_MAX = 200
TEXT_BYTES_MAX = 64 * 1024
STEPS_MAX = 8


class Node(Struct, frozen=True, eq=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"):
    """Any part of a rule."""

    place: Place | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and _spelled(self) == _spelled(other)

    def __hash__(self) -> int:
        return hash(tuple(_spelled(self)))


# Operands


class Text(Node, frozen=True, eq=False, tag="text"):
    """A text constant, NFC."""

    value: str


class Number(Node, frozen=True, eq=False, tag="number"):
    """A number constant of at most four decimals; money is written in major units."""

    value: Decimal


class Boolean(Node, frozen=True, eq=False, tag="boolean"):
    """`true` or `false`."""

    value: bool


class Date(Node, frozen=True, eq=False, tag="date"):
    """A day of the workspace's calendar."""

    value: dt.date


Constant = Text | Number | Boolean | Date


class AttributeName(Node, frozen=True, eq=False, tag="attribute"):
    """An attribute of the person by its dotted name: ("consent", "email", "marketing"); in `where` after "person"."""

    parts: tuple[str, ...]


class FieldName(Node, frozen=True, eq=False, tag="field"):
    """A field of the collection a `where` speaks of."""

    parts: tuple[str, ...]


class Last(Node, frozen=True, eq=False, tag="in last"):
    """`in last N units`."""

    amount: int
    unit: Unit


class Ago(Node, frozen=True, eq=False, tag="between ago"):
    """`between A and B units ago`, A the greater."""

    from_amount: int
    to_amount: int
    unit: Unit


class Before(Node, frozen=True, eq=False, tag="before ago"):
    """`before N units ago`."""

    amount: int
    unit: Unit


class Since(Node, frozen=True, eq=False, tag="since"):
    """`since D`."""

    first: dt.date


class FromTo(Node, frozen=True, eq=False, tag="from to"):
    """`from D to D`, both inclusive."""

    first: dt.date
    last: dt.date


class Month(Node, frozen=True, eq=False, tag="month"):
    """`this month` or `previous month`."""

    which: Literal["this", "previous"]


Window = Last | Ago | Before | Since | FromTo | Month


class Selection(Node, frozen=True, eq=False, tag="selection"):
    """Some of a collection: its name, or `event` and the event's name, or `record` and the records' type, with `where` and
    a window."""

    collection: str
    event: str | None = None
    record: str | None = None
    where: Condition | None = None
    window: Window | None = None


class Aggregate(Node, frozen=True, eq=False, tag="aggregate"):
    """A figure over a selection; `field` for the functions of values, `span_days` for `streak` and `last_streak`."""

    function: Function
    of: Selection
    field: tuple[str, ...] | None = None
    span_days: int | None = None


class AgeOfEvent(Node, frozen=True, eq=False, tag="age of event"):
    """`days_since(last C)`: the time passed since the first or last of a selection."""

    function: Literal["days_since", "hours_since"]
    which: Literal["first", "last"]
    of: Selection


class AgeOfAttribute(Node, frozen=True, eq=False, tag="age of attribute"):
    """`days_since(registered_at)`, `days_until(contract_ends_on)`, `days_until_anniversary(birthday)`; of a field in `where`."""

    function: AgeFunction
    of: AttributeName | FieldName


class Arithmetic(Node, frozen=True, eq=False, tag="arithmetic"):
    """`left operator right` on numbers; unknown when either is, when it divides by zero, and when it does not fit."""

    left: Operand
    operator: ArithmeticOperator
    right: Operand


Operand = Text | Number | Boolean | Date | AttributeName | FieldName | Aggregate | AgeOfEvent | AgeOfAttribute | Arithmetic

# Conditions


class Compare(Node, frozen=True, eq=False, tag="compare"):
    """`left operator right`; false when either is unknown."""

    left: Operand
    operator: ComparisonOperator
    right: Operand


class OneOf(Node, frozen=True, eq=False, tag="one of"):
    """`operand in (…)` or `operand not in (…)`."""

    operand: Operand
    values: tuple[Constant, ...]
    is_negated: bool = False


class Between(Node, frozen=True, eq=False, tag="between"):
    """`operand between low and high`, both inclusive, or `not between`."""

    operand: Operand
    low: Operand
    high: Operand
    is_negated: bool = False


class TextMatch(Node, frozen=True, eq=False, tag="text match"):
    """`contains`, `starts with`, `ends with`, on folded texts."""

    operand: Operand
    operator: TextOperator
    text: Text


class Known(Node, frozen=True, eq=False, tag="known"):
    """`is known` or `is unknown`."""

    operand: Operand
    is_known: bool


class Holds(Node, frozen=True, eq=False, tag="holds"):
    """A boolean that stands alone."""

    operand: Operand


class Within(Node, frozen=True, eq=False, tag="within"):
    """An exact duration after the step before: a day is 24 hours."""

    amount: int
    unit: Literal["minutes", "hours", "days", "weeks"]


class Step(Node, frozen=True, eq=False, tag="step"):
    """`then C within D`; `then not C within D` with `is_absent`. The selection has no window of its own."""

    of: Selection
    is_absent: bool = False
    within: Within | None = None


class Sequence(Node, frozen=True, eq=False, tag="sequence"):
    """`did C then C then not C in last 7 days`: the window is the first step's."""

    steps: tuple[Step, ...]
    window: Window | None = None


class InSegment(Node, frozen=True, eq=False, tag="in segment"):
    """`in segment "vip"`."""

    segment: str


class EnteredSegment(Node, frozen=True, eq=False, tag="entered segment"):
    """`entered segment "vip" in last 7 days`: read from the transitions that were recorded."""

    segment: str
    window: Window | None = None


class Not(Node, frozen=True, eq=False, tag="not"):
    """The plain complement."""

    item: Condition


class And(Node, frozen=True, eq=False, tag="and"):
    """All of two or more."""

    items: tuple[Condition, ...]


class Or(Node, frozen=True, eq=False, tag="or"):
    """At least one of two or more."""

    items: tuple[Condition, ...]


Condition = Compare | OneOf | Between | TextMatch | Known | Holds | Sequence | InSegment | EnteredSegment | Not | And | Or


class Rule(Struct, frozen=True):
    """A whole rule."""

    condition: Condition


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under one, in order of the text."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """A node and all under it, without recursion."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(list(children(current))))


def _spelled(node: Node) -> list[tuple[Any, ...]]:
    """A tree as a flat list that says it all but the places: comparing two costs no recursion."""
    return [
        (type(part).__name__, *(_shape(getattr(part, name)) for name in part.__struct_fields__ if name != "place"))
        for part in walk(node)
    ]


def _shape(value: Any) -> Any:
    """A scalar as it is; for nodes, which `walk` spells, only how many there are."""
    if isinstance(value, Node):
        return "node"
    return ("nodes", len(value)) if isinstance(value, tuple) and value and isinstance(value[0], Node) else (value,)
