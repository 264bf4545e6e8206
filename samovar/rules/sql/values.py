"""Values in SQL and how they are compared. Whole numbers stay whole: a comparison never rounds.

A stored number is the value times `scale`. Every comparison made here is null when a value is unknown; the caller makes
it false.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from samovar.kit.clock import day_number
from samovar.kit.text import fold
from samovar.rules import tree
from samovar.rules.catalogue import Kind
from samovar.rules.windows import Moment

DIALECT = "duckdb"
_OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SEARCHES = {"contains": exp.Contains, "starts with": exp.StartsWith, "ends with": exp.EndsWith}


@dataclass(frozen=True)
class Value:
    """An operand in SQL. `constant` is set for what is written in the rule; `is_float` for averages, medians and quotients,
    which are told in major units.

    An `age` of a moment is compared as the moment itself: `ages` says which way its days count.
    """

    sql: exp.Expression
    kind: Kind
    scale: int = 1
    is_float: bool = False
    constant: tree.Constant | None = None
    ages: int = 0  # 1: days since a moment, -1: days until it, 0: not an age


def text_of(sql: exp.Expression) -> str:
    """The text of a piece of SQL in the warehouse's dialect."""
    return str(sql.sql(DIALECT))


def whole(number: int) -> exp.Expression:
    """An integer literal."""
    return exp.Literal.number(number) if number >= 0 else exp.Neg(this=exp.Literal.number(-number))


def double(value: exp.Expression) -> exp.Expression:
    """A value as float64."""
    return exp.cast(value, "DOUBLE")


def column(name: str, table: str | None = None) -> exp.Expression:
    """A quoted column."""
    return exp.column(name, table=table, quoted=True)


def binary(operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """A comparison of two expressions as they are."""
    return _OPERATORS[operator](this=left, expression=right)


def constant(value: tree.Constant) -> Value:
    """A constant of the rule; a number is kept exact until it meets a scale."""
    match value:
        case tree.Text(value=text):
            return Value(exp.Literal.string(text), Kind.TEXT, constant=value)
        case tree.Boolean(value=boolean):
            return Value(exp.Boolean(this=boolean), Kind.BOOLEAN, constant=value)
        case tree.Date(value=date):
            return Value(whole(day_number(date)), Kind.DATE, constant=value)
        case tree.Number(value=number):
            return Value(whole(int(number.scaleb(4))), Kind.NUMBER, scale=10_000, constant=value)


def compared(left: Value, operator: str, right: Value, moment: Moment) -> exp.Expression:
    """`left operator right`, null when either is unknown."""
    if left.constant is not None and right.constant is None:
        return compared(right, _MIRRORED[operator], left, moment)
    if left.kind is Kind.MOMENT or left.ages:
        return _moment_compared(left, operator, right, moment)
    if left.kind in (Kind.NUMBER, Kind.MONEY):
        if isinstance(right.constant, tree.Number) and left.constant is None:
            return _number_compared(left, operator, right.constant.value)
        return _numbers_compared(left, operator, right)
    return binary(operator, left.sql, right.sql)


def _number_compared(left: Value, operator: str, number: Decimal) -> exp.Expression:
    """Against a constant: the constant moves to the scale of the value, never the other way."""
    scaled = number * left.scale
    if left.is_float:
        return binary(operator, left.sql, double(exp.Literal.string(repr(float(number)))))
    if scaled == scaled.to_integral_value():
        return binary(operator, left.sql, whole(int(scaled)))
    if operator in ("=", "!="):  # a whole number is never equal to one that is not
        answer = exp.Boolean(this=operator == "!=")
        return exp.Case(ifs=[exp.If(this=known(left.sql), true=answer)])
    down = operator in ("<=", ">")
    return binary(operator, left.sql, whole(math.floor(scaled) if down else math.ceil(scaled)))


def _numbers_compared(left: Value, operator: str, right: Value) -> exp.Expression:
    if left.is_float or right.is_float:
        return binary(operator, as_double(left), as_double(right))
    scale = max(left.scale, right.scale)
    return binary(operator, times(huge(left.sql), scale, left.scale), times(huge(right.sql), scale, right.scale))


def as_double(value: Value) -> exp.Expression:
    """A value in major units as float64: a whole number is divided once, so it is the nearest there is."""
    if value.is_float:
        return value.sql
    return double(value.sql) if value.scale == 1 else exp.Div(this=double(value.sql), expression=double(whole(value.scale)))


def huge(value: exp.Expression) -> exp.Expression:
    """A whole number in 128 bits."""
    return exp.cast(value, "HUGEINT")


def times(value: exp.Expression, scale: int, own: int) -> exp.Expression:
    """A whole number of 1/`own` as one of 1/`scale`, a multiple of it."""
    return value if scale == own else exp.Mul(this=exp.paren(value), expression=whole(scale // own))


def _moment_compared(left: Value, operator: str, right: Value, moment: Moment) -> exp.Expression:
    """A moment against a day: the day's first and last instants bound it, so that no zone is computed in SQL."""
    if isinstance(right.constant, tree.Date):
        day = day_number(right.constant.value)
    else:
        assert isinstance(right.constant, tree.Number)
        number = right.constant.value
        if number != number.to_integral_value():
            return _fraction_of_days(left, operator, number, moment)
        day = moment.day - left.ages * int(number)
        operator = _MIRRORED[operator] if left.ages == 1 else operator
    return _on_day(left.sql, operator, day, moment)


def _fraction_of_days(left: Value, operator: str, number: Decimal, moment: Moment) -> exp.Expression:
    if operator in ("=", "!="):
        return exp.Case(ifs=[exp.If(this=known(left.sql), true=exp.Boolean(this=operator == "!="))])
    near = math.floor(number) if operator in ("<=", ">") else math.ceil(number)
    nearest = tree.Number(value=Decimal(near))
    return _moment_compared(left, operator, constant(nearest), moment)


def _on_day(sql: exp.Expression, operator: str, day: int, moment: Moment) -> exp.Expression:
    first, after = whole(moment.first_us(day)), whole(moment.first_us(day + 1))
    match operator:
        case "<":
            return binary("<", sql, first)
        case "<=":
            return binary("<", sql, after)
        case ">":
            return binary(">=", sql, after)
        case ">=":
            return binary(">=", sql, first)
    within = exp.and_(binary(">=", sql, first), binary("<", sql, after))
    return within if operator == "=" else exp.not_(within)


def searched(folded: exp.Expression, operator: str, text: str) -> exp.Expression:
    """A search in a folded text."""
    return _SEARCHES[operator](this=folded, expression=exp.Literal.string(fold(text)))


def known(sql: exp.Expression) -> exp.Expression:
    """`sql IS NOT NULL`."""
    return exp.not_(exp.Is(this=sql, expression=exp.null()))
