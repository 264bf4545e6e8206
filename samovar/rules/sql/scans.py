"""What one pass over a collection collects: every distinct aggregate once, filtered by its own `where` and window.

A `Scan` is a CTE with a row per person. Runs of days (`gap`, `streak`) are read from a list of days that the scan collects.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from samovar.rules.catalogue import Collection
from samovar.rules.sql.dialects import Lists
from samovar.rules.sql.rows import ROW
from samovar.rules.sql.values import binary, column

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
        key = "|".join(part.sql() if part is not None else "" for part in (aggregate, where, window))
        if key not in self._entries:
            self._entries[key] = (f"a{len(self._entries)}", aggregate, where, window)
        return column(self._entries[key][0], self.name)

    def select(self) -> exp.Select:
        """The pass. A filter that all aggregates share narrows the rows; their windows together do it otherwise."""
        entries = list(self._entries.values())
        filters = [both(where, window) for _, _, where, window in entries]
        shared = {f.sql() if f is not None else None for f in filters}
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
        distinct = {w.sql(): w for w in windows if w is not None}
        return None if None in windows else exp.or_(*distinct.values())


def days_select(collected: exp.Expression, scan: str, lists: Lists) -> exp.Select:
    """(person, days): the distinct days of a collected list, in order. Lists cost a third of what windows over rows do."""
    collected_days = exp.alias_(exp.func("list_sort", collected), "collected")
    ordered = exp.select(column(PERSON), collected_days).from_(exp.to_table(scan)).subquery("o")
    return exp.select(column(PERSON), exp.alias_(exp.var(lists.distinct), "days")).from_(ordered)


def gap_select(days: str, lists: Lists) -> exp.Select:
    """(person, gap): the median of days between one and the next; null below two days."""
    return exp.select(column(PERSON), exp.alias_(exp.var(lists.gap), "gap")).from_(exp.to_table(days))


def streak_select(days: str, span_days: int, lists: Lists) -> exp.Select:
    """(person, longest, last): the most days in a row at most `span_days` apart, and those that end with the latest day."""
    begun = exp.alias_(exp.var(lists.runs.format(span=int(span_days))), "runs")
    runs = exp.select(column(PERSON), column("days"), begun).from_(exp.to_table(days)).subquery("s")
    longest, last = exp.alias_(exp.var(lists.longest), "longest"), exp.alias_(exp.var(lists.last), "last")
    return exp.select(column(PERSON), longest, last).from_(runs)


def both(*parts: exp.Expression | None) -> exp.Expression | None:
    """All parts that are there, joined by AND."""
    present = [part for part in parts if part is not None]
    return exp.and_(*present) if present else None
