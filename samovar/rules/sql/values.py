"""Pieces of SQL that everything here is made of."""

from __future__ import annotations

from sqlglot import exp

from samovar.rules.windows import Moment

_OPERATORS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


def whole(number: int) -> exp.Expression:
    """An integer literal."""
    return exp.Literal.number(number) if number >= 0 else exp.Neg(this=exp.Literal.number(-number))


def instant(moment: Moment, back_us: int = 0) -> exp.Expression:
    """The moment's instant, or one so long before it."""
    if not moment.is_open:
        return whole(moment.at_us - back_us)
    now = exp.Placeholder(this="at")
    return exp.Sub(this=now, expression=whole(back_us)) if back_us else now


def double(value: exp.Expression) -> exp.Expression:
    """A value as float64."""
    return exp.cast(value, "DOUBLE")


def huge(value: exp.Expression) -> exp.Expression:
    """A whole number in 128 bits."""
    return exp.cast(value, "HUGEINT")


def column(name: str, table: str | None = None) -> exp.Expression:
    """A quoted column."""
    return exp.column(name, table=table, quoted=True)


def binary(operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """A comparison of two expressions as they are."""
    return _OPERATORS[operator](this=left, expression=right)


def known(sql: exp.Expression) -> exp.Expression:
    """`sql IS NOT NULL`."""
    return exp.not_(exp.Is(this=sql, expression=exp.null()))
