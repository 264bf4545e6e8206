"""What one pass over a collection collects: every distinct aggregate once, filtered by its own `where` and window.

A `Scan` is a CTE with a row per person. Runs of days (`gap`, `streak`) need the days in order and are CTEs of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from samovar.rules.catalogue import Collection
from samovar.rules.sql.rows import ROW
from samovar.rules.sql.values import binary, column, text_of, whole

PERSON = "person_id"


@dataclass
class Scan:
    """One collection, read once. `key` tells aggregates apart; a repeated one is collected once."""

    name: str
    collection: Collection
    base: list[exp.Expression]
    joins: set[str] = field(default_factory=set)
    _entries: dict[str, tuple[str, exp.Expression, exp.Expression | None, exp.Expression | None]] = field(default_factory=dict)

    def collect(self, aggregate: exp.Expression, where: exp.Expression | None, window: exp.Expression | None) -> exp.Expression:
        """The column that will hold an aggregate over the rows of `where` and `window`."""
        key = "|".join(text_of(part) if part is not None else "" for part in (aggregate, where, window))
        if key not in self._entries:
            self._entries[key] = (f"a{len(self._entries)}", aggregate, where, window)
        return column(self._entries[key][0], self.name)

    def select(self) -> exp.Select:
        """The pass. A filter that all aggregates share narrows the rows; their windows together do it otherwise."""
        entries = list(self._entries.values())
        filters = [both(where, window) for _, _, where, window in entries]
        shared = {text_of(f) if f is not None else None for f in filters}
        columns: list[exp.Expression] = [column(PERSON, ROW)]
        for (name, aggregate, _, _), narrowed in zip(entries, filters, strict=True):
            value = (
                aggregate
                if narrowed is None or len(shared) == 1
                else exp.Filter(this=aggregate, expression=exp.Where(this=narrowed))
            )
            columns.append(exp.alias_(value, name, quoted=True))
        narrowing = filters[0] if len(shared) == 1 else self._any_window([window for *_, window in entries])
        return self.rows(narrowing).select(*columns).group_by(column(PERSON, ROW))

    def rows(self, narrowing: exp.Expression | None) -> exp.Select:
        """The rows that pass the collection's filters and `narrowing`, joined with what `where` asks of the person."""
        rows = exp.select().from_(exp.to_table(self.collection.table, alias=ROW))
        for name in sorted(self.joins):
            rows = rows.join(exp.to_table(name), on=binary("=", column(PERSON, name), column(PERSON, ROW)), join_type="left")
        return rows.where(*self.base, *([narrowing] if narrowing is not None else []))

    @staticmethod
    def _any_window(windows: list[exp.Expression | None]) -> exp.Expression | None:
        distinct = {text_of(w): w for w in windows if w is not None}
        return None if None in windows else exp.or_(*distinct.values())


@dataclass(frozen=True)
class Days:
    """The distinct days of a selection in order, each with the one before it; gaps and streaks are read from them."""

    name: str
    source: exp.Select
    spans: list[int] = field(default_factory=list)

    def select_days(self) -> exp.Select:
        """(person, day, the day before it)."""
        before = exp.Window(
            this=exp.func("lag", column("day")), partition_by=[column(PERSON)],
            order=exp.Order(expressions=[exp.Ordered(this=column("day"))]),
        )  # fmt: skip
        days = self.source.select(column(PERSON, ROW), column("day", ROW)).distinct().subquery("d")
        return exp.select(column(PERSON), column("day"), exp.alias_(before, "before")).from_(days)

    def select_gap(self) -> exp.Select:
        """The median of days between one and the next."""
        gap = exp.func("median", exp.Sub(this=column("day"), expression=column("before")))
        return exp.select(column(PERSON), exp.alias_(gap, "gap")).from_(self.name).group_by(column(PERSON))

    def select_streak(self, span_days: int) -> exp.Select:
        """The longest run of days at most `span_days` apart, and the run that ends with the latest day."""
        apart = exp.Sub(this=column("day"), expression=column("before"))
        starts = exp.Case(ifs=[exp.If(this=binary("<=", apart, whole(span_days)), true=whole(0))], default=whole(1))
        run = exp.Window(
            this=exp.func("sum", starts), partition_by=[column(PERSON)],
            order=exp.Order(expressions=[exp.Ordered(this=column("day"))]),
            spec=exp.WindowSpec(kind="RANGE", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"),
        )  # fmt: skip
        days = exp.select(column(PERSON), exp.alias_(run, "run")).from_(self.name).subquery("d")
        counted = exp.alias_(exp.Count(this=exp.Star()), "days")
        runs = (
            exp.select(column(PERSON), column("run"), counted).from_(days).group_by(column(PERSON), column("run")).subquery("s")
        )
        longest = exp.alias_(exp.func("max", column("days")), "longest")
        last = exp.alias_(exp.func("arg_max", column("days"), column("run")), "last")
        return exp.select(column(PERSON), longest, last).from_(runs).group_by(column(PERSON))


def both(*parts: exp.Expression | None) -> exp.Expression | None:
    """All parts that are there, joined by AND."""
    present = [part for part in parts if part is not None]
    return exp.and_(*present) if present else None
