"""Figures over a selection in SQL: which aggregate of a pass over the rows each one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from samovar.rules import formulas as f
from samovar.rules.sql.rows import ROW, field_sql, time_order
from samovar.rules.sql.values import column, whole

if TYPE_CHECKING:
    from samovar.rules.sql.compiler import Compiler

_EDGES = {
    "first_day": ("min", "day"), "last_day": ("max", "day"), "first_time": ("min", "time_us"), "last_time": ("max", "time_us"),
}  # fmt: skip


def figure_sql(figure: f.Figure, compiler: Compiler) -> exp.Expression:
    """The customers' column of a figure: 0 over nothing for what counts and sums, else null."""
    of, function = figure.of, figure.function
    match function:
        case "count":
            return _or_zero(compiler.aggregate(of, exp.Count(this=exp.Star())))
        case "days":
            return _or_zero(compiler.aggregate(of, _how_many(column("day", ROW)), by_time=True))
        case "gap":
            return compiler.gap(of)
        case "streak" | "last_streak":
            assert figure.span_days is not None
            return _or_zero(compiler.streak(of, figure.span_days, "longest" if function == "streak" else "last"))
    if function in _EDGES:
        aggregate, stored = _EDGES[function]
        return compiler.aggregate(of, exp.func(aggregate, column(stored, ROW)), by_time=True)
    return _of_values(figure, compiler)


def _of_values(figure: f.Figure, compiler: Compiler) -> exp.Expression:
    of, field = figure.of, figure.field
    assert field is not None
    value = field_sql(field, figure.kind, is_folded=figure.is_folded)
    match figure.function:
        case "sum":
            return _or_zero(compiler.aggregate(of, exp.Sum(this=value)))
        case "values":
            return compiler.aggregate(of, exp.Count(this=value))
        case "distinct":
            return _or_zero(compiler.aggregate(of, _how_many(value)))
        case "median" | "min" | "max":
            return compiler.aggregate(of, exp.func(figure.function, value))
    # The value in the first or last row by (time, event key), unknown when that row has none.
    order = time_order(compiler.catalogue.collection(of).tie_columns)
    edge = exp.func("arg_min_null" if figure.function == "first" else "arg_max_null", value, order)
    return compiler.aggregate(of, edge, by_time=True)


def _how_many(value: exp.Expression) -> exp.Expression:
    return exp.Count(this=exp.Distinct(expressions=[value]))


def _or_zero(value: exp.Expression) -> exp.Expression:
    return exp.func("coalesce", value, whole(0))
