"""Cohorts: buyers by when, or with what, they first ordered, and how many ordered again in each later month or week."""

from __future__ import annotations

from typing import Any, ClassVar

from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.periods import Period, month_at, week_at
from samovar.measure.reports.question import (
    LIVE_LINES,
    MONTH_OF_LOCAL,
    OTHERS,
    Question,
    bought_between,
    bought_nothing_before,
    text_sql,
)
from samovar.measure.reports.report import AMONG, Answer, Cell, Column, Kind, Param, Report, asked_of
from samovar.rules.printer import quoted

PRODUCTS_MAX = 200  # of the largest; the rest stand in one row


class Cohorts(Report):
    """One row a cohort, the oldest first: `cohort`, `size`, then a column for each later month (or week) that somebody lived.

    By product the cohorts are what the first line of somebody's first order names, the largest first, those beyond the largest
    200 in one row; a month is counted from that of her first order. A column beyond today is unknown, not 0.
    """

    name: ClassVar[str] = "cohorts"
    is_of_all_time: ClassVar[bool] = True
    by: ClassVar[Param] = Param(
        "by",
        "month",
        choices=("month", "week", "product"),
        help=gettext_noop("Whether the month or week of the first order, or its first product."),
    )
    of: ClassVar[Param] = Param(
        "of",
        "name",
        choices=("name", "sku", "category", "brand"),
        help=gettext_noop("By product: what of the line is looked at."),
    )
    shows: ClassVar[Param] = Param(
        "shows", "people", choices=("people", "orders", "gross"), help=gettext_noop("What the later columns show.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, by, of, shows)

    def answer(self, asked: Question) -> Answer:
        by, shows = self.by.value(asked.params), self.shows.value(asked.params)
        figure = {"people": "count(*)", "orders": "sum(orders)::BIGINT", "gross": "sum(minor)::BIGINT"}[shows]
        order = f"cohort = {text_sql(OTHERS)}, size DESC, cohort" if by == "product" else "cohort"
        found = asked.fetch(
            f"{self._steps(asked)}, cells AS ("
            f"SELECT cohort, later, count(*) AS people, {figure} AS figure "
            "FROM spent JOIN firsts USING (person_id) GROUP BY ALL), "
            "sized AS (SELECT *, max(people) FILTER (later = 0) OVER (PARTITION BY cohort) AS size FROM cells) "
            f"SELECT cohort, size, later, figure FROM sized ORDER BY {order}, later"
        )
        return _answer(found, by, "money" if shows == "gross" else "number", _now(asked, by))

    def rule(self, asked: Question, cell: Cell) -> str | None:
        """A cohort of a period is a rule, one of a product as far as it is whom it has."""
        by = self.by.value(asked.params)
        if by != "product":
            period = _period(by, asked_of(cell, "cohort"))
            first = f"{bought_between(period.first, period.last)} and {bought_nothing_before(period.first)}"
            if "later" not in cell:
                return first
            then = _period(by, asked_of(cell, "cohort") + asked_of(cell, "later"))
            return f"{first} and {bought_between(then.first, then.last)}"
        if "later" in cell or cell.get("cohort") == OTHERS:
            return None
        field = self.of.value(asked.params)
        named = f"= {quoted(cell['cohort'])}" if "cohort" in cell else "is unknown"
        return f"count(orders) >= 1 and first(lines.{field}) {named}"

    def people(self, asked: Question, cell: Cell) -> str:
        """Where no rule says it: those of a product who ordered so many months after their first order."""
        if self.rule(asked, cell) is not None:
            return super().people(asked, cell)
        later = asked_of(cell, "later") if "later" in cell else 0
        cohort = text_sql(cell["cohort"]) if "cohort" in cell else "NULL"
        return (
            f"{self._steps(asked)} SELECT person_id FROM spent JOIN firsts USING (person_id) "
            f"WHERE later = {later} AND cohort IS NOT DISTINCT FROM {cohort}"
        )

    def _steps(self, asked: Question) -> str:
        """The beginning of a WITH: `firsts` (person_id, cohort, born) and `spent` (person_id, later, what is shown).

        The calendar is asked once a day that has orders, not once an order.
        """
        by = self.by.value(asked.params)
        number = "(day - 4 - ((day - 4) % 7 + 7) % 7) // 7" if by == "week" else MONTH_OF_LOCAL
        spans = f"SELECT day, {number} AS span FROM (SELECT DISTINCT day, DATE '1970-01-01' + day AS local FROM bought)"
        shows = self.shows.value(asked.params)
        figure = {"people": "", "orders": ", count(*) AS orders", "gross": ", sum(amount_minor) AS minor"}[shows]
        sums = f"SELECT person_id, span{figure} FROM bought JOIN spans USING (day) GROUP BY person_id, span"
        born = "SELECT person_id, min(span) AS born FROM sums GROUP BY person_id"
        firsts = "SELECT person_id, born AS cohort, born FROM begun"
        if by == "product":
            firsts = self._products(asked)
        return (
            f"{asked.facts}, spans AS ({spans}), sums AS ({sums}), begun AS ({born}), firsts AS ({firsts}), "
            "spent AS (SELECT sums.* EXCLUDE (span), span - born AS later FROM sums JOIN begun USING (person_id))"
        )

    def _products(self, asked: Question) -> str:
        """Cohorts by what first lines name; the many small ones are one."""
        field = self.of.value(asked.params)
        return f"""
        WITH lines_first AS (
          SELECT person_id, arg_min_null({field}, (time_us, event_key, line)) AS named FROM lines
          WHERE {LIVE_LINES} AND person_id IN (SELECT person_id FROM begun) GROUP BY person_id),
        named AS (SELECT person_id, named, born FROM begun LEFT JOIN lines_first USING (person_id)),
        largest AS (
          SELECT named FROM named WHERE named IS NOT NULL GROUP BY named ORDER BY count(*) DESC, named
          LIMIT {PRODUCTS_MAX}),
        kept AS (SELECT *, named IS NULL OR named IN (SELECT named FROM largest) AS is_large FROM named)
        SELECT person_id, born, CASE WHEN is_large THEN named ELSE '{OTHERS}' END AS cohort FROM kept"""


def _answer(found: list[tuple[Any, ...]], by: str, kind: Kind, now: int) -> Answer:
    lived: dict[Any, dict[int, Any]] = {}
    sizes: dict[Any, int] = {}
    for cohort, size, later, figure in found:
        lived.setdefault(cohort, {})[later] = figure
        sizes[cohort] = size
    columns = max((max(months) for months in lived.values()), default=0)
    rows, cells = [], []
    for cohort, months in lived.items():
        until = columns if by == "product" else min(columns, now - cohort)
        called = cohort if by == "product" else _period(by, cohort).name
        rows.append([called, sizes[cohort], *(months.get(n, 0) for n in range(1, until + 1)), *[None] * (columns - until)])
        named: Cell = {} if cohort is None else {"cohort": str(cohort)}
        cells.append({"size": named, **{str(n): {**named, "later": str(n)} for n in range(1, until + 1)}})
    shown = [Column("cohort", "text"), Column("size"), *(Column(str(n), kind) for n in range(1, columns + 1))]
    return Answer(shown, rows, cells)


def _now(asked: Question, by: str) -> int:
    """The month or week of the moment."""
    local = asked.date(asked.moment.day)
    return (asked.moment.day - 4) // 7 if by == "week" else (local.year - 1970) * 12 + local.month - 1


def _period(by: str, number: int) -> Period:
    return week_at(number) if by == "week" else month_at(number)
