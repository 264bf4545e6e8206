"""A test as a relation: one shape for comparisons, lists, ranges, searches and what is known, with the constant at the right."""

from __future__ import annotations

from typing import NamedTuple

from samovar.rules import tree
from samovar.rules.catalogue import Kind
from samovar.rules.sentence.grammar import Measure, Operator
from samovar.rules.tree import Condition, Operand

CONSTANTS = (tree.Text, tree.Number, tree.Boolean, tree.Date)
_TURNED: dict[str, Operator] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_COUNTED = ("=", "<", "<=", ">", ">=", "between")
_KINDS = {tree.Text: Kind.TEXT, tree.Number: Kind.NUMBER, tree.Boolean: Kind.BOOLEAN, tree.Date: Kind.DATE}


class Asked(NamedTuple):
    """What a test asks: of which operand, how, and beside which values."""

    operand: Operand
    operator: Operator
    values: tuple[Operand, ...]

    @property
    def is_plain(self) -> bool:
        """Whether it is compared with constants alone."""
        return all(isinstance(value, CONSTANTS) for value in self.values)

    @property
    def is_countable(self) -> bool:
        """Whether it is compared with whole numbers as people count."""
        numbers = [value.value for value in self.values if isinstance(value, tree.Number)]
        return self.operator in _COUNTED and all(number >= 0 and number == int(number) for number in numbers)

    def kind(self, found: Kind) -> Kind:
        """How its values are written, by the kind of the operand: a name not seen yet goes by the first value."""
        if found is Kind.ANY and self.values:
            return _KINDS.get(type(self.values[0]), Kind.ANY)
        return {Kind.MOMENT: Kind.DATE}.get(found, found)


def asked(test: Condition) -> Asked:
    """The relation of a test. A list of one is an equality; a boolean that stands alone is one that is true."""
    match test:
        case tree.Compare(left=left, operator=operator, right=right):
            if isinstance(left, CONSTANTS) and not isinstance(right, CONSTANTS):
                return _equal(right, _TURNED[operator], left)
            return _equal(left, operator, right)
        case tree.OneOf(operand=operand, values=(value,), is_negated=is_negated):
            return _equal(operand, "!=" if is_negated else "=", value)
        case tree.OneOf(operand=operand, values=values, is_negated=is_negated):
            return Asked(operand, "none of" if is_negated else "one of", values)
        case tree.Between(operand=operand, low=low, high=high, is_negated=is_negated):
            return Asked(operand, "not between" if is_negated else "between", (low, high))
        case tree.TextMatch(operand=operand, operator=search, text=text):
            return Asked(operand, search, (text,))
        case tree.Known(operand=operand, is_known=is_known):
            return Asked(operand, "known" if is_known else "unknown", ())
        case tree.Holds(operand=operand):
            return Asked(operand, "=", (tree.Boolean(value=True),))
    raise TypeError(type(test).__name__)


def _equal(operand: Operand, operator: Operator, value: Operand) -> Asked:
    """A comparison; other than yes is no, since both are true of known values only."""
    if operator == "!=" and isinstance(value, tree.Boolean):
        return Asked(operand, "=", (tree.Boolean(value=not value.value),))
    return Asked(operand, operator, (value,))


def measure(operand: Operand) -> Measure:
    """What the numbers of an operand are numbers of: things, lengths of time, or anything else."""
    match operand:
        case tree.AgeOfEvent() | tree.AgeOfAttribute() | tree.Aggregate(function="gap" | "streak" | "last_streak"):
            return "length"
        case tree.Aggregate(function="count" | "days" | "distinct"):
            return "count"
    return "amount"


def age_unit(age: tree.AgeOfEvent) -> tree.Unit:
    """What an age counts."""
    return "hours" if age.function == "hours_since" else "days"
