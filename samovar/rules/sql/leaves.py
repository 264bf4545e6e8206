"""Single tests and their operands in SQL. A test may be null where a value is unknown; the compiler makes it false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from samovar.rules import tree
from samovar.rules.catalogue import Field, Kind
from samovar.rules.check import operand_kind
from samovar.rules.sql.arithmetic import reckoned
from samovar.rules.sql.rows import ROW, field_value, folded_field, time_order
from samovar.rules.sql.values import Value, as_double, column, compared, constant, double, known, searched, whole
from samovar.rules.tree import Condition, Operand
from samovar.rules.windows import days_until_anniversaries

if TYPE_CHECKING:
    from samovar.rules.sql.compiler import Compiler
    from samovar.rules.sql.scans import Scan

HOUR_US = 3_600_000_000


def test(test: Condition, compiler: Compiler, scan: Scan | None) -> exp.Expression:
    """A test that is not logic. Inside `where` it speaks of a row of `scan`."""
    leaf = _Leaf(compiler, scan)
    match test:
        case tree.Compare(left=left, operator=operator, right=right):
            return leaf.compare(left, operator, right)
        case tree.OneOf(operand=operand, values=values, is_negated=is_negated):
            found = leaf.one_of(operand, values)
            return _complement(found, [leaf.value(operand, leaf.kind(values[0])).sql]) if is_negated else found
        case tree.Between(operand=operand, low=low, high=high, is_negated=is_negated):
            inside = exp.and_(leaf.compare(operand, ">=", low), leaf.compare(operand, "<=", high))
            return _complement(inside, leaf.values(operand, low, high)) if is_negated else inside
        case tree.TextMatch(operand=operand, operator=search, text=text):
            return searched(leaf.folded(operand), search, text.value)
        case tree.Known(operand=operand, is_known=is_known):
            there = known(leaf.value(operand, Kind.TEXT).sql)
            return there if is_known else exp.not_(there)
        case tree.Holds(operand=operand):
            return leaf.value(operand, Kind.BOOLEAN).sql
    raise TypeError(type(test).__name__)


def _complement(condition: exp.Expression, values: list[exp.Expression]) -> exp.Expression:
    """Not the condition, and all values known."""
    return exp.and_(exp.not_(condition), *(known(value) for value in values))


class _Leaf:
    """Operands of one test."""

    def __init__(self, compiler: Compiler, scan: Scan | None) -> None:
        self._compiler, self._scan = compiler, scan

    def kind(self, operand: Operand) -> Kind:
        return operand_kind(operand, self._compiler.catalogue, self._scan.collection if self._scan else None)

    def values(self, *operands: Operand) -> list[exp.Expression]:
        wanted = next((kind for kind in map(self.kind, operands) if kind is not Kind.ANY), Kind.TEXT)
        return [self.value(operand, wanted).sql for operand in operands]

    def one_of(self, operand: Operand, values: Sequence[tree.Constant]) -> exp.Expression:
        """Equal to one of the values; thousands of them are one look-up for texts, and never a deep chain."""
        if all(isinstance(value, tree.Text) for value in values):
            return exp.In(this=self.value(operand, Kind.TEXT).sql, expressions=[constant(value).sql for value in values])
        return _any_of([self.compare(operand, "=", value) for value in values])

    def compare(self, left: Operand, operator: str, right: Operand) -> exp.Expression:
        return compared(self.value(left, self.kind(right)), operator, self.value(right, self.kind(left)), self._compiler.moment)

    def value(self, operand: Operand, wanted: Kind) -> Value:
        """An operand; `wanted` is the kind of what it is compared with, for names not seen in data yet."""
        match operand:
            case tree.AttributeName(parts=parts):
                return self._compiler.attribute(self._compiler.catalogue.attribute(parts), wanted, self._scan)
            case tree.FieldName(parts=parts):
                return field_value(self._field(parts), wanted)
            case tree.Aggregate():
                return self._aggregate(operand, wanted)
            case tree.AgeOfEvent():
                return self._age_of_event(operand)
            case tree.AgeOfAttribute():
                return self._age_of_attribute(operand)
            case tree.Arithmetic(left=left, operator=operator, right=right):
                return reckoned(self.value(left, Kind.NUMBER), operator, self.value(right, Kind.NUMBER))
            case _:
                return constant(operand)

    def folded(self, operand: Operand) -> exp.Expression:
        """The folded twin of a text operand."""
        match operand:
            case tree.AttributeName(parts=parts):
                attribute = self._compiler.catalogue.attribute(parts)
                return self._compiler.attribute(attribute, Kind.TEXT, self._scan, is_folded=True).sql
            case tree.FieldName(parts=parts):
                return folded_field(self._field(parts))
            case tree.Aggregate(function=function, of=of, field=parts) if parts is not None:
                return self._first_or_last(function, of, folded_field(self._field_of(of, parts)))
        raise TypeError(type(operand).__name__)

    def _field(self, parts: tuple[str, ...]) -> Field:
        assert self._scan is not None
        return self._compiler.catalogue.field(self._scan.collection, parts)

    def _field_of(self, selection: tree.Selection, parts: tuple[str, ...]) -> Field:
        return self._compiler.catalogue.field(self._compiler.catalogue.collection(selection), parts)

    def _aggregate(self, aggregate: tree.Aggregate, wanted: Kind) -> Value:
        of, function = aggregate.of, aggregate.function
        match function:
            case "count":
                return self._count(of, exp.Count(this=exp.Star()))
            case "days":
                return self._count(of, exp.Count(this=exp.Distinct(expressions=[column("day", ROW)])))
            case "gap":
                return Value(self._compiler.gap(of), Kind.NUMBER, is_float=True)
            case "streak" | "last_streak":
                assert aggregate.span_days is not None
                run = self._compiler.streak(of, aggregate.span_days, "longest" if function == "streak" else "last")
                return Value(_or_zero(run), Kind.NUMBER)
        assert aggregate.field is not None
        field = self._field_of(of, aggregate.field)
        if function == "distinct":
            value = field_value(field, Kind.TEXT)
            return self._count(of, exp.Count(this=exp.Distinct(expressions=[value.sql])))
        return self._of_values(function, of, field_value(field, Kind.NUMBER if function in ("sum", "avg", "median") else wanted))

    def _count(self, of: tree.Selection, counted: exp.Expression) -> Value:
        return Value(_or_zero(self._compiler.aggregate(of, counted)), Kind.NUMBER)

    def _of_values(self, function: str, of: tree.Selection, value: Value) -> Value:
        match function:
            case "sum":
                total = _or_zero(self._compiler.aggregate(of, exp.Sum(this=value.sql)))
                return Value(total, value.kind, value.scale)
            case "avg":
                total = self._compiler.aggregate(of, exp.Sum(this=value.sql))
                counted = self._compiler.aggregate(of, exp.Count(this=value.sql.copy()))
                mean = exp.Div(
                    this=as_double(replace(value, sql=total)), expression=double(exp.func("nullif", counted, whole(0)))
                )
                return Value(mean, value.kind, is_float=True)
            case "median":
                middle = self._compiler.aggregate(of, exp.func("median", value.sql))
                return Value(as_double(replace(value, sql=middle)), value.kind, is_float=True)
            case "min" | "max":
                return Value(self._compiler.aggregate(of, exp.func(function, value.sql)), value.kind, value.scale)
            case _:
                return Value(self._first_or_last(function, of, value.sql), value.kind, value.scale)

    def _first_or_last(self, function: str, of: tree.Selection, value: exp.Expression) -> exp.Expression:
        """The value in the first or last row by (time, event key), unknown when that row has none."""
        ties = self._compiler.catalogue.collection(of).tie_columns
        order = time_order(ties)
        return self._compiler.aggregate(of, exp.func("arg_min_null" if function == "first" else "arg_max_null", value, order))

    def _age_of_event(self, age: tree.AgeOfEvent) -> Value:
        moment = self._compiler.moment
        stored = "time_us" if age.function == "hours_since" else "day"
        edge = self._compiler.aggregate(age.of, exp.func("min" if age.which == "first" else "max", column(stored, ROW)))
        now, scale = (moment.at_us, HOUR_US) if age.function == "hours_since" else (moment.day, 1)
        return Value(exp.Sub(this=whole(now), expression=edge), Kind.NUMBER, scale)

    def _age_of_attribute(self, age: tree.AgeOfAttribute) -> Value:
        found = self._compiler.attribute(self._compiler.catalogue.attribute(age.of.parts), Kind.DATE, self._scan)
        today = whole(self._compiler.moment.day)
        if found.kind is Kind.MOMENT:
            return Value(found.sql, Kind.NUMBER, ages=1 if age.function == "days_since" else -1)
        if age.function == "days_since":
            return Value(exp.Sub(this=today, expression=found.sql), Kind.NUMBER)
        if age.function == "days_until":
            return Value(exp.Sub(this=found.sql, expression=today), Kind.NUMBER)
        return Value(self._days_until_anniversary(found.sql), Kind.NUMBER)

    def _days_until_anniversary(self, day: exp.Expression) -> exp.Expression:
        """Looked up by month and day in the table of this moment's year."""
        days = exp.Array(expressions=[whole(d) for d in days_until_anniversaries(self._compiler.moment.day)])
        date = exp.Add(this=exp.cast(exp.Literal.string("1970-01-01"), "DATE"), expression=exp.cast(day, "INTEGER"))
        month = exp.Sub(this=exp.Anonymous(this="month", expressions=[date]), expression=whole(1))
        place = exp.Add(
            this=exp.Mul(this=exp.Paren(this=month), expression=whole(31)),
            expression=exp.Anonymous(this="day", expressions=[date.copy()]),
        )
        return exp.Anonymous(this="list_extract", expressions=[days, place])


def _any_of(conditions: list[exp.Expression]) -> exp.Expression:
    """OR as a balanced tree: the warehouse limits how deep an expression may nest."""
    if len(conditions) == 1:
        return conditions[0]
    middle = len(conditions) // 2
    return exp.or_(exp.paren(_any_of(conditions[:middle])), exp.paren(_any_of(conditions[middle:])))


def _or_zero(value: exp.Expression) -> exp.Expression:
    return exp.func("coalesce", value, whole(0))
