"""Trees into formulas as of a moment. Here it is decided, once for all compilers, what a test compares.

A stored number is the value times its scale. A constant moves to the scale of the value, never the other way, and a comparison is
tightened where it does not fit; two values meet at the greater scale. A moment is compared with the first instants of days, so
that no compiler counts in a calendar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from samovar.kit.clock import HOUR_US, day_date, day_number
from samovar.kit.numbers import SCALE
from samovar.kit.text import fold
from samovar.rules import formulas as f
from samovar.rules import tree
from samovar.rules.catalogue import BASKET, Attribute, Catalogue, Collection, Field, Kind, Source
from samovar.rules.check import operand_kind
from samovar.rules.formulas import Truth, Type, Value
from samovar.rules.tree import Condition, Operand
from samovar.rules.windows import Moment, days_until_anniversaries

_MIRRORED: dict[tree.ComparisonOperator, tree.ComparisonOperator] = {
    "=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=",
}  # fmt: skip
_TYPES = {Kind.TEXT: Type.TEXT, Kind.BOOLEAN: Type.BOOLEAN, Kind.ANY: Type.TEXT}
_NUMERIC = (Kind.NUMBER, Kind.MONEY)
NEVER = f.Always(False)


@dataclass(frozen=True)
class _Term:
    """A value with what it is told in. An age of a moment is the moment itself: `ages` says which way its days count."""

    value: Value
    kind: Kind
    scale: int = 1
    is_double: bool = False  # then it is in major units
    constant: tree.Constant | None = None
    ages: int = 0  # 1: days since a moment, -1: days until it, 0: not an age


@dataclass(frozen=True)
class Told:
    """A value and what makes of it what people read: its kind, its scale, and as what age a moment is counted."""

    value: Value
    kind: Kind
    scale: int
    ages: int
    is_double: bool = False

    def read(self, held: int | float | str | bool | None, moment: Moment) -> int | float | str | bool | None:
        """A held value as people write it: numbers in major units, days and moments as ISO 8601."""
        if held is None or isinstance(held, bool | str):
            return held
        if self.ages:
            return self.ages * (moment.day - moment.zone.day(int(held)))
        if self.kind is Kind.MOMENT:
            return moment.zone.local(int(held)).isoformat()
        if self.kind is Kind.DATE:
            return day_date(int(held)).isoformat()
        is_whole = isinstance(held, int) and held % self.scale == 0
        return int(held) // self.scale if is_whole else held / self.scale


class Lowering:
    """Formulas of one catalogue and one moment. With `collection` they speak of a row of it."""

    def __init__(self, catalogue: Catalogue, moment: Moment, collection: Collection | None = None) -> None:
        self._catalogue, self._moment, self._collection = catalogue, moment, collection

    # Truths

    def truth(self, condition: Condition) -> Truth:
        """The formula of a checked condition."""
        match condition:
            case tree.And(items=items):
                return f.All(tuple([self.truth(item) for item in items]))
            case tree.Or(items=items):
                return f.Some(tuple([self.truth(item) for item in items]))
            case tree.Not(item=item):
                return f.Not(self.truth(item))
            case tree.Sequence():
                return f.IsTrue(f.Read(f.Happened(condition), Type.BOOLEAN))
            case tree.InSegment(segment=name):
                return f.IsTrue(f.Read(f.Member(name), Type.BOOLEAN))
            case tree.EnteredSegment(segment=name, window=window):
                entries = self._term(self._catalogue.entries(name, window), Kind.NUMBER)
                return f.Compared(entries.value, ">", f.Constant(0, Type.WHOLE))
            case _:
                return self._test(condition)

    def _test(self, test: Condition) -> Truth:
        match test:
            case tree.Compare(left=left, operator=operator, right=right):
                return self._compare(left, operator, right)
            case tree.OneOf(operand=operand, values=values, is_negated=is_negated):
                found = self._one_of(operand, values)
                return self._complement(found, operand, values[0]) if is_negated else found
            case tree.Between(operand=operand, low=low, high=high, is_negated=is_negated):
                inside = f.All((self._compare(operand, ">=", low), self._compare(operand, "<=", high)))
                return self._complement(inside, operand, low, high) if is_negated else inside
            case tree.TextMatch(operand=operand, operator=search, text=text):
                return f.Searched(self._folded(operand), search, fold(text.value))
            case tree.Known(operand=operand, is_known=is_known):
                known = f.IsKnown(self._term(operand, Kind.TEXT).value)
                return known if is_known else f.Not(known)
            case tree.Holds(operand=operand):
                return f.IsTrue(self._term(operand, Kind.BOOLEAN).value)
        raise TypeError(type(test).__name__)

    def _complement(self, truth: Truth, *operands: Operand) -> Truth:
        """Not the truth, and all values known."""
        wanted = next((kind for kind in map(self._kind, operands) if kind is not Kind.ANY), Kind.TEXT)
        terms = [self._term(operand, wanted) for operand in operands]
        return f.All((f.Not(truth), *(f.IsKnown(term.value) for term in terms if term.constant is None)))

    def _one_of(self, operand: Operand, values: Sequence[tree.Constant]) -> Truth:
        """Equal to one of the values: one look-up where each is a value of the operand's own type."""
        term = self._term(operand, self._kind(values[0]))
        if term.constant is not None or term.kind is Kind.MOMENT or term.ages:
            return f.Some(tuple([self._compare(operand, "=", value) for value in values]))
        constants = []
        for value in values:
            found = self._compare(operand, "=", value)
            if isinstance(found, f.Compared):
                assert isinstance(found.right, f.Constant)
                constants.append(found.right.value)
        return f.Among(term.value, tuple(constants)) if constants else NEVER

    def _kind(self, operand: Operand) -> Kind:
        return operand_kind(operand, self._catalogue, self._collection)

    def told(self, operand: Operand, wanted: Kind = Kind.TEXT) -> Told:
        """A checked operand by itself, with how it is told; `wanted` is the kind of a name not seen in data yet."""
        term = self._term(operand, wanted)
        return Told(term.value, term.kind, 1 if term.is_double else term.scale, term.ages, term.is_double)

    # Comparisons

    def _compare(self, left: Operand, operator: tree.ComparisonOperator, right: Operand) -> Truth:
        return self._compared(self._term(left, self._kind(right)), operator, self._term(right, self._kind(left)))

    def _compared(self, left: _Term, operator: tree.ComparisonOperator, right: _Term) -> Truth:
        if left.constant is not None and right.constant is None:
            return self._compared(right, _MIRRORED[operator], left)
        if left.kind is Kind.MOMENT or left.ages:
            return self._moment_compared(left, operator, right)
        if left.kind in _NUMERIC or right.kind in _NUMERIC:
            if isinstance(right.constant, tree.Number) and left.constant is None:
                return _number_compared(left, operator, right.constant.value)
            return _numbers_compared(left, operator, right)
        return f.Compared(left.value, operator, right.value)

    def _moment_compared(self, left: _Term, operator: tree.ComparisonOperator, right: _Term) -> Truth:
        if isinstance(right.constant, tree.Date):
            return self._on_day(left.value, operator, day_number(right.constant.value))
        assert isinstance(right.constant, tree.Number)
        number = right.constant.value
        if number != number.to_integral_value():
            if operator in ("=", "!="):
                return f.IsKnown(left.value) if operator == "!=" else NEVER
            number = Decimal(math.floor(number) if operator in ("<=", ">") else math.ceil(number))
        mirrored = _MIRRORED[operator] if left.ages == 1 else operator
        return self._on_day(left.value, mirrored, self._moment.day - left.ages * int(number))

    def _on_day(self, value: Value, operator: tree.ComparisonOperator, day: int) -> Truth:
        """A moment against a day: the day's first and last instants bound it."""
        first = f.Constant(self._moment.first_us(day), Type.WHOLE)
        after = f.Constant(self._moment.first_us(day + 1), Type.WHOLE)
        match operator:
            case "<" | ">=":
                return f.Compared(value, operator, first)
            case "<=":
                return f.Compared(value, "<", after)
            case ">":
                return f.Compared(value, ">=", after)
        within = f.All((f.Compared(value, ">=", first), f.Compared(value, "<", after)))
        return within if operator == "=" else f.All((f.Not(within), f.IsKnown(value)))

    # Operands

    def _term(self, operand: Operand, wanted: Kind) -> _Term:
        """An operand; `wanted` is the kind of what it is compared with, for names not seen in data yet."""
        match operand:
            case tree.AttributeName(parts=parts):
                return self._attribute(parts, wanted)
            case tree.FieldName(parts=parts):
                assert self._collection is not None
                field = self._catalogue.field(self._collection, parts)
                kind = field.kind if field.kind is not Kind.ANY else wanted
                return _stored(f.OfRow(field, kind), kind, field.scale)
            case tree.Aggregate():
                return self._aggregate(operand, wanted)
            case tree.AgeOfEvent(function=function, which=which, of=of):
                return self._age_of_event(function, which, of)
            case tree.AgeOfAttribute():
                return self._age_of_attribute(operand)
            case tree.Arithmetic(left=left, operator=operator, right=right):
                return _reckoned(self._term(left, Kind.NUMBER), operator, self._term(right, Kind.NUMBER))
            case _:
                return _constant(operand)

    def _attribute(self, parts: tuple[str, ...], wanted: Kind) -> _Term:
        attribute = self._catalogue.attribute(parts)
        kind = attribute.kind if attribute.kind is not Kind.ANY else wanted
        return _stored(_of_attribute(attribute, kind), kind, attribute.scale)

    def _folded(self, operand: Operand) -> Value:
        """The folded twin of a text."""
        match operand:
            case tree.AttributeName(parts=parts):
                return f.Read(_of_attribute(self._catalogue.attribute(parts), Kind.TEXT, is_folded=True), Type.TEXT)
            case tree.FieldName(parts=parts):
                assert self._collection is not None
                return f.Read(f.OfRow(self._catalogue.field(self._collection, parts), Kind.TEXT, is_folded=True), Type.TEXT)
            case tree.Aggregate(function=function, of=of, field=parts) if parts is not None and function in ("first", "last"):
                field = self._field(of, parts)
                return f.Read(f.Figure(function, of, field, Kind.TEXT, is_folded=True), Type.TEXT)
        raise TypeError(type(operand).__name__)

    def _field(self, of: tree.Selection, parts: tuple[str, ...]) -> Field:
        return self._catalogue.field(self._catalogue.collection(of), parts)

    def _aggregate(self, node: tree.Aggregate, wanted: Kind) -> _Term:
        function, of = node.function, node.of
        match function:
            case "count" | "days" | "streak" | "last_streak":
                return _Term(f.Read(self._figure(function, of, span_days=node.span_days), Type.WHOLE), Kind.NUMBER)
            case "gap":
                return _Term(f.Read(f.Figure("gap", of), Type.DOUBLE), Kind.NUMBER, is_double=True)
        assert node.field is not None
        field = self._field(of, node.field)
        kind = field.kind if field.kind is not Kind.ANY else Kind.NUMBER if function in ("sum", "avg", "median") else wanted
        if function == "distinct":
            different = self._figure("distinct", of, field, kind if field.kind is not Kind.ANY else Kind.TEXT)
            return _Term(f.Read(different, Type.WHOLE), Kind.NUMBER)
        scale = field.scale if kind in _NUMERIC else 1
        if function == "avg":
            total = f.Double(f.Read(self._figure("sum", of, field, kind), Type.WHOLE), scale)
            return _Term(f.Mean(total, f.Read(self._figure("values", of, field, kind), Type.WHOLE)), kind, is_double=True)
        if function == "median":
            middle = f.Double(f.Read(self._figure("median", of, field, kind), Type.DOUBLE), scale)
            return _Term(middle, kind, is_double=True)
        return _stored(self._figure(function, of, field, kind), kind, field.scale)

    def _figure(
        self, function: f.FigureFunction, of: tree.Selection, field: Field | None = None, kind: Kind = Kind.ANY,
        span_days: int | None = None,
    ) -> f.Figure | f.OfItems:  # fmt: skip
        """A figure over what happened, or over the lines of a basket, whose `where` goes with it."""
        collection = self._catalogue.collection(of)
        if collection.table != BASKET:
            return f.Figure(function, of, field, kind, span_days=span_days)
        where = None if of.where is None else Lowering(self._catalogue, self._moment, collection).truth(of.where)
        return f.OfItems(function, where, field)  # type: ignore[arg-type]

    def _age_of_event(self, function: str, which: str, of: tree.Selection) -> _Term:
        if function == "hours_since":
            edge = f.Read(f.Figure("first_time" if which == "first" else "last_time", of), Type.WHOLE)
            return _Term(f.Difference(f.Constant(self._moment.at_us, Type.WHOLE), edge), Kind.NUMBER, HOUR_US)
        edge = f.Read(f.Figure("first_day" if which == "first" else "last_day", of), Type.WHOLE)
        return _Term(f.Difference(f.Constant(self._moment.day, Type.WHOLE), edge), Kind.NUMBER)

    def _age_of_attribute(self, age: tree.AgeOfAttribute) -> _Term:
        found = self._term(age.of, Kind.DATE)
        if found.kind is Kind.MOMENT:
            return _Term(found.value, Kind.NUMBER, ages=1 if age.function == "days_since" else -1)
        today = f.Constant(self._moment.day, Type.WHOLE)
        if age.function == "days_since":
            return _Term(f.Difference(today, found.value), Kind.NUMBER)
        if age.function == "days_until":
            return _Term(f.Difference(found.value, today), Kind.NUMBER)
        return _Term(f.ToAnniversary(found.value, tuple(days_until_anniversaries(self._moment.day))), Kind.NUMBER)


def _stored(feature: f.Feature, kind: Kind, scale: int) -> _Term:
    if kind in _TYPES:
        return _Term(f.Read(feature, _TYPES[kind]), kind)
    return _Term(f.Read(feature, Type.WHOLE), kind, scale if kind in _NUMERIC else 1)


def _of_attribute(attribute: Attribute, kind: Kind, *, is_folded: bool = False) -> f.Known | f.OfBasket:
    if attribute.source is Source.BASKET:
        return f.OfBasket(attribute.name.rpartition(".")[2], is_folded)
    return f.Known(attribute, kind, is_folded)


def _constant(operand: Operand) -> _Term:
    match operand:
        case tree.Text(value=text):
            return _Term(f.Constant(text, Type.TEXT), Kind.TEXT, constant=operand)
        case tree.Boolean(value=boolean):
            return _Term(f.Constant(boolean, Type.BOOLEAN), Kind.BOOLEAN, constant=operand)
        case tree.Date(value=date):
            return _Term(f.Constant(day_number(date), Type.WHOLE), Kind.DATE, constant=operand)
        case tree.Number(value=number):
            return _Term(f.Constant(int(number.scaleb(4)), Type.WHOLE), Kind.NUMBER, SCALE, constant=operand)
    raise TypeError(type(operand).__name__)


# Numbers


def _number_compared(left: _Term, operator: tree.ComparisonOperator, number: Decimal) -> Truth:
    """Against a constant, which moves to the scale of the value."""
    if left.is_double:
        return f.Compared(left.value, operator, f.Constant(float(number), Type.DOUBLE))
    scaled = number * left.scale
    if scaled == scaled.to_integral_value():
        return f.Compared(left.value, operator, f.Constant(int(scaled), Type.WHOLE))
    if operator in ("=", "!="):  # a whole number is never equal to one that is not
        return f.IsKnown(left.value) if operator == "!=" else NEVER
    near = math.floor(scaled) if operator in ("<=", ">") else math.ceil(scaled)
    return f.Compared(left.value, operator, f.Constant(near, Type.WHOLE))


def _numbers_compared(left: _Term, operator: tree.ComparisonOperator, right: _Term) -> Truth:
    if left.is_double or right.is_double:
        return f.Compared(_doubled(left), operator, _doubled(right))
    scale = max(left.scale, right.scale)
    return f.Compared(_at_scale(left, scale), operator, _at_scale(right, scale))


def _reckoned(left: _Term, operator: tree.ArithmeticOperator, right: _Term) -> _Term:
    """`left operator right`: exact for whole numbers, float64 where one is or for a quotient."""
    if operator == "/" or left.is_double or right.is_double:
        return _Term(f.DoubleResult(_doubled(left), operator, _doubled(right)), Kind.NUMBER, is_double=True)
    if operator == "*":
        return _Term(f.Product(left.value, right.value, left.scale * right.scale), Kind.NUMBER, SCALE)
    return _Term(f.Sum(_at_scale(left, SCALE), operator, _at_scale(right, SCALE)), Kind.NUMBER, SCALE)


def _doubled(term: _Term) -> Value:
    return term.value if term.is_double else f.Double(term.value, term.scale)


def _at_scale(term: _Term, scale: int) -> Value:
    return term.value if term.scale == scale else f.Scaled(term.value, scale // term.scale)
