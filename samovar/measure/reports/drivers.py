"""The driver tree of revenue: buyers x orders a buyer x average order, and what each did to the change between two periods.

Both splits are exact to the minor unit. The three factors share the change as Shapley's value does: each factor's effect is its
mean over the orders in which the factors may be changed one after another. New, kept, returned and lost buyers are whole people
with their own money, so that theirs adds up by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.periods import Period, month_before, period
from samovar.measure.reports.question import BEGINNING, OTHERS, Question, bought_between, bought_nothing_before, text_sql
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report
from samovar.measure.reports.values import BY, Parts

Figures = tuple[int, int, int]  # buyers, orders, minor units
GROUPS = ("new", "kept", "returned", "lost")


def shared(before: Figures, after: Figures) -> tuple[int, int, int]:
    """The effects of buyers, of orders a buyer and of the average order on the money, minor units; they sum to its change.

    Where a period has no orders, all of the change is that of buyers.
    """
    change = after[2] - before[2]
    if not (before[0] and before[1] and after[0] and after[1]):
        return change, 0, 0
    old, new = _factors(before), _factors(after)
    effects = [Fraction(0)] * 3
    orders = list(permutations(range(3)))
    for order in orders:
        held = list(old)
        for factor in order:
            was = held[0] * held[1] * held[2]
            held[factor] = new[factor]
            effects[factor] += (held[0] * held[1] * held[2] - was) / len(orders)
    return _whole(effects, change)


def _factors(figures: Figures) -> tuple[Fraction, Fraction, Fraction]:
    buyers, orders, minor = figures
    return Fraction(buyers), Fraction(orders, buyers), Fraction(minor, orders)


def _whole(parts: Sequence[Fraction], total: int) -> tuple[int, int, int]:
    """Parts rounded so that their sum is the total: those cut most are rounded up."""
    cut = [part.numerator // part.denominator for part in parts]
    by_rest = sorted(range(3), key=lambda n: cut[n] - parts[n])
    for n in by_rest[: total - sum(cut)]:
        cut[n] += 1
    return cut[0], cut[1], cut[2]


class Drivers(Report):
    """Two rows, one a period, or two for each part of `by`; what compares them stands in the second.

    `new` ordered for the first time in the second period, `kept` in both, `returned` in the second and once before but not in
    the first, `lost` in the first alone.
    """

    name: ClassVar[str] = "drivers"
    since: ClassVar[Param] = Param(
        "from", help=gettext_noop("The first period: 2026-05, 2026-Q2, 2026, 2026-W20 or 2026-05-01..2026-05-15.")
    )
    until: ClassVar[Param] = Param("to", help=gettext_noop("The second period; default the last full month."))
    params: ClassVar[tuple[Param, ...]] = (AMONG, since, until, BY)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("period", "text"), Column("buyers"), Column("orders"), Column("gross_minor", "money"),
        Column("orders_per_buyer", "decimal"), Column("average_order_minor", "money"), Column("change_minor", "money"),
        Column("from_buyers_minor", "money"), Column("from_frequency_minor", "money"), Column("from_average_minor", "money"),
        *(Column(f"{group}_buyers") for group in GROUPS), *(Column(f"{group}_minor", "money") for group in GROUPS),
    )  # fmt: skip

    def periods(self, asked: Question) -> tuple[Period, Period]:
        """The two periods; the last two full months when none is named. Raises `BadParameter`."""
        texts = asked.params
        today = asked.date(asked.moment.day)
        last = _period(self.until, texts["to"]) if texts.get("to") else month_before(today)
        first = _period(self.since, texts["from"]) if texts.get("from") else month_before(last.first)
        if first.first >= last.first:
            raise BadParameter("bad_periods", _("The first period must begin before the second."), field="from")
        return first, last

    def answer(self, asked: Question) -> Answer:
        first, last = self.periods(asked)
        parts = Parts.of(asked)
        of_part = f"LEFT JOIN ({parts.sql}) USING (person_id)" if parts else ""
        key = "part, " if parts else ""
        by_part = f"GROUP BY part ORDER BY part IS NOT DISTINCT FROM {text_sql(OTHERS)}, sum(two_minor) DESC, part"
        found = asked.fetch(
            f"{asked.past}, spent AS ({_spent_sql(first, last)}) SELECT {key}{_sums_sql(last)} FROM spent {of_part} "
            f"{by_part if parts else ''}"
        )
        answer = Answer([Column("by", "text"), *self.columns] if parts else self.columns, [], [])
        for row in found:
            part, figures = (row[0], row[1:]) if parts else (None, row)
            cell = parts.cell(part) if parts else {}
            lead = [parts.called(part, asked)] if parts else []
            for at, (line, cells) in enumerate(zip(_rows(first, last, figures), _cells(cell), strict=True)):
                answer.rows.append([*lead, *line])
                answer.cells.append({name: found for name, found in cells.items() if at or name == "buyers"})
        return answer

    def rule(self, asked: Question, cell: Cell) -> str:
        """The buyers of a period, or a group of them."""
        first, last = self.periods(asked)
        in_first, in_last = bought_between(first.first, first.last), bought_between(last.first, last.last)
        before = f"count(orders from {BEGINNING} to {last.first - dt.timedelta(days=1)}) >= 1"
        rules = {
            "first": in_first, "last": in_last, "kept": f"{in_first} and {in_last}",
            "new": f"{in_last} and {bought_nothing_before(last.first)}",
            "returned": f"{in_last} and not {in_first} and {before}", "lost": f"{in_first} and not {in_last}",
        }  # fmt: skip
        rule = rules.get(cell.get("who", ""))
        if rule is None:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="who")
        parts = Parts.of(asked)
        return f"{rule} and {parts.rule(cell)}" if parts else rule


def _period(param: Param, text: str) -> Period:
    found: Period = Param(param.name, read=period).value({param.name: text})
    return found


def _spent_sql(first: Period, last: Period) -> str:
    """One row a buyer: what was bought in each of the periods, and the day of the first order. Needs `bought`."""

    def of(name: str, span: Period) -> str:
        within = f"FILTER (day BETWEEN {_day(span.first)} AND {_day(span.last)})"
        return f"count(*) {within} AS {name}_orders, coalesce(sum(amount_minor) {within}, 0) AS {name}_minor"

    return f"SELECT person_id, min(day) AS first_day, {of('one', first)}, {of('two', last)} FROM bought GROUP BY person_id"


def _sums_sql(last: Period) -> str:
    one, two, is_new = "one_orders > 0", "two_orders > 0", f"first_day >= {_day(last.first)}"

    def of(where: str, *figures: str) -> str:
        sums = (f"coalesce(sum({figure}) FILTER ({where}), 0)::BIGINT" for figure in figures)
        return ", ".join((f"count(*) FILTER ({where})", *sums))

    return ", ".join((
        of(one, "one_orders", "one_minor"), of(two, "two_orders", "two_minor"), of(f"{two} AND {is_new}", "two_minor"),
        of(f"{one} AND {two}", "two_minor - one_minor"), of(f"{two} AND NOT {one} AND NOT {is_new}", "two_minor"),
        of(f"{one} AND NOT {two}", "-one_minor"),
    ))  # fmt: skip


def _day(date: dt.date) -> int:
    return (date - dt.date(1970, 1, 1)).days


def _rows(first: Period, last: Period, figures: Sequence[int]) -> list[list[Any]]:
    before, after = (figures[0], figures[1], figures[2]), (figures[3], figures[4], figures[5])
    groups = [*figures[6::2], *figures[7::2]]
    return [
        [first.name, *before, *_ratios(before), *[None] * (4 + len(groups))],
        [last.name, *after, *_ratios(after), after[2] - before[2], *shared(before, after), *groups],
    ]


def _ratios(figures: Figures) -> list[float | int | None]:
    buyers, orders, minor = figures
    return [orders / buyers if buyers else None, round(Fraction(minor, orders)) if orders else None]


def _cells(part: dict[str, str]) -> list[dict[str, Cell]]:
    compared = {f"{group}_{figure}": {**part, "who": group} for group in GROUPS for figure in ("buyers", "minor")}
    return [{"buyers": {**part, "who": "first"}}, {"buyers": {**part, "who": "last"}, **compared}]
