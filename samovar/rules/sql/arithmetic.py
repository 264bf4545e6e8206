"""Sums, products and quotients in SQL, as rules.md has them: whole numbers of 1/10000 stay exact, `/` and averages are float64.

A product is rounded half-even to four places. What does not fit as a number of facts is unknown, and so is a division by zero.
"""

from __future__ import annotations

from sqlglot import exp

from samovar.kit.numbers import SCALE
from samovar.rules.catalogue import Kind
from samovar.rules.lexer import NUMBER_MAX
from samovar.rules.sql.values import Value, as_double, binary, double, huge, times, whole
from samovar.rules.tree import ArithmeticOperator

_PRODUCT_MAX = exp.Literal.string("1e30")  # far above what fits and far below what 128 bits hold
_SIGNS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


def reckoned(left: Value, operator: ArithmeticOperator, right: Value) -> Value:
    """`left operator right`, null where it is unknown."""
    if operator == "/" or left.is_float or right.is_float:
        return Value(_fitting_double(_of_doubles(as_double(left), operator, as_double(right))), Kind.NUMBER, is_float=True)
    if operator == "*":
        return Value(_fitting(_product(left, right)), Kind.NUMBER, SCALE)
    sides = [times(huge(side.sql), SCALE, side.scale) for side in (left, right)]
    return Value(_fitting(_joined(operator, *sides)), Kind.NUMBER, SCALE)


def _of_doubles(left: exp.Expression, operator: str, right: exp.Expression) -> exp.Expression:
    if operator == "/":
        return exp.Div(this=exp.paren(left), expression=exp.func("nullif", right, double(whole(0))))
    return _joined(operator, left, right)


def _joined(operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return _SIGNS[operator](this=exp.paren(left), expression=exp.paren(right))


def _product(left: Value, right: Value) -> exp.Expression:
    """Exact in 128 bits, then half-even to the scale of numbers; null where not even those hold it."""
    scale = left.scale * right.scale
    near = exp.Abs(this=_joined("*", double(left.sql), double(right.sql)))
    product = _joined("*", huge(left.sql), huge(right.sql))
    rounded = times(product, SCALE, scale) if scale <= SCALE else _half_even(product, scale // SCALE)
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
