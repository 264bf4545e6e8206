"""Rules compiled to SQL over the warehouse's tables. Every function returns the text of one query, in DuckDB's dialect unless
another is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from samovar.rules.catalogue import Catalogue
from samovar.rules.check import check
from samovar.rules.formulas import Figure, OfRow, Read, Type
from samovar.rules.lowering import Lowering
from samovar.rules.sql.compiler import CUSTOMERS, Compiler, are_candidates_all, stage_candidates_select, stages_select
from samovar.rules.sql.dialects import CLICKHOUSE, DIALECTS, DUCKDB, Dialect
from samovar.rules.sql.loading import rows_sql
from samovar.rules.sql.narrowing import newcomers_sql, parted
from samovar.rules.sql.people import customers_select
from samovar.rules.sql.printing import value_sql
from samovar.rules.sql.reached import ReachedQuery
from samovar.rules.sql.rows import ROW, Who, field_sql, happened_filter
from samovar.rules.sql.scans import PERSON
from samovar.rules.sql.values import column, double, whole
from samovar.rules.tree import Condition, Operand, Rule, Selection
from samovar.rules.tree import Sequence as Steps
from samovar.rules.windows import Moment

__all__ = [
    "CLICKHOUSE", "DIALECTS", "DUCKDB", "Dialect", "Moment", "are_candidates_all", "customers_sql", "features_sql", "operand_sql",
    "people_sql", "reached_sql", "rows_sql", "selected_sql", "stage_candidates_sql", "stages_sql", "truths_sql", "values_sql",
]  # fmt: skip

FEW = "few"  # the people whom the dear parts of a rule are asked of

# The tables whose rows are somebody's.
_PERSONAL = ("people", "identifiers", "attributes", "events", "visits", "orders", "lines", "returns", "records")


def customers_sql(moment: Moment) -> str:
    """(person_id, registered_us) of the customers known by the moment; registered_us is null before registration."""
    return DUCKDB.query_text(customers_select(moment))


def people_sql(rule: Rule, catalogue: Catalogue, moment: Moment, *, dialect: Dialect = DUCKDB) -> str:
    """(person_id) of the customers in the rule as of the moment. Raises `RuleError` for names or kinds that do not fit."""
    check(rule.condition, catalogue)
    lowering = Lowering(catalogue, moment)
    who: Who = newcomers_sql(lowering.truth(rule.condition), moment)
    first, rest = parted(rule.condition, lowering)
    before: dict[str, exp.Expression] = {}
    if first is not None:
        before[FEW] = _people(Compiler(catalogue, moment, who, dialect), first, {})
        who = f"SELECT {PERSON} FROM {FEW}"
    return dialect.query_text(_people(Compiler(catalogue, moment, who, dialect), rest, before))


def _people(compiler: Compiler, condition: Condition, before: dict[str, exp.Expression]) -> exp.Select:
    where = compiler.condition(condition)
    return compiler.query([column(PERSON, CUSTOMERS)], where, before)


def truths_sql(
    rules: Sequence[Rule], catalogue: Catalogue, moment: Moment, *, person_id: int | None = None, dialect: Dialect = DUCKDB
) -> str:
    """(person_id, r0, r1, …): for every customer, or one person, whether each rule holds; one pass for all rules."""
    compiler = Compiler(catalogue, moment, person_id, dialect)
    columns = [column(PERSON, CUSTOMERS)]
    for number, rule in enumerate(rules):
        check(rule.condition, catalogue)
        columns.append(exp.alias_(exp.var(compiler.condition(rule.condition)), f"r{number}", quoted=True))
    return dialect.query_text(compiler.query(columns))


def operand_sql(operand: Operand, catalogue: Catalogue, moment: Moment, *, person_id: int) -> str:
    """(value) of a checked operand for one customer, as it is held (`Lowering.told`); no row for who is not one by the moment."""
    compiler = Compiler(catalogue, moment, person_id)
    value = value_sql(Lowering(catalogue, moment).told(operand).value, compiler.column)
    return DUCKDB.query_text(compiler.query([exp.alias_(value, "value")]))


def values_sql(operand: Operand, catalogue: Catalogue, moment: Moment) -> str:
    """(person_id, value): a checked operand for every customer as it is held (`Lowering.told`), as text, null where unknown."""
    compiler = Compiler(catalogue, moment)
    value = value_sql(Lowering(catalogue, moment).told(operand).value, compiler.column)
    return DUCKDB.query_text(compiler.query([column(PERSON, CUSTOMERS), exp.alias_(exp.cast(value, "VARCHAR"), "value")]))


def selected_sql(
    of: Selection, fields: Sequence[OfRow], catalogue: Catalogue, moment: Moment, *, who: Who = None, by_time: bool = False
) -> str:
    """(person_id, time_us, day, c0, c1, …): the rows of a checked selection with fields of theirs as they are held.

    `day` is null for a record whose own time is unknown or has not come; `by_time` leaves such out.
    """
    compiler = Compiler(catalogue, moment, who)
    happened = happened_filter(catalogue.collection(of), moment)
    day = column("day", ROW) if happened is None else exp.Case(ifs=[exp.If(this=happened, true=column("day", ROW))])
    columns = [column(PERSON, ROW), column("time_us", ROW), exp.alias_(day, "day", quoted=True)]
    columns += [exp.alias_(field_sql(one.field, one.kind), f"c{number}") for number, one in enumerate(fields)]
    return DUCKDB.query_text(compiler.rows(of, columns, by_time=by_time))


def reached_sql(steps: Steps, catalogue: Catalogue, moment: Moment, first_us: int, *, who: Who = None) -> str:
    """(person_id, reached): how many positive steps of a checked sequence each customer took who took the first.

    Other than in a rule, `within` is measured by the clock on the wall: 90 days later is the same time of day, also across a
    change of the clocks. Nothing happened before `first_us`.
    """
    compiler = Compiler(catalogue, moment, who)
    return ReachedQuery(steps, compiler, moment.zone.offsets_between(first_us, moment.at_us)).text()


def features_sql(reads: Sequence[Read], catalogue: Catalogue, moment: Moment, *, who: Who = None) -> str:
    """(person_id, f0, f1, …): what formulas read, of the customers asked about, null where it is unknown.

    Whole numbers are BIGINT: a sum beyond it becomes the greatest there is, which no constant of a rule reaches. The rows of the
    people that a SELECT gives are gathered first, one scan a table: dozens of passes then read a few rows each.
    """
    compiler = Compiler(catalogue, moment, who)
    columns = [column(PERSON, CUSTOMERS)]
    for number, read in enumerate(reads):
        columns.append(exp.alias_(_held(compiler.column(read.feature), read), f"f{number}", quoted=True))
    text = DUCKDB.query_text(compiler.query(columns))
    return _gathered(text, who) if isinstance(who, str) else text


def _gathered(query: str, who: str) -> str:
    """A query over the rows of some people alone: each table gives way to a part of it. Those not read cost nothing."""
    parts = [f"{table} AS MATERIALIZED (SELECT * FROM main.{table} WHERE {PERSON} IN ({who}))" for table in _PERSONAL]
    return f"WITH {', '.join(parts)}, {query.removeprefix('WITH ')}"


def _held(value: exp.Expression, read: Read) -> exp.Expression:
    match read.type:
        case Type.WHOLE if isinstance(read.feature, Figure) and read.feature.function == "sum":
            return exp.cast(exp.func("greatest", exp.func("least", value, whole(2**63 - 1)), whole(1 - 2**63)), "BIGINT")
        case Type.WHOLE:
            return exp.cast(value, "BIGINT")
        case Type.DOUBLE:
            return double(value)
    return value


def stages_sql(moment: Moment, *, who: Who = None) -> str:
    """(person_id, stage): the lifecycle stage of the customers asked about; null for who is not registered."""
    return DUCKDB.query_text(stages_select(moment, who))


def stage_candidates_sql(stage: str, moment: Moment, *, who: Who = None) -> str:
    """(person_id) of those asked about who may be in a lifecycle stage, at a fraction of the cost of knowing. Raises KeyError."""
    return DUCKDB.query_text(stage_candidates_select(stage, moment, who))
