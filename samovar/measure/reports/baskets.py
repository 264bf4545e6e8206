"""Baskets: the average order, its lines and how soon people come again; and which goods are bought together."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from django.utils.translation import gettext as _

from samovar.measure.reports.marked import gettext_noop
from samovar.measure.reports.periods import month_at
from samovar.measure.reports.question import BEGINNING, LIVE_LINES, MONTH_OF_LOCAL, Question, bought_between, text_sql
from samovar.measure.reports.report import AMONG, Answer, BadParameter, Cell, Column, Param, Report, asked_of, whole

ALL = "all"


class Baskets(Report):
    """One row for all orders and one a month. Averages are over orders whose amount is known, lines over orders with lines;
    `repeat_days` is the median number of days since somebody's day with an order before: of a month, of those who came again in
    it."""

    name: ClassVar[str] = "baskets"
    is_of_all_time: ClassVar[bool] = True
    columns: ClassVar[tuple[Column, ...]] = (
        Column("period", "text"), Column("orders"), Column("gross_minor", "money"), Column("average_order_minor", "money"),
        Column("median_order_minor", "money"), Column("lines_per_order", "decimal"), Column("units_per_order", "decimal"),
        Column("repeat_days", "decimal"),
    )  # fmt: skip

    def answer(self, asked: Question) -> Answer:
        found = asked.fetch(f"""{asked.past},
            days AS (SELECT DISTINCT day, DATE '1970-01-01' + day AS local FROM bought),
            months AS (SELECT day, {MONTH_OF_LOCAL} AS month FROM days),
            ordered AS (
              SELECT GROUPING(month) AS is_all, month, count(*) AS orders, count(*) FILTER (is_priced) AS priced,
                sum(amount_minor)::BIGINT AS minor, median(amount_minor) FILTER (is_priced) AS middle
              FROM bought JOIN months USING (day) GROUP BY GROUPING SETS ((), (month))),
            filled AS (
              SELECT order_id, day, count(*) AS lines, sum(quantity) AS units FROM lines
              WHERE {LIVE_LINES} AND person_id IN (SELECT person_id FROM customers) GROUP BY order_id, day),
            held AS (
              SELECT GROUPING(month) AS is_all, month, avg(lines) AS lines, sum(units) / 10000.0 / count(units) AS units
              FROM filled JOIN months USING (day) GROUP BY GROUPING SETS ((), (month))),
            gaps AS (
              SELECT day, day - lag(day) OVER (PARTITION BY person_id ORDER BY day) AS gap
              FROM (SELECT DISTINCT person_id, day FROM bought)),
            again AS (
              SELECT GROUPING(month) AS is_all, month, median(gap) AS days
              FROM gaps JOIN months USING (day) GROUP BY GROUPING SETS ((), (month)))
            SELECT o.is_all, o.month, orders, priced, minor, middle, held.lines, units, days
            FROM ordered o LEFT JOIN held ON held.is_all = o.is_all AND held.month IS NOT DISTINCT FROM o.month
            LEFT JOIN again ON again.is_all = o.is_all AND again.month IS NOT DISTINCT FROM o.month
            WHERE orders > 0 ORDER BY o.is_all DESC, o.month""")
        answer = Answer(self.columns, [], [])
        for is_all, month, orders, priced, minor, middle, lines, units, days in found:
            average = round(Fraction(minor, priced)) if priced else None
            middle = None if middle is None else round(middle)
            name = ALL if is_all else month_at(month).name
            answer.rows.append([name, orders, minor, average, middle, lines, units, days])
            answer.cells.append({"orders": {} if is_all else {"month": str(month)}})
        return answer

    def rule(self, asked: Question, cell: Cell) -> str:
        """Those who ordered, ever or in a month."""
        if "month" not in cell:
            return "count(orders) >= 1"
        period = month_at(asked_of(cell, "month"))
        return bought_between(max(period.first, BEGINNING), period.last)


class Affinity(Report):
    """One row a pair of goods that stand in one order: `support` is the share of orders that have both, `confidence` of those
    with the first that have the second too, `back` the other way, `lift` how many times chance that is.

    Only the goods of most orders are paired, as many as `limit`; pairs of fewer than `least` orders are left out.
    """

    name: ClassVar[str] = "affinity"
    is_of_all_time: ClassVar[bool] = True
    of: ClassVar[Param] = Param(
        "of", "category", choices=("category", "sku", "brand", "name"), help=gettext_noop("What of the lines is paired.")
    )
    limit: ClassVar[Param] = Param(
        "limit", "100", whole(2, 500), help=gettext_noop("How many of the most frequent goods are paired.")
    )
    least: ClassVar[Param] = Param(
        "least", "5", whole(1, 1_000_000), help=gettext_noop("In how many orders a pair stands at least.")
    )
    params: ClassVar[tuple[Param, ...]] = (AMONG, of, limit, least)
    rows_max: ClassVar[int] = 1_000
    columns: ClassVar[tuple[Column, ...]] = (
        Column("item", "text"), Column("with", "text"), Column("orders"), Column("support", "percent"),
        Column("confidence", "percent"), Column("back", "percent"), Column("lift", "decimal"),
    )  # fmt: skip

    def answer(self, asked: Question) -> Answer:
        found = asked.fetch(
            f"{self._held(asked)}, pairs AS ("
            "SELECT one.item AS a, two.item AS b, count(*) AS orders FROM held one JOIN held two USING (order_id) "
            f"WHERE one.item < two.item GROUP BY a, b HAVING count(*) >= {self.least.value(asked.params)}) "
            "SELECT a, b, pairs.orders, one.orders, two.orders, (SELECT count(DISTINCT order_id) FROM named) "
            "FROM pairs JOIN common one ON one.item = a JOIN common two ON two.item = b "
            f"ORDER BY pairs.orders * 1.0 / (one.orders * two.orders) DESC, pairs.orders DESC, a, b LIMIT {self.rows_max}"
        )
        answer = Answer(self.columns, [], [])
        for a, b, both, with_a, with_b, orders in found:
            answer.rows.append([a, b, both, both / orders, both / with_a, both / with_b, both * orders / (with_a * with_b)])
            answer.cells.append({"orders": {"item": a, "with": b}})
        return answer

    def people(self, asked: Question, cell: Cell) -> str:
        """Those who have an order with both."""
        try:
            a, b = text_sql(cell["item"]), text_sql(cell["with"])
        except KeyError as error:
            raise BadParameter("bad_cell", _("There is no such figure in this report."), field="cell") from error
        return (
            f"{self._named(asked)} SELECT DISTINCT one.person_id FROM named one JOIN named two USING (order_id) "
            f"WHERE one.item = {a} AND two.item = {b} AND one.person_id IN ({asked.customers_sql})"
        )

    def _named(self, asked: Question) -> str:
        field = self.of.value(asked.params)
        return (
            f"WITH customers AS ({asked.doers_sql}), named AS ("
            f"SELECT DISTINCT order_id, person_id, {field} AS item FROM lines "
            f"WHERE {field} IS NOT NULL AND {LIVE_LINES} AND person_id IN (SELECT person_id FROM customers))"
        )

    def _held(self, asked: Question) -> str:
        limit = self.limit.value(asked.params)
        return (
            f"{self._named(asked)}, "
            f"common AS (SELECT item, count(*) AS orders FROM named GROUP BY item ORDER BY orders DESC, item LIMIT {limit}), "
            "held AS (SELECT order_id, item FROM named SEMI JOIN common USING (item))"
        )
