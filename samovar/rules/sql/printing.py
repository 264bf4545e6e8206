"""Formulas printed as SQL of an engine. Values may be null, a truth never is.

Logic is joined as text around its tests, so that a deep rule costs no recursion in the printer of SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from samovar.kit.numbers import SCALE
from samovar.rules import formulas as f
from samovar.rules.formulas import Truth, Value
from samovar.rules.lexer import NUMBER_MAX
from samovar.rules.sql.values import binary, double, huge, known, whole

_PRODUCT_MAX = exp.Literal.string("1e30")  # far above what fits and far below what 128 bits hold
_SIGNS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}
_SEARCHES: dict[str, Callable[..., exp.Expression]] = {
    "contains": exp.Contains, "starts with": exp.StartsWith, "ends with": exp.EndsWith,
}  # fmt: skip

Reader = Callable[[f.Feature], exp.Expression]
TextOf = Callable[[exp.Expression], str]


def truth_text(truth: Truth, read: Reader, text_of: TextOf) -> str:
    """SQL of a truth; `read` gives the column of a feature, `text_of` prints for an engine."""
    match truth:
        case f.All(items=items):
            return "(" + " AND ".join([truth_text(item, read, text_of) for item in items]) + ")"
        case f.Some(items=items):
            return "(" + " OR ".join([truth_text(item, read, text_of) for item in items]) + ")"
        case f.Not(item=item):
            return f"(NOT {truth_text(item, read, text_of)})"
        case f.Always(holds=holds):
            return "TRUE" if holds else "FALSE"
        case f.IsKnown(value=value):
            return f"({text_of(known(value_sql(value, read)))})"
        case _:
            return text_of(exp.func("coalesce", _test_sql(truth, read), exp.false()))


def _test_sql(test: Truth, read: Reader) -> exp.Expression:
    match test:
        case f.Compared(left=left, operator=operator, right=right):
            return binary(operator, value_sql(left, read), value_sql(right, read))
        case f.Among(value=value, constants=constants):
            return exp.In(this=value_sql(value, read), expressions=[_constant(constant) for constant in constants])
        case f.Searched(value=value, operator=operator, part=part):
            return _SEARCHES[operator](this=value_sql(value, read), expression=exp.Literal.string(part))
        case f.IsTrue(value=value):
            return value_sql(value, read)
    raise TypeError(type(test).__name__)


def value_sql(value: Value, read: Reader) -> exp.Expression:
    """SQL of a value, null where it is unknown."""

    def inner(part: Value) -> exp.Expression:
        return value_sql(part, read)

    match value:
        case f.Read(feature=feature):
            return read(feature)
        case f.Constant(value=constant):
            return _constant(constant)
        case f.Difference(left=left, right=right):
            return exp.Sub(this=inner(left), expression=inner(right))
        case f.ToAnniversary(day=day, days=days):
            return _to_anniversary(inner(day), days)
        case f.Scaled(value=number, by=by):
            return exp.Mul(this=exp.paren(huge(inner(number))), expression=whole(by))
        case f.Double(value=number, scale=scale):
            return _in_major(double(inner(number)), scale)
        case f.Sum(left=left, operator=operator, right=right):
            return _fitting(_joined(operator, huge(inner(left)), huge(inner(right))))
        case f.Product(left=left, right=right, scale=scale):
            return _fitting(_product(inner(left), inner(right), scale))
        case f.DoubleResult(left=left, operator=operator, right=right):
            return _fitting_double(_of_doubles(inner(left), operator, inner(right)))
        case f.Mean(total=total, count=count):
            return exp.Div(this=inner(total), expression=double(exp.func("nullif", inner(count), whole(0))))


def _constant(value: Any) -> exp.Expression:
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int):
        return whole(value)
    return exp.Literal.string(value) if isinstance(value, str) else double(exp.Literal.string(repr(value)))


def _in_major(value: exp.Expression, scale: int) -> exp.Expression:
    return value if scale == 1 else exp.Div(this=value, expression=double(whole(scale)))


def _to_anniversary(day: exp.Expression, days: tuple[int, ...]) -> exp.Expression:
    """Looked up by month and day in the table of this moment's year."""
    table = exp.Array(expressions=[whole(d) for d in days])
    date = exp.Add(this=exp.cast(exp.Literal.string("1970-01-01"), "DATE"), expression=exp.cast(day, "INTEGER"))
    month = exp.Sub(this=exp.Anonymous(this="month", expressions=[date]), expression=whole(1))
    place = exp.Add(
        this=exp.Mul(this=exp.Paren(this=month), expression=whole(31)),
        expression=exp.Anonymous(this="day", expressions=[date.copy()]),
    )
    return exp.Anonymous(this="list_extract", expressions=[table, place])


# Reckoning


def _joined(operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return _SIGNS[operator](this=exp.paren(left), expression=exp.paren(right))


def _of_doubles(left: exp.Expression, operator: str, right: exp.Expression) -> exp.Expression:
    if operator == "/":
        return exp.Div(this=exp.paren(left), expression=exp.func("nullif", right, double(whole(0))))
    return _joined(operator, left, right)


def _product(left: exp.Expression, right: exp.Expression, scale: int) -> exp.Expression:
    """Exact in 128 bits, then half-even to the scale of numbers; null where not even those hold it."""
    near = exp.Abs(this=_joined("*", double(left), double(right)))
    product = _joined("*", huge(left.copy()), huge(right.copy()))
    rounded = product
    if scale < SCALE:
        rounded = exp.Mul(this=exp.paren(product), expression=whole(SCALE // scale))
    elif scale > SCALE:
        rounded = _half_even(product, scale // SCALE)
    return exp.Case(ifs=[exp.If(this=binary("<", near, double(_PRODUCT_MAX.copy())), true=rounded)])


def _half_even(value: exp.Expression, by: int) -> exp.Expression:
    """A whole number divided by an even one, rounded half-even. Cut and rest both take the sign of what is divided."""
    cut = exp.IntDiv(this=exp.paren(value), expression=whole(by))
    rest = exp.Mul(this=exp.Abs(this=exp.Mod(this=exp.paren(value.copy()), expression=whole(by))), expression=whole(2))
    is_odd = binary("!=", exp.Mod(this=exp.paren(cut.copy()), expression=whole(2)), whole(0))
    away = exp.or_(binary(">", rest, whole(by)), exp.and_(binary("=", rest.copy(), whole(by)), is_odd))
    further = exp.Add(this=exp.paren(cut.copy()), expression=exp.Sign(this=exp.paren(value.copy())))
    return exp.Case(ifs=[exp.If(this=away, true=further)], default=exp.paren(cut))


def _fitting(value: exp.Expression) -> exp.Expression:
    """A number of 1/10000 if it is one of facts, else null."""
    limit = whole(int(NUMBER_MAX) * SCALE)
    return exp.Case(ifs=[exp.If(this=binary("<", exp.Abs(this=value), limit), true=value.copy())])


def _fitting_double(value: exp.Expression) -> exp.Expression:
    limit = double(whole(int(NUMBER_MAX)))
    return exp.Case(ifs=[exp.If(this=binary("<", exp.Abs(this=value), limit), true=value.copy())])
